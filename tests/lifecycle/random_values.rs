//! Random values: made once, kept, made anew when something says so, refused before anything is made.

use iac_core::random::{
    RandomId, RandomPassword, RandomToken, SelfSignedCertificate, SshKeyPair, TlsKeyAlgorithm, TlsKeyPair,
};
use iac_core::{Op, PlanOptions, Secret, Stack, Value, from_value};

use crate::world::{Declared, World, making, node, reasons, steps};

/// One value of each type, with `rotate` as given.
fn values(rotate: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let password = s.add("password", RandomPassword::args().length(20u32).rotate(rotate))?;
        s.add("token", RandomToken::args().bytes(16u32).rotate(rotate))?;
        s.add("id", RandomId::args().rotate(rotate))?;
        s.add("ssh", SshKeyPair::args().comment("admin").rotate(rotate))?;
        let key = s.add("key", TlsKeyPair::args().algorithm(TlsKeyAlgorithm::Ed25519).rotate(rotate))?;
        s.add(
            "certificate",
            SelfSignedCertificate::args()
                .common_name("registry")
                .dns_names(["registry.internal"])
                .days(90u32)
                .private_key(&key.private_key),
        )?;
        s.add("web", node!("a").password(&password.text))?;
        s.export("password", &password.text)
    }
}

const PATHS: [&str; 6] = ["certificate", "id", "key", "password", "ssh", "token"];

async fn outputs(world: &World) -> Vec<Value> {
    let mut found = Vec::new();
    for path in PATHS {
        found.push(world.row(path).await.outputs.clone());
    }
    found
}

#[tokio::test]
async fn values_are_made_once_and_stay() {
    for mut world in World::both() {
        world.up(values("1")).await;
        let made = outputs(&world).await;
        assert_eq!(world.up(values("1")).await, Vec::<String>::new());
        world.restart();
        assert_eq!(world.up(values("1")).await, Vec::<String>::new());
        assert_eq!(outputs(&world).await, made);
        let password = world.object("web").await.inputs.get("password").clone();
        assert_eq!(&password, world.row("password").await.outputs.get("text"));
        world.destroy(values("1")).await;
        assert!(world.snapshot().await.resources.is_empty());
    }
}

#[tokio::test]
async fn what_is_secret_is_so_in_state_and_what_is_not_can_be_read() {
    let mut world = World::sqlite();
    world.up(values("1")).await;
    for (path, secret, plain) in [
        ("certificate", "private_key", "certificate"),
        ("key", "private_key", "public_key"),
        ("ssh", "private_key", "public_key"),
    ] {
        let row = world.row(path).await;
        assert!(matches!(row.outputs.get(secret), Value::Secret(_)), "{path}");
        assert!(row.outputs.get(plain).as_str().is_some(), "{path}");
    }
    assert!(matches!(world.row("password").await.outputs.get("text"), Value::Secret(_)));
    assert!(world.row("certificate").await.inputs.get("private_key").has_secret());
    assert!(world.row("id").await.outputs.get("text").as_str().is_some_and(|id| id.len() == 8));

    let mut secrets = Vec::new();
    for (path, field) in [("ssh", "private_key"), ("key", "private_key"), ("password", "text")] {
        let secret: Secret<String> = from_value(world.row(path).await.outputs.get(field)).unwrap();
        // A line from the middle of a key; the frame around it is the same for all keys.
        let text = secret.into_exposed();
        secrets.push(text.lines().nth(1).unwrap_or(&text).to_owned());
    }
    for entry in std::fs::read_dir(world.dir().unwrap()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "a secret in the open");
    }
    let events = format!("{}{:?}", serde_json::to_string(&world.events).unwrap(), world.events);
    assert!(secrets.iter().all(|secret| !events.contains(secret)), "a secret in an event");
}

