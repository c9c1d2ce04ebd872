//! Owns the simulated history of durable object classes. Knows no upload.
use super::answer::error;
use super::cloud::CloudflareSim;
use super::worker_upload::exports;
use iac_testkit::sim::SimResponse;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What an upload says of migrations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Migrations {
    old_tag: Option<String>,
    new_tag: Option<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Step {
    new_classes: Vec<String>,
    new_sqlite_classes: Vec<String>,
    deleted_classes: Vec<String>,
    renamed_classes: Vec<Renamed>,
    transferred_classes: Vec<Transferred>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transferred {
    from: String,
    from_script: String,
    to: String,
}

/// Does the steps to `classes`, and answers the tag of the last one.
pub(super) fn migrate(
    cloud: &mut CloudflareSim,
    migrations: &Migrations,
    current: Option<&str>,
    classes: &mut BTreeMap<String, String>,
    code: &str,
    bindings: &[Map<String, Value>],
) -> Result<String, SimResponse> {
    if migrations.old_tag.as_deref() != current {
        let text = format!(
            "Actor migration tag precondition failed, got tag '{}' when expected tag is '{}'. Please make sure the \
             tags match and try again.",
            migrations.old_tag.as_deref().unwrap_or_default(),
            current.unwrap_or_default(),
        );
        return Err(error(412, 10_079, text));
    }
    let tag = migrations.new_tag.clone().filter(|tag| !tag.is_empty());
    let tag = tag.ok_or_else(|| error(400, 10_074, "A migration needs a new_tag"))?;
    for step in &migrations.steps {
        if !step.new_classes.is_empty() && !cloud.config.paid {
            let text = "In order to use Durable Objects with a free plan, you must create a namespace using a \
                        `new_sqlite_classes` migration.";
            return Err(error(400, 10_097, text));
        }
        for class in step.new_classes.iter().chain(&step.new_sqlite_classes) {
            if classes.contains_key(class) {
                let text = format!(
                    "Cannot apply new-class migration to class '{class}' that is already depended on by existing Durable Objects"
                );
                return Err(error(400, 10_074, text));
            }
            classes.insert(class.clone(), cloud.hex("namespace", 32));
        }
        for Renamed { from, to } in &step.renamed_classes {
            let namespace = classes.remove(from).ok_or_else(|| unknown(from))?;
            classes.insert(to.clone(), namespace);
        }
        for Transferred { from, from_script, to } in &step.transferred_classes {
            let other = cloud.state.workers.scripts.get_mut(from_script).ok_or_else(|| unknown(from))?;
            let namespace = other.classes.remove(from).ok_or_else(|| unknown(from))?;
            classes.insert(to.clone(), namespace);
        }
        for class in &step.deleted_classes {
            let bound = |one: &Map<String, Value>| {
                one.get("class_name").and_then(Value::as_str) == Some(class.as_str())
            };
            if bindings.iter().any(bound) {
                let text = format!(
                    "Cannot apply --delete-class migration to class '{class}' without also removing the binding that references it."
                );
                return Err(error(400, 10_061, text));
            }
            classes.remove(class).ok_or_else(|| unknown(class))?;
        }
    }
    match classes.keys().find(|class| !exports(code, class)) {
        Some(class) => {
            let text =
                format!("Cannot apply new-class migration to class '{class}' that is not exported by script");
            Err(error(400, 10_070, text))
        }
        None => Ok(tag),
    }
}

fn unknown(class: &str) -> SimResponse {
    error(400, 10_074, format!("Cannot apply a migration to class '{class}' that does not exist"))
}
