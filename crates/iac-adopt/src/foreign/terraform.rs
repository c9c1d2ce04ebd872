//! Terraform's and OpenTofu's state, format 4. Knows nothing of any cloud.

use serde_json::Value as Json;

use super::read::{ForeignResource, text, version};
use crate::error::AdoptError;

/// The format since Terraform 0.12; OpenTofu writes it as well.
const FORMAT: u64 = 4;

/// The managed resources of a state.
pub(super) fn resources(json: &Json) -> Result<Vec<ForeignResource>, AdoptError> {
    match json.get("version").and_then(Json::as_u64) {
        Some(FORMAT) => {}
        Some(newer) if newer > FORMAT => {
            return Err(wrong(json, "pull the state with an older version of the tool"));
        }
        _ => {
            return Err(wrong(
                json,
                "upgrade it with Terraform 0.13 or later: `terraform apply -refresh-only`",
            ));
        }
    }
    let Some(resources) = json.get("resources").and_then(Json::as_array) else {
        return Err(AdoptError::NotState("it has no list `resources`".to_owned()));
    };
    let managed = resources.iter().filter(|resource| text(resource, "mode") == "managed");
    Ok(managed.flat_map(instances).collect())
}

fn wrong(json: &Json, way_out: &'static str) -> AdoptError {
    AdoptError::Version { tool: "Terraform", found: version(json), known: "4", way_out }
}

fn instances(resource: &Json) -> Vec<ForeignResource> {
    let (kind, name, module) = (text(resource, "type"), text(resource, "name"), text(resource, "module"));
    let base = if module.is_empty() { format!("{kind}.{name}") } else { format!("{module}.{kind}.{name}") };
    let instances = resource.get("instances").and_then(Json::as_array).into_iter().flatten();
    let of = |instance: &Json| {
        let (index, shown) = match instance.get("index_key") {
            Some(Json::String(key)) => (Some(key.clone()), format!("[{key:?}]")),
            Some(Json::Number(number)) => (Some(number.to_string()), format!("[{number}]")),
            _ => (None, String::new()),
        };
        let attributes = instance.get("attributes").cloned().unwrap_or_default();
        let id = match attributes.get("id") {
            Some(Json::String(id)) => id.clone(),
            // Providers on the plugin framework may have numbers.
            Some(Json::Number(id)) => id.to_string(),
            _ => String::new(),
        };
        let unusual = if instance.get("deposed").is_some_and(Json::is_string) {
            Some("it is deposed: an old object that Terraform still meant to delete")
        } else if text(instance, "status") == "tainted" {
            Some("it is tainted: Terraform meant to replace it")
        } else {
            None
        };
        ForeignResource {
            address: format!("{base}{shown}"),
            kind: kind.to_owned(),
            id,
            unusual,
            scope: modules(module),
            name: name.to_owned(),
            index,
            attributes,
        }
    };
    instances.map(of).collect()
}

/// `module.edge["a"].module.inner` -> `edge`, `inner`.
fn modules(path: &str) -> Vec<String> {
    let parts = path.split("module.").filter(|part| !part.is_empty());
    parts.map(|part| part.trim_end_matches('.').split('[').next().unwrap_or_default().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_terraform_does() {
        let json = serde_json::json!({"version": 4, "resources": [
            {"mode": "data", "type": "hcloud_image", "name": "i", "instances": [{"attributes": {"id": 1}}]},
            {"module": "module.edge[0].module.inner", "mode": "managed", "type": "hcloud_server", "name": "web",
             "instances": [
                {"index_key": 0, "attributes": {"id": "42"}},
                {"index_key": "a b", "attributes": {"id": 43}},
                {"index_key": 1, "deposed": "abcd1234", "attributes": {"id": "44"}},
             ]},
            {"mode": "managed", "type": "hcloud_network", "name": "n", "instances": []},
        ]});
        let found = resources(&json).unwrap();
        let shown: Vec<_> = found.iter().map(|one| (one.address.as_str(), one.id.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("module.edge[0].module.inner.hcloud_server.web[0]", "42"),
                ("module.edge[0].module.inner.hcloud_server.web[\"a b\"]", "43"),
                ("module.edge[0].module.inner.hcloud_server.web[1]", "44"),
            ]
        );
        assert_eq!(found[0].scope, ["edge", "inner"]);
        assert!(found[2].unusual.is_some() && found[0].unusual.is_none());
    }
}
