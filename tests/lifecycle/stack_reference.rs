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
