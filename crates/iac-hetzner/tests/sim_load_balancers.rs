//! Load balancers of the simulated project.
#![cfg(feature = "sim")]
mod driver;

use driver::{Driver, id, names, server};
use iac_hetzner::sim::{Kind, Pace, SimConfig};
use iac_testkit::sim::{Cloud as _, Method};
use serde_json::{Value, json};

fn plain(name: &str) -> Value {
    json!({ "name": name, "load_balancer_type": "lb11", "location": "fsn1" })
}

fn balancer(driver: &mut Driver, name: &str) -> u64 {
    id(&driver.post("/load_balancers", plain(name))["load_balancer"])
}

fn action(id: u64, command: &str) -> String {
    format!("/load_balancers/{id}/actions/{command}")
}

fn show(driver: &mut Driver, id: u64) -> Value {
    driver.get(&format!("/load_balancers/{id}"))["load_balancer"].clone()
}

fn network(driver: &mut Driver, name: &str, subnets: Value) -> u64 {
    id(
        &driver.post("/networks", json!({ "name": name, "ip_range": "10.0.0.0/16", "subnets": subnets }))["network"],
    )
}

fn cloud_subnet(range: &str) -> Value {
    json!({ "type": "cloud", "network_zone": "eu-central", "ip_range": range })
}

fn tcp(listen_port: u16) -> Value {
    json!({
        "protocol": "tcp", "listen_port": listen_port, "destination_port": 8080, "proxyprotocol": false,
        "health_check": { "protocol": "tcp", "port": 8080, "interval": 15, "timeout": 10, "retries": 3 },
    })
}

fn target(server: u64, use_private_ip: bool) -> Value {
    json!({ "type": "server", "server": { "id": server }, "use_private_ip": use_private_ip })
}

#[test]
fn a_load_balancer_is_created_with_everything() {
    let mut driver = Driver::instant();
    let network = network(&mut driver, "net", json!([cloud_subnet("10.0.1.0/24")]));
    let server = server(&mut driver, "web", json!({ "networks": [network], "labels": { "role": "web" } }));
    let mut body = plain("front");
    body["algorithm"] = json!({ "type": "least_connections" });
    body["labels"] = json!({ "a": "b" });
    body["network"] = json!(network);
    body["public_interface"] = json!(false);
    body["services"] = json!([tcp(80)]);
    body["targets"] = json!([
        target(server, true),
        { "type": "label_selector", "label_selector": { "selector": "role=web" }, "use_private_ip": true },
    ]);
    let answer = driver.post("/load_balancers", body.clone());
    assert_eq!(answer["action"]["command"], "create_load_balancer");
    let front = &answer["load_balancer"];
    assert_eq!(front["public_net"]["enabled"], false);
    assert_eq!(front["private_net"][0]["network"], network);
    let healthy = json!([{ "listen_port": 80, "status": "healthy" }]);
    assert_eq!(front["targets"][0]["health_status"], healthy);
    assert_eq!(front["targets"][1]["targets"][0]["server"]["id"], server);
    assert_eq!(front["targets"][1]["targets"][0]["health_status"], healthy);
    assert_eq!(front["algorithm"]["type"], "least_connections");
    let front = id(front);
    let shown = driver.get(&format!("/networks/{network}"))["network"].clone();
    assert_eq!(shown["load_balancers"], json!([front]));
    assert_eq!(driver.get(&format!("/servers/{server}"))["server"]["load_balancers"], json!([front]));
    driver.refused_post("/load_balancers", body, (409, "uniqueness_error"));
    driver.act(&format!("/servers/{server}/actions/poweroff"));
    assert_eq!(show(&mut driver, front)["targets"][0]["health_status"][0]["status"], "unhealthy");
    driver.delete(&format!("/servers/{server}"));
    let shown = show(&mut driver, front);
    assert_eq!(shown["targets"].as_array().unwrap().len(), 1);
    assert_eq!(shown["targets"][0]["targets"], json!([]));
}

