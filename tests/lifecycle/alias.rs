//! A resource under a new name keeps its object.

use iac_core::{Options, Stack};

use crate::world::{World, node};

#[tokio::test]
async fn an_alias_renames_the_row_and_leaves_the_cloud_alone() {
    for mut world in World::both() {
        world.up(|s| s.add("old", node!("a")).map(drop)).await;
        let id = world.row("old").await.id.clone();
        world.cloud.forget_calls();
        let renamed =
            |s: &Stack| s.scope("edge")?.add_with("new", node!("a"), Options::new().alias("old")).map(drop);
        assert_eq!(world.up(renamed).await, ["record edge/new"]);
        assert_eq!(world.cloud.mutations(), Vec::<String>::new());
        assert_eq!(world.row("edge/new").await.id, id);
        // The alias may stay, and may go.
        assert!(!world.plan(renamed).await.has_changes());
        world.settled(|s| s.scope("edge")?.add("new", node!("a")).map(drop)).await;
    }
}

#[tokio::test]
async fn a_rename_with_a_change_is_one_update_and_with_a_replacement_one_replacement() {
    let mut world = World::new();
    world.up(|s| s.add("old", node!("a")).map(drop)).await;
    let alias = || Options::new().alias("old");
    assert_eq!(
        world.up(|s| s.add_with("new", node!("a").note("x"), alias()).map(drop)).await,
        ["update new"]
    );
    let id = world.row("new").await.id.clone();
    let replaced = |s: &Stack| s.add_with("newest", node!("b"), Options::new().alias("new")).map(drop);
    world.up(replaced).await;
    assert_ne!(world.row("newest").await.id, id);
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn dependants_of_a_renamed_resource_stay() {
    let mut world = World::new();
    world
        .up(|s| {
            let old = s.add("old", node!("a"))?;
            s.add("child", node!("a").parent(&old)).map(drop)
        })
        .await;
    world.cloud.forget_calls();
    let renamed = |s: &Stack| {
        let new = s.add_with("new", node!("a"), Options::new().alias("old"))?;
        s.add("child", node!("a").parent(&new)).map(drop)
    };
    world.up(renamed).await;
    assert_eq!(world.cloud.mutations(), Vec::<String>::new());
    world.destroy(renamed).await;
    assert_eq!(world.cloud.mutations(), ["delete child", "delete new"]);
}

#[tokio::test]
async fn a_name_that_is_in_use_again_is_no_alias() {
    let mut world = World::new();
    world.up(|s| s.add("a", node!("a")).map(drop)).await;
    let id = world.row("a").await.id.clone();
    let both = |s: &Stack| {
        s.add_with("b", node!("b"), Options::new().alias("a"))?;
        s.add("a", node!("a")).map(drop)
    };
    assert_eq!(world.up(both).await, ["create b"]);
    assert_eq!(world.row("a").await.id, id);
}

#[tokio::test]
async fn a_rename_that_its_dependants_have_not_heard_of_keeps_the_order_of_deletes() {
    use iac_core::PlanOptions;
    let mut world = World::new();
    world.cloud.set_keeps_needed(true);
    let program = |name: &'static str, image: &'static str| {
        move |s: &Stack| {
            let base = s.add_with(name, node!(image), Options::new().alias("old"))?;
            s.add("z-child", node!("x").host(&base)).map(drop)
        }
    };
    world.up(program("old", "a")).await;
    // Only the renamed resource is applied; the child's row still names the old one.
    let mut options = PlanOptions::new();
    options.targets = vec!["a-new".into()];
    let plan = world.try_plan(program("a-new", "a"), options).await.unwrap();
    assert!(world.apply(program("a-new", "a"), &plan).await.succeeded());
    world.cloud.forget_calls();
    world.up(program("a-new", "b")).await;
    assert_eq!(world.cloud.mutations(), ["create a-new", "create z-child", "delete z-child", "delete a-new"]);
}
