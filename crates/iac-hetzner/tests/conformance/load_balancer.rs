//! Load balancers, what they listen on and where they send traffic.
use crate::network::{network, subnet};
use iac_hetzner::{
    Certificate, LoadBalancer, LoadBalancerService, LoadBalancerTarget, Network, Server, Subnet,
};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

fn balancer(_: &Ids) -> Value {
    json!({ "name": "ingress", "load_balancer_type": "lb11", "location": "fsn1" })
}

fn inside(ids: &Ids) -> Value {
    json!({ "name": "ingress", "load_balancer_type": "lb11", "location": "fsn1", "network": ids["network"] })
}

fn server_inside(ids: &Ids) -> Value {
    let mut server = crate::server::plain(ids);
    server["networks"] = json!([{ "network": ids["network"] }]);
    server["labels"] = json!({ "role": "web" });
    server
}

fn balancers() -> Vec<Case> {
    vec![
        Case::of::<LoadBalancer>("public", balancer)
            .needs::<Network>("network", network)
            .needs::<Subnet>("subnet", subnet)
            .update("rename", |_| json!({ "name": "entry" }))
            .update("label", |_| json!({ "labels": { "a": "b" } }))
            .update("larger", |_| json!({ "load_balancer_type": "lb21" }))
            .update("algorithm", |_| json!({ "algorithm": "least_connections" }))
            .update("attach", |ids| json!({ "network": ids["network"], "ip": "10.0.1.9" }))
            .update("other address", |_| json!({ "ip": "10.0.1.10" }))
            .update("hide", |_| json!({ "public_interface": false }))
            .update("show", |_| json!({ "public_interface": true }))
            .update("detach", |_| json!({ "network": null, "ip": null }))
            .update("protect", |_| json!({ "delete_protection": true }))
            .update("all at once", |ids| {
                json!({ "delete_protection": false, "name": "last", "load_balancer_type": "lb11",
                        "algorithm": "round_robin", "network": ids["network"], "labels": null })
            })
            .invalid("load_balancer_type", |_| json!({ "load_balancer_type": "lb99" }))
            .invalid("location", |_| json!({ "location": "mars1" })),
        Case::of::<LoadBalancer>("in a zone, hidden", |ids| {
            json!({ "name": "ingress", "load_balancer_type": "lb11", "network_zone": "eu-central",
                    "network": ids["network"], "ip": "10.0.1.7", "public_interface": false,
                    "algorithm": "least_connections", "delete_protection": true })
        })
        .needs::<Network>("network", network)
        .needs::<Subnet>("subnet", subnet)
        .update("unprotect", |_| json!({ "delete_protection": false }))
        .invalid("network_zone", |_| json!({ "network_zone": "moon" })),
    ]
}

fn services() -> Vec<Case> {
    vec![
        Case::of::<LoadBalancerService>("tcp", |ids| {
            json!({ "load_balancer": ids["balancer"], "protocol": "tcp", "listen_port": 80,
                    "destination_port": 8080 })
        })
        .needs::<LoadBalancer>("balancer", balancer)
        .update("other port", |_| json!({ "destination_port": 8081 }))
        .update("proxy protocol", |_| json!({ "proxyprotocol": true }))
        .update("watch", |_| {
            json!({ "health_check": { "protocol": "http", "port": 9000, "interval": 10, "timeout": 5,
                    "retries": 2, "http": { "path": "/healthz", "domain": "example.com",
                    "status_codes": ["200", "204"] } } })
        })
        .update("watch less", |_| json!({ "health_check": null }))
        .update("http", |_| {
            json!({ "protocol": "http", "proxyprotocol": null,
                    "http": { "sticky_sessions": true, "cookie_name": "STICK", "cookie_lifetime": 600 } })
        })
        .update("tcp again", |_| json!({ "protocol": "tcp", "http": null }))
        .invalid("listen_port", |_| json!({ "listen_port": 0 }))
        .invalid("health_check", |_| json!({ "health_check": { "interval": 1 } })),
        Case::of::<LoadBalancerService>("https", |ids| {
            json!({ "load_balancer": ids["balancer"], "protocol": "https", "listen_port": 443,
                    "destination_port": 8080,
                    "http": { "certificates": [ids["certificate"]], "redirect_http": true } })
        })
        .needs::<LoadBalancer>("balancer", balancer)
        .needs::<Certificate>("certificate", crate::certificate::uploaded)
        .update("no redirect", |ids| json!({ "http": { "certificates": [ids["certificate"]] } }))
        .invalid("http", |_| json!({ "http": null })),
    ]
}

fn targets() -> Vec<Case> {
    vec![
        Case::of::<LoadBalancerTarget>("server", |ids| {
            json!({ "load_balancer": ids["balancer"], "server": ids["server"] })
        })
        .needs::<Network>("network", network)
        .needs::<Subnet>("subnet", subnet)
        .needs::<LoadBalancer>("balancer", inside)
        .needs::<Server>("server", server_inside)
        .update("inside", |_| json!({ "use_private_ip": true }))
        .update("outside", |_| json!({ "use_private_ip": false }))
        .invalid("server", |_| json!({ "server": null })),
        Case::of::<LoadBalancerTarget>("labels", |ids| {
            json!({ "load_balancer": ids["balancer"], "label_selector": "role=web", "use_private_ip": true })
        })
        .needs::<Network>("network", network)
        .needs::<Subnet>("subnet", subnet)
        .needs::<LoadBalancer>("balancer", inside)
        .needs::<Server>("server", server_inside)
        .update("outside", |_| json!({ "use_private_ip": false })),
        Case::of::<LoadBalancerTarget>("address", |ids| {
            json!({ "load_balancer": ids["balancer"], "ip": "203.0.113.9" })
        })
        .needs::<LoadBalancer>("balancer", balancer)
        .invalid("ip", |_| json!({ "ip": "203.0.113" })),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    [balancers(), services(), targets()].into_iter().flatten().collect()
}

#[tokio::test]
async fn load_balancers() {
    crate::hold(balancers()).await;
}

#[tokio::test]
async fn load_balancer_services() {
    crate::hold(services()).await;
}

#[tokio::test]
async fn load_balancer_targets() {
    crate::hold(targets()).await;
}