#[test]
fn places_and_types_are_checked() {
    let mut driver = Driver::instant();
    let path = "/load_balancers";
    driver.invalid(path, json!({ "name": "a", "load_balancer_type": "lb11" }), "location");
    let both =
        json!({ "name": "a", "load_balancer_type": "lb11", "location": "fsn1", "network_zone": "us-east" });
    driver.invalid(path, both, "network_zone");
    driver.invalid(path, json!({ "name": "a", "location": "fsn1" }), "load_balancer_type");
    let unknown = json!({ "name": "a", "load_balancer_type": "lb99", "location": "fsn1" });
    driver.invalid(path, unknown, "load_balancer_type");
    let by_zone = json!({ "name": "a", "load_balancer_type": "1", "network_zone": "us-east" });
    let created = driver.post(path, by_zone)["load_balancer"].clone();
    assert_eq!(created["location"]["name"], "ash");
    assert_eq!(created["load_balancer_type"]["name"], "lb11");
    assert_eq!(created["included_traffic"], created["load_balancer_type"]["prices"][3]["included_traffic"]);
    driver.invalid(path, json!({ "name": "b", "load_balancer_type": "lb11", "location": "fsn1", "algorithm": { "type": "random" } }), "algorithm.type");
}

#[test]
fn services_are_added_changed_and_deleted() {
    let mut driver = Driver::instant();
    let front = balancer(&mut driver, "front");
    let add = action(front, "add_service");
    driver.post(&add, json!({ "protocol": "http" }));
    let service = show(&mut driver, front)["services"][0].clone();
    assert_eq!((&service["listen_port"], &service["destination_port"]), (&json!(80), &json!(80)));
    assert_eq!(service["http"]["cookie_name"], "HCLBSTICKY");
    assert_eq!(service["health_check"]["interval"], 15);
    driver.refused_post(&add, tcp(80), (412, "source_port_already_used"));
    let redirecting = json!({ "protocol": "https", "http": { "certificates": [], "redirect_http": true } });
    driver.refused_post(&add, redirecting, (412, "source_port_already_used"));
    driver.refused_post(
        &add,
        json!({ "protocol": "https", "http": { "certificates": [1] } }),
        (404, "not_found"),
    );
    driver.invalid(&add, json!({ "listen_port": 1 }), "protocol");
    driver.invalid(&add, json!({ "protocol": "tcp", "destination_port": 1 }), "listen_port");
    driver.invalid(&add, json!({ "protocol": "http", "listen_port": 0 }), "listen_port");
    driver.invalid(
        &add,
        json!({ "protocol": "http", "listen_port": 8, "http": { "redirect_http": true } }),
        "http.redirect_http",
    );
    driver.invalid(
        &add,
        json!({ "protocol": "http", "listen_port": 8, "health_check": { "interval": 2 } }),
        "health_check.interval",
    );
    let update = action(front, "update_service");
    driver.post(&update, json!({
        "listen_port": 80,
        "destination_port": 3000,
        "health_check": { "protocol": "http", "port": 3001, "http": { "domain": "a.com", "path": "/health", "status_codes": ["200"] } },
        "http": { "sticky_sessions": true },
    }));
    let service = show(&mut driver, front)["services"][0].clone();
    assert_eq!(service["destination_port"], 3000);
    assert_eq!(service["health_check"]["http"]["path"], "/health");
    assert_eq!(service["health_check"]["timeout"], 10);
    assert_eq!(service["http"]["sticky_sessions"], true);
    driver.post(&update, json!({ "listen_port": 80, "protocol": "tcp" }));
    assert!(show(&mut driver, front)["services"][0].get("http").is_none());
    driver.refused_post(&update, json!({ "listen_port": 81 }), (404, "not_found"));
    driver.refused_post(&action(front, "delete_service"), json!({ "listen_port": 81 }), (404, "not_found"));
    for port in 81..85 {
        driver.post(&add, tcp(port));
    }
    driver.refused_post(&add, tcp(85), (403, "resource_limit_exceeded"));
    driver.post(&action(front, "change_type"), json!({ "load_balancer_type": "lb21" }));
    driver.post(&add, tcp(85));
    let smaller = json!({ "load_balancer_type": "lb11" });
    driver.refused_post(&action(front, "change_type"), smaller.clone(), (422, "invalid_load_balancer_type"));
    driver.post(&action(front, "delete_service"), json!({ "listen_port": 85 }));
    driver.post(&action(front, "change_type"), smaller);
}

