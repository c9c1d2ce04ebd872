//! A placement group.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::verb::Noun;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PlacementGroup {
    pub(crate) id: u64,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
}

impl Noun for PlacementGroup {
    const PATH: &'static str = "/placement_groups";
    const ONE: &'static str = "placement_group";
    const MANY: &'static str = "placement_groups";
    fn id(&self) -> u64 {
        self.id
    }
}
