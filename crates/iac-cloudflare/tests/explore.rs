//! Every resource type in one stack, explored: created, changed in place, replaced and destroyed,
//! cut off at every boundary and with every request going wrong. `IAC_CRASH_STRIDE=1` makes all of
//! the runs, `IAC_CRASH_SEED` gives another order.
#![cfg(feature = "explore")]

use std::collections::BTreeSet;

use iac_cloudflare::{Cloudflare, Zone, sim};
use iac_core::{Handle, Provider as _, Stack, StackError};
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
        let _ = zone;
        // Rules and credentials.
        // Workers.
        // Storage and sites.
        Ok(())
    }
}

/// Zones, their settings and records.
fn zones(stack: &Stack, version: Version) -> Result<Handle<Zone>, StackError> {
    let zone = stack.add("zone", Zone::args().name("example.com").paused(version.ttl == SECOND.ttl))?;
    stack.add("other", Zone::args().name(format!("{}-{}.org", version.name, "example")))?;
    let _ = version.label;
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
