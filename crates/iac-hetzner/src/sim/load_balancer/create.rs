//! Owns creating, renaming and deleting load balancers. Knows no other change of them.
use super::balancer::{Change, LoadBalancer, PrivateNet, Settings};
use super::operation::{add_service, certificates_exist, find_type};
use super::service::Service;
use super::target::Target;
use crate::sim::action::NewAction;
use crate::sim::address;
use crate::sim::catalogue::LOCATIONS;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, invalid_input, protected};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::network::Network;
use crate::sim::reach;
use crate::sim::resource::Resource as _;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::json;

/// The port conflict of a creation has another status than that of an update.
const PORT_CONFLICT_STATUS: u16 = 412;

/// `POST /load_balancers`
pub(super) fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let location = read_location(&input)?;
    let settings = read_settings(sim, &input, &location)?;
    let meta = sim.new_meta::<LoadBalancer>(&input)?;
    let id = meta.id;
    let ipv4 = address::public_ipv4(sim.state.next_ipv4_number());
    let ipv6 = reach::first_host(&address::public_ipv6(sim.state.next_ipv6_number()));
    let mut settings = settings;
    settings.ipv4_dns_ptr = Some(address::default_dns_ptr(ipv4));
    let ipv4_id = sim.state.next_id();
    let network = settings.private_net.map(|net| net.network);
    let servers: Vec<u64> = settings.targets.iter().filter_map(Target::server).collect();
    let balancer =
        LoadBalancer { meta, location, ipv4, ipv4_id, ipv6, settings, reserved: None, deleting: false };
    sim.state.load_balancers.insert(id, balancer);
    let mut action = NewAction::new("create_load_balancer").locking(Kind::LoadBalancer, id);
    for server in servers {
        action = action.about(Kind::Server, server);
    }
    if let Some(network) = network {
        action = action.about(Kind::Network, network);
    }
    let action = sim.start_action(action);
    let view = sim.find::<LoadBalancer>(id)?.view(sim);
    Ok(SimResponse::json(201, json!({ "load_balancer": view, "action": sim.action_view(action) })))
}

/// The location, named itself or by its network zone.
fn read_location(input: &Input) -> Result<String, SimResponse> {
    let location = input.id_or_name("location")?;
    let zone = input.text("network_zone")?;
    match (location, zone) {
        (Some(_), Some(_)) => {
            Err(invalid_input("network_zone", "only one of location and network_zone is allowed"))
        }
        (None, None) => Err(invalid_input("location", "either location or network_zone is required")),
        (Some(wanted), None) => reach::location_named(input, "location", &wanted),
        (None, Some(zone)) => {
            let location = LOCATIONS.iter().find(|location| location.network_zone == zone);
            let location = location.map(|location| location.name.to_owned());
            location.ok_or_else(|| invalid_input("network_zone", format!("network zone '{zone}' not found")))
        }
    }
}

fn read_settings(sim: &HetznerSim, input: &Input, location: &str) -> Result<Settings, SimResponse> {
    let balancer_type = find_type(&input.required_id_or_name("load_balancer_type")?)?;
    let algorithm = match input.object("algorithm")? {
        Some(algorithm) => read_algorithm(&algorithm)?,
        None => "round_robin".to_owned(),
    };
    let private_net = match input.id("network")? {
        None => None,
        Some(network) => {
            sim.find::<Network>(network)?;
            let ip = reach::free_address(sim, network, location, None, None)?;
            Some(PrivateNet { network, ip })
        }
    };
    let mut settings = Settings {
        balancer_type,
        algorithm,
        services: Vec::new(),
        targets: Vec::new(),
        public: input.boolean("public_interface")?.unwrap_or(true),
        private_net,
        protected: false,
        ipv4_dns_ptr: None,
        ipv6_dns_ptr: None,
    };
    for service in input.objects("services")?.unwrap_or_default() {
        let service = Service::read(&service)?;
        certificates_exist(sim, &service)?;
        add_service(&mut settings, service, PORT_CONFLICT_STATUS)?;
    }
    for target in input.objects("targets")?.unwrap_or_default() {
        let target = Target::read(&target)?;
        target.check(sim, &settings)?;
        settings.targets.push(target);
    }
    settings.require_room()?;
    Ok(settings)
}

/// The algorithm of a request.
pub(super) fn read_algorithm(input: &Input) -> Result<String, SimResponse> {
    let algorithm = input.choice("type", &["round_robin", "least_connections"])?;
    Ok(input.require("type", algorithm)?.to_owned())
}

/// `DELETE /load_balancers/{id}`: answers an action, as the API does since autumn 2026.
pub(super) fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let balancer = sim.find_at::<LoadBalancer>(params)?;
    let id = balancer.meta.id;
    if balancer.settings.protected {
        return Err(protected(Kind::LoadBalancer, "deletion"));
    }
    sim.require_unlocked(Kind::LoadBalancer, id)?;
    sim.find_mut::<LoadBalancer>(id)?.deleting = true;
    let change = Effect::LoadBalancer(id, Change::Delete);
    let action = NewAction::new("delete_load_balancer").locking(Kind::LoadBalancer, id).effect(change);
    let action = sim.start_action(action);
    Ok(SimResponse::json(200, json!({ "action": sim.action_view(action) })))
}
