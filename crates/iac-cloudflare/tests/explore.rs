//! Every resource type in one stack, explored: created, changed in place, replaced and destroyed,
//! cut off at every boundary and with every request going wrong. `IAC_CRASH_STRIDE=1` makes all of
//! the runs, `IAC_CRASH_SEED` gives another order.
#![cfg(feature = "explore")]

#[path = "explore/workers.rs"]
mod workers;

use std::collections::BTreeSet;

use iac_cloudflare::{
    Cloudflare, DnsRecord, Dnssec, RecordData, RecordType, Setting, Zone, ZoneActivation, ZoneSetting, sim,
};
use iac_core::{Handle, Provider as _, Stack, StackError, interpolate};
use iac_testkit::explore::{Explore, explore};

/// Every how many cuts and troubles one is made, unless `IAC_CRASH_STRIDE` says otherwise.
const STRIDE_DEFAULT: u64 = 23;

/// What differs between the two programs.
#[derive(Clone, Copy)]
struct Version {
    /// Changes in place.
    label: &'static str,
    /// Changes in place.
    ttl: u32,
    /// Replaces what takes its name from it.
    name: &'static str,
}

const FIRST: Version = Version { label: "one", ttl: 300, name: "first" };
const SECOND: Version = Version { label: "two", ttl: 600, name: "second" };

/// One stack with a function for each group of types.
fn everything(version: Version) -> impl Fn(&Stack) -> Result<(), StackError> + Send + Sync {
    move |stack| {
        let zone = zones(stack, version)?;
        // Rules and credentials.
        // Workers.
        workers::add(stack, version, &zone)?;
        // Storage and sites.
        Ok(())
    }
}

/// Zones, their settings and records.
fn zones(stack: &Stack, version: Version) -> Result<Handle<Zone>, StackError> {
    let zone = stack.add("zone", Zone::args().name("example.com").paused(version.ttl == SECOND.ttl))?;
    stack.add("active", ZoneActivation::args().zone(&zone))?;
    stack.add("dnssec", Dnssec::args().zone(&zone).use_nsec3(version.ttl == SECOND.ttl))?;
    stack.add("ttl", ZoneSetting::args().zone(&zone).setting(Setting::BrowserCacheTtl(version.ttl)))?;
    let record = |name: &str| {
        DnsRecord::args()
            .zone(&zone)
            .name(interpolate!("{}.{}", String::from(name), &zone.name))
            .ttl(version.ttl)
    };
    stack
        .add("www", record("www").record_type(RecordType::A).content("203.0.113.7").comment(version.label))?;
    stack.add("text", record("text").record_type(RecordType::Txt).content(version.label))?;
    let data = RecordData::args().flags(0u16).tag("issue").value(version.label);
    stack.add("caa", record("caa").record_type(RecordType::Caa).data(data))?;
    // A zone whose name changes is replaced, with what is in it.
    let other = stack.add("other", Zone::args().name(format!("{}-example.org", version.name)))?;
    let inside = DnsRecord::args().zone(&other).name(interpolate!("in.{}", &other.name));
    stack.add("inside", inside.record_type(RecordType::Cname).content("www.example.com").proxied(true))?;
    Ok(zone)
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
}

#[test]
fn no_type_is_forgotten() {
    let stack = Stack::new("explore", "crash").unwrap();
    stack.provider(Cloudflare::builder().token("token").build().unwrap()).unwrap();
    everything(FIRST)(&stack).unwrap();
    let graph = stack.freeze().unwrap();
    let used: BTreeSet<&str> = graph.urns().map(|urn| urn.type_token()).collect();
    let types = Cloudflare::types();
    let all: BTreeSet<&str> = types.drivers().map(|driver| driver.spec().type_token).collect();
    assert_eq!(used, all);
}
