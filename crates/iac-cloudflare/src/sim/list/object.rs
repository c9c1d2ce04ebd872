//! Owns what a simulated list is, and changes of items that are under way. Knows no HTTP.
use super::item::Item;
use crate::marked;
use crate::sim::cloud::CloudflareSim;
use crate::sim::inspect::InventoryItem;
use crate::sim::pending::Pending;
use crate::sim::ruleset::uses_of_list;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TYPE: &str = "cloudflare:list";
/// Most items of one list.
const ITEMS_MAX: usize = 10_000;

/// A list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct List {
    pub(super) id: String,
    pub(super) account: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(super) description: String,
    pub(super) items: Vec<Item>,
    pub(super) created_on: String,
    pub(super) modified_on: String,
}

/// What a change does to the items.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Edit {
    Replace(Vec<Item>),
    Add(Vec<Item>),
    Remove(Vec<String>),
}

/// A change of items: under way, done or failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) list: String,
    pub(super) edit: Edit,
    /// While it is under way.
    pub(super) pending: Option<Pending>,
    pub(super) completed: Option<String>,
    pub(super) error: Option<String>,
}

impl Operation {
    pub(super) fn view(&self) -> Value {
        match (&self.completed, &self.error) {
            (None, _) => json!({ "id": self.id, "status": "pending" }),
            (Some(at), None) => json!({ "id": self.id, "status": "completed", "completed": at }),
            (Some(at), Some(error)) => {
                json!({ "id": self.id, "status": "failed", "completed": at, "error": error })
            }
        }
    }
}

impl List {
    pub(super) fn view(&self, cloud: &CloudflareSim) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "description": self.description,
            "num_items": self.items.len(),
            "num_referencing_filters": uses_of_list(cloud, &self.name),
            "created_on": self.created_on,
            "modified_on": self.modified_on,
        })
    }
}

impl CloudflareSim {
    /// Lets time or a look bring the change that is under way to its end.
    pub(super) fn settle_lists(&mut self, is_look: bool) {
        let (pace, now) = (self.config.pace, self.now);
        let running = self.state.list_operations.values_mut().find(|operation| operation.pending.is_some());
        let Some(operation) = running else { return };
        let Some(pending) = &mut operation.pending else { return };
        let is_done = if is_look { pending.look(pace, now) } else { pending.is_done(pace, now) };
        if is_done {
            let operation = operation.clone();
            self.complete(operation);
        }
    }

    fn complete(&mut self, mut operation: Operation) {
        let now = self.timestamp();
        operation.pending = None;
        operation.completed = Some(now.clone());
        // A list that was deleted meanwhile has nothing to change.
        if let Some(list) = self.state.lists.get_mut(&operation.list) {
            let mut items = list.items.clone();
            match &operation.edit {
                Edit::Replace(new) => items.clone_from(new),
                Edit::Add(new) => {
                    items.retain(|item| !new.iter().any(|new| new.key() == item.key()));
                    items.extend(new.iter().cloned());
                }
                Edit::Remove(ids) => items.retain(|item| !ids.contains(&item.id)),
            }
            if items.len() > ITEMS_MAX {
                operation.error = Some("This list is at the maximum number of items".to_owned());
            } else {
                (list.items, list.modified_on) = (items, now);
            }
        }
        self.state.list_operations.insert(operation.id.clone(), operation);
    }
}

/// The lists that a resource may own.
pub(in crate::sim) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    into.extend(cloud.state.lists.values().map(|list| {
        let mut item = InventoryItem::new(TYPE, &list.id, &list.name);
        item.marker = marked::token(&list.description).map(str::to_owned);
        item
    }));
}
