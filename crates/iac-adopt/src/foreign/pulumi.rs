//! Pulumi's state: what `pulumi stack export` writes, and the checkpoint files of its file backends.
//! Knows nothing of any cloud.

use serde_json::{Map, Value as Json};

use super::read::{ForeignResource, text, version};
use crate::error::AdoptError;

/// The formats of deployments that are the same as far as resources go.
const FORMATS: std::ops::RangeInclusive<u64> = 3..=4;
/// Marks a value that Pulumi treats in a special way, secrets above all.
const SPECIAL: &str = "4dabf18193072939515e22adb298388d";
/// Between the parts of a URN.
const SEPARATOR: &str = "::";
/// The type of the stack itself, the outermost parent.
const STACK_TYPE: &str = "pulumi:pulumi:Stack";

/// The objects of an export.
pub(super) fn resources(json: &Json) -> Result<Vec<ForeignResource>, AdoptError> {
    if !json.get("version").and_then(Json::as_u64).is_some_and(|found| FORMATS.contains(&found)) {
        return Err(AdoptError::Version {
            tool: "Pulumi",
            found: version(json),
            known: "3 and 4",
            way_out: "export the stack with a current version of Pulumi: `pulumi stack export`",
        });
    }
    let deployment = json.get("deployment").or_else(|| json.pointer("/checkpoint/latest"));
    let Some(resources) = deployment.and_then(|one| one.get("resources")).and_then(Json::as_array) else {
        return Err(AdoptError::NotState("it has no list `resources`".to_owned()));
    };
    let is_custom = |resource: &&Json| resource.get("custom").and_then(Json::as_bool) == Some(true);
    let own = resources.iter().filter(is_custom).filter(|one| !text(one, "type").starts_with("pulumi:"));
    Ok(own.map(resource).collect())
}

fn resource(resource: &Json) -> ForeignResource {
    let urn = text(resource, "urn");
    let unusual = if resource.get("delete").and_then(Json::as_bool) == Some(true) {
        Some("it waits for its deletion: Pulumi has replaced it")
    } else if resource.get("external").and_then(Json::as_bool) == Some(true) {
        Some("it is external: Pulumi reads it and does not manage it")
    } else {
        None
    };
    ForeignResource {
        address: urn.to_owned(),
        kind: text(resource, "type").to_owned(),
        id: text(resource, "id").to_owned(),
        unusual,
        scope: components(text(resource, "parent")),
        name: urn.rsplit(SEPARATOR).next().unwrap_or_default().to_owned(),
        index: None,
        attributes: attributes(resource),
    }
}

/// The innermost component that a resource is in. The types of the others are in its URN and their
/// names are not.
fn components(parent: &str) -> Vec<String> {
    let mut parts = parent.rsplit(SEPARATOR);
    match (parts.next(), parts.next()) {
        (Some(name), Some(kind)) if !kind.ends_with(STACK_TYPE) => vec![name.to_owned()],
        _ => Vec::new(),
    }
}

/// Outputs over inputs, under Terraform's names. A secret is left out.
fn attributes(resource: &Json) -> Json {
    let mut attributes = Map::new();
    for part in ["inputs", "outputs"] {
        for (name, value) in resource.get(part).and_then(Json::as_object).into_iter().flatten() {
            let value = if value.get(SPECIAL).is_some() { Json::Null } else { value.clone() };
            attributes.insert(snake(name), value);
        }
    }
    Json::Object(attributes)
}

/// `serverId` -> `server_id`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export() -> Json {
        serde_json::json!({"version": 3, "deployment": {"manifest": {"version": "v3.140.0"}, "resources": [
            {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "custom": false, "type": STACK_TYPE},
            {"urn": "urn:pulumi:dev::shop::pulumi:providers:hcloud::default_1_20_0", "custom": true,
             "id": "5c", "type": "pulumi:providers:hcloud"},
            {"urn": "urn:pulumi:dev::shop::hcloud:index/server:Server::web", "custom": true, "id": "42",
             "type": "hcloud:index/server:Server",
             "parent": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev",
             "inputs": {"serverType": "cx22", "userData": {SPECIAL: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}},
             "outputs": {"serverType": "cx22", "ipv4Address": "192.0.2.1"}},
            {"urn": "urn:pulumi:dev::shop::my:Edge$hcloud:index/network:Network::net", "custom": true, "id": "7",
             "type": "hcloud:index/network:Network", "delete": true,
             "parent": "urn:pulumi:dev::shop::my:Edge::edge"},
        ]}})
    }

    #[test]
    fn what_pulumi_manages_itself_is_left_out() {
        let found = resources(&export()).unwrap();
        let shown: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.id.as_str())).collect();
        assert_eq!(shown, [("web", "42"), ("net", "7")]);
        assert_eq!((found[0].scope.len(), found[1].scope.as_slice()), (0, ["edge".to_owned()].as_slice()));
        assert!(found[1].unusual.unwrap().contains("waits for its deletion"));
        assert_eq!(found[0].attributes["server_type"], "cx22");
        assert_eq!(found[0].attributes["ipv4_address"], "192.0.2.1");
        assert!(found[0].attributes["user_data"].is_null());
    }

    #[test]
    fn a_checkpoint_file_is_the_same_inside() {
        let inner = export()["deployment"].clone();
        let checkpoint = serde_json::json!({"version": 3, "checkpoint": {"stack": "dev", "latest": inner}});
        assert_eq!(resources(&checkpoint).unwrap().len(), 2);
    }
}
