//! Settings of zones, and DNSSEC.
use crate::zone::zone;
use iac_cloudflare::{Dnssec, Zone, ZoneSetting};
use iac_testkit::conformance::Case;
use serde_json::{Value, json};

fn setting(name: &'static str, values: [Value; 2]) -> Case {
    let [first, second] = values.map(|value| {
        let mut setting = json!({});
        setting[name] = value;
        setting
    });
    Case::of::<ZoneSetting>(name, move |ids| json!({ "zone": ids["zone"], "setting": first.clone() }))
        .needs::<Zone>("zone", zone)
        .update("other value", move |_| json!({ "setting": second.clone() }))
}

pub(crate) fn cases() -> Vec<Case> {
    let header = |age: u32| json!({ "enabled": true, "max_age": age, "include_subdomains": true, "preload": false, "nosniff": true });
    vec![
        setting("ssl", [json!("strict"), json!("full")])
            .invalid("setting", |_| json!({ "setting": { "challenge_ttl": 7 } })),
        setting("always_use_https", [json!(true), json!(false)]),
        setting("tls_1_3", [json!("zrt"), json!("on")]),
        setting("min_tls_version", [json!("1.2"), json!("1.3")]),
        setting("browser_cache_ttl", [json!(0), json!(3600)]),
        setting("security_header", [header(86_400), header(0)]),
        setting("ciphers", [json!(["ECDHE-RSA-AES128-GCM-SHA256"]), json!([])]),
        setting("0rtt", [json!(true), json!(false)]),
        Case::of::<Dnssec>("dnssec", |ids| json!({ "zone": ids["zone"] }))
            .needs::<Zone>("zone", zone)
            .update("nsec3", |_| json!({ "use_nsec3": true }))
            .update("several signers", |_| json!({ "multi_signer": true, "use_nsec3": false }))
            .update("signed elsewhere", |_| json!({ "presigned": true, "multi_signer": false })),
    ]
}

#[tokio::test]
async fn settings_and_dnssec() {
    crate::hold(cases()).await;
}
