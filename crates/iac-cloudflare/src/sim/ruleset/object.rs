//! Owns what a simulated ruleset is and how it is shown. Knows no HTTP.
use super::rule::Rule;
use crate::marked;
use crate::sim::cloud::CloudflareSim;
use crate::sim::inspect::InventoryItem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) const TYPE: &str = "cloudflare:ruleset";

/// What a ruleset belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    Zone(String),
    Account(String),
}

impl Scope {
    /// The kind of its entry points.
    pub(super) fn entry_kind(&self) -> &'static str {
        match self {
            Self::Zone(_) => "zone",
            Self::Account(_) => "root",
        }
    }
}

/// A ruleset that the account's people can change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ruleset {
    pub(super) id: String,
    pub(super) scope: Scope,
    pub(super) kind: String,
    pub(super) phase: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) version: u64,
    pub(super) last_updated: String,
    pub(super) rules: Vec<Rule>,
}

impl Ruleset {
    /// Without its rules, as listings show it.
    pub(super) fn summary(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "kind": self.kind,
            "phase": self.phase,
            "version": self.version.to_string(),
            "last_updated": self.last_updated,
        })
    }

    pub(super) fn view(&self) -> Value {
        let mut view = self.summary();
        view["rules"] = self.rules.iter().map(Rule::view).collect();
        view
    }
}

impl CloudflareSim {
    /// The rulesets of a scope, by id.
    pub(super) fn rulesets_of(&self, scope: &Scope) -> impl Iterator<Item = &Ruleset> {
        self.state.rulesets.values().filter(move |ruleset| ruleset.scope == *scope)
    }

    /// The entry point of a phase.
    pub(super) fn entry_point(&self, scope: &Scope, phase: &str) -> Option<&Ruleset> {
        self.rulesets_of(scope).find(|ruleset| ruleset.phase == phase && ruleset.kind == scope.entry_kind())
    }
}

/// The entry points that a resource may own.
pub(in crate::sim) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    into.extend(cloud.state.rulesets.values().map(|ruleset| {
        let id = match &ruleset.scope {
            Scope::Zone(zone) => format!("{zone}/{}", ruleset.id),
            Scope::Account(_) => ruleset.id.clone(),
        };
        let mut item = InventoryItem::new(TYPE, id, &ruleset.phase);
        item.marker = marked::token(&ruleset.description).map(str::to_owned);
        item
    }));
}

/// How many rules use the list of this name.
pub(in crate::sim) fn uses_of_list(cloud: &CloudflareSim, name: &str) -> usize {
    cloud
        .state
        .rulesets
        .values()
        .flat_map(|ruleset| &ruleset.rules)
        .filter(|rule| rule.uses_list(name))
        .count()
}

/// Takes away the rulesets of a zone.
pub(in crate::sim) fn forget(cloud: &mut CloudflareSim, zone: &str) {
    cloud.state.rulesets.retain(|_, ruleset| ruleset.scope != Scope::Zone(zone.to_owned()));
}
