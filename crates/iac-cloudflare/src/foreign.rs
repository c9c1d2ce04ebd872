//! What Terraform's and Pulumi's providers `cloudflare` call the types of this one, and how their ids
//! become ids here. Knows nothing of files or of requests.
//!
//! Both generations of Terraform's provider are known: where version 5 renamed a type, both names are
//! here. Pulumi's provider is made from it and has the same ids.

use iac_core::provider::{ForeignClaim, ForeignObject, ForeignType};
use iac_core::{Resource, Value};
use serde_json::Value as Json;

use crate::pages::foreign as pages;
use crate::r2::foreign as r2;
use crate::{
    ApiToken, DnsRecord, Dnssec, List, OriginCertificate, Ruleset, TurnstileWidget, Zone, ZoneSetting,
};

pub(crate) type Claims = Vec<ForeignClaim>;

/// Every type of `cloudflare` that is something here.
pub(crate) const FOREIGN_TYPES: &[ForeignType] = &[
    // Zones and DNS.
    ForeignType::new("cloudflare_zone", "cloudflare:index/zone:Zone", zone),
    ForeignType::new("cloudflare_record", "cloudflare:index/record:Record", dns_record),
    ForeignType::new("cloudflare_dns_record", "cloudflare:index/dnsRecord:DnsRecord", dns_record),
    ForeignType::new("cloudflare_zone_dnssec", "cloudflare:index/zoneDnssec:ZoneDnssec", dnssec),
    ForeignType::new("cloudflare_zone_setting", "cloudflare:index/zoneSetting:ZoneSetting", zone_setting),
    ForeignType::new(
        "cloudflare_zone_settings_override",
        "cloudflare:index/zoneSettingsOverride:ZoneSettingsOverride",
        zone_settings,
    ),
    // Rules and credentials.
    ForeignType::new("cloudflare_ruleset", "cloudflare:index/ruleset:Ruleset", ruleset),
    ForeignType::new("cloudflare_list", "cloudflare:index/list:List", list),
    ForeignType::new(
        "cloudflare_origin_ca_certificate",
        "cloudflare:index/originCaCertificate:OriginCaCertificate",
        origin_certificate,
    ),
    ForeignType::new(
        "cloudflare_turnstile_widget",
        "cloudflare:index/turnstileWidget:TurnstileWidget",
        turnstile_widget,
    ),
    ForeignType::new("cloudflare_account_token", "cloudflare:index/accountToken:AccountToken", api_token),
    // Workers.
    ForeignType::new(
        "cloudflare_workers_script",
        "cloudflare:index/workersScript:WorkersScript",
        crate::worker::foreign::script,
    ),
    ForeignType::new(
        "cloudflare_worker_script",
        "cloudflare:index/workerScript:WorkerScript",
        crate::worker::foreign::script,
    ),
    ForeignType::new(
        "cloudflare_workers_route",
        "cloudflare:index/workersRoute:WorkersRoute",
        crate::worker::foreign::route,
    ),
    ForeignType::new(
        "cloudflare_worker_route",
        "cloudflare:index/workerRoute:WorkerRoute",
        crate::worker::foreign::route,
    ),
    ForeignType::new(
        "cloudflare_workers_custom_domain",
        "cloudflare:index/workersCustomDomain:WorkersCustomDomain",
        crate::worker::foreign::domain,
    ),
    ForeignType::new(
        "cloudflare_worker_domain",
        "cloudflare:index/workerDomain:WorkerDomain",
        crate::worker::foreign::domain,
    ),
    ForeignType::new(
        "cloudflare_workers_secret",
        "cloudflare:index/workersSecret:WorkersSecret",
        crate::worker::foreign::secret,
    ),
    ForeignType::new(
        "cloudflare_worker_secret",
        "cloudflare:index/workerSecret:WorkerSecret",
        crate::worker::foreign::secret,
    ),
    ForeignType::new(
        "cloudflare_workers_cron_trigger",
        "cloudflare:index/workersCronTrigger:WorkersCronTrigger",
        crate::worker::foreign::crons,
    ),
    ForeignType::new(
        "cloudflare_worker_cron_trigger",
        "cloudflare:index/workerCronTrigger:WorkerCronTrigger",
        crate::worker::foreign::crons,
    ),
    ForeignType::new(
        "cloudflare_workers_kv_namespace",
        "cloudflare:index/workersKvNamespace:WorkersKvNamespace",
        crate::worker::foreign::kv_namespace,
    ),
    ForeignType::new(
        "cloudflare_workers_kv",
        "cloudflare:index/workersKv:WorkersKv",
        crate::worker::foreign::kv_entry,
    ),
    // Storage and sites.
    ForeignType::new("cloudflare_r2_bucket", "cloudflare:index/r2Bucket:R2Bucket", r2::bucket),
    ForeignType::new("cloudflare_r2_bucket_cors", "cloudflare:index/r2BucketCors:R2BucketCors", r2::cors),
    ForeignType::new(
        "cloudflare_r2_bucket_lifecycle",
        "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle",
        r2::lifecycle,
    ),
    ForeignType::new("cloudflare_r2_bucket_lock", "cloudflare:index/r2BucketLock:R2BucketLock", r2::lock),
    ForeignType::new(
        "cloudflare_r2_managed_domain",
        "cloudflare:index/r2ManagedDomain:R2ManagedDomain",
        r2::managed_domain,
    ),
    ForeignType::new(
        "cloudflare_r2_custom_domain",
        "cloudflare:index/r2CustomDomain:R2CustomDomain",
        r2::custom_domain,
    ),
    ForeignType::new(
        "cloudflare_pages_project",
        "cloudflare:index/pagesProject:PagesProject",
        pages::project,
    ),
    ForeignType::new("cloudflare_pages_domain", "cloudflare:index/pagesDomain:PagesDomain", pages::domain),
];

