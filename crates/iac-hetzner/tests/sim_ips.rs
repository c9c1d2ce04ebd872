//! Primary and floating IPs of the simulated project, and its price list.
#![cfg(feature = "sim")]
mod driver;

use driver::{Driver, id, names, server};
use iac_hetzner::sim::{Kind, Pace, SimConfig};
use iac_testkit::sim::Method;
use serde_json::{Value, json};

fn primary(name: &str, kind: &str) -> Value {
    json!({ "name": name, "type": kind, "location": "fsn1" })
}

fn off_server_without_ips(driver: &mut Driver) -> u64 {
    let network = json!({
        "name": "net", "ip_range": "10.0.0.0/16",
        "subnets": [{ "type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.1.0/24" }],
    });
    let network = id(&driver.post("/networks", network)["network"]);
    let public_net = json!({ "enable_ipv4": false, "enable_ipv6": false });
    server(
        driver,
        "box",
        json!({ "start_after_create": false, "public_net": public_net, "networks": [network] }),
    )
}

#[test]
fn a_primary_ip_stands_alone() {
    let mut driver = Driver::instant();
    let mut body = primary("v4", "ipv4");
    body["labels"] = json!({ "a": "b" });
    let answer = driver.post("/primary_ips", body.clone());
    let v4 = answer["primary_ip"].clone();
    assert!(answer.get("action").is_none());
    assert_eq!(v4["assignee_id"], Value::Null);
    assert_eq!(v4["location"]["name"], "fsn1");
    assert_eq!(v4["dns_ptr"][0]["ip"], v4["ip"]);
    let v6 = driver.post("/primary_ips", primary("v6", "ipv6"))["primary_ip"].clone();
    assert!(v6["ip"].as_str().unwrap().ends_with("::/64"));
    driver.refused_post("/primary_ips", body, (409, "uniqueness_error"));
    driver.invalid("/primary_ips", json!({ "name": "x", "type": "ipv4" }), "location");
    driver.invalid("/primary_ips", json!({ "name": "x", "type": "ipv5", "location": "fsn1" }), "type");
    driver.invalid("/primary_ips", json!({ "name": "x", "type": "ipv4", "location": "moon" }), "location");
    let old = json!({ "name": "old", "type": "ipv4", "assignee_type": "server", "datacenter": "nbg1-dc3" });
    assert_eq!(driver.post("/primary_ips", old)["primary_ip"]["location"]["name"], "nbg1");
    driver.invalid(
        "/primary_ips",
        json!({ "name": "x", "type": "ipv4", "datacenter": "moon-dc1" }),
        "datacenter",
    );
    let by_ip = format!("/primary_ips?ip={}", v4["ip"].as_str().unwrap());
    assert_eq!(names(&driver.get(&by_ip)["primary_ips"]), ["v4"]);
    assert_eq!(names(&driver.get("/primary_ips?label_selector=a%3Db")["primary_ips"]), ["v4"]);
    let path = format!("/primary_ips/{}", id(&v4));
    let changed = driver.put(&path, json!({ "name": "other", "auto_delete": true }));
    assert_eq!(changed["primary_ip"]["auto_delete"], true);
    driver.invalid(&format!("{path}/actions/change_protection"), json!({ "delete": true }), "delete");
    driver.put(&path, json!({ "auto_delete": false }));
    driver.post(&format!("{path}/actions/change_protection"), json!({ "delete": true }));
    driver.refused(Method::DELETE, &path, None, (423, "protected"));
    driver.post(&format!("{path}/actions/change_protection"), json!({ "delete": false }));
    driver.delete(&path);
    assert_eq!(driver.cloud.count(Kind::PrimaryIp), 2);
}

