//! Owns the targets of load balancers: what may be one, and how healthy it is. Knows no actions.
use super::balancer::Settings;
use super::service::Service;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::unprocessable;
use crate::sim::input::Input;
use crate::sim::label::Selector;
use crate::sim::reach;
use crate::sim::server::Server;
use iac_testkit::sim::SimResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::IpAddr;

const TYPES: [&str; 3] = ["server", "label_selector", "ip"];
const SELECTOR_CHARACTERS_MAX: usize = 1_000;

/// One target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// One server.
    Server { id: u64, use_private_ip: bool },
    /// All servers with certain labels, at any time.
    LabelSelector { selector: String, use_private_ip: bool },
    /// A machine that is no cloud server.
    Ip(IpAddr),
}

impl Target {
    /// A target of a request.
    pub(super) fn read(input: &Input) -> Result<Self, SimResponse> {
        let kind = input.require("type", input.choice("type", &TYPES)?)?;
        if let Some(other) = TYPES.iter().find(|other| **other != kind && input.is_given(other)) {
            return Err(input.refuse(other, format!("is only allowed for the type {other}")));
        }
        let use_private_ip = input.boolean("use_private_ip")?.unwrap_or(false);
        let inner = input.require(kind, input.object(kind)?)?;
        match kind {
            "server" => Ok(Self::Server { id: inner.require("id", inner.id("id")?)?, use_private_ip }),
            "label_selector" => {
                let selector = inner.text_within("selector", 1..=SELECTOR_CHARACTERS_MAX)?;
                let selector = inner.require("selector", selector)?.to_owned();
                Selector::parse(&selector).map_err(|reason| inner.refuse("selector", reason))?;
                Ok(Self::LabelSelector { selector, use_private_ip })
            }
            _ if use_private_ip => Err(input.refuse("use_private_ip", "is not allowed for the type ip")),
            _ => {
                let ip = inner.required_text("ip")?;
                let ip = ip.parse().map_err(|_| inner.refuse("ip", "is not a valid IP address"))?;
                Ok(Self::Ip(ip))
            }
        }
    }

