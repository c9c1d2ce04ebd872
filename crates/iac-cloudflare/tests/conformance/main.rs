//! Every type of the provider against the simulated account, by the conformance suite. One file for
//! each group of types; every exchange is compared with the vendor's published description.
#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod credentials;
mod data;
mod dns;
mod lab;
mod pages;
mod r2;
mod rules;
mod setting;
mod zone;

// Workers.
mod kv;
mod worker;

use iac_cloudflare::Cloudflare;
use iac_cloudflare::sim::BASE_PATH;
use iac_core::Provider as _;
use iac_testkit::conformance::{Case, Suite};
use iac_testkit::sim::{Exchange, Method, SimRequest};
use lab::CloudflareLab;
use serde_json::json;

/// Runs the suite with these cases.
async fn hold(cases: Vec<Case>) {
    let description = lab::description();
    let has_description = description.is_some();
    let report = Suite::new().cases(cases).description(description).run(&CloudflareLab).await;
    report.assert();
    println!("{} checks hold, {} exchanges compared", report.passed, report.exchanges);
    assert!(report.exchanges > 0 || !has_description);
}

#[test]
fn no_type_is_forgotten() {
    let groups = [
        zone::cases(),
        dns::cases(),
        setting::cases(),
        // Rules and credentials.
        rules::cases(),
        credentials::cases(),
        // Workers.
        worker::cases(),
        kv::cases(),
        // Storage and sites.
        r2::cases(),
        pages::cases(),
    ];
    let suite = data::cases().into_iter().fold(Suite::new(), Suite::data);
    let suite = suite.cases(groups.into_iter().flatten());
    assert_eq!(suite.forgotten(&Cloudflare::types()), Vec::<&str>::new());
}

#[test]
fn a_misspelled_field_would_be_noticed() {
    let Some(description) = lab::description() else { return };
    let sent = |body| {
        let request = SimRequest::new(Method::POST, &format!("{BASE_PATH}/zones")).with_json(&body);
        description.check(&Exchange::new(1, &request, None, None), BASE_PATH)
    };
    let account = json!({ "id": "023e105f4ecef8ad9ca31a8372d0c353" });
    assert_eq!(sent(json!({ "name": "example.com", "account": account })), []);
    let pointers: Vec<String> = sent(json!({ "nmae": "example.com", "account": account }))
        .into_iter()
        .map(|violation| violation.pointer)
        .collect();
    assert!(pointers.contains(&"/request/nmae".into()), "{pointers:?}");
    assert!(pointers.contains(&"/request/name".into()), "{pointers:?}");
}
