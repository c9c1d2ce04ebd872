//! Outputs of another stack in the same state.

use iac_core::{Secret, Stack};

use crate::world::{World, node};

#[tokio::test]
async fn another_stacks_output_is_known_when_planning() {
    for mut world in World::both() {
        world.stack = "base".into();
        world
            .up(|s| {
                let net = s.add("net", node!("x"))?;
                s.export("address", &net.address)?;
                s.export("token", &net.token)
            })
            .await;
        world.stack = "dev".into();
        let program = |s: &Stack| {
            let address = s.stack_output::<String>("base", "address");
            let token = s.stack_output::<Secret<String>>("base", "token");
            s.add("web", node!("a").note(&address).password(token)).map(drop)
        };
        let plan = world.plan(program).await;
        assert_eq!(crate::world::making(&plan, "web").inputs.get("note").as_str(), Some("10.0.0.1"));
        let outcome = world.apply(program, &plan).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        assert!(!world.plan(program).await.has_changes());
        assert!(world.object("web").await.inputs.get("password").has_secret());
    }
}

#[tokio::test]
async fn an_output_that_is_not_there_says_which_stack_to_apply() {
    let mut world = World::new();
    let text =
        world.refusal(|s| s.add("web", node!(s.stack_output::<String>("base", "image"))).map(drop)).await;
    assert!(
        text.contains("philotes/base has no output \"image\"") && text.contains("apply that stack first"),
        "{text}"
    );
}

#[tokio::test]
async fn an_applied_stack_without_that_output_says_so_and_nothing_is_planned() {
    let mut world = World::new();
    world.stack = "base".into();
    world.up(|s| s.export("address", "10.0.0.9")).await;
    world.stack = "dev".into();
    let text = world
        .refusal(|s| {
            s.add("fine", node!("a"))?;
            s.add("web", node!(s.stack_output::<String>("base", "adress"))).map(drop)
        })
        .await;
    assert!(
        text.contains("fake:node:web: field `image`: stack philotes/base has no output \"adress\""),
        "{text}"
    );
    assert!(world.cloud.inventory().is_empty());
}

#[tokio::test]
async fn an_output_that_changed_over_there_is_a_change_here() {
    let mut world = World::new();
    let base = |note: &'static str| move |s: &Stack| s.export("note", note);
    let dev = |s: &Stack| s.add("web", node!("a").note(s.stack_output::<String>("base", "note"))).map(drop);
    for (note, step) in [("one", "create web"), ("two", "update web")] {
        world.stack = "base".into();
        assert!(world.try_up(base(note)).await.succeeded());
        world.stack = "dev".into();
        assert_eq!(world.up(dev).await, [step]);
        assert_eq!(world.object("web").await.text("note"), note);
    }
}

#[tokio::test]
async fn a_secret_over_there_is_not_taken_for_plain_text_and_a_wrong_type_is_refused() {
    let mut world = World::new();
    world.stack = "base".into();
    world
        .up(|s| {
            let net = s.add("net", node!("x"))?;
            s.export("token", &net.token)?;
            s.export("name", "text")
        })
        .await;
    world.stack = "dev".into();
    let text = world
        .refusal(|s| s.add("web", node!("a").note(s.stack_output::<String>("base", "token"))).map(drop))
        .await;
    assert!(text.contains("note") && text.contains("secret") && !text.contains("token-of"), "{text}");
    let text = world
        .refusal(|s| {
            let size = s.stack_output::<u32>("base", "name");
            s.add("web", iac_testkit::fake::Node::args().size(size).image("a")).map(drop)
        })
        .await;
    assert!(text.contains("size"), "{text}");
}
