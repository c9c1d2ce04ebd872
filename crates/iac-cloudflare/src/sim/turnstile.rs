//! Owns simulated Turnstile widgets. Knows no sites.
use super::account;
use super::answer::{self, Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::routes::Routes;
use crate::{check, marked};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TYPE: &str = "cloudflare:turnstile_widget";
/// A refused value. The vendor publishes no numbers.
const INVALID: u64 = 10_400;
/// A widget that does not exist.
const NOT_FOUND: u64 = 10_404;
/// What site keys and secrets begin with.
const KEY_BEGIN: &str = "0x4";

/// A widget.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Widget {
    account: String,
    sitekey: String,
    secret: String,
    created_on: String,
    modified_on: String,
    body: Body,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    domains: Vec<String>,
    mode: String,
    #[serde(default = "no_clearance")]
    clearance_level: String,
    #[serde(default)]
    bot_fight_mode: bool,
    #[serde(default)]
    ephemeral_id: bool,
    #[serde(default)]
    offlabel: bool,
    #[serde(default)]
    region: Option<String>,
}

fn no_clearance() -> String {
    "no_clearance".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotate {
    #[serde(default, rename = "invalidate_immediately")]
    _at_once: bool,
}

impl Widget {
    fn view(&self) -> Value {
        let mut view = self.listed();
        view["secret"] = json!(self.secret);
        view
    }

    fn listed(&self) -> Value {
        let mut view = serde_json::to_value(&self.body).unwrap_or_default();
        view["sitekey"] = json!(self.sitekey);
        view["created_on"] = json!(self.created_on);
        view["modified_on"] = json!(self.modified_on);
        view["deployed_via"] = json!("api");
        view["last_modified_via"] = json!("api");
        view
    }
}

pub(super) fn routes(router: Routes) -> Routes {
    router
        .route("GET /accounts/{account_id}/challenges/widgets", list)
        .route("POST /accounts/{account_id}/challenges/widgets", create)
        .route("GET /accounts/{account_id}/challenges/widgets/{sitekey}", get)
        .route("PUT /accounts/{account_id}/challenges/widgets/{sitekey}", put)
        .route("DELETE /accounts/{account_id}/challenges/widgets/{sitekey}", delete)
        .route("POST /accounts/{account_id}/challenges/widgets/{sitekey}/rotate_secret", rotate)
}

pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    into.extend(cloud.state.turnstile_widgets.values().map(|widget| {
        let mut item = InventoryItem::new(TYPE, &widget.sitekey, marked::without(&widget.body.name));
        item.marker = marked::token(&widget.body.name).map(str::to_owned);
        item
    }));
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?;
    let filter = request.query("filter").filter(|filter| !filter.is_empty());
    let (field, wanted) = match filter.map(|filter| filter.split_once(':')) {
        None => ("name", String::new()),
        Some(Some((field @ ("name" | "sitekey"), wanted))) => (field, wanted.to_ascii_lowercase()),
        Some(_) => return Err(error(400, INVALID, "the filter is not of a known form")),
    };
    let fits = |widget: &&Widget| match field {
        "name" => widget.body.name.to_ascii_lowercase().contains(&wanted),
        _ => widget.sitekey.to_ascii_lowercase() == wanted,
    };
    let all = cloud.state.turnstile_widgets.values().filter(|widget| widget.account == account);
    let all: Vec<&Widget> = all.filter(fits).collect();
    answer::page(request, (5, 25, 1000), &all, |widget| widget.listed())
}

fn checked(cloud: &CloudflareSim, body: Body) -> Result<Body, SimResponse> {
    let refuse = |message: &str| Err(error(400, INVALID, message));
    if body.name.is_empty() || body.name.chars().count() > 254 {
        return refuse("name must have 1 to 254 characters");
    }
    let most = if cloud.config.paid { 200 } else { 10 };
    if body.domains.is_empty() || body.domains.len() > most {
        return refuse("the number of domains is not allowed");
    }
    if body.domains.iter().any(|name| check::hostname(name).is_some()) {
        return refuse("a domain is not valid: no scheme, port, path or wildcard");
    }
    if !["non-interactive", "invisible", "managed"].contains(&body.mode.as_str()) {
        return refuse("mode is not valid");
    }
    if !["no_clearance", "jschallenge", "managed", "interactive"].contains(&body.clearance_level.as_str()) {
        return refuse("clearance_level is not valid");
    }
    let region = body.region.as_deref().unwrap_or("world");
    if !["world", "china"].contains(&region) {
        return refuse("region is not valid");
    }
    let needs_plan = body.bot_fight_mode || body.ephemeral_id || body.offlabel || region == "china";
    if needs_plan && !cloud.config.paid {
        return refuse("bot_fight_mode, ephemeral_id, offlabel and region need an Enterprise plan");
    }
    let region = Some(region.to_owned());
    Ok(Body { region, ..body })
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?.to_owned();
    let body = checked(cloud, input::read(request)?)?;
    let now = cloud.timestamp();
    let widget = Widget {
        account,
        sitekey: format!("{KEY_BEGIN}{}", cloud.hex("sitekey", 19)),
        secret: format!("{KEY_BEGIN}{}", cloud.hex("turnstile secret", 32)),
        created_on: now.clone(),
        modified_on: now,
        body,
    };
    let view = widget.view();
    cloud.state.turnstile_widgets.insert(widget.sitekey.clone(), widget);
    ok(view)
}

fn widget_of<'a>(cloud: &'a mut CloudflareSim, params: &Params) -> Result<&'a mut Widget, SimResponse> {
    let account = account::of(cloud, params)?.to_owned();
    let sitekey = params.get("sitekey").unwrap_or_default();
    let found = cloud.state.turnstile_widgets.get_mut(sitekey).filter(|widget| widget.account == account);
    found.ok_or_else(|| error(404, NOT_FOUND, "Widget not found"))
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(widget_of(cloud, params)?.view())
}

fn put(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    widget_of(cloud, params)?;
    let body: Body = input::read(request)?;
    let (given, now) = (body.region.clone(), cloud.timestamp());
    let body = checked(cloud, body)?;
    let widget = widget_of(cloud, params)?;
    if given.is_some() && given != widget.body.region {
        return Err(error(400, INVALID, "region cannot be changed"));
    }
    widget.body = Body { region: widget.body.region.clone(), ..body };
    widget.modified_on = now;
    ok(widget.view())
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let widget = widget_of(cloud, params)?.clone();
    cloud.state.turnstile_widgets.remove(&widget.sitekey);
    ok(widget.view())
}

fn rotate(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let _: Rotate = input::read(request)?;
    let secret = format!("{KEY_BEGIN}{}", cloud.hex("turnstile secret", 32));
    let now = cloud.timestamp();
    let widget = widget_of(cloud, params)?;
    (widget.secret, widget.modified_on) = (secret, now);
    ok(widget.view())
}
