//! An SSH key.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::verb::Noun;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SshKey {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) fingerprint: String,
    pub(crate) public_key: String,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
}

impl Noun for SshKey {
    const PATH: &'static str = "/ssh_keys";
    const ONE: &'static str = "ssh_key";
    const MANY: &'static str = "ssh_keys";
    fn id(&self) -> u64 {
        self.id
    }
}