#[test]
fn public_targets_need_public_addresses() {
    let mut driver = Driver::instant();
    let front = balancer(&mut driver, "front");
    let add = action(front, "add_target");
    let web = server(&mut driver, "web", json!({}));
    driver.post(&add, target(web, false));
    driver.refused_post(&add, target(web, false), (422, "target_already_defined"));
    driver.refused_post(&add, target(1, false), (404, "not_found"));
    driver.refused_post(&add, target(web, true), (422, "target_already_defined"));
    let network = network(&mut driver, "net", json!([cloud_subnet("10.0.1.0/24")]));
    let public_net = json!({ "enable_ipv4": false, "enable_ipv6": true });
    let inner = server(&mut driver, "inner", json!({ "networks": [network], "public_net": public_net }));
    driver.refused_post(&add, target(inner, false), (422, "resolve_cloud_public_targets_error"));
    driver.refused_post(&add, target(inner, true), (422, "load_balancer_not_attached_to_network"));
    driver.invalid(&add, json!({ "type": "server", "ip": { "ip": "203.0.113.1" } }), "ip");
    driver.invalid(
        &add,
        json!({ "type": "label_selector", "label_selector": { "selector": "a b" } }),
        "label_selector.selector",
    );
    driver.act(&format!("/servers/{web}/actions/poweroff"));
    let listed = driver.get("/primary_ips");
    let of_web = |ip: &&Value| ip["assignee_id"] == web && ip["type"] == "ipv4";
    let ip = id(listed["primary_ips"].as_array().unwrap().iter().find(of_web).unwrap());
    let unassign = format!("/primary_ips/{ip}/actions/unassign");
    driver.refused(Method::POST, &unassign, None, (422, "server_is_load_balancer_target"));
    driver.post(&action(front, "remove_target"), json!({ "type": "server", "server": { "id": web } }));
    driver.refused_post(
        &action(front, "remove_target"),
        json!({ "type": "server", "server": { "id": web } }),
        (404, "not_found"),
    );
    driver.act(&unassign);
}

#[test]
fn private_targets_need_the_network() {
    let mut driver = Driver::instant();
    let front = balancer(&mut driver, "front");
    let net = network(&mut driver, "net", json!([cloud_subnet("10.0.1.0/24")]));
    let elsewhere = network(&mut driver, "elsewhere", json!([cloud_subnet("10.0.1.0/24")]));
    let web = server(&mut driver, "web", json!({ "networks": [net] }));
    let other = server(&mut driver, "other", json!({ "networks": [elsewhere] }));
    let lonely = server(&mut driver, "lonely", json!({}));
    let disable = action(front, "disable_public_interface");
    driver.refused(Method::POST, &disable, None, (422, "load_balancer_not_attached_to_network"));
    driver.post(&action(front, "attach_to_network"), json!({ "network": net }));
    let add = action(front, "add_target");
    driver.refused_post(&add, target(other, true), (422, "resolve_cloud_private_targets_error"));
    driver.refused_post(&add, target(lonely, true), (422, "server_not_attached_to_network"));
    driver.post(&add, target(web, true));
    driver.post(&add, target(lonely, false));
    driver.refused(Method::POST, &disable, None, (422, "targets_without_use_private_ip"));
    driver.post(&action(front, "remove_target"), json!({ "type": "server", "server": { "id": lonely } }));
    driver.act(&disable);
    driver.refused_post(&add, target(lonely, false), (422, "load_balancer_public_interface_disabled"));
    assert_eq!(show(&mut driver, front)["public_net"]["enabled"], false);
    driver.act(&action(front, "enable_public_interface"));
    driver.post(&add, target(lonely, false));
}

#[test]
fn ip_targets_are_the_owners_machines() {
    let mut driver = Driver::instant();
    let front = balancer(&mut driver, "front");
    let add = action(front, "add_target");
    let ip = |ip: &str| json!({ "type": "ip", "ip": { "ip": ip } });
    driver.post(&add, ip("203.0.113.7"));
    driver.refused_post(&add, ip("203.0.113.7"), (422, "target_already_defined"));
    driver.refused_post(&add, ip("192.0.2.7"), (422, "ip_not_owned"));
    driver.invalid(&add, ip("nonsense"), "ip.ip");
    let own = show(&mut driver, front)["public_net"]["ipv4"]["ip"].as_str().unwrap().to_owned();
    driver.refused_post(&add, ip(&own), (422, "cloud_resource_ip_not_allowed"));
    driver.refused_post(&add, ip("10.0.2.7"), (422, "load_balancer_not_attached_to_network"));
    let net = network(&mut driver, "net", json!([cloud_subnet("10.0.1.0/24")]));
    driver.post(&action(front, "attach_to_network"), json!({ "network": net }));
    driver.refused_post(&add, ip("10.0.2.7"), (422, "network_has_no_vswitch_subnet"));
    let vswitch = json!({ "type": "vswitch", "network_zone": "eu-central", "ip_range": "10.0.2.0/24", "vswitch_id": 7 });
    driver.post(&format!("/networks/{net}/actions/add_subnet"), vswitch);
    driver.refused_post(&add, ip("10.0.3.7"), (422, "ip_not_in_vswitch_subnet"));
    driver.post(&add, ip("10.0.2.7"));
    assert_eq!(show(&mut driver, front)["targets"][1]["ip"]["ip"], "10.0.2.7");
}

