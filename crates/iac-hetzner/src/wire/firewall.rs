//! A firewall, its rules and what it is applied to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::firewall_rule::{Direction, Protocol};
use crate::verb::Noun;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Firewall {
    pub(crate) id: u64,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) rules: Vec<Rule>,
    #[serde(default)]
    pub(crate) applied_to: Vec<AppliedTo>,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) direction: Direction,
    pub(crate) protocol: Protocol,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) source_ips: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) destination_ips: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
}

/// One target of a firewall, in requests and in answers: a server or a label selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum AppliedTo {
    Server {
        server: Reference,
    },
    LabelSelector {
        label_selector: Selector,
    },
    /// A kind of target that this crate does not know; never sent.
    #[serde(other)]
    Other,
}

impl AppliedTo {
    pub(crate) fn server(id: u64) -> Self {
        Self::Server { server: Reference { id } }
    }
    pub(crate) fn selector(text: &str) -> Self {
        Self::LabelSelector { label_selector: Selector { selector: text.to_owned() } }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reference {
    pub(crate) id: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selector {
    pub(crate) selector: String,
}

impl Noun for Firewall {
    const PATH: &'static str = "/firewalls";
    const ONE: &'static str = "firewall";
    const MANY: &'static str = "firewalls";
    fn id(&self) -> u64 {
        self.id
    }
}
