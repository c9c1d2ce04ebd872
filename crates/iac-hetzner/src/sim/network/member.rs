//! Owns the list of what is in a network. Newer than the published description: the shape is that
//! of the official clients of autumn 2026.
use super::object::Network;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::Answer;
use crate::sim::kind::Kind;
use crate::sim::paging::{self, Entry, SortKey, one_of};
use crate::sim::resource::Resource as _;
use iac_testkit::sim::{Params, SimRequest};
use serde_json::json;
use std::net::Ipv4Addr;

const SORTABLE: [&str; 4] = ["id", "type", "status", "ip"];

/// A server or load balancer with its address in a network.
struct Member {
    kind: Kind,
    id: u64,
    ip: Ipv4Addr,
    alias_ips: Vec<Ipv4Addr>,
    subnet: String,
    status: &'static str,
}

impl Entry for Member {
    fn id(&self) -> u64 {
        self.id
    }

    fn name(&self) -> &str {
        ""
    }

    fn sort_key(&self, field: &str) -> SortKey {
        match field {
            "type" => SortKey::Text(self.kind.singular().to_owned()),
            "status" => SortKey::Text(self.status.to_owned()),
            "ip" => SortKey::Number(i64::from(self.ip.to_bits())),
            _ => SortKey::Number(i64::try_from(self.id).unwrap_or(i64::MAX)),
        }
    }
}

/// `GET /networks/{id}/members`.
pub(super) fn members(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let network = sim.find_at::<Network>(params)?;
    let fits = |member: &Member| {
        one_of(request, "type", member.kind.singular())
            && one_of(request, "status", member.status)
            && one_of(request, "subnet", &member.subnet)
    };
    let entries = all(sim, network).into_iter().filter(fits);
    paging::answer(request, "members", &SORTABLE, entries, |member| {
        json!({
            "id": member.id,
            "type": member.kind.singular(),
            "ip": member.ip,
            "alias_ips": member.alias_ips,
            "subnet": member.subnet,
            "status": member.status,
        })
    })
}

fn all(sim: &HetznerSim, network: &Network) -> Vec<Member> {
    let id = network.meta.id;
    let subnet = |ip: Ipv4Addr| {
        let found = network.subnets.iter().find(|subnet| subnet.ip_range.contains(&ip));
        found.map(|subnet| subnet.ip_range.to_string()).unwrap_or_default()
    };
    let servers = sim.state.servers.values().flat_map(|server| {
        let nets = server.private_net.iter().filter(|net| net.network == id);
        nets.map(|net| Member {
            kind: Kind::Server,
            id: server.meta.id,
            ip: net.ip,
            alias_ips: net.alias_ips.clone(),
            subnet: subnet(net.ip),
            status: if server.deleting {
                "detaching"
            } else {
                status(sim, (Kind::Server, server.meta.id), id)
            },
        })
    });
    let balancers = sim.state.load_balancers.values().flat_map(|balancer| {
        let balancer_id = balancer.meta().id;
        balancer.private_ips(id).map(move |ip| (balancer_id, ip))
    });
    let balancers = balancers.map(|(balancer, ip)| Member {
        kind: Kind::LoadBalancer,
        id: balancer,
        ip,
        alias_ips: Vec::new(),
        subnet: subnet(ip),
        status: status(sim, (Kind::LoadBalancer, balancer), id),
    });
    servers.chain(balancers).collect()
}

/// What an action is doing to a member just now.
fn status(sim: &HetznerSim, member: (Kind, u64), network: u64) -> &'static str {
    let running = sim
        .running_actions()
        .find(|action| action.is_about(member) && action.is_about((Kind::Network, network)));
    match running.map(|action| action.command()) {
        None => "ok",
        Some("attach_to_network") => "attaching",
        Some("detach_from_network") => "detaching",
        Some(_) => "updating",
    }
}
