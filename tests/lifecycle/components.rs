//! Components: functions with typed inputs that answer a struct of handles, each in its own scope.

use iac_core::{Id, Input, IntoInput, Options, Output, Stack, StackError, interpolate};
use iac_testkit::fake::{Disk, Node};

use crate::world::{World, making, node, steps};

/// What a pool is made from. Callers give values or outputs.
struct PoolArgs {
    image: Input<String>,
    gateway: Option<Input<Id<Node>>>,
    nodes: u32,
}

/// What others may use of a pool.
struct Pool {
    first: Output<String>,
    addresses: Output<Vec<String>>,
}

fn pool(stack: &Stack, name: &str, args: PoolArgs) -> Result<Pool, StackError> {
    let scope = stack.scope(name)?;
    let mut addresses = Vec::new();
    for number in 0..args.nodes {
        let mut node = Node::args().size(1u32).image(&args.image);
        if let Some(gateway) = &args.gateway {
            node = node.parent(gateway);
        }
        let node = scope.add(format!("node-{number}"), node)?;
        storage(&scope.scope(&format!("storage-{number}"))?, &node.id)?;
        addresses.push(node.address.clone());
    }
    let first = addresses.first().cloned().ok_or_else(|| StackError::program("a pool has a node"))?;
    Ok(Pool { first, addresses: Output::all(addresses) })
}

/// A component inside of a component.
fn storage(scope: &Stack, owner: impl IntoInput<Id<Node>>) -> Result<(), StackError> {
    scope.add("disk", Disk::args().size(10u32).attached(owner)).map(drop)
}

fn shop(s: &Stack) -> Result<(), StackError> {
    let gateway = s.add("gateway", node!("debian"))?;
    let web = PoolArgs { image: Input::new("debian"), gateway: Some(Input::new(&gateway)), nodes: 2 };
    let web = pool(s, "web", web)?;
    // One component's output is another one's input.
    let image = interpolate!("behind-{}", &web.first);
    let jobs = pool(s, "jobs", PoolArgs { image: Input::new(&image), gateway: None, nodes: 1 })?;
    s.export("web", &web.addresses)?;
    s.export("jobs", &jobs.first)
}

#[tokio::test]
async fn several_instances_and_components_within_live_in_scopes_of_their_own() {
    for mut world in World::both() {
        world.up(shop).await;
        let urns: Vec<String> = world.snapshot().await.resources.keys().map(ToString::to_string).collect();
        assert_eq!(
            urns,
            [
                "urn:philotes:dev:fake:disk:jobs/storage-0/disk",
                "urn:philotes:dev:fake:disk:web/storage-0/disk",
                "urn:philotes:dev:fake:disk:web/storage-1/disk",
                "urn:philotes:dev:fake:node:gateway",
                "urn:philotes:dev:fake:node:jobs/node-0",
                "urn:philotes:dev:fake:node:web/node-0",
                "urn:philotes:dev:fake:node:web/node-1",
            ]
        );
        // The derived names carry the scope too, so instances do not collide in the cloud.
        assert_eq!(world.object("web/storage-1/disk").await.text("name"), "philotes-dev-web-storage-1-disk");
    }
}

#[tokio::test]
async fn inputs_and_outputs_join_components_and_order_them() {
    let mut world = World::new();
    let plan = world.plan(shop).await;
    assert!(making(&plan, "jobs/node-0").inputs.get("image").has_unknown());
    let at = |path: &str| making(&plan, path).index;
    assert!(at("gateway") < at("web/node-0") && at("web/node-0") < at("jobs/node-0"));
    assert!(world.apply(shop, &plan).await.succeeded());
    let web = world.row("web/node-0").await;
    let address = web.outputs.get("address").as_str().unwrap().to_owned();
    assert_eq!(world.object("jobs/node-0").await.text("image"), format!("behind-{address}"));
    assert_eq!(world.object("web/node-1").await.text("parent"), world.row("gateway").await.id);
    let exports = world.snapshot().await.exports;
    assert_eq!(exports["web"].as_list().map(<[_]>::len), Some(2));
    world.settled(shop).await;
}

#[tokio::test]
async fn one_component_can_be_tested_alone() {
    let mut world = World::new();
    let alone = |s: &Stack| {
        let pool = pool(s, "any", PoolArgs { image: Input::new("a"), gateway: None, nodes: 1 })?;
        s.export("first", &pool.first)
    };
    assert_eq!(world.up(alone).await, ["create any/node-0", "create any/storage-0/disk"]);
    assert_eq!(world.snapshot().await.exports["first"], "10.0.0.1".into());
    assert_eq!(world.destroy(alone).await, ["delete any/storage-0/disk", "delete any/node-0"]);
}

#[test]
fn two_instances_under_one_name_are_refused() {
    let world = World::new();
    let stack = Stack::new("philotes", "dev").unwrap();
    stack.provider(world.cloud.provider()).unwrap();
    let args = || PoolArgs { image: Input::new("a"), gateway: None, nodes: 1 };
    pool(&stack, "web", args()).unwrap();
    let error = pool(&stack, "web", args()).err().unwrap().to_string();
    assert!(error.contains("urn:philotes:dev:fake:node:web/node-0 is declared twice"), "{error}");
    assert!(error.contains("a scope of its own"), "{error}");
}

#[tokio::test]
async fn a_component_that_moves_to_another_scope_keeps_its_objects_with_aliases() {
    let mut world = World::new();
    let args = || PoolArgs { image: Input::new("a"), gateway: None, nodes: 2 };
    world.up(|s| pool(s, "old", args()).map(drop)).await;
    world.cloud.forget_calls();
    // Whoever wrote the component need not know: the caller gives each resource its earlier path.
    let moved = |s: &Stack| {
        let new = s.scope("new")?;
        new.transform(|declaration| {
            let path = declaration.urn().path();
            let earlier = path.strip_prefix("new/").unwrap_or(path).to_owned();
            declaration.options(|options| options.alias(earlier));
            Ok(())
        });
        pool(&new, "old", args()).map(drop)
    };
    let recorded = world.up(moved).await;
    assert_eq!((recorded.len(), recorded.iter().all(|step| step.starts_with("record new/old/"))), (4, true));
    assert_eq!(world.cloud.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_part_of_a_component_can_be_looked_up_by_its_path() {
    let mut world = World::new();
    let program = |s: &Stack| {
        // Declared before the component that it refers into.
        let inner = s.lookup::<Node>("web/node-0")?;
        s.add_with("probe", node!("a").note(&inner.address), Options::new())?;
        pool(s, "web", PoolArgs { image: Input::new("a"), gateway: None, nodes: 1 }).map(drop)
    };
    let plan = world.plan(program).await;
    assert!(making(&plan, "web/node-0").index < making(&plan, "probe").index, "{:?}", steps(&plan));
    world.up(program).await;
    assert_eq!(world.object("probe").await.text("note"), "10.0.0.1");
}
