//! Migrations of durable object classes: which of them are still to be sent. Knows nothing of uploads.

use iac_core::{Error, ErrorKind, Id, Inputs, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::script::WorkerScript;

/// One step in the history of a Worker's durable object classes, as in Wrangler's configuration.
///
/// The API remembers the tag of the last step, and an upload sends those after it. So steps are added
/// at the end of the list, and the earlier ones stay as they are.
///
/// ```
/// use iac_cloudflare::{RenamedClass, WorkerMigration};
///
/// let first = WorkerMigration::args().tag("v1").new_sqlite_classes(["Room"]);
/// let second = WorkerMigration::args()
///     .tag("v2")
///     .renamed_classes([RenamedClass::args().from("Room").to("ChatRoom")]);
/// # let _ = (first, second);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Inputs)]
pub struct WorkerMigration {
    /// The name of the step, different from all others.
    pub tag: String,
    /// Classes that keep their data in SQLite. The only kind on the free plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_sqlite_classes: Vec<String>,
    /// Classes that keep their data in the older key-value store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_classes: Vec<String>,
    /// Classes whose objects are deleted, with all their data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted_classes: Vec<String>,
    /// Classes that get another name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed_classes: Vec<RenamedClass>,
    /// Classes whose objects come from another Worker.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transferred_classes: Vec<TransferredClass>,
}

/// A durable object class that gets another name: see [`WorkerMigration`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct RenamedClass {
    /// The name so far.
    pub from: String,
    /// The new name.
    pub to: String,
}

/// A durable object class whose objects come from another Worker: see [`WorkerMigration`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct TransferredClass {
    /// The class there.
    pub from: String,
    /// The other Worker.
    pub from_script: Id<WorkerScript>,
    /// The class here.
    pub to: String,
}

/// What an upload says of migrations, if there is any to do on a script whose last one was `current`.
pub(super) fn pending(all: &[WorkerMigration], current: Option<&str>) -> Result<Option<Json>> {
    let done = match current {
        None => 0,
        Some(current) => match all.iter().position(|step| step.tag == current) {
            Some(at) => at + 1,
            // Nobody says anything of migrations: what is there stays.
            None if all.is_empty() => 0,
            None => {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("the Worker's last migration is `{current}`, which the program does not have"),
                )
                .field("migrations")
                .hint(format!("add the migrations up to `{current}` to the list, in their order")));
            }
        },
    };
    let steps = all.get(done..).unwrap_or_default();
    let Some(last) = steps.last() else { return Ok(None) };
    let steps: Vec<Json> = steps.iter().map(step).collect();
    let mut migrations = json!({ "new_tag": last.tag, "steps": steps });
    if let Some(current) = current {
        migrations["old_tag"] = current.into();
    }
    Ok(Some(migrations))
}

fn step(migration: &WorkerMigration) -> Json {
    let mut step = json!({});
    let mut add = |name: &str, list: Json| {
        if list.as_array().is_some_and(|items| !items.is_empty()) {
            step[name] = list;
        }
    };
    add("new_sqlite_classes", json!(migration.new_sqlite_classes));
    add("new_classes", json!(migration.new_classes));
    add("deleted_classes", json!(migration.deleted_classes));
    add("renamed_classes", json!(migration.renamed_classes));
    let transferred = migration
        .transferred_classes
        .iter()
        .map(|one| json!({ "from": one.from, "from_script": one.from_script.as_str(), "to": one.to }));
    add("transferred_classes", transferred.collect());
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Vec<WorkerMigration> {
        let step = |tag: &str, class: &str| WorkerMigration {
            tag: tag.into(),
            new_sqlite_classes: vec![class.into()],
            ..WorkerMigration::default()
        };
        vec![step("v1", "Room"), step("v2", "Counter")]
    }

    #[test]
    fn only_steps_after_the_last_one_are_sent() {
        let all = pending(&steps(), None).unwrap().unwrap();
        assert_eq!(all["new_tag"], "v2");
        assert_eq!(all["steps"].as_array().unwrap().len(), 2);
        assert!(all.get("old_tag").is_none());
        let one = pending(&steps(), Some("v1")).unwrap().unwrap();
        assert_eq!(
            one,
            json!({ "old_tag": "v1", "new_tag": "v2", "steps": [{ "new_sqlite_classes": ["Counter"] }] })
        );
        assert_eq!(pending(&steps(), Some("v2")).unwrap(), None);
        assert_eq!(pending(&[], Some("v9")).unwrap(), None);
        let error = pending(&steps(), Some("v9")).unwrap_err();
        assert_eq!((error.kind(), error.input_field()), (ErrorKind::Conflict, Some("migrations")));
    }
}