/// An object with the keys that the attributes say.
pub(crate) fn claim<R: Resource>(
    id: impl Into<String>,
    keys: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> ForeignClaim {
    let known = |(field, value): (&'static str, Option<String>)| Some((field, Value::from(value?)));
    ForeignClaim::object(R::TYPE, id, keys.into_iter().filter_map(known).collect())
}

/// An object in a zone, whose id here is `zone/object`; nothing if the attributes do not say which
/// zone.
fn in_zone<R: Resource>(
    object: &ForeignObject<'_>,
    id: &str,
    keys: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> Claims {
    let Some(zone) = object.text("zone_id") else { return Vec::new() };
    let keys = [("zone", Some(zone.clone()))].into_iter().chain(keys);
    vec![claim::<R>(format!("{zone}/{id}"), keys)]
}

fn zone(object: &ForeignObject<'_>) -> Claims {
    // Version 4 of Terraform's provider calls the domain `zone`.
    let name = object.text("name").or_else(|| object.text("zone"));
    vec![claim::<Zone>(object.id, [("name", name)])]
}

/// Types whose content is written there as it is here.
const PLAIN_CONTENTS: [&str; 5] = ["A", "AAAA", "CNAME", "MX", "NS"];

fn dns_record(object: &ForeignObject<'_>) -> Claims {
    // Version 4 has the whole name beside the one that was given, which may be a part of it.
    let name = object.text("hostname").or_else(|| object.text("name").filter(|name| name.contains('.')));
    let kind = object.text("type");
    let is_plain = kind.as_deref().is_some_and(|kind| PLAIN_CONTENTS.contains(&kind));
    let content = object.text("content").or_else(|| object.text("value")).filter(|_| is_plain);
    in_zone::<DnsRecord>(object, object.id, [("name", name), ("record_type", kind), ("content", content)])
}

fn dnssec(object: &ForeignObject<'_>) -> Claims {
    let zone = object.text("zone_id").unwrap_or_else(|| object.id.to_owned());
    vec![claim::<Dnssec>(zone.as_str(), [("zone", Some(zone.clone()))])]
}

fn zone_setting(object: &ForeignObject<'_>) -> Claims {
    // In version 5 the id of a setting is its name.
    let name = object.text("setting_id").unwrap_or_else(|| object.id.to_owned());
    in_zone::<ZoneSetting>(object, &name, [])
}

/// Version 4 has all settings of a zone in one resource, and writes an empty text or list for one that it
/// leaves alone.
fn zone_settings(object: &ForeignObject<'_>) -> Claims {
    let zone = object.text("zone_id").unwrap_or_else(|| object.id.to_owned());
    let blocks = object.attributes.get("settings").and_then(Json::as_array).into_iter().flatten();
    let settings = blocks.filter_map(Json::as_object).flatten();
    let is_set = |value: &Json| match value {
        Json::String(text) => !text.is_empty(),
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    };
    settings
        .filter(|(_, value)| is_set(value))
        .map(|(name, _)| {
            // What begins with a digit is spelled out there.
            let name = if name == "zero_rtt" { "0rtt" } else { name.as_str() };
            claim::<ZoneSetting>(format!("{zone}/{name}"), [("zone", Some(zone.clone()))])
        })
        .collect()
}

/// Entry points alone: a ruleset of another kind is none here.
fn ruleset(object: &ForeignObject<'_>) -> Claims {
    let phase = object.text("phase");
    match object.text("kind").as_deref() {
        Some("zone") => in_zone::<Ruleset>(object, object.id, [("phase", phase)]),
        Some("root") => vec![claim::<Ruleset>(object.id, [("phase", phase)])],
        _ => Vec::new(),
    }
}

fn list(object: &ForeignObject<'_>) -> Claims {
    vec![claim::<List>(object.id, [("name", object.text("name")), ("kind", object.text("kind"))])]
}

fn origin_certificate(object: &ForeignObject<'_>) -> Claims {
    vec![claim::<OriginCertificate>(object.id, [])]
}

fn turnstile_widget(object: &ForeignObject<'_>) -> Claims {
    vec![claim::<TurnstileWidget>(object.id, [("name", object.text("name"))])]
}

/// A token of the account. One of a user, `cloudflare_api_token`, is none here.
fn api_token(object: &ForeignObject<'_>) -> Claims {
    vec![claim::<ApiToken>(object.id, [("name", object.text("name"))])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(terraform: &str, id: &str, attributes: Json) -> Vec<(&'static str, String, usize)> {
        let kind = FOREIGN_TYPES.iter().find(|kind| kind.terraform == terraform).unwrap();
        let claims = (kind.claims)(&ForeignObject::new(id, &attributes, &[]));
        let told = claims.into_iter().map(|claim| match claim {
            ForeignClaim::Object { type_token, id, keys, .. } => (type_token, id, keys.len()),
            other => panic!("{other:?}"),
        });
        told.collect()
    }

    #[test]
    fn both_generations_are_understood() {
        let old = json!({ "zone_id": "z", "name": "www", "hostname": "www.example.com", "type": "A", "value": "192.0.2.1" });
        let new = json!({ "zone_id": "z", "name": "www.example.com", "type": "TXT", "content": "\"a\"" });
        assert_eq!(claims("cloudflare_record", "r", old), [("cloudflare:dns_record", "z/r".into(), 4)]);
        assert_eq!(claims("cloudflare_dns_record", "r", new), [("cloudflare:dns_record", "z/r".into(), 3)]);
        assert_eq!(claims("cloudflare_zone", "z", json!({ "zone": "example.com" }))[0].2, 1);
        assert_eq!(claims("cloudflare_zone_dnssec", "z", json!({ "zone_id": "z" }))[0].1, "z");
        let setting = json!({ "zone_id": "z", "setting_id": "ssl", "value": "strict" });
        assert_eq!(claims("cloudflare_zone_setting", "ssl", setting)[0].1, "z/ssl");
    }

    #[test]
    fn only_entry_points_are_rulesets() {
        let of = |kind: &str| {
            let attributes = json!({ "zone_id": "z", "kind": kind, "phase": "http_ratelimit" });
            claims("cloudflare_ruleset", "r", attributes)
        };
        assert_eq!(of("zone"), [("cloudflare:ruleset", "z/r".into(), 2)]);
        assert_eq!(of("root"), [("cloudflare:ruleset", "r".into(), 1)]);
        assert!(of("custom").is_empty());
        assert_eq!(claims("cloudflare_list", "l", json!({ "name": "a", "kind": "ip" }))[0].2, 2);
        for (terraform, type_token) in [
            ("cloudflare_origin_ca_certificate", "cloudflare:origin_certificate"),
            ("cloudflare_turnstile_widget", "cloudflare:turnstile_widget"),
            ("cloudflare_account_token", "cloudflare:api_token"),
        ] {
            assert_eq!(claims(terraform, "x", json!({}))[0], (type_token, "x".into(), 0));
        }
    }

    #[test]
    fn one_resource_with_all_settings_is_several_here() {
        let attributes = json!({ "zone_id": "z", "settings": [
            { "ssl": "strict", "zero_rtt": "on", "brotli": "", "max_upload": 0, "ciphers": [] },
        ]});
        let ids: Vec<String> = claims("cloudflare_zone_settings_override", "z", attributes)
            .into_iter()
            .map(|claim| claim.1)
            .collect();
        assert_eq!(ids, ["z/ssl", "z/0rtt"]);
    }
}
