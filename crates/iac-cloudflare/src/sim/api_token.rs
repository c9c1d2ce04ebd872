//! Owns simulated API tokens of the account. They are not asked for when somebody calls: the
//! configuration says which tokens are good.
use super::account;
use super::answer::{self, Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::routes::Routes;
use crate::marked;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const TYPE: &str = "cloudflare:api_token";
/// A refused value. The vendor publishes no numbers.
const INVALID: u64 = 1001;
/// A token that does not exist.
const NOT_FOUND: u64 = 1003;
/// Characters of a token's value.
const VALUE_LENGTH: usize = 40;
const ZONE_SCOPE: &str = "com.cloudflare.api.account.zone";
const ACCOUNT_SCOPE: &str = "com.cloudflare.api.account";

/// Some of the vendor's permissions: id, name, scope.
const GROUPS: &[(&str, &str, &str)] = &[
    ("c8fed203ed3043cba015a93ad1616f1f", "Zone Read", ZONE_SCOPE),
    ("e6d2666161e84845a636613608cee8d5", "Zone Write", ZONE_SCOPE),
    ("82e64a83756745bbbb1c9c2701bf816b", "DNS Read", ZONE_SCOPE),
    ("4755a26eedb94da69e1066d98aa820be", "DNS Write", ZONE_SCOPE),
    ("3030687196b94b638145a3953da2b699", "Zone Settings Write", ZONE_SCOPE),
    ("c03055bc037c4ea9afb9a9f104b7b721", "SSL and Certificates Write", ZONE_SCOPE),
    ("e17beae8b8cb423a99b1730f21238bed", "Cache Purge", ZONE_SCOPE),
    ("28f4b596e7d643029c524985477ae49a", "Workers Routes Write", ZONE_SCOPE),
    ("e086da7e2179491d91ee5f35b3ca210a", "Workers Scripts Write", ACCOUNT_SCOPE),
    ("f7f0eda5697f475c90846e879bab8666", "Workers KV Storage Write", ACCOUNT_SCOPE),
    ("bf7481a1826f439697cb59a20b22293e", "Workers R2 Storage Write", ACCOUNT_SCOPE),
    ("8d28297797f24fb8a0c332fe0866ec89", "Pages Write", ACCOUNT_SCOPE),
    ("c1fde68c7bcc44588cbb6ddbc16d6480", "Account Settings Read", ACCOUNT_SCOPE),
];

/// A token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    id: String,
    account: String,
    /// Nobody is told it twice; kept so that a value made anew differs.
    value: String,
    status: String,
    issued_on: String,
    modified_on: String,
    policy_ids: Vec<String>,
    body: Body,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    policies: Vec<Policy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    effect: String,
    permission_groups: Vec<Group>,
    resources: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    id: String,
    /// Taken and not looked at, as there.
    #[serde(default, skip_serializing, rename = "meta")]
    _meta: Option<Value>,
}

impl Token {
    fn view(&self) -> Value {
        let policy = |(policy, id): (&Policy, &String)| {
            let group = |group: &Group| {
                let name = GROUPS.iter().find(|known| known.0 == group.id).map(|known| known.1);
                json!({ "id": group.id, "name": name })
            };
            json!({
                "id": id,
                "effect": policy.effect,
                "permission_groups": policy.permission_groups.iter().map(group).collect::<Vec<_>>(),
                "resources": policy.resources,
            })
        };
        let mut view = json!({
            "id": self.id,
            "name": self.body.name,
            "status": self.status,
            "issued_on": self.issued_on,
            "modified_on": self.modified_on,
            "policies": self.body.policies.iter().zip(&self.policy_ids).map(policy).collect::<Vec<_>>(),
        });
        let optional = [
            ("condition", self.body.condition.clone()),
            ("expires_on", self.body.expires_on.clone().map(Value::from)),
            ("not_before", self.body.not_before.clone().map(Value::from)),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                view[name] = value;
            }
        }
        view
    }
}

pub(super) fn routes(router: Routes) -> Routes {
    router
        .route("GET /accounts/{account_id}/tokens", list)
        .route("POST /accounts/{account_id}/tokens", create)
        .route("GET /accounts/{account_id}/tokens/permission_groups", groups)
        .route("GET /accounts/{account_id}/tokens/{token_id}", get)
        .route("PUT /accounts/{account_id}/tokens/{token_id}", put)
        .route("DELETE /accounts/{account_id}/tokens/{token_id}", delete)
        .route("PUT /accounts/{account_id}/tokens/{token_id}/value", roll)
}

pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    into.extend(cloud.state.api_tokens.values().map(|token| {
        let mut item = InventoryItem::new(TYPE, &token.id, marked::without(&token.body.name));
        item.marker = marked::token(&token.body.name).map(str::to_owned);
        item
    }));
}

fn groups(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    account::of(cloud, params)?;
    let name = request.query("name");
    let shown = GROUPS.iter().filter(|group| name.is_none_or(|name| group.1 == name));
    ok(shown.map(|(id, name, scope)| json!({ "id": id, "name": name, "scopes": [scope] })).collect())
}

