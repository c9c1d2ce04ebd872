//! Owns the reverse names of a server's public addresses. Knows not how they
//! are kept.
use super::change::Change;
use super::routes::{begin, start};
use crate::sim::address;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::Answer;
use crate::sim::reach;
use iac_testkit::sim::{Params, SimRequest};

pub(super) fn change_dns_ptr(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let ip = address::ip("ip", input.required_text("ip")?)?;
    if !input.has("dns_ptr") {
        return Err(input.missing("dns_ptr"));
    }
    let name = input.text("dns_ptr")?.map(str::to_owned);
    let mut addresses = sim.state.primary_ips.values();
    let own = addresses.find(|own| own.assignee == Some(id) && reach::covers(&own.ip, ip));
    let Some(own) = own.map(|own| own.meta.id) else {
        return Err(input.refuse("ip", format!("'{ip}' is not an address of the server")));
    };
    start(sim, id, "change_dns_ptr", Change::DnsPtr(own, ip, name))
}
