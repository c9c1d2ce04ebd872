//! Owns what a firewall is and what it is applied to. Knows no requests.
use super::rule::Rule;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{error, unprocessable};
use crate::sim::label::{Labels, Selector};
use crate::sim::primary_ip;
use crate::sim::resource::{Meta, Resource, kept_in};
use crate::sim::server::Server;
use crate::sim::state::State;
use iac_testkit::sim::SimResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most firewalls of one server.
const FIREWALLS_PER_SERVER_MAX: usize = 5;

/// A firewall.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Firewall {
    pub(crate) meta: Meta,
    pub(crate) rules: Vec<Rule>,
    /// What it is applied to, and whether that is finished.
    pub(crate) targets: Vec<(Target, bool)>,
}

/// Something a firewall is applied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    Server(u64),
    LabelSelector(String),
}

/// What an action on a firewall does at its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    SetRules(Vec<Rule>),
    Applied(Target),
    Removed(Target),
}

pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    let Some(firewall) = sim.state.firewalls.get_mut(&id) else {
        return;
    };
    match change {
        Change::SetRules(rules) => firewall.rules = rules,
        Change::Applied(target) => {
            for (other, applied) in &mut firewall.targets {
                *applied |= *other == target;
            }
        }
        Change::Removed(target) => firewall.targets.retain(|(other, _)| *other != target),
    }
}

/// An application that failed was none.
pub(crate) fn revert(sim: &mut HetznerSim, id: u64, change: Change) {
    if let (Some(firewall), Change::Applied(target)) = (sim.state.firewalls.get_mut(&id), change) {
        firewall.targets.retain(|(other, _)| *other != target);
    }
}

impl Resource for Firewall {
    kept_in!(Firewall, firewalls);

    fn view(&self, sim: &HetznerSim) -> Value {
        let applied_to: Vec<Value> = self.targets.iter().map(|(target, _)| target.view(sim)).collect();
        self.meta.view_with(json!({ "rules": self.rules, "applied_to": applied_to }))
    }
}

impl Target {
    fn view(&self, sim: &HetznerSim) -> Value {
        match self {
            Self::Server(id) => json!({ "type": "server", "server": { "id": id } }),
            Self::LabelSelector(selector) => {
                let servers = sim.visible::<Server>().filter(|server| {
                    selects(selector, &server.meta.labels) && has_public_net(&sim.state, server.meta.id)
                });
                let resources: Vec<Value> = servers
                    .map(|server| json!({ "type": "server", "server": { "id": server.meta.id } }))
                    .collect();
                json!({
                    "type": "label_selector",
                    "label_selector": { "selector": selector },
                    "applied_to_resources": resources,
                })
            }
        }
    }

    /// Whether a server falls under this.
    pub(super) fn covers(&self, server: u64, labels: &Labels) -> bool {
        match self {
            Self::Server(id) => *id == server,
            Self::LabelSelector(selector) => selects(selector, labels),
        }
    }
}

fn selects(selector: &str, labels: &Labels) -> bool {
    Selector::parse(selector).is_ok_and(|selector| selector.matches(labels))
}

fn has_public_net(state: &State, server: u64) -> bool {
    use primary_ip::IpType::{Ipv4, Ipv6};
    [Ipv4, Ipv6].into_iter().any(|ip_type| primary_ip::of_server(state, server, ip_type).is_some())
}

impl Firewall {
    /// Lets go of a server that no longer exists.
    pub(crate) fn forget_server(&mut self, server: u64) {
        self.targets.retain(|(target, _)| *target != Target::Server(server));
    }
}

/// A server's firewalls, each with whether it is in force.
pub(crate) fn of_server(state: &State, server: u64, labels: &Labels) -> Vec<(u64, bool)> {
    let covering = state.firewalls.values().filter_map(|firewall| {
        let mut targets = firewall.targets.iter().filter(|(target, _)| target.covers(server, labels));
        let first = targets.next()?;
        Some((firewall.meta.id, first.1 || targets.any(|(_, applied)| *applied)))
    });
    covering.collect()
}

/// Refuses a server without public interface or with too many firewalls.
pub(crate) fn require_appliable(sim: &HetznerSim, server: u64) -> Result<(), SimResponse> {
    let labels = &sim.find::<Server>(server)?.meta.labels;
    if !has_public_net(&sim.state, server) {
        let message = format!("server {server} has no public interface");
        return Err(unprocessable("private_net_only_server", message));
    }
    if of_server(&sim.state, server, labels).len() >= FIREWALLS_PER_SERVER_MAX {
        let message = format!("server {server} has {FIREWALLS_PER_SERVER_MAX} firewalls already");
        let details = json!({ "limits": [{ "name": "firewalls_per_server_limit" }] });
        return Err(error(403, "resource_limit_exceeded", message, details));
    }
    Ok(())
}
