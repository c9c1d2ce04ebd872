//! The life of the stack: created, unchanged, reached by visitors, protected, destroyed.

use iac::Value;
use iac::state::StackId;
use iac_testkit::sim::Exchange;

use crate::world::World;

#[tokio::test]
async fn it_is_created_stays_as_it_is_and_leaves_nothing_behind() {
    let world = World::new().await;
    let graph = world.dev(|_| {});
    let made = world.up(&graph).await;
    // Three data reads are no objects.
    assert_eq!(made.len(), graph.len() - 3);
    let objects = world.objects();
    for expected in [
        "Server edge-dev-server-0",
        "Volume edge-dev-data",
        "Firewall edge-dev-firewall",
        "cloudflare:zone example.net",
        "cloudflare:pages_project edge-dev-www-site",
        "cloudflare:worker_script edge-dev-intake",
        "neon:database app",
        "edge/dev/DATABASE_URL",
    ] {
        assert!(
            objects.iter().any(|object| object.contains(expected)),
            "{expected} is missing from {objects:#?}"
        );
    }
    let id = StackId::new("edge", "dev");
    let outputs = world.engine.outputs(&id).await.unwrap();
    assert_eq!(outputs["api_url"].as_str(), Some("https://dev.api.example.net"));
    for secret in ["connection_string", "deploy_private_key"] {
        assert!(matches!(outputs[secret], Value::Secret(_)), "{secret}");
    }

    let again = world.plan(&world.dev(|_| {})).await.unwrap();
    assert!(!again.has_changes() && again.drift.is_empty(), "{again:#?}");

    // The volume is protected: nothing goes. Lifting that is a change of its own.
    let refusal = world.destroy(&graph).await.unwrap_err().to_string();
    assert!(refusal.contains("hetzner:volume:data: it is protected"), "{refusal}");
    assert!(world.objects().len() == objects.len());
    let lifted = world.dev(|settings| settings.protect_volume = false);
    assert!(world.destroy(&lifted).await.is_err(), "the state still has it protected");
    assert_eq!(world.up(&lifted).await, ["record data"]);
    world.destroy(&lifted).await.unwrap();
    assert_eq!(world.objects(), Vec::<String>::new());
    let left = world.engine.snapshot(&id).await.unwrap();
    assert!(left.resources.is_empty() && left.pending_deletes.is_empty() && left.exports.is_empty());
    world.check_wire();
}

#[tokio::test]
async fn visitors_reach_the_worker_and_the_sites() {
    let world = World::new().await;
    world.up(&world.dev(|_| {})).await;
    for (host, path) in [("dev.intake.example.net", "/"), ("dev.api.example.net", "/intake/form")] {
        assert_eq!(world.visit(host, path).await, "intake takes POST\n", "{host}");
    }
    assert!(world.visit("dev.example.net", "/").await.contains("<h1>Edge</h1>"));
    assert!(world.visit("dev.dashboard.example.net", "/").await.contains("<h1>Dashboard</h1>"));
}

/// The last answer of this kind.
fn last(exchanges: &[Exchange], method: &str, path: &str) -> serde_json::Value {
    let found =
        exchanges.iter().rev().find(|one| one.method == method && one.path == path && one.status.is_some());
    found.unwrap_or_else(|| panic!("no {method} {path}")).response_body.as_json().unwrap().clone()
}

#[tokio::test]
async fn the_web_reaches_the_servers_from_cloudflare_alone() {
    let world = World::new().await;
    world.up(&world.dev(|settings| settings.admin_networks = vec!["198.51.100.7/32".into()])).await;
    let published = last(&world.cloudflare.exchanges(), "GET", "/client/v4/ips");
    let lists =
        ["ipv4_cidrs", "ipv6_cidrs"].map(|list| published["result"][list].as_array().unwrap().clone());
    assert_eq!(lists.each_ref().map(Vec::len), [15, 7]);
    let mut published: Vec<String> =
        lists.into_iter().flatten().map(|network| network.as_str().unwrap().to_owned()).collect();
    published.sort();

    let made = last(&world.hetzner.exchanges(), "POST", "/v1/firewalls");
    let rules = made["firewall"]["rules"].as_array().unwrap();
    for rule in rules {
        let networks = rule["source_ips"].as_array().unwrap().iter();
        let mut networks: Vec<String> = networks.map(|one| one.as_str().unwrap().to_owned()).collect();
        networks.sort();
        match rule["port"].as_str().unwrap() {
            "22" => assert_eq!(networks, ["198.51.100.7/32"]),
            "80" | "443" => assert_eq!(networks, published),
            other => panic!("port {other} is open"),
        }
    }
    assert_eq!(rules.len(), 3);
}
