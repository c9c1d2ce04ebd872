//! Fields whose differences are not the program's business.

use iac_core::{Options, Stack, Value};

use crate::world::{Declared, World, node, steps};

fn web(note: &'static str, role: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let args = node!("a").note(note).labels([("role", role), ("keep", "1")]);
        s.add_with("web", args, Options::new().ignore_changes(["note", "labels.role"])).map(drop)
    }
}

#[tokio::test]
async fn an_ignored_field_is_set_at_first_and_left_alone_afterwards() {
    let mut world = World::new();
    world.up(web("one", "x")).await;
    assert_eq!(world.object("web").await.text("note"), "one");
    world.cloud.forget_calls();
    world.up(web("two", "y")).await;
    assert_eq!(world.cloud.mutations(), Vec::<String>::new());
    assert_eq!(world.object("web").await.text("note"), "one");
}

#[tokio::test]
async fn an_update_of_another_field_keeps_what_the_cloud_has() {
    let mut world = World::new();
    world.up(web("one", "x")).await;
    let id = world.row("web").await.id.clone();
    world.cloud.mutate(&id, "note", "from outside".into());
    let changed = |s: &Stack| {
        let args = node!("a").note("three").labels([("role", "z"), ("keep", "2")]);
        s.add_with("web", args, Options::new().ignore_changes(["note", "labels.role"])).map(drop)
    };
    let plan = world.plan(changed).await;
    assert_eq!(steps(&plan), ["update web"]);
    world.up(changed).await;
    let object = world.object("web").await;
    assert_eq!(object.text("note"), "from outside");
    assert_eq!(object.inputs.get("labels").get("role"), &Value::from("x"));
    assert_eq!(object.inputs.get("labels").get("keep"), &Value::from("2"));
}

#[tokio::test]
async fn an_ignored_field_does_not_replace() {
    let mut world = World::new();
    let web = |image: &'static str| {
        move |s: &Stack| s.add_with("web", node!(image), Options::new().ignore_changes(["image"])).map(drop)
    };
    world.up(web("a")).await;
    assert!(!world.plan(web("b")).await.has_changes());
}
