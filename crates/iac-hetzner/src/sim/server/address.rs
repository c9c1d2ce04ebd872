//! Owns the reverse names of a server's public addresses.
use super::change::Change;
use super::routes::{begin, start};
use crate::sim::address;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::Answer;
use crate::sim::primary_ip::PrimaryIp;
use iac_testkit::sim::{Params, SimRequest};
use ipnet::IpNet;
use std::net::IpAddr;

pub(super) fn change_dns_ptr(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let ip = address::ip("ip", input.required_text("ip")?)?;
    if !input.has("dns_ptr") {
        return Err(input.missing("dns_ptr"));
    }
    let name = input.text("dns_ptr")?.map(str::to_owned);
    let own = sim.state.primary_ips.values().find(|own| own.assignee == Some(id) && holds(own, ip));
    let Some(own) = own.map(|own| own.meta.id) else {
        return Err(input.refuse("ip", format!("'{ip}' is not an address of the server")));
    };
    start(sim, id, "change_dns_ptr", Change::DnsPtr(own, ip, name))
}

/// Whether an address is a primary IP's, or in its network.
fn holds(own: &PrimaryIp, ip: IpAddr) -> bool {
    match own.ip.parse::<IpNet>() {
        Ok(network) => network.contains(&ip),
        Err(_) => own.ip.parse() == Ok(ip),
    }
}