#[test]
fn networks_give_addresses() {
    let mut driver = Driver::instant();
    let front = balancer(&mut driver, "front");
    let attach = action(front, "attach_to_network");
    let net = network(&mut driver, "net", json!([cloud_subnet("10.0.1.0/24"), cloud_subnet("10.0.2.0/24")]));
    let empty = network(&mut driver, "empty", json!([]));
    driver.refused_post(&attach, json!({ "network": 1 }), (404, "not_found"));
    driver.refused_post(&attach, json!({ "network": empty }), (422, "no_subnet_available"));
    driver.refused_post(&attach, json!({ "network": net, "ip": "10.0.9.1" }), (422, "ip_not_available"));
    let web = server(&mut driver, "web", json!({ "networks": [net] }));
    let taken = driver.get(&format!("/servers/{web}"))["server"]["private_net"][0]["ip"].clone();
    driver.refused_post(&attach, json!({ "network": net, "ip": taken }), (422, "ip_not_available"));
    driver.post(&attach, json!({ "network": net, "ip": "10.0.2.9" }));
    assert_eq!(show(&mut driver, front)["private_net"], json!([{ "network": net, "ip": "10.0.2.9" }]));
    driver.refused_post(&attach, json!({ "network": net }), (422, "load_balancer_already_attached"));
    let second = balancer(&mut driver, "second");
    driver.refused_post(
        &action(second, "attach_to_network"),
        json!({ "network": net, "ip": "10.0.2.9" }),
        (422, "ip_not_available"),
    );
    let detach = action(front, "detach_from_network");
    driver.refused_post(&detach, json!({ "network": empty }), (422, "load_balancer_not_attached_to_network"));
    driver.post(&detach, json!({ "network": net }));
    assert_eq!(show(&mut driver, front)["private_net"], json!([]));
    driver.post(&attach, json!({ "network": net }));
    driver.delete(&format!("/servers/{web}"));
    driver.delete(&format!("/networks/{net}"));
    assert_eq!(show(&mut driver, front)["private_net"], json!([]));
}

#[test]
fn changes_come_one_after_the_other() {
    let mut driver = Driver::new(SimConfig::new().pace(Pace::Polls(3)));
    let front = balancer(&mut driver, "front");
    let algorithm = json!({ "type": "least_connections" });
    driver.refused_post(&action(front, "change_algorithm"), algorithm.clone(), (423, "locked"));
    driver.cloud.finish_actions();
    let started = driver.post(&action(front, "change_algorithm"), algorithm)["action"].clone();
    assert_eq!(show(&mut driver, front)["algorithm"]["type"], "round_robin");
    driver.refused(Method::DELETE, &format!("/load_balancers/{front}"), None, (423, "locked"));
    let ended = driver.get(&format!("/load_balancers/{front}/actions/{}", id(&started)))["action"].clone();
    assert_eq!(ended["status"], "success");
    assert_eq!(show(&mut driver, front)["algorithm"]["type"], "least_connections");
    driver.cloud.fail_next_action("add_service", "action_failed", "it broke");
    let failing = driver.post(&action(front, "add_service"), tcp(80))["action"].clone();
    driver.cloud.finish_actions();
    assert_eq!(driver.get(&format!("/actions/{}", id(&failing)))["action"]["error"]["code"], "action_failed");
    assert_eq!(show(&mut driver, front)["services"], json!([]));
}

#[test]
fn a_deletion_is_an_action() {
    let mut driver = Driver::new(SimConfig::new().pace(Pace::Polls(2)));
    let front = balancer(&mut driver, "front");
    driver.cloud.finish_actions();
    let path = format!("/load_balancers/{front}");
    driver.post(&action(front, "change_protection"), json!({ "delete": true }));
    driver.cloud.finish_actions();
    driver.refused(Method::DELETE, &path, None, (423, "protected"));
    driver.post(&action(front, "change_protection"), json!({ "delete": false }));
    driver.cloud.finish_actions();
    let started = driver.delete(&path)["action"].clone();
    assert_eq!(
        (&started["command"], &started["status"]),
        (&json!("delete_load_balancer"), &json!("running"))
    );
    driver.refused(Method::GET, &path, None, (404, "not_found"));
    driver.cloud.finish_actions();
    assert_eq!(driver.get(&format!("/actions/{}", id(&started)))["action"]["status"], "success");
    assert_eq!(driver.cloud.count(Kind::LoadBalancer), 0);
}

