//! The life of the platform: created, unchanged, grown, replaced, resized, destroyed.

use iac::{Op, Value};

use crate::world::{World, reasons, steps};

#[tokio::test]
async fn it_is_created_stays_as_it_is_and_is_destroyed() {
    let world = World::busy().await;
    let graph = world.platform(|_| {});
    assert_eq!(world.up(&graph).await, graph.len());

    let objects = world.objects();
    for expected in [
        "Network philotes-dev-network",
        "Firewall philotes-dev-firewall",
        "SshKey philotes-dev-admin",
        "Server philotes-dev-control-plane",
        "Server philotes-dev-worker-0",
        "Server philotes-dev-worker-1",
        "Volume philotes-dev-data",
        "LoadBalancer philotes-dev-load-balancer",
    ] {
        assert!(objects.iter().any(|object| object == expected), "{expected} is missing from {objects:#?}");
    }
    let outputs = world.engine.outputs(&world.stack_id()).await.unwrap();
    assert!(outputs["control_plane_ip"].as_str().is_some_and(|ip| ip.contains('.')), "{outputs:?}");
    assert!(outputs["load_balancer_ip"].as_str().is_some_and(|ip| ip.contains('.')), "{outputs:?}");
    assert!(matches!(outputs["join_token"], Value::Secret(_)));
    assert!(matches!(outputs["admin_private_key"], Value::Secret(_)));

    let again = world.plan(&world.platform(|_| {})).await.unwrap();
    assert_eq!(steps(&again), Vec::<String>::new());
    assert!(!again.has_changes() && again.drift.is_empty(), "{again:#?}");

    let outcome = world.destroy(&graph).await;
    assert!(outcome.succeeded(), "{:#?}", outcome.failures);
    assert_eq!(world.objects(), Vec::<String>::new());
    let left = world.engine.snapshot(&world.stack_id()).await.unwrap();
    assert!(left.resources.is_empty() && left.pending_deletes.is_empty() && left.exports.is_empty());
    world.check_wire();
}

#[tokio::test]
async fn a_key_of_the_administrator_takes_the_place_of_one_that_is_made() {
    let world = World::busy().await;
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBQ9mVTqYUEFUQ0cKZq4d6S9Y5xY6oJx2v8Xk1mX8c0d admin@desk";
    let given = world.platform(|settings| settings.ssh_public_key = Some(line.into()));
    world.up(&given).await;
    let snapshot = world.engine.snapshot(&world.stack_id()).await.unwrap();
    assert!(!snapshot.exports.contains_key("admin_private_key"));
    let row = |path: &str| snapshot.resources.values().find(|row| row.urn.path() == path).cloned();
    assert_eq!(row("admin").unwrap().inputs.get("public_key").as_str(), Some(line));
    assert!(row("admin-key").is_none());
    world.check_wire();
}

#[tokio::test]
async fn one_more_worker_is_one_server_and_one_target() {
    let world = World::busy().await;
    world.up(&world.platform(|_| {})).await;
    let grown = world.platform(|settings| settings.workers = 3);
    let plan = world.plan(&grown).await.unwrap();
    assert_eq!(steps(&plan), ["create target-2", "create worker-2"]);
    world.up(&grown).await;

    let shrunk = world.platform(|_| {});
    let plan = world.plan(&shrunk).await.unwrap();
    assert_eq!(steps(&plan), ["delete target-2", "delete worker-2"]);
    world.up(&shrunk).await;
    assert!(!world.plan(&shrunk).await.unwrap().has_changes());
    world.check_wire();
}

