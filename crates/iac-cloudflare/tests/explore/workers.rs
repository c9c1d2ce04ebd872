//! Workers and KV in the stack that explores every type.

use std::collections::BTreeMap;

use iac_cloudflare::{
    DurableObjectBinding, KvEntry, KvNamespace, ServiceBinding, WorkerCode, WorkerDomain, WorkerMigration,
    WorkerRoute, WorkerScript, WorkerSecret, Zone,
};
use iac_core::{Handle, Secret, Stack, StackError};

use super::{SECOND, Version};

/// Scripts with everything that they are bound to and that leads to them.
pub(super) fn add(stack: &Stack, version: Version, zone: &Handle<Zone>) -> Result<(), StackError> {
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