    /// Whether both are the same target, however it is reached.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Server { id, .. }, Self::Server { id: other, .. }) => id == other,
            (Self::LabelSelector { selector, .. }, Self::LabelSelector { selector: other, .. }) => {
                selector == other
            }
            (Self::Ip(ip), Self::Ip(other)) => ip == other,
            _ => false,
        }
    }

    pub(super) fn is_server(&self, server: u64) -> bool {
        matches!(self, Self::Server { id, .. } if *id == server)
    }

    pub(super) fn server(&self) -> Option<u64> {
        if let Self::Server { id, .. } = self { Some(*id) } else { None }
    }

    /// An IP target counts as private when its address is.
    pub(super) fn uses_private_ip(&self) -> bool {
        match self {
            Self::Server { use_private_ip, .. } | Self::LabelSelector { use_private_ip, .. } => {
                *use_private_ip
            }
            Self::Ip(ip) => reach::is_private(*ip),
        }
    }

    pub(super) fn exists(&self, sim: &HetznerSim) -> bool {
        self.server().is_none_or(|server| sim.find::<Server>(server).is_ok())
    }

    /// Refuses a target that a load balancer with these settings cannot reach or already has.
    pub(super) fn check(&self, sim: &HetznerSim, settings: &Settings) -> Result<(), SimResponse> {
        if let Some(server) = self.server() {
            sim.find::<Server>(server)?;
        }
        if settings.targets.iter().any(|other| self.is_same(other)) {
            let message = "the load balancer target is already defined";
            return Err(unprocessable("target_already_defined", message));
        }
        if let Self::Ip(ip) = self {
            return check_ip(sim, settings, *ip);
        }
        if !self.uses_private_ip() {
            return self.check_public(sim, settings);
        }
        let Some(net) = settings.private_net else {
            return Err(not_attached());
        };
        match self.server() {
            None => Ok(()),
            Some(server) if reach::networks_of_server(sim, server).contains(&net.network) => Ok(()),
            Some(server) if reach::networks_of_server(sim, server).is_empty() => Err(unprocessable(
                "server_not_attached_to_network",
                format!("server {server} is not attached to a network"),
            )),
            Some(server) => Err(unprocessable(
                "resolve_cloud_private_targets_error",
                format!("server {server} is not attached to the same network as the load balancer"),
            )),
        }
    }

    fn check_public(&self, sim: &HetznerSim, settings: &Settings) -> Result<(), SimResponse> {
        if !settings.public {
            return Err(unprocessable(
                "load_balancer_public_interface_disabled",
                "the load balancer's public interface is disabled",
            ));
        }
        match self.server() {
            Some(server) if !reach::has_public_ipv4(sim, server) => Err(unprocessable(
                "resolve_cloud_public_targets_error",
                format!("server {server} does not have a public IPv4 address"),
            )),
            _ => Ok(()),
        }
    }

    /// The target as the API shows it.
    pub(super) fn view(&self, sim: &HetznerSim, services: &[Service]) -> Value {
        match self {
            Self::Server { id, use_private_ip } => server_view(sim, services, *id, *use_private_ip),
            Self::LabelSelector { selector, use_private_ip } => {
                let servers = Selector::parse(selector).map(|selector| reach::servers_with(sim, &selector));
                let targets: Vec<Value> = servers
                    .unwrap_or_default()
                    .into_iter()
                    .map(|server| server_view(sim, services, server, *use_private_ip))
                    .collect();
                json!({
                    "type": "label_selector",
                    "label_selector": { "selector": selector },
                    "targets": targets,
                    "use_private_ip": use_private_ip,
                })
            }
            Self::Ip(ip) => json!({
                "type": "ip",
                "ip": { "ip": ip },
                "health_status": health(services, true),
            }),
        }
    }
}

fn server_view(sim: &HetznerSim, services: &[Service], server: u64, use_private_ip: bool) -> Value {
    json!({
        "type": "server",
        "server": { "id": server },
        "health_status": health(services, reach::is_running(sim, server)),
        "use_private_ip": use_private_ip,
    })
}

/// A machine that runs answers every health check, one that does not answers none.
fn health(services: &[Service], runs: bool) -> Vec<Value> {
    let status = if runs { "healthy" } else { "unhealthy" };
    services.iter().map(|service| json!({ "listen_port": service.listen_port, "status": status })).collect()
}

pub(super) fn not_attached() -> SimResponse {
    unprocessable("load_balancer_not_attached_to_network", "the load balancer is not attached to a network")
}

fn check_ip(sim: &HetznerSim, settings: &Settings, ip: IpAddr) -> Result<(), SimResponse> {
    if !reach::is_private(ip) {
        if reach::is_of_the_cloud(sim, ip) {
            let message = "the IP belongs to a service of the cloud";
            return Err(unprocessable("cloud_resource_ip_not_allowed", message));
        }
        if !reach::is_of_an_owned_machine(ip) {
            let message = "the IP is not owned by the owner of the project";
            return Err(unprocessable("ip_not_owned", message));
        }
        return Ok(());
    }
    let Some(net) = settings.private_net else {
        return Err(not_attached());
    };
    let subnets = reach::vswitch_subnets(sim, net.network);
    if subnets.is_empty() {
        let message = "the attached network does not have a vswitch subnet";
        return Err(unprocessable("network_has_no_vswitch_subnet", message));
    }
    match ip {
        IpAddr::V4(ip) if subnets.iter().any(|subnet| subnet.contains(&ip)) => Ok(()),
        _ => {
            let message = "the IP does not belong to the vswitch subnet of the attached network";
            Err(unprocessable("ip_not_in_vswitch_subnet", message))
        }
    }
}
