//! A simulated Doppler: one route, one token, a few secrets. Source of its answers:
//! <https://docs.doppler.com/reference/config-secret-get>.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use iac_testkit::sim::{Cloud, Params, Router, SimOptions, SimRequest, SimResponse, SimServer, SimTime};
use serde_json::{Value, json};

pub(crate) const TOKEN: &str = "dp.st.prd.canary-token";
pub(crate) const SECRET: &str = "canary-in-doppler";

pub(crate) struct DopplerSim {
    pub(crate) secrets: BTreeMap<(String, String, String), Option<String>>,
}

static ROUTER: LazyLock<Router<DopplerSim>> =
    LazyLock::new(|| Router::new().route("GET /v3/configs/config/secret", get));

pub(crate) async fn start() -> SimServer {
    let place = |name: &str| ("shop".to_owned(), "prd".to_owned(), name.to_owned());
    let secrets = BTreeMap::from([
        (place("API_TOKEN"), Some(SECRET.to_owned())),
        (place("RESTRICTED"), None),
        (place("LONG"), Some("canary ".repeat(20_000))),
        (place("HUGE"), Some("canary ".repeat(200_000))),
    ]);
    SimServer::start(DopplerSim { secrets }, SimOptions::new()).await.unwrap()
}

fn refuse(status: u16, message: String) -> SimResponse {
    SimResponse::json(status, json!({ "messages": [message], "success": false }))
}

fn get(sim: &mut DopplerSim, request: &SimRequest, _: &Params) -> Result<SimResponse, SimResponse> {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if bearer != Some(TOKEN) {
        // The real one does not quote the token. A careless one would.
        return Err(refuse(401, format!("Invalid Auth token {}", bearer.unwrap_or_default())));
    }
    let query = |name: &str| {
        let missing = || refuse(400, format!("The property '{name}' is required"));
        request.query(name).map(str::to_owned).ok_or_else(missing)
    };
    let (project, config, name) = (query("project")?, query("config")?, query("name")?);
    if project != "shop" {
        return Err(refuse(403, "This token does not have access to requested project".into()));
    }
    let found = sim.secrets.get(&(project, config, name.clone()));
    let value = found.ok_or_else(|| refuse(404, format!("Could not find requested secret: {name}")))?;
    let value = match value {
        Some(value) => json!({ "raw": value, "computed": value, "note": "" }),
        None => json!({ "note": "" }),
    };
    Ok(SimResponse::json(200, json!({ "name": name, "value": value })))
}

impl Cloud for DopplerSim {
    fn name(&self) -> &'static str {
        "doppler"
    }
    fn handle(&mut self, request: &SimRequest, _: SimTime) -> SimResponse {
        ROUTER.dispatch(self, request).unwrap_or_else(|_| refuse(404, "Not found".into()))
    }
    fn save(&self) -> Value {
        Value::Null
    }
    fn load(&mut self, _: Value) -> Result<(), String> {
        Ok(())
    }
}
