//! Tests of the stack with mocks for the cloud: planner, executor and state are the real ones.

use iac::hetzner::Hetzner;
use iac::testkit::mock::{MockEngine, Mocks};

use crate::settings::Shape;
use crate::stack::declare;

fn shape(servers: u32, admin_networks: &[&str]) -> Shape {
    Shape {
        location: "nbg1".into(),
        server_type: "cx22".into(),
        servers,
        admin_networks: admin_networks.iter().map(|network| (*network).into()).collect(),
    }
}

fn engine() -> MockEngine {
    MockEngine::new(Mocks::new()).provider::<Hetzner>()
}

#[tokio::test]
async fn one_more_server_is_the_only_change() {
    let engine = engine();
    engine.up(|stack| declare(stack, &shape(1, &[]))).await.unwrap();
    let plan = engine.plan(|stack| declare(stack, &shape(2, &[]))).await.unwrap();
    let changed: Vec<&str> = plan.steps.iter().map(|step| step.urn.path()).collect();
    assert_eq!(changed, ["web-2"]);
}

#[tokio::test]
async fn ssh_is_open_to_the_named_networks_only() {
    let report = engine().up(|stack| declare(stack, &shape(1, &["198.51.100.0/24"]))).await.unwrap();
    let rules = report.input("firewall", "rules").as_list().unwrap();
    assert_eq!(rules.len(), 2);
    let refused = engine().plan(|stack| declare(stack, &shape(1, &["0.0.0.0/0"]))).await.unwrap_err();
    assert!(refused.to_string().contains("lets the whole world reach SSH"), "{refused}");
}
