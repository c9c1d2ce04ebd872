//! Every resource type in one stack, explored: created, changed in place, replaced and destroyed,
//! cut off at every boundary and with every request going wrong. `IAC_CRASH_STRIDE=1` makes all of
//! the runs, `IAC_CRASH_SEED` gives another order.
#![cfg(feature = "explore")]

use std::collections::BTreeSet;

use iac_core::{Provider as _, Stack, StackError};
use iac_hetzner::{
    Certificate, Direction, Firewall, FirewallAttachment, FirewallRule, FloatingIp, Hetzner, IpType,
    LoadBalancer, LoadBalancerService, LoadBalancerTarget, Network, PlacementGroup, PrimaryIp, Protocol,
    RecordSet, RecordType, Route, Server, ServerNetworkAttachment, ServiceProtocol, SshKey, Subnet, Volume,
    Zone, sim,
};
use iac_testkit::explore::{Explore, explore};

/// Every how many cuts and troubles one is made, unless `IAC_CRASH_STRIDE` says otherwise.
const STRIDE_DEFAULT: u64 = 23;
const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1Lq2Vt5mEIYpcTn4nvrn0rkkTK2yX4cFQyrwDiZ3Qe admin";

/// What differs between the two programs.
#[derive(Clone, Copy)]
struct Version {
    /// Changes in place.
    label: &'static str,
    /// Changes in place.
    ttl: u32,
    /// Replaces the server and what hangs on it.
    image: &'static str,
    /// Replaces the route.
    destination: &'static str,
}

const FIRST: Version = Version { label: "one", ttl: 300, image: "debian-12", destination: "10.100.1.0/24" };
const SECOND: Version = Version { label: "two", ttl: 600, image: "debian-13", destination: "10.200.1.0/24" };

fn everything(version: Version) -> impl Fn(&Stack) -> Result<(), StackError> + Send + Sync {
    move |stack| {
        let labels = [("version", version.label)];
        let network = stack.add("network", Network::args().ip_range("10.0.0.0/16").labels(labels))?;
        let subnet = Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central");
        let subnet = stack.add("subnet", subnet)?;
        let route = Route::args().network(&subnet.network_id);
        stack.add("route", route.destination(version.destination).gateway("10.0.1.200"))?;
        let key = stack.add("key", SshKey::args().public_key(PUBLIC_KEY).labels(labels))?;
        let group = stack.add("group", PlacementGroup::args().labels(labels))?;
        let rule = FirewallRule::args().direction(Direction::In).protocol(Protocol::Tcp).port("22");
        let rule = rule.source_ips(["198.51.100.0/24"]).description(version.label);
        let firewall = stack.add("firewall", Firewall::args().rules([rule]))?;
        let server = Server::args().server_type("cx22").image(version.image).location("nbg1");
        let server = stack.add("server", server.ssh_keys([&key]).placement_group(&group).labels(labels))?;
        stack.add("guard", FirewallAttachment::args().firewall(&firewall).server(&server))?;
        let member = ServerNetworkAttachment::args().server(&server).network(&subnet.network_id);
        let member = stack.add("member", member)?;
        stack.add("volume", Volume::args().size(10u32).server(&server).labels(labels))?;
        let primary = PrimaryIp::args().ip_type(IpType::Ipv4).location("nbg1").labels(labels);
        stack.add("primary", primary)?;
        let floating = FloatingIp::args().ip_type(IpType::Ipv4).server(&server).description(version.label);
        let floating = stack.add("floating", floating)?;
        let balancer = LoadBalancer::args().load_balancer_type("lb11").location("nbg1").labels(labels);
        let balancer = stack.add("balancer", balancer)?;
        let service = LoadBalancerService::args().load_balancer(&balancer).protocol(ServiceProtocol::Tcp);
        stack.add("service", service.listen_port(80u16).destination_port(8080u16))?;
        stack.add("target", LoadBalancerTarget::args().load_balancer(&balancer).server(&server))?;
        let zone = stack.add("zone", Zone::args().name("example.com").labels(labels))?;
        let records = RecordSet::args().zone(&zone).name("www").record_type(RecordType::A);
        stack.add("records", records.ttl(version.ttl).records([&floating.ip]))?;
        let certificate = Certificate::args().domain_names([&zone.name]).labels(labels);
        stack.add("certificate", certificate)?;
        stack.export("private_address", &member.ip)
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn every_type_comes_together_after_every_cut() {
    let stride = number("IAC_CRASH_STRIDE").unwrap_or(STRIDE_DEFAULT);
    let options = Explore::new()
        .cloud(sim::world())
        .up()
        .change(everything(SECOND))
        .destroy()
        .every(usize::try_from(stride).unwrap())
        .seed(number("IAC_CRASH_SEED").unwrap_or(1));
    let exploration = explore(everything(FIRST), options);
    exploration.assert();
    assert!(exploration.phases.iter().all(|phase| phase.boundaries.len() > 150), "{exploration}");
}

#[test]
fn no_type_is_forgotten() {
    let stack = Stack::new("explore", "crash").unwrap();
    stack.provider(Hetzner::builder().token("token").build().unwrap()).unwrap();
    everything(FIRST)(&stack).unwrap();
    let graph = stack.freeze().unwrap();
    let used: BTreeSet<&str> = graph.urns().map(|urn| urn.type_token()).collect();
    let types = Hetzner::types();
    let all: BTreeSet<&str> = types.drivers().map(|driver| driver.spec().type_token).collect();
    assert_eq!(used, all);
}
