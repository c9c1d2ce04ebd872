//! Exported outputs: shown as changes, kept where their resource failed, gone with the line.

use iac_core::{ErrorKind, Stack, Value};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};

use crate::world::World;

#[tokio::test]
async fn outputs_come_change_and_go() {
    for mut world in World::both() {
        world.up(|s| s.export("a", "one")).await;
        assert_eq!(world.snapshot().await.exports["a"], Value::from("one"));
        let plan = world.plan(|s| s.export("b", "two")).await;
        let names: Vec<&str> = plan.outputs.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        world.up(|s| s.export("b", "two")).await;
        let exports = world.snapshot().await.exports;
        assert_eq!(exports.keys().collect::<Vec<_>>(), ["b"]);
    }
}

#[tokio::test]
async fn an_output_whose_resource_failed_keeps_its_value() {
    let mut world = World::new();
    let program = |size: u32| {
        move |s: &Stack| {
            let web = s.add("web", iac_testkit::fake::Node::args().size(size).image("a"))?;
            s.export("size", web.size.map(|size| size.to_string()))
        }
    };
    world.up(program(1)).await;
    world.cloud.inject(Fault::once(Matcher::op(CallOp::Update), Moment::Before, ErrorKind::Conflict));
    let outcome = world.try_up(program(2)).await;
    assert!(!outcome.succeeded());
    assert_eq!(outcome.outputs["size"], Value::from("1"));
    world.up(program(2)).await;
    assert_eq!(world.snapshot().await.exports["size"], Value::from("2"));
}
