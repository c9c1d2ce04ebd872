//! A secret reaches the cloud and nothing else: no event, plan, error, file.

use iac_core::{ErrorKind, Secret, Stack, interpolate_secret};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};

use crate::world::{Declared, World, node};

const CANARY: &str = "canary-7f3a91";

fn program(suffix: &'static str, image: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let password = Secret::new(format!("{CANARY}-{suffix}"));
        let web = s.add("web", node!(image).password(&password))?;
        let joined = interpolate_secret!("{}:{}", &web.token, &password);
        s.add("child", node!("x").password(&joined))?;
        s.export("joined", &joined)
    }
}

fn hunt(place: &str, text: &str) {
    assert!(!text.contains(CANARY), "{place} shows a secret");
    assert!(!text.contains("token-of-"), "{place} shows a secret output");
}

#[tokio::test]
async fn a_canary_is_found_nowhere_but_in_the_cloud() {
    for mut world in World::both() {
        for (suffix, image) in [("one", "a"), ("two", "a"), ("two", "b")] {
            let plan = world.plan(program(suffix, image)).await;
            hunt("the plan", &serde_json::to_string(&plan).unwrap());
            hunt("the plan's debug", &format!("{plan:?}"));
            let update = Matcher::op(CallOp::Update).path("web");
            world.cloud.inject(Fault::once(update, Moment::Before, ErrorKind::Conflict));
            let outcome = world.apply(program(suffix, image), &plan).await;
            hunt("the outcome", &format!("{outcome:?}"));
            hunt("the outcome's JSON", &serde_json::to_string(&outcome).unwrap_or_default());
            world.cloud.heal();
            world.up(program(suffix, image)).await;
        }
        hunt("the events", &serde_json::to_string(&world.events).unwrap());
        hunt("the events' debug", &format!("{:?}", world.events));
        hunt("the state's debug", &format!("{:?}", world.snapshot().await));
        let stored = world.backend.load(&world.id()).await.unwrap();
        hunt("the stored state", &format!("{stored:?}"));
        let password = world.object("child").await.inputs.get("password").clone();
        assert!(password.has_secret());
        let shown: Secret<String> = iac_core::from_value(&password).unwrap();
        assert!(shown.expose().ends_with("canary-7f3a91-two"), "the cloud got another password");
        if let Some(dir) = world.dir() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let bytes = std::fs::read(&path).unwrap();
                    hunt(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_changed_secret_is_a_change() {
    let mut world = World::new();
    world.up(program("one", "a")).await;
    let steps = world.up(program("two", "a")).await;
    assert_eq!(steps, ["update web", "update child"]);
}

#[tokio::test]
async fn an_error_of_a_provider_does_not_repeat_a_secret() {
    let mut world = World::new();
    let error = iac_core::Error::new(ErrorKind::InvalidInput, format!("password {CANARY}-one is too short"));
    world.cloud.inject(
        Fault::always(Matcher::op(CallOp::Create), Moment::Before, ErrorKind::InvalidInput).error(error),
    );
    let outcome = world.try_up(program("one", "a")).await;
    assert!(!outcome.succeeded());
    let text = outcome.failures[0].error.to_string();
    assert!(text.contains("is too short"), "{text}");
    hunt("the error", &text);
    hunt("the events", &serde_json::to_string(&world.events).unwrap());
    let run = outcome.run.unwrap();
    hunt("the history", &format!("{:?}", world.engine.steps(&world.id(), run).await.unwrap()));
}
