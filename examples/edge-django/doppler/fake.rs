//! A small Doppler of this program's own, over real HTTP. It keeps no value: what people keep there is made
//! from its name, and what a program puts there is restricted, which the API does not show again.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use iac_testkit::sim::{Cloud, Params, Router, SimRequest, SimResponse, SimTime, SplitMix64};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The path below which every route lies.
pub(crate) const BASE_PATH: &str = "/v3";
/// What people keep in every config.
const KEPT: &[&str] = &["INTAKE_KEY", "SERVER_TOKEN"];

type Answer = Result<SimResponse, SimResponse>;

/// A simulated workplace with the project `edge` and its configs `dev` and `prd`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DopplerSim {
    /// By config and name: how often the secret was changed.
    secrets: BTreeMap<String, BTreeMap<String, Kept>>,
    /// The only token that is taken; any, if there is none.
    #[serde(skip)]
    token: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Kept {
    changes: u64,
    restricted: bool,
}

impl Default for DopplerSim {
    fn default() -> Self {
        let kept = |name: &&str| ((*name).to_owned(), Kept { changes: 0, restricted: false });
        let config = |name: &str| (format!("edge/{name}"), KEPT.iter().map(kept).collect());
        Self { secrets: ["dev", "prd"].map(config).into(), token: None }
    }
}

static ROUTER: LazyLock<Router<DopplerSim>> = LazyLock::new(|| {
    Router::under(BASE_PATH)
        .route("GET /me", |_, _, _| {
            Ok(SimResponse::json(200, json!({ "workplace": { "slug": "simulated-workplace" } })))
        })
        .route("GET /configs/config/secret", DopplerSim::get)
        .route("POST /configs/config/secrets", DopplerSim::set)
        .route("DELETE /configs/config/secret", DopplerSim::delete)
});

impl Cloud for DopplerSim {
    fn name(&self) -> &'static str {
        "doppler"
    }

    fn handle(&mut self, request: &SimRequest, _: SimTime) -> SimResponse {
        let given = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
        if given.is_none() || self.token.as_deref().is_some_and(|token| given != Some(token)) {
            return refusal(401, "Invalid Auth token");
        }
        ROUTER.dispatch(self, request).unwrap_or_else(|_| refusal(404, "This route does not exist"))
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).expect("the state has only string keys")
    }

    fn load(&mut self, saved: Value) -> Result<(), String> {
        let token = self.token.take();
        *self = serde_json::from_value(saved).map_err(|error| error.to_string())?;
        self.token = token;
        Ok(())
    }
}

impl DopplerSim {
    /// Takes this token alone.
    #[cfg_attr(not(test), expect(dead_code, reason = "for tests; a run takes any token"))]
    pub(crate) fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Gives a secret that people keep another value.
    #[cfg_attr(not(test), expect(dead_code, reason = "for tests"))]
    pub(crate) fn rotate(&mut self, config: &str, name: &str) {
        let kept = self.secrets.get_mut(config).and_then(|secrets| secrets.get_mut(name));
        kept.expect("the config has the secret").changes += 1;
    }

    /// The ids of all secrets that programs put there.
    #[cfg_attr(not(test), expect(dead_code, reason = "for tests"))]
    pub(crate) fn inventory(&self) -> Vec<String> {
        let all = self.secrets.iter().flat_map(|(config, secrets)| {
            secrets
                .iter()
                .filter(|(_, kept)| kept.restricted)
                .map(move |(name, _)| format!("{config}/{name}"))
        });
        all.collect()
    }

    fn config(&mut self, project: &str, config: &str) -> Result<&mut BTreeMap<String, Kept>, SimResponse> {
        let text = format!("Could not find requested config '{config}'");
        self.secrets.get_mut(&format!("{project}/{config}")).ok_or_else(|| refusal(404, &text))
    }

    fn asked(&mut self, request: &SimRequest) -> Result<(String, Kept), SimResponse> {
        let of = |name: &str| request.query(name).unwrap_or_default().to_owned();
        let (project, config, name) = (of("project"), of("config"), of("name"));
        let kept = self.config(&project, &config)?.get(&name).copied();
        let kept = kept.ok_or_else(|| refusal(404, &format!("Could not find requested secret: {name}")))?;
        Ok((format!("{project}/{config}/{name}"), kept))
    }

    fn get(&mut self, request: &SimRequest, _: &Params) -> Answer {
        let (place, kept) = self.asked(request)?;
        let value = (!kept.restricted).then(|| value(&place, kept.changes));
        let visibility = if kept.restricted { "restricted" } else { "masked" };
        let shown = json!({ "raw": value, "computed": value, "computedVisibility": visibility });
        Ok(SimResponse::json(200, json!({ "name": request.query("name"), "value": shown })))
    }

    fn set(&mut self, request: &SimRequest, _: &Params) -> Answer {
        let bad = |text: &str| refusal(400, text);
        let body = request.json().map_err(|_| bad("the body is not JSON"))?;
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        let config = self.config(&text("project"), &text("config"))?;
        let changes = body["change_requests"].as_array().ok_or_else(|| bad("change_requests is missing"))?;
        for change in changes {
            let name = change["name"].as_str().unwrap_or_default();
            let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
            if name.is_empty() || !name.bytes().all(is_name) || !change["value"].is_string() {
                return Err(bad("Secret names must be A to Z, 0 to 9 and _, and have a value"));
            }
            let restricted = change["visibility"] == "restricted";
            let kept = config.entry(name.to_owned()).or_insert(Kept { changes: 0, restricted });
            kept.changes += 1;
        }
        Ok(SimResponse::json(200, json!({ "secrets": {}, "success": true })))
    }

    fn delete(&mut self, request: &SimRequest, _: &Params) -> Answer {
        self.asked(request)?;
        let of = |name: &str| request.query(name).unwrap_or_default().to_owned();
        self.config(&of("project"), &of("config"))?.remove(&of("name"));
        Ok(SimResponse::empty(204))
    }
}

fn refusal(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, json!({ "messages": [message], "success": false }))
}

/// Made from the place of a secret and how often it was changed, so that no file has it.
fn value(place: &str, changes: u64) -> String {
    let seed = place.bytes().fold(changes, |seed, byte| seed.wrapping_mul(131).wrapping_add(u64::from(byte)));
    let mut random = SplitMix64::new(seed);
    format!("simulated-{:016x}{:016x}", random.next_u64(), random.next_u64())
}