#[test]
fn reverse_names_change() {
    let mut driver = Driver::instant();
    let v4 = driver.post("/primary_ips", primary("v4", "ipv4"))["primary_ip"].clone();
    let v6 = driver.post("/primary_ips", primary("v6", "ipv6"))["primary_ip"].clone();
    let path = |ip: &Value| format!("/primary_ips/{}/actions/change_dns_ptr", id(ip));
    driver.post(&path(&v4), json!({ "ip": v4["ip"], "dns_ptr": "a.example.com" }));
    let shown = driver.get(&format!("/primary_ips/{}", id(&v4)));
    assert_eq!(shown["primary_ip"]["dns_ptr"][0]["dns_ptr"], "a.example.com");
    driver.post(&path(&v4), json!({ "ip": v4["ip"], "dns_ptr": null }));
    let shown = driver.get(&format!("/primary_ips/{}", id(&v4)));
    assert_eq!(shown["primary_ip"]["dns_ptr"], v4["dns_ptr"]);
    let host = v6["ip"].as_str().unwrap().replace("/64", "5");
    driver.post(&path(&v6), json!({ "ip": host, "dns_ptr": "b.example.com" }));
    let shown = driver.get(&format!("/primary_ips/{}", id(&v6)));
    assert_eq!(shown["primary_ip"]["dns_ptr"], json!([{ "ip": host, "dns_ptr": "b.example.com" }]));
    driver.post(&path(&v6), json!({ "ip": host, "dns_ptr": null }));
    assert_eq!(driver.get(&format!("/primary_ips/{}", id(&v6)))["primary_ip"]["dns_ptr"], json!([]));
    driver.refused_post(&path(&v4), json!({ "ip": "203.0.113.1", "dns_ptr": null }), (404, "not_found"));
    driver.invalid(&path(&v4), json!({ "ip": v4["ip"], "dns_ptr": "no name" }), "dns_ptr");
}

#[test]
fn a_primary_ip_is_assigned_to_a_stopped_server() {
    let mut driver = Driver::instant();
    let ip = id(&driver.post("/primary_ips", primary("v4", "ipv4"))["primary_ip"]);
    let path = format!("/primary_ips/{ip}");
    let running = server(&mut driver, "running", json!({}));
    let assign = |server: u64| json!({ "assignee_id": server, "assignee_type": "server" });
    let to = format!("{path}/actions/assign");
    driver.refused_post(&to, assign(running), (422, "server_not_stopped"));
    driver.act(&format!("/servers/{running}/actions/poweroff"));
    driver.refused_post(&to, assign(running), (422, "server_has_ipv4"));
    driver.refused_post(&to, assign(1), (404, "not_found"));
    let empty = off_server_without_ips(&mut driver);
    let action = driver.post(&to, assign(empty))["action"].clone();
    assert_eq!(action["command"], "assign_primary_ip");
    assert_eq!(driver.get(&path)["primary_ip"]["assignee_id"], empty);
    let public_net = driver.get(&format!("/servers/{empty}"))["server"]["public_net"].clone();
    assert_eq!(public_net["ipv4"]["id"], ip);
    driver.refused_post(&to, assign(empty), (422, "primary_ip_already_assigned"));
    driver.refused(Method::DELETE, &path, None, (422, "must_be_unassigned"));
    driver.act(&format!("/servers/{empty}/actions/poweron"));
    let from = format!("{path}/actions/unassign");
    driver.refused(Method::POST, &from, None, (422, "server_not_stopped"));
    driver.act(&format!("/servers/{empty}/actions/poweroff"));
    driver.act(&from);
    driver.delete(&path);
    let body = json!({ "name": "direct", "type": "ipv6", "assignee_type": "server", "assignee_id": empty });
    let answer = driver.post("/primary_ips", body);
    assert_eq!(answer["action"]["command"], "assign_primary_ip");
    assert_eq!(answer["primary_ip"]["assignee_id"], empty);
}

#[test]
fn an_assignment_holds_both_until_it_ends() {
    let mut driver = Driver::new(SimConfig::new().pace(Pace::Polls(3)));
    let server = off_server_without_ips(&mut driver);
    driver.cloud.finish_actions();
    let ip = id(&driver.post("/primary_ips", primary("v4", "ipv4"))["primary_ip"]);
    let path = format!("/primary_ips/{ip}");
    let body = json!({ "assignee_id": server, "assignee_type": "server" });
    let action = id(&driver.post(&format!("{path}/actions/assign"), body.clone())["action"]);
    driver.refused_post(&format!("{path}/actions/assign"), body, (423, "locked"));
    driver.refused(Method::POST, &format!("/servers/{server}/actions/poweron"), None, (423, "locked"));
    assert_eq!(driver.get(&format!("/actions/{action}"))["action"]["status"], "success");
    assert_eq!(driver.get(&path)["primary_ip"]["assignee_id"], server);
}

