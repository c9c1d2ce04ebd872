//! Every resource type in one stack, explored: created, changed in place, replaced and destroyed,
//! cut off at every boundary and with every request going wrong. `IAC_CRASH_STRIDE=1` makes all of
//! the runs, `IAC_CRASH_SEED` gives another order.
#![cfg(feature = "explore")]

use std::collections::{BTreeMap, BTreeSet};

use iac_cloudflare::{
    Cloudflare, DurableObjectBinding, KvEntry, KvNamespace, ServiceBinding, WorkerCode, WorkerDomain,
    WorkerMigration, WorkerRoute, WorkerScript, WorkerSecret, Zone, sim,
};
use iac_core::{Handle, Provider as _, Secret, Stack, StackError};
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
        workers(stack, version, &zone)?;
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

/// Scripts with everything that they are bound to and that leads to them.
fn workers(stack: &Stack, version: Version, zone: &Handle<Zone>) -> Result<(), StackError> {
    let changed = version.ttl == SECOND.ttl;
    let cache = stack.add("cache", KvNamespace::args().title(format!("cache-{}", version.label)))?;
    stack.add(
        "banner",
        KvEntry::args().namespace(&cache).key(format!("banner-{}", version.name)).value(version.label),
    )?;
    let classes = ["export class Room {}", "export class Room {}\nexport class Counter {}"];
    let code = format!("{}\nexport default {{ fetch() {{}} }}", classes[usize::from(changed)]);
    let first = WorkerMigration::args().tag("v1").new_sqlite_classes(["Room"]);
    let second = WorkerMigration::args().tag("v2").new_sqlite_classes(["Counter"]);
    let migrations = if changed { vec![first, second] } else { vec![first] };
    let secret = Secret::new(format!("canary-{}", version.label));
    // What is taken away in the second program is a secret of the first.
    let secrets =
        if changed { vec![("KEY", secret)] } else { vec![("KEY", secret.clone()), ("OLD", secret)] };
    let script = stack.add(
        "intake",
        WorkerScript::args()
            .code(WorkerCode::text("worker.js", code).with_text("page.html", version.label))
            .compatibility_date("2026-09-01")
            .vars([("LABEL", version.label)])
            .secrets(BTreeMap::from_iter(secrets))
            .kv_namespaces([("CACHE", &cache)])
            .durable_objects([DurableObjectBinding::args().name("ROOMS").class_name("Room")])
            .migrations(migrations)
            .crons([if changed { "0 * * * *" } else { "*/15 * * * *" }])
            .workers_dev(changed)
            .observability(true),
    )?;
    let front = stack.add(
        "front",
        WorkerScript::args()
            .name(format!("front-{}", version.name))
            .code(WorkerCode::text("front.js", "export default {}"))
            .services([ServiceBinding::args().name("INTAKE").service(&script)]),
    )?;
    let target = if changed { &front } else { &script };
    let pattern = format!("example.com/{}/*", version.label);
    stack.add("route", WorkerRoute::args().zone(zone).pattern(pattern).script(target))?;
    let hostname = format!("{}.example.com", version.name);
    stack.add("host", WorkerDomain::args().zone(zone).hostname(hostname).script(&script))?;
    stack.add("moved-host", WorkerDomain::args().zone(zone).hostname("moved.example.com").script(target))?;
    let mail = WorkerSecret::args().script(&script).name("MAIL_KEY");
    stack.add("mail-key", mail.value(Secret::new(format!("mail-{}", version.label))))?;
    Ok(())
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
