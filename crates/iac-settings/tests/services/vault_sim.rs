//! A simulated Vault: KV version 2 at `kv`, the Kubernetes method, tokens that expire. Sources of its
//! answers: <https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2>,
//! <https://developer.hashicorp.com/vault/api-docs/auth/kubernetes>.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use iac_testkit::sim::{Cloud, Params, Router, SimOptions, SimRequest, SimResponse, SimServer, SimTime};
use serde_json::{Value, json};

pub(crate) const TOKEN: &str = "hvs.canary-root-token";
pub(crate) const JWT: &str = "eyJ.canary-service-account.sig";
pub(crate) const SECRET: &str = "canary-in-vault";

pub(crate) struct VaultSim {
    pub(crate) sealed: bool,
    pub(crate) tokens: Vec<String>,
    pub(crate) logins: u32,
    pub(crate) lease_s: u64,
    pub(crate) namespace: Option<&'static str>,
    /// Versions of a path, oldest first; none for a deleted one.
    versions: BTreeMap<&'static str, Vec<Option<Value>>>,
    /// Paths whose newest version was destroyed, and not only deleted.
    destroyed: &'static [&'static str],
}

static ROUTER: LazyLock<Router<VaultSim>> = LazyLock::new(|| {
    Router::under("/v1")
        .route("GET /kv/data/{path}", read)
        .route("GET /kv/data/{folder}/{path}", read)
        .route("POST /auth/{mount}/login", login)
});

pub(crate) async fn start() -> SimServer {
    let versions = BTreeMap::from([
        (
            "shop/production",
            vec![
                Some(json!({ "token": "canary-of-old" })),
                Some(json!({ "token": SECRET, "user": "shop", "port": 5432 })),
            ],
        ),
        ("gone", vec![Some(json!({ "token": SECRET })), None]),
        ("destroyed", vec![None]),
        ("empty", vec![Some(json!({ "token": "" }))]),
        ("a b/c", vec![Some(json!({ "token": SECRET }))]),
        ("huge", vec![Some(json!({ "token": "canary ".repeat(200_000) }))]),
        ("long", vec![Some(json!({ "token": "canary ".repeat(20_000) }))]),
    ]);
    let sim = VaultSim {
        sealed: false,
        tokens: vec![TOKEN.to_owned()],
        logins: 0,
        lease_s: 3600,
        namespace: None,
        versions,
        destroyed: &["destroyed"],
    };
    SimServer::start(sim, SimOptions::new()).await.unwrap()
}

fn refuse(status: u16, errors: &[&str]) -> SimResponse {
    SimResponse::json(status, json!({ "errors": errors }))
}

fn enter(sim: &VaultSim, request: &SimRequest) -> Result<(), SimResponse> {
    if sim.sealed {
        return Err(refuse(503, &["Vault is sealed"]));
    }
    if request.header("x-vault-namespace") != sim.namespace {
        return Err(refuse(404, &["no handler for route"]));
    }
    Ok(())
}

fn read(sim: &mut VaultSim, request: &SimRequest, params: &Params) -> Result<SimResponse, SimResponse> {
    enter(sim, request)?;
    if request.header("x-vault-request") != Some("true") {
        return Err(refuse(412, &["missing X-Vault-Request header"]));
    }
    let token = request.header("x-vault-token").unwrap_or_default();
    if !sim.tokens.iter().any(|known| known == token) {
        return Err(refuse(403, &["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]));
    }
    let parts = [params.get("folder"), params.get("path")];
    let path = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
    let versions = sim.versions.get(path.as_str()).ok_or_else(|| refuse(404, &[]))?;
    let wanted: usize = request.query("version").and_then(|text| text.parse().ok()).unwrap_or(versions.len());
    let version = versions.get(wanted.wrapping_sub(1)).ok_or_else(|| refuse(404, &[]))?;
    let deleted = if version.is_none() { "2026-11-01T00:00:00Z" } else { "" };
    let metadata = json!({
        "created_time": "2026-10-01T00:00:00Z", "custom_metadata": null, "deletion_time": deleted,
        "destroyed": sim.destroyed.contains(&path.as_str()), "version": wanted,
    });
    let body = json!({
        "request_id": "7a6b", "lease_id": "", "renewable": false, "lease_duration": 0,
        "data": { "data": version, "metadata": metadata },
        "wrap_info": null, "warnings": null, "auth": null,
    });
    Ok(SimResponse::json(if version.is_some() { 200 } else { 404 }, body))
}

fn login(sim: &mut VaultSim, request: &SimRequest, params: &Params) -> Result<SimResponse, SimResponse> {
    enter(sim, request)?;
    if params.get("mount") != Some("kubernetes") {
        return Err(refuse(404, &["no handler for route"]));
    }
    let body = request.json().map_err(|_| refuse(400, &["failed to parse JSON input"]))?;
    let role = body["role"].as_str().ok_or_else(|| refuse(400, &["missing role"]))?;
    if role != "deployer" {
        let message = format!("invalid role name {role:?}");
        return Err(refuse(400, &[&message]));
    }
    if body["jwt"] != JWT {
        // The real one does not quote the token. A careless one would.
        let message = format!("permission denied: {}", body["jwt"]);
        return Err(refuse(403, &[&message]));
    }
    sim.logins += 1;
    let token = format!("hvs.canary-login-{}", sim.logins);
    sim.tokens.push(token.clone());
    let auth = json!({
        "client_token": token, "accessor": "0e9e", "policies": ["shop"], "metadata": { "role": role },
        "lease_duration": sim.lease_s, "renewable": true,
    });
    Ok(SimResponse::json(200, json!({ "auth": auth, "data": null, "warnings": null })))
}

impl Cloud for VaultSim {
    fn name(&self) -> &'static str {
        "vault"
    }
    fn handle(&mut self, request: &SimRequest, _: SimTime) -> SimResponse {
        ROUTER.dispatch(self, request).unwrap_or_else(|_| refuse(404, &["no handler for route"]))
    }
    fn save(&self) -> Value {
        Value::Null
    }
    fn load(&mut self, _: Value) -> Result<(), String> {
        Ok(())
    }
}
