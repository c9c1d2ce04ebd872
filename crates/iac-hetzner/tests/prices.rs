//! The prices of today, read from the simulator over HTTP and compared with the published description.
#![cfg(feature = "sim")]

use iac_core::cost::{Cost, Currency, Vat};
use iac_core::{Provider as _, Value};
use iac_hetzner::Hetzner;
use iac_hetzner::sim::{self, SimConfig, deviations};
use iac_testkit::openapi::{Description, Deviation};
use iac_testkit::sim::SimOptions;

#[tokio::test]
async fn the_prices_of_the_api_are_read_as_described() {
    let cloud = sim::start(SimOptions::new(), SimConfig::new().token("t")).await.unwrap();
    let endpoint = format!("{}{}", cloud.url(), sim::BASE_PATH);
    let list = Hetzner::new(endpoint.as_str(), "t".to_owned()).unwrap().prices("2026-11-21").await.unwrap();

    assert_eq!((list.currency(), list.vat(), list.date()), (Currency::EUR, Vat::Net, "2026-11-21"));
    assert_eq!(list.source(), format!("{endpoint}/pricing"));
    let amount = |key: &str| list.get(key).unwrap_or_else(|| panic!("no {key}")).amount.exact();
    assert_eq!(amount("server/cx23/nbg1"), "2.99");
    assert_eq!(amount("backups/cx23/nbg1"), "0.598");
    assert_eq!(amount("load_balancer/lb21/hel1"), "16.40");
    assert_eq!(amount("primary_ip/ipv4/fsn1"), "0.50");
    assert_eq!(amount("floating_ip/ipv6/sin"), "1.00");
    assert_eq!((amount("volume/gb"), amount("image/gb")), ("0.044".into(), "0.011".into()));

    let exchanges = cloud.exchanges();
    assert_eq!(exchanges.len(), 1, "one request gives all prices");
    let Some(description) = Description::from_env("hetzner/cloud.spec.json").unwrap().or_skip() else {
        return;
    };
    let description = deviations().iter().fold(description, |description, (operation, pointer, reason)| {
        description.allow(Deviation::new(*operation, *pointer, *reason))
    });
    let violations: Vec<String> =
        description.check(&exchanges[0], sim::BASE_PATH).iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[tokio::test]
async fn a_wrong_token_is_told_as_such() {
    let cloud = sim::start(SimOptions::new(), SimConfig::new().token("t")).await.unwrap();
    let endpoint = format!("{}{}", cloud.url(), sim::BASE_PATH);
    let refused = Hetzner::new(endpoint, "other".to_owned()).unwrap().prices("2026-11-21").await;
    assert_eq!(refused.unwrap_err().kind(), iac_core::ErrorKind::Unauthenticated);
}

#[test]
fn every_type_says_what_it_costs_or_what_it_lacks() {
    let types = Hetzner::types();
    let list = types.price_list().unwrap();
    let cost =
        |driver: &dyn iac_core::provider::Driver| driver.cost(&Value::map([("name", Value::Unknown)]), list);
    let mut paid = Vec::new();
    for driver in types.drivers() {
        match cost(&**driver) {
            Cost::Free => {}
            // Nothing is given, so a field is missing.
            Cost::Unpriced { why } => {
                assert!(why.contains("is not given"), "{}: {why}", driver.spec().type_token);
                paid.push(driver.spec().type_token);
            }
            other => panic!("{}: {other:?}", driver.spec().type_token),
        }
    }
    let expected = ["floating_ip", "load_balancer", "primary_ip", "server", "volume"];
    assert_eq!(paid, expected.map(|kind| format!("hetzner:{kind}")));
}