#[test]
fn the_addresses_of_new_servers_are_primary_ips() {
    let mut driver = Driver::instant();
    let server = server(&mut driver, "box", json!({}));
    let listed = driver.get("/primary_ips");
    let listed = listed["primary_ips"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|ip| ip["assignee_id"] == server && ip["auto_delete"] == true));
    driver.delete(&format!("/servers/{server}"));
    assert_eq!(driver.cloud.count(Kind::PrimaryIp), 0);
}

#[test]
fn a_floating_ip_moves() {
    let mut driver = Driver::instant();
    let one = server(&mut driver, "one", json!({}));
    let two = server(&mut driver, "two", json!({}));
    let body = json!({ "name": "vip", "type": "ipv4", "home_location": "nbg1", "description": "virtual" });
    let answer = driver.post("/floating_ips", body.clone());
    let ip = answer["floating_ip"].clone();
    assert_eq!((&ip["server"], &ip["home_location"]["name"]), (&Value::Null, &json!("nbg1")));
    driver.refused_post("/floating_ips", body, (409, "uniqueness_error"));
    driver.invalid("/floating_ips", json!({ "name": "x", "type": "ipv4" }), "home_location");
    let path = format!("/floating_ips/{}", id(&ip));
    let assign = format!("{path}/actions/assign");
    driver.post(&assign, json!({ "server": one }));
    driver.refused_post(&assign, json!({ "server": two }), (422, "floating_ip_assigned"));
    let public_net = driver.get(&format!("/servers/{one}"))["server"]["public_net"].clone();
    assert_eq!(public_net["floating_ips"], json!([id(&ip)]));
    driver.refused(Method::DELETE, &path, None, (422, "must_be_unassigned"));
    driver.act(&format!("{path}/actions/unassign"));
    driver.refused(Method::POST, &format!("{path}/actions/unassign"), None, (422, "service_error"));
    driver.post(&assign, json!({ "server": two }));
    driver.delete(&format!("/servers/{two}"));
    assert_eq!(driver.get(&path)["floating_ip"]["server"], Value::Null);
    driver.post(
        &format!("{path}/actions/change_dns_ptr"),
        json!({ "ip": ip["ip"], "dns_ptr": "v.example.com" }),
    );
    let changed = driver.put(&path, json!({ "description": null, "labels": { "a": "b" } }));
    assert_eq!(changed["floating_ip"]["description"], Value::Null);
    assert_eq!(changed["floating_ip"]["dns_ptr"][0]["dns_ptr"], "v.example.com");
    driver.post(&format!("{path}/actions/change_protection"), json!({ "delete": true }));
    driver.refused(Method::DELETE, &path, None, (423, "protected"));
    driver.post(&format!("{path}/actions/change_protection"), json!({ "delete": false }));
    driver.delete(&path);
}

#[test]
fn a_floating_ip_is_born_on_a_server() {
    let mut driver = Driver::instant();
    let server = server(&mut driver, "one", json!({}));
    let answer = driver.post("/floating_ips", json!({ "type": "ipv6", "server": server }));
    assert_eq!(answer["action"]["command"], "assign_floating_ip");
    let ip = &answer["floating_ip"];
    assert_eq!((&ip["server"], &ip["home_location"]["name"]), (&json!(server), &json!("fsn1")));
    assert_eq!(ip["name"], "floating-ip-1");
    driver.refused_post("/floating_ips", json!({ "type": "ipv6", "server": 1 }), (404, "not_found"));
}

#[test]
fn quotas_end_somewhere() {
    let config = SimConfig::new().quota(Kind::FloatingIp, 1).quota(Kind::PrimaryIp, 0);
    let mut driver = Driver::new(config);
    driver.post("/floating_ips", json!({ "name": "a", "type": "ipv4", "home_location": "fsn1" }));
    driver.refused_post(
        "/floating_ips",
        json!({ "name": "b", "type": "ipv4", "home_location": "fsn1" }),
        (403, "resource_limit_exceeded"),
    );
    driver.refused_post("/primary_ips", primary("v4", "ipv4"), (403, "resource_limit_exceeded"));
}

#[test]
fn everything_has_its_price() {
    let mut driver = Driver::instant();
    let pricing = driver.get("/pricing")["pricing"].clone();
    assert_eq!(pricing["currency"], "EUR");
    assert_eq!(pricing["load_balancer_types"].as_array().unwrap().len(), 3);
    assert!(pricing["server_types"].as_array().unwrap().iter().any(|of| of["name"] == "cx23"));
}