fn refuse(message: impl Into<String>) -> SimResponse {
    error(400, INVALID, message)
}

fn check(body: &Body) -> Result<(), SimResponse> {
    if body.name.is_empty() || body.name.chars().count() > 120 {
        return Err(refuse("name must have 1 to 120 characters"));
    }
    if body.policies.is_empty() {
        return Err(refuse("policies must not be empty"));
    }
    body.policies.iter().try_for_each(check_policy)?;
    let ips = body.condition.iter().filter_map(|condition| condition.get("request_ip"));
    let lists = ips.flat_map(|ips| ["in", "not_in"].map(|name| ips.get(name).cloned().unwrap_or_default()));
    for text in lists.flat_map(|list| list.as_array().cloned().unwrap_or_default()) {
        let address = text.as_str().unwrap_or_default().split('/').next().unwrap_or_default().to_owned();
        if address.parse::<std::net::IpAddr>().is_err() {
            return Err(refuse(format!("{text} is not a valid CIDR")));
        }
    }
    Ok(())
}

fn check_policy(policy: &Policy) -> Result<(), SimResponse> {
    if !["allow", "deny"].contains(&policy.effect.as_str()) {
        return Err(refuse("effect must be allow or deny"));
    }
    if policy.permission_groups.is_empty() || policy.resources.is_empty() {
        return Err(refuse("a policy needs permission_groups and resources"));
    }
    if let Some(name) = policy.resources.keys().find(|name| !name.starts_with("com.cloudflare.")) {
        return Err(refuse(format!("{name} is not a valid resource")));
    }
    let is_zones =
        |name: &str, value: &Value| name.starts_with(&format!("{ZONE_SCOPE}.")) || value.is_object();
    for group in &policy.permission_groups {
        let Some((_, name, scope)) = GROUPS.iter().find(|known| known.0 == group.id) else {
            return Err(refuse(format!("permission group {} does not exist", group.id)));
        };
        let wants_zones = *scope == ZONE_SCOPE;
        if !policy.resources.iter().any(|(name, value)| is_zones(name, value) == wants_zones) {
            return Err(refuse(format!("permission group {name} does not apply to the resources")));
        }
    }
    Ok(())
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?;
    let all: Vec<&Token> = cloud.state.api_tokens.values().filter(|token| token.account == account).collect();
    answer::page(request, (5, 20, 50), &all, |token| token.view())
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?.to_owned();
    let body: Body = input::read(request)?;
    if body.status.is_some() {
        return Err(refuse("status cannot be set when a token is created"));
    }
    check(&body)?;
    let now = cloud.timestamp();
    let token = Token {
        id: cloud.next_id(),
        account,
        value: cloud.hex("token value", VALUE_LENGTH),
        status: "active".to_owned(),
        issued_on: now.clone(),
        modified_on: now,
        policy_ids: body.policies.iter().map(|_| cloud.next_id()).collect(),
        body,
    };
    let mut view = token.view();
    view["value"] = json!(token.value);
    let value = token.value.clone();
    cloud.state.api_tokens.insert(token.id.clone(), token);
    Ok(ok(view)?.with_secret(value))
}

fn token_of<'a>(cloud: &'a mut CloudflareSim, params: &Params) -> Result<&'a mut Token, SimResponse> {
    let account = account::of(cloud, params)?.to_owned();
    let id = params.get("token_id").unwrap_or_default();
    let found = cloud.state.api_tokens.get_mut(id).filter(|token| token.account == account);
    found.ok_or_else(|| error(404, NOT_FOUND, "Invalid API Token ID"))
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(token_of(cloud, params)?.view())
}

fn put(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    token_of(cloud, params)?;
    let mut body: Body = input::read(request)?;
    check(&body)?;
    let status = body.status.take();
    if status.as_deref().is_some_and(|status| !["active", "disabled"].contains(&status)) {
        return Err(refuse("status must be active or disabled"));
    }
    let policy_ids: Vec<String> = body.policies.iter().map(|_| cloud.next_id()).collect();
    let now = cloud.timestamp();
    let token = token_of(cloud, params)?;
    token.status = status.unwrap_or_else(|| token.status.clone());
    (token.policy_ids, token.body, token.modified_on) = (policy_ids, body, now);
    ok(token.view())
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = token_of(cloud, params)?.id.clone();
    cloud.state.api_tokens.remove(&id);
    ok(json!({ "id": id }))
}

fn roll(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    // Some clients send an empty object, others nothing.
    let is_empty = request.body.is_empty() || input::read::<Map<String, Value>>(request)?.is_empty();
    if !is_empty {
        return Err(refuse("the body must be empty"));
    }
    let value = cloud.hex("token value", VALUE_LENGTH);
    let now = cloud.timestamp();
    let token = token_of(cloud, params)?;
    (token.value, token.modified_on) = (value.clone(), now);
    Ok(ok(json!(value))?.with_secret(value))
}
