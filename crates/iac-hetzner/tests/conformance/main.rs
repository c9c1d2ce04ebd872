//! Every type of the provider against the simulated cloud, by the conformance suite. One file for
//! each group of types; every exchange is compared with the vendor's published description.
#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod address;
mod certificate;
mod data;
mod dns;
mod firewall;
mod lab;
mod load_balancer;
mod network;
mod server;
mod server_crash;
mod volume;

use iac_core::Provider as _;
use iac_hetzner::Hetzner;
use iac_hetzner::sim::BASE_PATH;
use iac_testkit::conformance::{Case, Lab as _, Suite};
use iac_testkit::sim::{Exchange, Method, SimRequest};
use lab::HetznerLab;
use serde_json::json;

/// Runs the suite with these cases.
async fn hold(cases: Vec<Case>) {
    let description = lab::description();
    let has_description = description.is_some();
    let report = Suite::new().cases(cases).description(description).run(&HetznerLab).await;
    report.assert();
    println!("{} checks hold, {} exchanges compared", report.passed, report.exchanges);
    assert!(report.exchanges > 0 || !has_description);
}

#[test]
fn no_type_is_forgotten() {
    let groups = [
        access::cases(),
        address::cases(),
        certificate::cases(),
        dns::cases(),
        firewall::cases(),
        load_balancer::cases(),
        network::cases(),
        server::cases(),
        volume::cases(),
    ];
    let suite = data::cases().into_iter().fold(Suite::new(), Suite::data);
    let suite = suite.cases(groups.into_iter().flatten());
    assert_eq!(suite.forgotten(&Hetzner::types()), Vec::<&str>::new());
    let without_data = Suite::new().cases(server::cases());
    assert_eq!(without_data.forgotten(&Hetzner::types()).len(), 20);
}

#[test]
fn a_misspelled_field_would_be_noticed() {
    let Some(description) = lab::description() else { return };
    let sent = |body| {
        let request = SimRequest::new(Method::POST, &format!("{BASE_PATH}/networks")).with_json(&body);
        description.check(&Exchange::new(1, &request, None, None), BASE_PATH)
    };
    assert_eq!(sent(json!({ "name": "a", "ip_range": "10.0.0.0/16" })), []);
    let pointers: Vec<String> = sent(json!({ "name": "a", "ip_rnage": "10.0.0.0/16" }))
        .into_iter()
        .map(|violation| violation.pointer)
        .collect();
    assert!(pointers.contains(&"/request/ip_rnage".into()), "{pointers:?}");
    assert!(pointers.contains(&"/request/ip_range".into()), "{pointers:?}");
}

#[tokio::test]
async fn a_case_that_does_not_hold_is_told() {
    let wrong = Case::of::<iac_hetzner::PlacementGroup>("wrong", |_| json!({ "name": "group" }))
        .update("rename", |_| json!({ "name": "" }));
    let report = Suite::new().case(wrong).run(&HetznerLab).await;
    let checks: Vec<&str> = report.failures.iter().map(|failure| failure.check.as_str()).collect();
    assert!(checks.contains(&"declaration") && checks.contains(&"engine"), "{checks:?}");
    assert!(
        report.failures.iter().any(|failure| failure.message.contains("no case updates the input `labels`"))
    );
    let bench = HetznerLab.bench().await;
    assert_eq!((bench.inventory)(&bench.server), Vec::<String>::new());
}