#[tokio::test]
async fn another_image_replaces_the_servers_and_says_why() {
    let world = World::busy().await;
    world.up(&world.platform(|_| {})).await;
    let changed = world.platform(|settings| settings.image = "debian-13".into());
    let plan = world.plan(&changed).await.unwrap();
    let why = reasons(&plan, Op::CreateReplacement, "worker-0");
    assert!(why.contains("`image`") && why.contains("cannot change in place"), "{why}");
    world.up(&changed).await;
    assert!(!world.plan(&changed).await.unwrap().has_changes());
    // The old servers are gone, and the volume moved over to the new control plane.
    let servers: Vec<String> =
        world.objects().into_iter().filter(|object| object.starts_with("Server")).collect();
    assert_eq!(servers.len(), 3, "{servers:?}");
    let rows = world.engine.snapshot(&world.stack_id()).await.unwrap().resources;
    let row = |path: &str| rows.values().find(|row| row.urn.path() == path).unwrap().clone();
    assert_eq!(row("data").inputs.get("server").as_str(), Some(row("control-plane").id.as_str()));
    world.check_wire();
}

#[tokio::test]
async fn another_type_resizes_in_place_and_leaves_dependants_alone() {
    let world = World::busy().await;
    world.up(&world.platform(|_| {})).await;
    let before = world.engine.snapshot(&world.stack_id()).await.unwrap().resources;
    let resized = world.platform(|settings| settings.control_plane_type = "cx32".into());
    let plan = world.plan(&resized).await.unwrap();
    assert_eq!(steps(&plan), ["update control-plane"]);
    world.up(&resized).await;
    let after = world.engine.snapshot(&world.stack_id()).await.unwrap().resources;
    for (urn, row) in &before {
        assert_eq!(row.id, after[urn].id, "{urn}");
    }
    assert!(!world.plan(&resized).await.unwrap().has_changes());
    world.check_wire();
}

#[tokio::test]
async fn more_storage_grows_the_volume_and_less_is_a_replacement_with_a_warning() {
    let world = World::busy().await;
    world.up(&world.platform(|_| {})).await;
    let grown = world.platform(|settings| settings.storage_gb = 80);
    assert_eq!(steps(&world.plan(&grown).await.unwrap()), ["update data"]);
    world.up(&grown).await;
    let shrunk = world.plan(&world.platform(|_| {})).await.unwrap();
    assert_eq!(steps(&shrunk), ["create_replacement data", "delete_replaced data"]);
    assert!(shrunk.warnings.iter().any(|warning| warning.message.contains("data")), "{:?}", shrunk.warnings);
    world.check_wire();
}

#[tokio::test]
async fn a_refresh_lists_instead_of_reading_each() {
    let world = World::busy().await;
    let graph = world.platform(|settings| settings.workers = 12);
    world.up(&graph).await;
    world.cloud.take_exchanges();
    assert!(!world.plan(&graph).await.unwrap().has_changes());
    let calls: Vec<String> = world.cloud.exchanges().into_iter().map(|exchange| exchange.path).collect();
    let server_calls = calls.iter().filter(|path| path.contains("/servers")).count();
    assert_eq!(server_calls, 1, "{calls:#?}");
}

#[tokio::test]
async fn secrets_are_in_no_file_and_in_no_event() {
    let world = World::busy().await;
    let graph = world.platform(|_| {});
    let plan = world.plan(&graph).await.unwrap();
    let plan_text = serde_json::to_string(&plan).unwrap();
    let (outcome, events) = world.apply(&graph, &plan).await;
    assert!(outcome.succeeded());
    // The simulator alone knows the join token: it is in the user data that it received.
    let exchanges = world.cloud.exchanges();
    let created =
        exchanges.iter().find(|exchange| exchange.method == "POST" && exchange.path == "/v1/servers");
    let body = created.unwrap().request_body.as_json().cloned().unwrap();
    let user_data = body["user_data"].as_str().unwrap();
    let token = user_data.split('"').find(|word| word.len() == 64).expect("a token of 32 bytes");

    let mut texts = vec![plan_text, format!("{plan:?}"), format!("{events:?}"), format!("{outcome:?}")];
    texts.push(serde_json::to_string(&events).unwrap());
    texts.push(serde_json::to_string(&outcome).unwrap());
    for entry in std::fs::read_dir(world.directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    assert!(world.state_file().exists() && texts.len() > 6);
    for text in texts {
        assert!(!text.contains(token) && !text.contains(crate::world::TOKEN));
    }
}