#[tokio::test]
async fn another_trigger_makes_new_values_and_dependants_follow() {
    let mut world = World::new();
    world.up(values("1")).await;
    let made = outputs(&world).await;
    let plan = world.plan(values("2")).await;
    assert!(reasons(&plan, "password").contains("rotate"), "{}", reasons(&plan, "password"));
    assert_eq!(making(&plan, "web").op, Op::Update);
    assert_eq!(making(&plan, "certificate").op, Op::CreateReplacement, "its key is another one");
    world.up(values("2")).await;
    for (path, (old, new)) in PATHS.iter().zip(made.iter().zip(&outputs(&world).await)) {
        assert_ne!(old, new, "{path}");
    }
    let password = world.object("web").await.inputs.get("password").clone();
    assert_eq!(&password, world.row("password").await.outputs.get("text"));
}

#[tokio::test]
async fn replacing_by_hand_makes_one_value_anew() {
    let mut world = World::new();
    world.up(values("1")).await;
    let made = outputs(&world).await;
    let options = {
        let mut options = PlanOptions::new();
        options.replace = vec!["id".into()];
        options
    };
    let plan = world.try_plan(values("1"), options).await.unwrap();
    assert_eq!(steps(&plan), ["create_replacement id", "delete_replaced id"]);
    assert!(world.apply(values("1"), &plan).await.succeeded());
    world.settled(values("1")).await;
    let now = outputs(&world).await;
    assert_ne!(made[1], now[1]);
    assert_eq!(made[2..], now[2..]);
}

#[tokio::test]
async fn another_comment_keeps_the_ssh_key() {
    for mut world in World::both() {
        let program = |comment: &'static str| {
            move |s: &Stack| s.add("ssh", SshKeyPair::args().comment(comment)).map(drop)
        };
        world.up(program("one")).await;
        let before = world.row("ssh").await.outputs.clone();
        assert_eq!(world.up(program("two")).await, ["update ssh"]);
        let after = world.row("ssh").await.outputs.clone();
        assert_eq!(before.get("fingerprint"), after.get("fingerprint"));
        let line = after.get("public_key").as_str().unwrap().to_owned();
        assert!(line.ends_with(" two"), "{line}");
        assert_ne!(before.get("private_key"), after.get("private_key"));
    }
}

#[tokio::test]
async fn bad_inputs_are_refused_before_anything_is_made() {
    fn bad(s: &Stack) -> Declared {
        s.add("short", RandomPassword::args().length(4u32))?;
        s.add("full", RandomPassword::args().length(8u32).digits_min(5u32).symbols_min(5u32))?;
        s.add("token", RandomToken::args().bytes(0u32))?;
        s.add("id", RandomId::args().length(99u32))?;
        s.add("ssh", SshKeyPair::args().comment("two\nlines"))?;
        s.add(
            "certificate",
            SelfSignedCertificate::args().common_name("registry").dns_names(["https://registry"]).days(0u32),
        )?;
        Ok(())
    }
    let mut world = World::new();
    let text = world.refusal(bad).await;
    for expected in [
        "field `length`: 4 is outside 8 to 1024",
        "8 is less than the least counts together, 10",
        "field `bytes`: 0 is outside 1 to 1024",
        "field `length`: 99 is outside 4 to 63",
        "comment",
        "field `dns_names[0]`: \"https://registry\" is no DNS name",
        "field `days`: 0 is outside 1 to 36500",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing from {text}");
    }
    assert!(world.snapshot().await.resources.is_empty());
}

#[tokio::test]
async fn a_private_key_that_is_none_fails_its_step_without_being_shown() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.add(
            "certificate",
            SelfSignedCertificate::args()
                .common_name("registry")
                .dns_names(["registry.internal"])
                .days(90u32)
                .private_key(Secret::from("canary-7f3a91")),
        )
        .map(drop)
    };
    let outcome = world.try_up(program).await;
    let failures = format!("{:?} {:?}", crate::world::failures(&outcome), outcome.failures);
    assert!(failures.contains("private key in PEM"), "{failures}");
    assert!(!failures.contains("canary"), "{failures}");
}