#[test]
fn names_labels_and_reverse_names() {
    let mut driver = Driver::instant();
    let front = balancer(&mut driver, "front");
    balancer(&mut driver, "back");
    let path = format!("/load_balancers/{front}");
    driver.put(&path, json!({ "name": "edge", "labels": { "a": "b" } }));
    driver.refused(Method::PUT, &path, Some(json!({ "name": "back" })), (409, "uniqueness_error"));
    assert_eq!(names(&driver.get("/load_balancers?sort=name")["load_balancers"]), ["back", "edge"]);
    assert_eq!(names(&driver.get("/load_balancers?name=edge")["load_balancers"]), ["edge"]);
    assert_eq!(names(&driver.get("/load_balancers?label_selector=a")["load_balancers"]), ["edge"]);
    let public_net = show(&mut driver, front)["public_net"].clone();
    let change = action(front, "change_dns_ptr");
    driver.post(&change, json!({ "ip": public_net["ipv4"]["ip"], "dns_ptr": "lb.example.com" }));
    driver.post(&change, json!({ "ip": public_net["ipv6"]["ip"], "dns_ptr": "lb.example.com" }));
    let changed = show(&mut driver, front)["public_net"].clone();
    assert_eq!(changed["ipv4"]["dns_ptr"], "lb.example.com");
    assert_eq!(changed["ipv6"]["dns_ptr"], "lb.example.com");
    driver.post(&change, json!({ "ip": public_net["ipv4"]["ip"], "dns_ptr": null }));
    driver.post(&change, json!({ "ip": public_net["ipv6"]["ip"], "dns_ptr": null }));
    assert_eq!(show(&mut driver, front)["public_net"], public_net);
    driver.refused_post(&change, json!({ "ip": "192.0.2.1", "dns_ptr": null }), (404, "not_found"));
}

#[test]
fn metrics_have_their_series() {
    let mut driver = Driver::instant();
    let front = balancer(&mut driver, "front");
    let path = format!("/load_balancers/{front}/metrics");
    let period = "start=2026-01-01T00:00:00Z&end=2026-01-01T01:00:00Z";
    let metrics = driver.get(&format!("{path}?type=bandwidth&type=open_connections&step=60&{period}"));
    let series = metrics["metrics"]["time_series"].as_object().unwrap();
    let series_names: Vec<&String> = series.keys().collect();
    assert_eq!(series_names, ["bandwidth.in", "bandwidth.out", "open_connections"]);
    assert_eq!(series["open_connections"]["values"].as_array().unwrap().len(), 60);
    driver.refused(Method::GET, &format!("{path}?type=other&{period}"), None, (422, "invalid_input"));
    driver.refused(Method::GET, &format!("{path}?{period}"), None, (422, "invalid_input"));
}

#[test]
fn a_stored_project_goes_on_where_it_was() {
    let config = || SimConfig::new().pace(Pace::Polls(1));
    let mut driver = Driver::new(config());
    driver.post("/zones", json!({ "name": "example.com", "mode": "primary" }));
    driver.post("/floating_ips", json!({ "name": "vip", "type": "ipv6", "home_location": "fsn1" }));
    driver.cloud.finish_actions();
    let managed = json!({ "name": "web", "type": "managed", "domain_names": ["example.com"] });
    let certificate = id(&driver.post("/certificates", managed)["certificate"]);
    let front = balancer(&mut driver, "front");
    driver.cloud.finish_actions();
    driver.post(&action(front, "add_service"), tcp(80));
    let mut restarted = Driver::new(config());
    restarted.cloud.load(driver.cloud.save()).unwrap();
    assert_eq!(restarted.cloud.save(), driver.cloud.save());
    restarted.cloud.finish_actions();
    assert_eq!(show(&mut restarted, front)["services"][0]["listen_port"], 80);
    let certificate = restarted.get(&format!("/certificates/{certificate}"))["certificate"].clone();
    assert_eq!(certificate["status"]["issuance"], "completed");
    assert_eq!(restarted.cloud.inventory().len(), 4);
}
