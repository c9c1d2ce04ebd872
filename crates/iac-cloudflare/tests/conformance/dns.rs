//! DNS records.
use crate::zone::zone;
use iac_cloudflare::{DnsRecord, Zone};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

/// A record of the zone that the case needs.
fn record(rest: Value) -> impl Fn(&Ids) -> Value {
    move |ids| {
        let mut all = json!({ "zone": ids["zone"] });
        for (field, value) in rest.as_object().into_iter().flatten() {
            all[field] = value.clone();
        }
        all
    }
}

fn case(name: &'static str, rest: Value) -> Case {
    Case::of::<DnsRecord>(name, record(rest)).needs::<Zone>("zone", zone)
}

fn simple() -> Vec<Case> {
    vec![
        case(
            "address",
            json!({ "name": "www.example.com", "record_type": "A", "content": "203.0.113.1", "ttl": 300, "comment": "the site" }),
        )
        .update("other address", |_| json!({ "content": "203.0.113.2" }))
        .update("other time", |_| json!({ "ttl": 600 }))
        .update("automatic time", |_| json!({ "ttl": null }))
        .update("other comment", |_| json!({ "comment": "the shop" }))
        .update("no comment", |_| json!({ "comment": null }))
        .update("tags", |_| json!({ "tags": ["team:shop", "owner:ops"] }))
        .update("proxied", |_| json!({ "proxied": true }))
        .update("one family", |_| json!({ "ipv4_only": true }))
        .update("the other family", |_| json!({ "ipv4_only": false, "ipv6_only": true }))
        .update("renamed", |_| json!({ "name": "shop.example.com" }))
        .invalid("content", |_| json!({ "content": "203.0.113.256" }))
        .invalid("content", |_| json!({ "content": null }))
        .invalid("data", |_| json!({ "data": { "port": 1 } }))
        .invalid("name", |_| json!({ "name": "www" }))
        .invalid("name", |_| json!({ "name": "www.example.org" }))
        .invalid("ttl", |_| json!({ "ttl": 5 }))
        .invalid("comment", |_| json!({ "comment": "x".repeat(500) })),
        case(
            "another name",
            json!({ "name": "*.example.com", "record_type": "CNAME", "content": "www.example.org", "proxied": true }),
        )
        .update("flattened", |_| json!({ "proxied": false, "flatten_cname": true }))
        .invalid("content", |_| json!({ "content": "www.example.org." }))
        .invalid("ttl", |_| json!({ "ttl": 300 })),
        case(
            "long text",
            json!({ "name": "_dmarc.example.com", "record_type": "TXT", "content": "v=1; \"quoted\"; ".repeat(40) }),
        )
        .update("shorter", |_| json!({ "content": "v=2" }))
        .invalid("proxied", |_| json!({ "proxied": true }))
        .invalid("content", |_| json!({ "content": "\"v=2\"" })),
        case(
            "mail",
            json!({ "name": "example.com", "record_type": "MX", "content": "mail.example.com", "priority": 10 }),
        )
        .update("other priority", |_| json!({ "priority": 20 }))
        .invalid("priority", |_| json!({ "priority": null })),
    ]
}

/// A type that is given in parts, and another value of one part.
fn in_parts(kind: &'static str, name: &'static str, data: Value, field: &'static str, other: Value) -> Case {
    let mut changed = data.clone();
    changed[field] = other;
    let mut rest = json!({ "name": name, "record_type": kind, "data": data });
    if kind == "URI" {
        rest["priority"] = json!(10);
    }
    case(kind, rest).update("other part", move |_| json!({ "data": changed }))
}

fn with_data() -> Vec<Case> {
    let certificate =
        json!({ "usage": 3, "selector": 1, "matching_type": 1, "certificate": "ab".repeat(32) });
    vec![
        in_parts(
            "CAA",
            "example.com",
            json!({ "flags": 0, "tag": "issue", "value": "a.example" }),
            "value",
            json!("b.example"),
        )
        .invalid("data", |_| json!({ "data": { "flags": 0, "tag": "issue" } }))
        .invalid("content", |_| json!({ "content": "0 issue \"a.example\"" })),
        in_parts(
            "SRV",
            "_sip._tcp.example.com",
            json!({ "priority": 10, "weight": 5, "port": 5060, "target": "sip.example.com" }),
            "port",
            json!(5061),
        ),
        in_parts(
            "HTTPS",
            "example.com",
            json!({ "priority": 1, "target": ".", "value": "alpn=\"h3,h2\"" }),
            "value",
            json!("alpn=\"h2\""),
        ),
        in_parts("TLSA", "_443._tcp.example.com", certificate.clone(), "usage", json!(2)),
        in_parts("SMIMEA", "a._smimecert.example.com", certificate, "selector", json!(0)),
        in_parts(
            "SSHFP",
            "host.example.com",
            json!({ "algorithm": 4, "kind": 2, "fingerprint": "cd".repeat(32) }),
            "algorithm",
            json!(1),
        ),
        in_parts(
            "NAPTR",
            "e164.example.com",
            json!({ "order": 100, "preference": 10, "naptr_flags": "U", "service": "E2U+sip",
                    "regex": "!^.*$!sip:a@example.com!", "replacement": "." }),
            "order",
            json!(200),
        ),
        in_parts(
            "LOC",
            "office.example.com",
            json!({ "lat_degrees": 52, "lat_minutes": 31, "lat_seconds": 12.5, "lat_direction": "N",
                    "long_degrees": 13, "long_minutes": 24, "long_seconds": 18.25, "long_direction": "E",
                    "altitude": 34.5, "size": 1.5, "precision_horz": 10.5, "precision_vert": 2.5 }),
            "lat_degrees",
            json!(53),
        ),
        in_parts(
            "URI",
            "_ftp._tcp.example.com",
            json!({ "weight": 1, "target": "ftp://ftp.example.com/" }),
            "weight",
            json!(2),
        ),
        in_parts(
            "DS",
            "sub.example.com",
            json!({ "key_tag": 2371, "algorithm": 13, "digest_type": 2, "digest": "ef".repeat(32) }),
            "key_tag",
            json!(2372),
        ),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = simple();
    cases.extend(with_data());
    cases
}

#[tokio::test]
async fn dns_records() {
    crate::hold(cases()).await;
}
