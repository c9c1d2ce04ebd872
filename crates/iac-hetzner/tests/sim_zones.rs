//! Zones and resource record sets of the simulated project.
#![cfg(feature = "sim")]
mod driver;

use driver::{Driver, id, names};
use iac_hetzner::sim::{Kind, Pace, SimConfig};
use iac_testkit::sim::Method;
use serde_json::{Value, json};

fn zone(driver: &mut Driver, name: &str) -> u64 {
    id(&driver.post("/zones", json!({ "name": name, "mode": "primary" }))["zone"])
}

fn soa_serial(driver: &mut Driver, zone: &str) -> u32 {
    let set = driver.get(&format!("/zones/{zone}/rrsets/@/SOA"));
    let value = set["rrset"]["records"][0]["value"].as_str().unwrap_or_default();
    value.split(' ').nth(2).and_then(|serial| serial.parse().ok()).expect("a SOA record has a serial number")
}

#[test]
fn a_primary_zone_begins_with_its_authority() {
    let mut driver = Driver::instant();
    let body = json!({ "name": "example.com", "mode": "primary", "ttl": 7200, "labels": { "env": "test" } });
    let answer = driver.post("/zones", body);
    assert_eq!(answer["action"]["command"], "create_zone");
    assert_eq!(answer["action"]["resources"][0]["type"], "zone");
    let zone = &answer["zone"];
    assert_eq!(zone["status"], "ok");
    assert_eq!(zone["ttl"], 7200);
    assert_eq!(zone["record_count"], 4);
    assert_eq!(zone["authoritative_nameservers"]["assigned"].as_array().unwrap().len(), 3);
    let by_id = driver.get(&format!("/zones/{}", id(zone)));
    assert_eq!(by_id, driver.get("/zones/example.com"));
    let sets = driver.get("/zones/example.com/rrsets");
    let ids: Vec<&str> =
        sets["rrsets"].as_array().unwrap().iter().map(|set| set["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["@/NS", "@/SOA"]);
}

#[test]
fn names_of_zones_are_checked_and_unique() {
    let mut driver = Driver::instant();
    zone(&mut driver, "example.com");
    driver.refused_post(
        "/zones",
        json!({ "name": "example.com", "mode": "primary" }),
        (409, "uniqueness_error"),
    );
    for name in ["Example.org", "example.org.", "www.example.org", "localhost", "exa mple.org", ""] {
        driver.invalid("/zones", json!({ "name": name, "mode": "primary" }), "name");
    }
    driver.invalid("/zones", json!({ "name": "example.org" }), "mode");
    driver.invalid("/zones", json!({ "name": "example.org", "mode": "primary", "ttl": 59 }), "ttl");
    driver.refused(Method::GET, "/zones/example.org", None, (404, "not_found"));
}

#[test]
fn zones_are_updating_until_their_action_has_ended() {
    let mut driver = Driver::new(SimConfig::new().pace(Pace::Polls(2)));
    let answer = driver.post("/zones", json!({ "name": "example.com", "mode": "primary" }));
    assert_eq!(answer["zone"]["status"], "updating");
    assert_eq!(answer["zone"]["authoritative_nameservers"]["delegated"], json!([]));
    let ttl = json!({ "ttl": 300 });
    driver.refused_post("/zones/example.com/actions/change_ttl", ttl.clone(), (423, "locked"));
    driver.cloud.finish_actions();
    let changed = driver.post("/zones/example.com/actions/change_ttl", ttl);
    assert_eq!(driver.get("/zones/example.com")["zone"]["ttl"], 3600);
    driver.cloud.finish_actions();
    assert_eq!(driver.get("/zones/example.com")["zone"]["ttl"], 300);
    let of_zone = driver.get("/zones/example.com/actions");
    assert_eq!(of_zone["actions"].as_array().unwrap().len(), 2);
    let path = format!("/zones/example.com/actions/{}", id(&changed["action"]));
    assert_eq!(driver.get(&path)["action"]["status"], "success");
}

#[test]
fn a_protected_zone_stays() {
    let mut driver = Driver::instant();
    let id = zone(&mut driver, "example.com");
    driver.post("/zones/example.com/actions/change_protection", json!({ "delete": true }));
    driver.refused(Method::DELETE, "/zones/example.com", None, (423, "protected"));
    driver.post("/zones/example.com/actions/change_protection", json!({ "delete": false }));
    let answer = driver.delete("/zones/example.com");
    assert_eq!(answer["action"]["command"], "delete_zone");
    driver.refused(Method::GET, &format!("/zones/{id}"), None, (404, "not_found"));
    assert_eq!(driver.cloud.count(Kind::Zone), 0);
}

#[test]
fn a_secondary_zone_has_nameservers_and_no_records() {
    let mut driver = Driver::instant();
    let body = json!({ "name": "example.com", "mode": "secondary" });
    driver.invalid("/zones", body.clone(), "primary_nameservers");
    let mut body = body;
    body["primary_nameservers"] = json!([{ "address": "192.0.2.53" }]);
    let zone = driver.post("/zones", body)["zone"].clone();
    assert_eq!(zone["primary_nameservers"], json!([{ "address": "192.0.2.53", "port": 53 }]));
    driver.refused(Method::GET, "/zones/example.com/rrsets", None, (422, "incorrect_zone_mode"));
    driver.refused(Method::GET, "/zones/example.com/zonefile", None, (422, "incorrect_zone_mode"));
    driver.refused_post(
        "/zones/example.com/actions/change_ttl",
        json!({ "ttl": 60 }),
        (422, "incorrect_zone_mode"),
    );
    let path = "/zones/example.com/actions/change_primary_nameservers";
    let nameserver = |key: &str| json!({ "primary_nameservers": [{ "address": "192.0.2.1", "port": 5353, "tsig_key": key, "tsig_algorithm": "hmac-sha256" }] });
    driver.invalid(path, nameserver("no base64!"), "primary_nameservers.0.tsig_key");
    driver.post(path, nameserver("c2VjcmV0"));
    let zone = driver.get("/zones/example.com")["zone"].clone();
    assert_eq!(zone["primary_nameservers"][0]["port"], 5353);
}

#[test]
fn lists_of_zones_are_filtered() {
    let mut driver = Driver::instant();
    for name in ["b.com", "a.com", "c.com"] {
        driver.post("/zones", json!({ "name": name, "mode": "primary", "labels": { "first": name } }));
    }
    assert_eq!(names(&driver.get("/zones?sort=name:desc")["zones"]), ["c.com", "b.com", "a.com"]);
    assert_eq!(names(&driver.get("/zones?name=a.com")["zones"]), ["a.com"]);
    assert_eq!(names(&driver.get("/zones?label_selector=first%21%3Da.com")["zones"]), ["b.com", "c.com"]);
    assert_eq!(names(&driver.get("/zones?mode=secondary")["zones"]), Vec::<&str>::new());
    let page = driver.get("/zones?per_page=2&page=2");
    assert_eq!(names(&page["zones"]), ["c.com"]);
    assert_eq!(page["meta"]["pagination"]["total_entries"], 3);
    driver.put("/zones/a.com", json!({ "labels": {} }));
    assert_eq!(names(&driver.get("/zones?label_selector=%21first")["zones"]), ["a.com"]);
}

#[test]
fn sets_come_and_go_with_their_records() {
    let mut driver = Driver::instant();
    let zone = zone(&mut driver, "example.com");
    let serial = soa_serial(&mut driver, "example.com");
    let body = json!({
        "name": "www", "type": "A", "ttl": 300, "labels": { "a": "b" },
        "records": [{ "value": "192.0.2.1", "comment": "first" }, { "value": "192.0.2.2" }],
    });
    let answer = driver.post("/zones/example.com/rrsets", body.clone());
    assert_eq!(answer["rrset"]["id"], "www/A");
    assert_eq!(answer["rrset"]["zone"], zone);
    assert_eq!(answer["action"]["command"], "create_rrset");
    driver.refused_post("/zones/example.com/rrsets", body, (409, "uniqueness_error"));
    assert!(soa_serial(&mut driver, "example.com") > serial);

    let set = "/zones/example.com/rrsets/www/A";
    let records = |values: &[&str]| {
        let records: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
        json!({ "records": records })
    };
    let action = |name: &str| format!("{set}/actions/{name}");
    driver.post(&action("add_records"), records(&["192.0.2.3"]));
    let mut with_ttl = records(&["192.0.2.4"]);
    with_ttl["ttl"] = json!(60);
    driver.invalid(&action("add_records"), with_ttl, "ttl");
    driver.invalid(&action("add_records"), records(&["192.0.2.3"]), "records.3.value");
    driver.post(&action("remove_records"), records(&["192.0.2.1", "192.0.2.2"]));
    driver.invalid(&action("remove_records"), records(&["192.0.2.9"]), "records.0.value");
    let comments = json!({ "records": [{ "value": "192.0.2.3", "comment": "third" }] });
    driver.post(&action("update_records"), comments.clone());
    assert_eq!(driver.get(set)["rrset"]["records"], comments["records"]);
    driver.post(&action("set_records"), records(&["192.0.2.7", "192.0.2.8"]));
    driver.post(&action("change_ttl"), json!({ "ttl": null }));
    assert_eq!(driver.get(set)["rrset"]["ttl"], Value::Null);
    driver.put(set, json!({ "labels": { "c": "d" } }));
    let listed = driver.get("/zones/example.com/rrsets?label_selector=c%3Dd&type=A&name=www&per_page=100");
    assert_eq!(listed["rrsets"].as_array().unwrap().len(), 1);
    assert_eq!(listed["meta"]["pagination"]["per_page"], 100);
    driver.post(&action("remove_records"), records(&["192.0.2.7", "192.0.2.8"]));
    driver.refused(Method::GET, set, None, (404, "not_found"));
    driver.post(&action("add_records"), records(&["192.0.2.9"]));
    driver.delete(set);
    driver.refused(Method::DELETE, set, None, (404, "not_found"));
}

#[test]
fn records_are_checked_by_type() {
    let mut driver = Driver::instant();
    zone(&mut driver, "example.com");
    let path = "/zones/example.com/rrsets";
    let set = |name: &str, kind: &str, values: &[&str]| {
        let records: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
        json!({ "name": name, "type": kind, "records": records })
    };
    driver.invalid(path, set("www", "A", &["2001:db8::1"]), "records.0.value");
    driver.invalid(path, set("www", "A", &[]), "records");
    driver.invalid(path, set("www", "A", &["192.0.2.1", "192.0.2.1"]), "records.1.value");
    driver.invalid(path, set("www", "TXT", &["not quoted"]), "records.0.value");
    driver.invalid(path, set("www", "CNAME", &["a.example.org.", "b.example.org."]), "records");
    driver.invalid(path, set("www", "SPF", &["\"x\""]), "type");
    driver.invalid(path, set("www.example.com", "A", &["192.0.2.1"]), "name");
    driver.invalid(path, set("@", "CNAME", &["www.example.org."]), "name");
    driver.post(path, set("www", "CNAME", &["example.org."]));
    driver.invalid(path, set("www", "A", &["192.0.2.1"]), "name");
    driver.post(path, set("@", "MX", &["10 mail.example.com."]));
    driver.post(path, set("*.sub", "TXT", &["\"v=spf1 -all\""]));
    driver.refused_post(path, set("@", "SOA", &["a. b. 1 2 3 4 5"]), (409, "uniqueness_error"));
    driver.refused(Method::DELETE, "/zones/example.com/rrsets/@/SOA", None, (422, "invalid_input"));
}

#[test]
fn a_protected_set_is_not_changed() {
    let mut driver = Driver::instant();
    zone(&mut driver, "example.com");
    let set = "/zones/example.com/rrsets/www/A";
    let records = json!({ "records": [{ "value": "192.0.2.1" }] });
    driver.post(&format!("{set}/actions/add_records"), records.clone());
    driver.post(&format!("{set}/actions/change_protection"), json!({ "change": true }));
    assert_eq!(driver.get(set)["rrset"]["protection"]["change"], true);
    driver.refused(Method::DELETE, set, None, (423, "protected"));
    driver.refused_post(&format!("{set}/actions/set_records"), records, (423, "protected"));
    driver.refused_post(&format!("{set}/actions/change_ttl"), json!({ "ttl": 60 }), (423, "protected"));
    let file = driver.get("/zones/example.com/zonefile")["zonefile"].clone();
    let import = "/zones/example.com/actions/import_zonefile";
    driver.refused_post(import, json!({ "zonefile": file }), (423, "protected"));
}

#[test]
fn zone_files_go_out_and_in() {
    let mut driver = Driver::instant();
    let sets = json!([
        { "name": "www", "type": "A", "ttl": 300, "records": [{ "value": "192.0.2.1", "comment": "web" }] },
        { "name": "@", "type": "TXT", "records": [{ "value": "\"a;b\"" }] },
    ]);
    driver.post("/zones", json!({ "name": "example.com", "mode": "primary", "rrsets": sets }));
    let file = driver.get("/zones/example.com/zonefile")["zonefile"].as_str().unwrap().to_owned();
    assert!(file.starts_with("$ORIGIN\texample.com.\n$TTL\t3600\n\n@\tIN\tSOA\t"), "{file}");
    assert!(file.contains("www\tIN\t300\tA\t192.0.2.1 ; web\n"), "{file}");
    driver.refused_post(
        "/zones",
        json!({ "name": "example.org", "mode": "primary", "zonefile": file }),
        (422, "invalid_input"),
    );
    let import = "/zones/example.com/actions/import_zonefile";
    let without_authority = file.replace("helium.ns.hetzner.de.", "other.example.org.");
    driver.invalid(import, json!({ "zonefile": without_authority }), "zonefile");
    driver.invalid(import, json!({ "zonefile": "www IN A 192.0.2.1\n" }), "zonefile");
    let changed = file.replace("$TTL\t3600", "$TTL\t600").replace("192.0.2.1 ;", "192.0.2.9 ;");
    let before = soa_serial(&mut driver, "example.com");
    driver.post(import, json!({ "zonefile": changed }));
    assert!(soa_serial(&mut driver, "example.com") > before);
    assert_eq!(driver.get("/zones/example.com")["zone"]["ttl"], 600);
    let set = driver.get("/zones/example.com/rrsets/www/A")["rrset"].clone();
    assert_eq!(set["records"], json!([{ "value": "192.0.2.9", "comment": "web" }]));
    let copy = file.replace("example.com", "example.org");
    driver.post("/zones", json!({ "name": "example.org", "mode": "primary", "zonefile": copy }));
    assert_eq!(driver.get("/zones/example.org/rrsets/@/TXT")["rrset"]["records"][0]["value"], "\"a;b\"");
}
