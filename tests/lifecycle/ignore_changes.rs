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

#[tokio::test]
async fn a_part_with_any_key_is_kept_when_another_part_changes() {
    let mut world = World::new();
    let web = |role: &'static str, keep: &'static str| {
        move |s: &Stack| {
            let args = node!("a").labels([("team/role", role), ("keep", keep)]);
            s.add_with("web", args, Options::new().ignore_changes(["labels[\"team/role\"]"])).map(drop)
        }
    };
    world.up(web("x", "1")).await;
    assert_eq!(world.up(web("y", "2")).await, ["update web"]);
    let labels = world.object("web").await.inputs.get("labels").clone();
    assert_eq!((labels.get("team/role").as_str(), labels.get("keep").as_str()), (Some("x"), Some("2")));
}

#[tokio::test]
async fn a_path_that_means_nothing_is_refused_and_not_overlooked() {
    let mut world = World::new();
    let text = world
        .refusal(|s| {
            let options =
                Options::new().ignore_changes(["lables", "labels.team/role"]).replace_on_changes(["siez"]);
            s.add_with("web", node!("a"), options).map(drop)
        })
        .await;
    assert!(text.contains("`ignore_changes` names field `lables`, which fake:node does not have"), "{text}");
    assert!(text.contains("its fields are name, size, image"), "{text}");
    assert!(text.contains("`ignore_changes` names \"labels.team/role\", which is no field path"), "{text}");
    assert!(text.contains("`replace_on_changes` names field `siez`"), "{text}");
}

#[tokio::test]
async fn a_replacement_keeps_what_is_ignored() {
    let mut world = World::new();
    world.up(web("one", "x")).await;
    let id = world.row("web").await.id.clone();
    world.cloud.mutate(&id, "note", "from outside".into());
    let replaced = |s: &Stack| {
        let args = node!("b").note("two").labels([("role", "x"), ("keep", "1")]);
        s.add_with("web", args, Options::new().ignore_changes(["note", "labels.role"])).map(drop)
    };
    assert_eq!(world.up(replaced).await, ["create_replacement web", "delete_replaced web"]);
    assert_eq!(world.object("web").await.text("note"), "from outside");
}

#[tokio::test]
async fn a_change_outside_to_an_ignored_field_is_shown_once_and_recorded() {
    let mut world = World::new();
    world.up(web("one", "x")).await;
    let id = world.row("web").await.id.clone();
    world.cloud.mutate(&id, "note", "from outside".into());
    let plan = world.plan(web("one", "x")).await;
    assert_eq!((steps(&plan), plan.drift.len()), (vec!["record web".to_owned()], 1));
    assert_eq!(plan.drift[0].diff[0].path.as_str(), "note");
    world.cloud.forget_calls();
    assert!(world.apply(web("one", "x"), &plan).await.succeeded());
    assert_eq!(world.cloud.mutations(), Vec::<String>::new());
    let again = world.plan(web("one", "x")).await;
    assert_eq!((again.has_changes(), again.drift.len()), (false, 0));
}
