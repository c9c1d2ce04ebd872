//! Owns how an order becomes a server. Checks nothing: the order is valid.
use super::change::Change;
use super::object::{PrivateNet, Server, Status};
use super::order::{self, Order, Public};
use crate::sim::action::NewAction;
use crate::sim::address::mac_address;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::Answer;
use crate::sim::firewall::{self, Firewall, Target};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::label::Labels;
use crate::sim::primary_ip::{self, IpType};
use crate::sim::resource::{Meta, Resource};
use crate::sim::volume;
use iac_testkit::sim::{Params, SimRequest, SimResponse, SplitMix64};
use serde_json::json;

const PASSWORD_CHARACTERS: usize = 20;
const PASSWORD_ALPHABET: &[u8; 57] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

pub(super) fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let order = order::read(sim, &input)?;
    let meta = sim.new_meta::<Server>(&input)?;
    let id = meta.id;
    insert(sim, meta, &order);
    give_addresses(sim, id, &order);
    for firewall in &order.firewalls {
        if let Ok(firewall) = sim.find_mut::<Firewall>(*firewall) {
            firewall.targets.push((Target::Server(id), false));
        }
    }
    let root_password = (!order.has_ssh_keys).then(|| password(sim, id));
    let (action, next_actions) = start_actions(sim, id, &order);
    let body = json!({
        "server": sim.find::<Server>(id)?.view(sim),
        "action": sim.action_view(action),
        "next_actions": sim.action_views(&next_actions),
        "root_password": root_password,
    });
    Ok(SimResponse::json(201, body))
}

fn insert(sim: &mut HetznerSim, meta: Meta, order: &Order) {
    let id = meta.id;
    let nets = order.networks.iter().zip(0..).map(|((network, ip), number)| PrivateNet {
        network: *network,
        ip: *ip,
        alias_ips: Vec::new(),
        mac_address: mac_address(id.wrapping_mul(16).wrapping_add(number)),
        attached: false,
    });
    let server = Server {
        meta,
        status: Status::Initializing,
        server_type: order.server_type.name.to_owned(),
        location: order.location.name.to_owned(),
        image: order.image,
        iso: None,
        has_ssh_keys: order.has_ssh_keys,
        rescue_enabled: false,
        backup_window: None,
        private_net: nets.collect(),
        delete_protected: false,
        rebuild_protected: false,
        placement_group: order.placement_group,
        primary_disk_gb: order.server_type.disk_gb,
        deleting: false,
    };
    sim.state.servers.insert(id, server);
}

fn give_addresses(sim: &mut HetznerSim, server: u64, order: &Order) {
    for (public, ip_type) in [(order.ipv4, IpType::Ipv4), (order.ipv6, IpType::Ipv6)] {
        let id = match public {
            Public::None => continue,
            Public::Existing(id) => id,
            Public::New => {
                let id = sim.state.next_id();
                let name = format!("primary_ip-{id}");
                let meta = Meta { id, name, labels: Labels::new(), created: sim.now };
                let mut ip = primary_ip::new(&mut sim.state, meta, ip_type, order.location.name);
                ip.auto_delete = true;
                sim.state.primary_ips.insert(id, ip);
                id
            }
        };
        if let Some(ip) = sim.state.primary_ips.get_mut(&id) {
            ip.assignee = Some(server);
        }
    }
}

/// The creation, and one after the other what follows it.
fn start_actions(sim: &mut HetznerSim, id: u64, order: &Order) -> (u64, Vec<u64>) {
    let mut create =
        NewAction::new("create_server").locking(Kind::Server, id).effect(Effect::Server(id, Change::Built));
    for firewall in &order.firewalls {
        let applied = firewall::Change::Applied(Target::Server(id));
        create = create.effect(Effect::Firewall(*firewall, applied));
    }
    let mut following = Vec::new();
    for (network, _) in &order.networks {
        following.push(super::network::attach_action(id, *network));
    }
    for volume in &order.volumes {
        following.push(volume::attach_action(*volume, id));
    }
    if order.start {
        let running = Effect::Server(id, Change::Status(Status::Running));
        following.push(NewAction::new("start_server").locking(Kind::Server, id).effect(running));
    }
    let create = sim.start_action(create);
    let mut previous = create;
    let mut next_actions = Vec::new();
    for action in following {
        previous = sim.start_action(action.after(previous));
        next_actions.push(previous);
    }
    (create, next_actions)
}

/// A password, other at every call.
pub(super) fn password(sim: &mut HetznerSim, server: u64) -> String {
    let number = sim.state.next_id();
    let mut random = SplitMix64::new(sim.config.seed ^ (server << 32) ^ number);
    let bound = PASSWORD_ALPHABET.len() as u64;
    let mut character = || {
        let index = usize::try_from(random.below(bound)).unwrap_or(0);
        PASSWORD_ALPHABET.get(index).copied().map_or('x', char::from)
    };
    (0..PASSWORD_CHARACTERS).map(|_| character()).collect()
}
