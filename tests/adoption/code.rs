//! The code that is printed for what exists, put into a program, describes it without a difference.
//! The stored code is compiled into this test; with `UPDATE_SNAPSHOTS=1` it is stored anew.

use iac::adopt::{CodeObject, CodeOptions, References, code_of_all, logical_name};
use iac::hetzner::{
    HealthCheck, HealthCheckHttp, HealthCheckProtocol, IpType, LoadBalancer, LoadBalancerService,
    LoadBalancerTarget, Network, PrimaryIp, Server, ServerNetworkAttachment, ServiceHttp, ServiceProtocol,
    Subnet, Volume, VolumeFormat,
};
use iac::state::MemoryBackend;
use iac::{
    Engine, Graph, Id, ImportFilter, Input, NoReporter, PlanOptions, Secret, Stack, StackError, Value,
};
use iac_testkit::fake::{FakeCloud, Node, Singleton};

use crate::made;
use crate::world::World;

/// The code for everything that `graph` does not declare.
async fn printed(engine: &Engine, graph: &Graph) -> String {
    let found = engine.import_all(graph, &ImportFilter::new().dry_run()).await.unwrap().unmatched;
    let names: Vec<String> = found
        .iter()
        .map(|one| logical_name(&one.type_token, one.name.as_deref(), &one.observation.id))
        .collect();
    let drivers: Vec<_> =
        found.iter().map(|one| graph.driver_for(&one.provider, &one.type_token).unwrap()).collect();
    let objects: Vec<CodeObject<'_>> = (0..found.len())
        .map(|at| {
            let seen = &found[at].observation;
            CodeObject::new(&*drivers[at], &seen.id, &names[at], &seen.inputs)
        })
        .collect();
    code_of_all(&objects, &References::new(), CodeOptions::new())
}

/// Compares with the stored code, which is a block: it can be the body of a function.
fn matches(name: &str, code: &str) {
    let block = format!("{{\n{code}Ok(())\n}}\n");
    let path = format!("{}/tests/adoption/{name}.code", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &block).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(stored, block, "{name}: run with UPDATE_SNAPSHOTS=1 and look at the change");
}

#[expect(unused_variables, reason = "printed code has a variable for everything that others may refer to")]
fn shop(stack: &Stack) -> Result<(), StackError> {
    include!("shop.code")
}

#[expect(unused_variables, reason = "printed code has a variable for everything that others may refer to")]
fn nodes(stack: &Stack) -> Result<(), StackError> {
    // What the printed code asks for.
    let web_password: Secret<String> = Secret::from("hunter2-canary");
    include!("nodes.code")
}

#[tokio::test(flavor = "multi_thread")]
async fn printed_hetzner_code_describes_what_exists() {
    let world = World::new().await;
    made::shop(&world.cloud);
    let code = printed(&world.engine, &world.graph(|_| Ok(()))).await;
    matches("shop", &code);

    let graph = world.graph(shop);
    let report = world.engine.import_all(&graph, &ImportFilter::new()).await.unwrap();
    let left: Vec<_> = report.unmatched.iter().map(|one| (&one.type_token, &one.observation.id)).collect();
    assert!(left.is_empty() && report.missing.is_empty(), "{left:?} {:?}", report.missing);
    let plan = world.plan(&graph, true).await;
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.op, step.urn.path(), &step.diff)).collect();
    assert!(steps.is_empty() && plan.drift.is_empty(), "{steps:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn printed_fake_code_describes_what_exists_and_asks_for_secrets() {
    let cloud = FakeCloud::new();
    let host = cloud.plant::<Node>(Value::map([
        ("name", "host".into()),
        ("size", Value::Int(2)),
        ("image", "b".into()),
    ]));
    let web = cloud.plant::<Node>(Value::map([
        ("name", "web".into()),
        ("size", Value::Int(1)),
        ("image", "a \"quoted\" \\ image".into()),
        ("tags", Value::list(["one".into(), "two".into()])),
        ("labels", Value::map([("role", "web".into()), ("team", "red".into())])),
        ("network", "10.0.1.0/24".into()),
        ("password", Value::secret("hunter2-canary".into())),
        ("note", "first line\nsecond line".into()),
        ("parent", host.id.as_str().into()),
        ("host", host.id.as_str().into()),
        ("peers", Value::list([host.id.as_str().into(), "node-0404".into()])),
        ("zone", "zone-b".into()),
    ]));
    assert_ne!(host.id, web.id);
    cloud.plant::<Singleton>(Value::map([("slot", "type".into()), ("version", Value::Int(3))]));
    let engine = Engine::builder().backend(MemoryBackend::new()).build();
    let graph = |program: fn(&Stack) -> Result<(), StackError>| {
        let stack = Stack::new("philotes", "dev").unwrap();
        stack.provider(cloud.provider()).unwrap();
        program(&stack).unwrap();
        stack.freeze().unwrap()
    };
    let code = printed(&engine, &graph(|_| Ok(()))).await;
    assert!(!code.contains("hunter2-canary"), "{code}");
    matches("nodes", &code);

    let graph = graph(nodes);
    let report = engine.import_all(&graph, &ImportFilter::new()).await.unwrap();
    assert!(report.unmatched.is_empty() && report.missing.is_empty(), "{report:?}");
    let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    assert!(!plan.has_changes() && plan.drift.is_empty(), "{:#?}", plan.steps);
}
