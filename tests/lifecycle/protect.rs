//! Protection lives in the state: deleting a line cannot lift it.

use iac_core::{Options, PlanOptions, Stack};

use crate::world::{Declared, World, node};

fn web(image: &'static str, protect: bool) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let options = if protect { Options::new().protect() } else { Options::new() };
        s.add_with("web", node!(image), options).map(drop)
    }
}

#[tokio::test]
async fn a_protected_resource_is_not_deleted_replaced_or_destroyed() {
    for mut world in World::both() {
        world.up(web("a", true)).await;
        let gone = world.refusal(|_| Ok(())).await;
        assert!(gone.contains("it is protected") && gone.contains("to go on:"), "{gone}");
        let replaced = world.refusal(web("b", true)).await;
        assert!(replaced.contains("it is protected"), "{replaced}");
        // Lifting and replacing in one plan is still a replacement of what is protected.
        assert!(world.refusal(web("b", false)).await.contains("it is protected"));
        let destroyed = world.try_plan(web("a", true), PlanOptions::new().destroy()).await.unwrap_err();
        assert!(destroyed.to_string().contains("it is protected"));
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test]
async fn protection_is_lifted_by_an_apply_of_its_own() {
    let mut world = World::new();
    world.up(web("a", true)).await;
    assert_eq!(world.up(web("a", false)).await, ["record web"]);
    world.up(web("b", false)).await;
    assert_eq!(world.up(|_| Ok(())).await, ["delete web"]);
}

#[tokio::test]
async fn protection_can_be_added_later_and_allows_updates() {
    let mut world = World::new();
    world.up(web("a", false)).await;
    assert_eq!(world.up(web("a", true)).await, ["record web"]);
    let noted = |s: &Stack| s.add_with("web", node!("a").note("x"), Options::new().protect()).map(drop);
    assert_eq!(world.up(noted).await, ["update web"]);
}

#[tokio::test]
async fn deleting_data_is_announced() {
    let mut world = World::new();
    world.up(|s| s.add("data", iac_testkit::fake::Disk::args().size(5u32)).map(drop)).await;
    let plan = world.plan(|_| Ok(())).await;
    assert_eq!(plan.warnings.len(), 1);
    assert!(plan.warnings[0].message.contains("and the data on it"), "{:?}", plan.warnings);
    let shrunk = |s: &Stack| s.add("data", iac_testkit::fake::Disk::args().size(4u32)).map(drop);
    assert_eq!(world.plan(shrunk).await.warnings.len(), 1);
    let grown = |s: &Stack| s.add("data", iac_testkit::fake::Disk::args().size(6u32)).map(drop);
    assert!(world.plan(grown).await.warnings.is_empty());
}
