//! Owns the settings of simulated zones: their defaults, and which values each takes. Knows no
//! request that they change the answer of.
use super::answer::{Answer, error, ok};
use super::cloud::CloudflareSim;
use super::routes::Routes;
use super::{input, zone};
use iac_testkit::sim::{Params, SimRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A setting that was changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Changed {
    pub(crate) value: Value,
    pub(crate) modified_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    value: Value,
}

/// What a setting takes.
enum Kind {
    /// One of these texts; the first is what a new zone has.
    Choice(&'static [&'static str]),
    /// A number of these bounds.
    Number { default: u64, least: u64, most: u64 },
    /// A list of texts.
    List,
    /// The security header.
    Header,
}

const OFF_ON: Kind = Kind::Choice(&["off", "on"]);
const ON_OFF: Kind = Kind::Choice(&["on", "off"]);
const YEAR_S: u64 = 31_536_000;

/// Every setting, whether only a paid plan can change it, and what it takes.
const SETTINGS: &[(&str, bool, Kind)] = &[
    ("0rtt", false, OFF_ON),
    ("always_online", false, ON_OFF),
    ("always_use_https", false, OFF_ON),
    ("automatic_https_rewrites", false, ON_OFF),
    ("brotli", false, ON_OFF),
    ("browser_cache_ttl", false, Kind::Number { default: 14_400, least: 0, most: YEAR_S }),
    ("browser_check", false, ON_OFF),
    ("cache_level", false, Kind::Choice(&["aggressive", "basic", "simplified"])),
    ("challenge_ttl", false, Kind::Number { default: 1_800, least: 300, most: YEAR_S }),
    ("ciphers", true, Kind::List),
    ("development_mode", false, OFF_ON),
    ("early_hints", false, OFF_ON),
    ("email_obfuscation", false, ON_OFF),
    ("hotlink_protection", false, OFF_ON),
    ("http2", true, ON_OFF),
    ("http3", false, ON_OFF),
    ("ip_geolocation", false, ON_OFF),
    ("ipv6", false, ON_OFF),
    ("max_upload", true, Kind::Number { default: 100, least: 100, most: 1_000 }),
    ("min_tls_version", false, Kind::Choice(&["1.0", "1.1", "1.2", "1.3"])),
    ("opportunistic_encryption", false, ON_OFF),
    ("opportunistic_onion", false, ON_OFF),
    ("origin_error_page_pass_thru", true, OFF_ON),
    ("polish", true, Kind::Choice(&["off", "lossless", "lossy"])),
    ("prefetch_preload", true, OFF_ON),
    ("proxy_read_timeout", true, Kind::Number { default: 100, least: 1, most: 6_000 }),
    ("pseudo_ipv4", false, Kind::Choice(&["off", "add_header", "overwrite_header"])),
    ("response_buffering", true, OFF_ON),
    ("rocket_loader", false, OFF_ON),
    ("security_header", false, Kind::Header),
    (
        "security_level",
        false,
        Kind::Choice(&["medium", "off", "essentially_off", "low", "high", "under_attack"]),
    ),
    ("sort_query_string_for_cache", true, OFF_ON),
    ("ssl", false, Kind::Choice(&["full", "off", "flexible", "strict"])),
    ("tls_1_3", false, Kind::Choice(&["on", "off", "zrt"])),
    ("tls_client_auth", false, OFF_ON),
    ("true_client_ip_header", true, OFF_ON),
    ("webp", true, OFF_ON),
    ("websockets", false, ON_OFF),
];

pub(super) fn routes(router: Routes) -> Routes {
    router
        .route("GET /zones/{zone_id}/settings/{setting_id}", get)
        .route("PATCH /zones/{zone_id}/settings/{setting_id}", edit)
}

pub(super) fn forget(cloud: &mut CloudflareSim, zone: &str) {
    cloud.state.settings.remove(zone);
}

impl Kind {
    fn default(&self) -> Value {
        match self {
            Self::Choice(texts) => json!(texts.first()),
            Self::Number { default, .. } => json!(default),
            Self::List => json!([]),
            Self::Header => json!({ "strict_transport_security": {
                "enabled": false, "max_age": 0, "include_subdomains": false, "preload": false, "nosniff": false,
            } }),
        }
    }

    fn takes(&self, value: &Value) -> bool {
        match self {
            Self::Choice(texts) => value.as_str().is_some_and(|text| texts.contains(&text)),
            Self::Number { least, most, .. } => {
                value.as_u64().is_some_and(|number| (*least..=*most).contains(&number))
            }
            Self::List => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
            Self::Header => value.get("strict_transport_security").is_some_and(is_header),
        }
    }
}

fn is_header(value: &Value) -> bool {
    let known = |(name, value): (&String, &Value)| match name.as_str() {
        "max_age" => value.as_u64().is_some_and(|age| age <= YEAR_S),
        "enabled" | "include_subdomains" | "preload" | "nosniff" => value.is_boolean(),
        _ => false,
    };
    value.as_object().is_some_and(|fields| fields.iter().all(known))
}

type Found<'a> = (&'a str, &'static (&'static str, bool, Kind));

fn find<'a>(cloud: &CloudflareSim, params: &'a Params) -> Result<Found<'a>, iac_testkit::sim::SimResponse> {
    zone::of(cloud, params)?;
    let zone = params.get("zone_id").unwrap_or_default();
    let name = params.get("setting_id").unwrap_or_default();
    let row = SETTINGS.iter().find(|(known, ..)| *known == name);
    Ok((zone, row.ok_or_else(|| error(400, 1_007, "Invalid zone setting"))?))
}

fn view(cloud: &CloudflareSim, (zone, (name, paid, kind)): Found<'_>) -> Value {
    let changed = cloud.state.settings.get(zone).and_then(|settings| settings.get(*name));
    json!({
        "id": name,
        "value": changed.map_or_else(|| kind.default(), |changed| changed.value.clone()),
        "editable": !paid || cloud.config.paid,
        "modified_on": changed.map(|changed| &changed.modified_on),
    })
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let found = find(cloud, params)?;
    ok(view(cloud, found))
}

fn edit(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let found = find(cloud, params)?;
    let (zone, (name, paid, kind)) = found;
    let Edit { value } = input::read(request)?;
    if *paid && !cloud.config.paid {
        return Err(error(400, 1_006, format!("Not allowed to edit setting for {name}")));
    }
    if !kind.takes(&value) {
        return Err(error(400, 1_007, format!("Invalid value for zone setting {name}")));
    }
    let changed = Changed { value, modified_on: cloud.timestamp() };
    let settings: &mut BTreeMap<String, Changed> = cloud.state.settings.entry(zone.to_owned()).or_default();
    settings.insert((*name).to_owned(), changed);
    ok(view(cloud, found))
}
