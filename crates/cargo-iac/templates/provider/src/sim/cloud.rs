//! What the simulated cloud holds, and who may ask it. Knows no endpoint.

use std::collections::BTreeMap;

use iac_testkit::sim::{Cloud, RouteMiss, SimRequest, SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::routes::ROUTER;

/// What the paths of the API begin with.
pub const BASE_PATH: &str = "/v1";

/// One account.
#[derive(Debug)]
pub struct Sim {
    token: String,
    pub(super) shelves: BTreeMap<u64, Shelf>,
    pub(super) last_id: u64,
}

/// A shelf as the API writes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Shelf {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) size: u32,
    pub(super) zone: String,
    pub(super) address: String,
    pub(super) labels: BTreeMap<String, String>,
}

impl Sim {
    /// An empty account that only this token opens.
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: token.into(), shelves: BTreeMap::new(), last_id: 0 }
    }

    /// All objects, one line for each.
    pub fn inventory(&self) -> Vec<String> {
        self.shelves.values().map(|shelf| format!("shelf {} {}", shelf.id, shelf.name)).collect()
    }
}

/// An error as the API writes it.
pub(super) fn refused(status: u16, code: &str, message: &str, field: Option<&str>) -> SimResponse {
    SimResponse::json(status, json!({ "error": { "code": code, "message": message, "field": field } }))
}

impl Cloud for Sim {
    fn name(&self) -> &'static str {
        "{{provider}}"
    }

    fn handle(&mut self, request: &SimRequest, _: SimTime) -> SimResponse {
        if request.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return refused(401, "unauthorized", "the token is not known", None);
        }
        match ROUTER.dispatch(self, request) {
            Ok(response) => response,
            Err(RouteMiss::NoPath) => refused(404, "not_found", "there is no such path", None),
            Err(_) => refused(405, "not_allowed", "the path does not take this method", None),
        }
    }

    fn save(&self) -> Value {
        json!({ "shelves": self.shelves, "last_id": self.last_id })
    }

    fn load(&mut self, saved: Value) -> Result<(), String> {
        #[derive(Deserialize)]
        struct Saved {
            shelves: BTreeMap<u64, Shelf>,
            last_id: u64,
        }
        let saved: Saved = serde_json::from_value(saved).map_err(|error| error.to_string())?;
        (self.shelves, self.last_id) = (saved.shelves, saved.last_id);
        Ok(())
    }
}
