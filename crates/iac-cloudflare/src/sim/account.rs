//! Owns accounts and what is asked about a token. Knows no objects in an account.
use super::answer::{self, Answer, error, ok};
use super::cloud::CloudflareSim;
use super::routes::Routes;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::{Value, json};

/// The id of the token that is asked about.
const TOKEN_ID: &str = "ed17574386854bf78a67040be0a770b0";

pub(super) fn routes(router: Routes) -> Routes {
    router
        .route("GET /accounts", list)
        .route("GET /accounts/{account_id}", get)
        .route("GET /user/tokens/verify", verify_user)
        .route("GET /accounts/{account_id}/tokens/verify", verify_account)
}

/// The account of a path. One that the token cannot see is refused.
pub(crate) fn of<'a>(cloud: &CloudflareSim, params: &'a Params) -> Result<&'a str, SimResponse> {
    let id = params.get("account_id").unwrap_or_default();
    match cloud.config.accounts.iter().any(|(known, _)| known == id) {
        true => Ok(id),
        false => Err(error(403, 10_000, "Authentication error")),
    }
}

/// The account as other objects show it.
pub(crate) fn reference(cloud: &CloudflareSim, id: &str) -> Value {
    let name = cloud.config.accounts.iter().find(|(known, _)| known == id).map(|(_, name)| name.as_str());
    json!({ "id": id, "name": name })
}

fn view(account: &(String, String)) -> Value {
    json!({
        "id": account.0,
        "name": account.1,
        "type": "standard",
        "created_on": "2014-03-01T12:21:02.000Z",
        "settings": { "enforce_twofactor": false },
    })
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    let name = request.query("name");
    let accounts: Vec<_> =
        cloud.config.accounts.iter().filter(|account| name.is_none_or(|name| account.1 == name)).collect();
    answer::page(request, (5, 20, 50), &accounts, |account| view(account))
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = of(cloud, params)?;
    let account = cloud.config.accounts.iter().find(|(known, _)| known == id);
    ok(account.map(view).unwrap_or_default())
}

fn verify_user(_: &mut CloudflareSim, _: &SimRequest, _: &Params) -> Answer {
    ok(json!({ "id": TOKEN_ID, "status": "active" }))
}

fn verify_account(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    of(cloud, params)?;
    ok(json!({ "id": TOKEN_ID, "status": "active" }))
}
