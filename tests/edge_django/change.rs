//! What one change changes, and nothing else.

use std::path::Path;

use iac::Value;

use crate::doppler::fake::DopplerSim;
use crate::world::{TOKEN, World, steps};

/// The ids of a ruleset's rules, by reference.
async fn rule_ids(world: &World, path: &str) -> Value {
    world.row("dev", path).await.outputs.get("rule_ids").clone()
}

#[tokio::test]
async fn one_rule_changes_and_the_others_keep_their_ids() {
    let world = World::new().await;
    world.up(&world.dev(|_| {})).await;
    let before = [rule_ids(&world, "firewall-rules").await, rule_ids(&world, "rate-limits").await];
    let changed = world.dev(|settings| settings.threat_score_max = 20);
    world.cloudflare.take_exchanges();
    assert_eq!(world.up(&changed).await, ["update firewall-rules"]);
    let after = [rule_ids(&world, "firewall-rules").await, rule_ids(&world, "rate-limits").await];
    assert_eq!(before, after);
    assert!(
        before.iter().all(|ids| (ids.get("threats").as_str().is_some()) != ids.get("api").as_str().is_some())
    );

    let now = world.cloudflare.exchanges();
    let sent: Vec<String> = now
        .iter()
        .filter(|exchange| exchange.method != "GET")
        .map(|exchange| serde_json::to_string(exchange.request_body.as_json().unwrap()).unwrap())
        .collect();
    let [sent] = sent.as_slice() else { panic!("one change expected: {sent:#?}") };
    assert!(sent.contains("cf.threat_score gt 20"), "{sent}");
    assert!(!world.plan(&changed).await.unwrap().has_changes());
}

#[tokio::test]
async fn another_server_takes_its_name_and_its_volume_along() {
    let world = World::new().await;
    world.up(&world.dev(|_| {})).await;
    let old = world.row("dev", "api-0").await;
    let replaced = world.dev(|settings| settings.image = "debian-13".into());
    assert_eq!(
        world.up(&replaced).await,
        ["create_replacement server-0", "delete_replaced server-0", "update api-0", "update data"]
    );
    let new = world.row("dev", "api-0").await;
    let address = world.row("dev", "server-0").await.outputs.get("ipv4").clone();
    assert_eq!(new.id, old.id, "the record is changed in place");
    assert_ne!(old.inputs.get("content"), new.inputs.get("content"));
    assert_eq!(*new.inputs.get("content"), address);
    assert!(!world.plan(&replaced).await.unwrap().has_changes());
}

fn files(directory: &Path, texts: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        texts.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
}

#[tokio::test]
async fn a_rotated_secret_reaches_the_worker_and_is_shown_nowhere() {
    let world = World::new().await;
    let graph = world.dev(|_| {});
    let first = world.plan(&graph).await.unwrap();
    let (outcome, events) = world.apply(&graph, &first).await;
    assert!(outcome.succeeded(), "{:#?}", outcome.failures);
    let mut texts: Vec<(String, String)> = Vec::new();
    texts.push(("the first plan".into(), serde_json::to_string(&first).unwrap()));
    texts.push(("the first run".into(), format!("{outcome:?} {events:?}")));
    let mut secrets = vec![TOKEN.to_owned(), intake_key(&world).await];

    world.doppler.with_cloud::<DopplerSim, _>(|cloud| cloud.rotate("edge/dev", "INTAKE_KEY")).unwrap();
    let plan = world.plan(&graph).await.unwrap();
    assert_eq!(steps(&plan), ["update intake"]);
    let (outcome, events) = world.apply(&graph, &plan).await;
    assert!(outcome.succeeded(), "{:#?}", outcome.failures);
    secrets.push(intake_key(&world).await);
    assert_ne!(secrets[1], secrets[2]);
    assert!(!world.plan(&graph).await.unwrap().has_changes());

    // Also the password that Neon made, and the connection string that it is in.
    let password = world.row("dev", "role").await.outputs.get("password").clone();
    secrets.push(iac::from_value::<iac::Secret<String>>(&password).unwrap().into_exposed());
    texts.push(("the plan".into(), serde_json::to_string(&plan).unwrap() + &format!("{plan:?}")));
    texts.push(("the run".into(), format!("{outcome:?} {events:?}")));
    texts.push(("its events".into(), serde_json::to_string(&events).unwrap()));
    texts.push(("its outcome".into(), serde_json::to_string(&outcome).unwrap()));
    files(world.directory.path(), &mut texts);
    assert!(texts.iter().any(|(name, _)| name.ends_with("state.sqlite")));
    for (name, text) in &texts {
        for (number, secret) in secrets.iter().enumerate() {
            assert!(secret.len() > 20 && !text.contains(secret.as_str()), "secret {number} is in {name}");
        }
    }
}

/// What the state has for the Worker's key.
async fn intake_key(world: &World) -> String {
    let secrets = world.row("dev", "intake").await.inputs.get("secrets").clone();
    iac::from_value::<iac::Secret<String>>(secrets.get("INTAKE_KEY")).unwrap().into_exposed()
}
