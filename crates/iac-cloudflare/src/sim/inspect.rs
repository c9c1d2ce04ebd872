//! Owns what tests ask of an account and do to it behind the API's back. Knows no HTTP.
use super::cloud::{BASE_PATH, CloudflareSim};
use super::routes::{PATHS, ROUTER};
use super::{api_token, list, origin_certificate, ruleset, turnstile};
use super::{dns, dnssec, zone};
use super::{pages, r2};
use iac_testkit::sim::{Method, SimRequest, SimResponse};
use serde_json::Value;

/// One object of an account that a resource may own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct InventoryItem {
    /// The token of the resource type that it is an object of.
    pub type_token: &'static str,
    /// The id that the provider gives it.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// The marker's token that its creating request carried, if any.
    pub marker: Option<String>,
}

impl InventoryItem {
    pub(crate) fn new(type_token: &'static str, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { type_token, id: id.into(), name: name.into(), marker: None }
    }
}

/// Adds the objects of one kind to the inventory.
type Inventory = fn(&CloudflareSim, &mut Vec<InventoryItem>);

const INVENTORIES: &[Inventory] = &[
    zone::inventory,
    dns::inventory,
    dnssec::inventory,
    // Rules and credentials.
    ruleset::inventory,
    list::inventory,
    origin_certificate::inventory,
    turnstile::inventory,
    api_token::inventory,
    // Workers.
    super::worker::inventory,
    super::worker_secret::inventory,
    super::worker_route::inventory,
    super::worker_domain::inventory,
    super::kv::inventory,
    // Storage and sites.
    r2::inventory,
    pages::inventory,
];

impl CloudflareSim {
    /// All objects of the account that a resource may own, sorted by type and id.
    ///
    /// ```
    /// use iac_cloudflare::sim::{ACCOUNT_ID, CloudflareSim};
    /// use iac_testkit::sim::Method;
    /// use serde_json::json;
    ///
    /// let mut cloud = CloudflareSim::default();
    /// let zone = json!({ "name": "example.com", "account": { "id": ACCOUNT_ID }, "type": "full" });
    /// let answer = cloud.call(Method::POST, "/zones", Some(&zone));
    /// assert_eq!(answer.status.as_u16(), 200);
    /// assert_eq!(cloud.inventory()[0].name, "example.com");
    /// ```
    pub fn inventory(&self) -> Vec<InventoryItem> {
        let mut items = Vec::new();
        for inventory in INVENTORIES {
            inventory(self, &mut items);
        }
        items.sort();
        items
    }

    /// Answers a request behind the API's back: without a token, without the limit, at the moment
    /// of the last request. What another user of the account would do.
    pub fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> SimResponse {
        let request = SimRequest::new(method, &format!("{BASE_PATH}{path}")).at(self.now);
        let request = match body {
            Some(body) => request.with_json(body),
            None => request,
        };
        debug_assert!(PATHS.dispatch(&mut (), &request).is_ok(), "the simulator has no {path}");
        ROUTER.dispatch(self, &request).unwrap_or_else(|_| super::answer::no_route(&request))
    }
}
