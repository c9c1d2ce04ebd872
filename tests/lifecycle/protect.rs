//! Protection lives in the state: deleting a line cannot lift it.

use iac_core::{Options, PlanOptions, Stack};

use crate::world::{Declared, World, node, reasons, steps};

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

fn replacing(path: &str) -> PlanOptions {
    let mut options = PlanOptions::new();
    options.replace = vec![path.into()];
    options
}

/// A guest that lives on a host: a new host means a new guest.
fn guest(image: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let host = s.add("host", node!(image))?;
        s.add_with("guest", node!("g").host(&host), Options::new().protect()).map(drop)
    }
}

#[tokio::test]
async fn what_it_lives_on_cannot_be_replaced_where_that_would_replace_it() {
    for mut world in World::both() {
        world.up(guest("a")).await;
        let text = world.refusal(guest("b")).await;
        assert!(text.contains("urn:philotes:dev:fake:node:guest: it is protected"), "{text}");
        assert!(!text.contains("node:host:"), "only the guest is in the way: {text}");
        let asked = replacing("host");
        let text = world.try_plan(guest("a"), asked).await.unwrap_err().to_string();
        assert!(text.contains("node:guest: it is protected"), "{text}");
        assert_eq!(world.cloud.inventory().len(), 2);
    }
}

#[tokio::test]
async fn what_it_refers_to_can_be_replaced_where_it_moves_over_in_place() {
    let mut world = World::new();
    let program = |image: &'static str| {
        move |s: &Stack| {
            let base = s.add("base", node!(image))?;
            s.add_with("web", node!("w").parent(&base), Options::new().protect()).map(drop)
        }
    };
    world.up(program("a")).await;
    let id = world.row("web").await.id.clone();
    assert_eq!(
        world.up(program("b")).await,
        ["create_replacement base", "update web", "delete_replaced base"]
    );
    assert_eq!(world.row("web").await.id, id);
}

#[tokio::test]
async fn destroying_the_stack_deletes_nothing_at_all_while_something_is_protected() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.add("other", node!("x"))?;
        web("a", true)(s)
    };
    world.up(program).await;
    // Also where the program is empty by now.
    for declared in [&program as &dyn Fn(&Stack) -> Declared, &|_: &Stack| Ok(())] {
        let refused = world.try_plan(declared, PlanOptions::new().destroy()).await.unwrap_err().to_string();
        assert!(refused.contains("node:web: it is protected"), "{refused}");
    }
    assert_eq!(world.cloud.inventory().len(), 2);
    let mut but = PlanOptions::new().destroy();
    but.excludes = vec!["web".into()];
    let plan = world.try_plan(program, but).await.unwrap();
    assert_eq!(steps(&plan), ["delete other"]);
}

#[tokio::test]
async fn lifting_it_is_a_change_that_the_plan_shows() {
    let mut world = World::new();
    world.up(web("a", true)).await;
    let plan = world.plan(web("a", false)).await;
    assert!(reasons(&plan, "web").contains("its protection is lifted"), "{}", reasons(&plan, "web"));
    assert_eq!((plan.summary.record, plan.has_changes()), (1, true));
    assert!(world.row("web").await.protect, "a plan alone lifts nothing");
    let plan = world.plan(|s| s.add("web", node!("a").note("x")).map(drop)).await;
    assert_eq!(steps(&plan), ["update web"]);
    let asked = replacing("web");
    assert!(world.try_plan(web("a", false), asked).await.is_err());
}

#[tokio::test]
async fn it_holds_from_the_first_plan_that_has_it() {
    let mut world = World::new();
    world.up(web("a", false)).await;
    // No apply has recorded the option yet.
    assert!(world.refusal(web("b", true)).await.contains("it is protected"));
    let destroyed = world.try_plan(web("a", true), PlanOptions::new().destroy()).await.unwrap_err();
    assert!(destroyed.to_string().contains("it is protected"), "{destroyed}");
    let renamed = |s: &Stack| s.add_with("new", node!("b"), Options::new().alias("web").protect()).map(drop);
    assert!(world.refusal(renamed).await.contains("node:web: it is protected"));
    let destroyed = world.try_plan(renamed, PlanOptions::new().destroy()).await.unwrap_err();
    assert!(destroyed.to_string().contains("it is protected"), "{destroyed}");
}

#[tokio::test]
async fn what_vanished_outside_is_created_again() {
    let mut world = World::new();
    world.up(web("a", true)).await;
    let id = world.row("web").await.id.clone();
    world.cloud.destroy(&id);
    assert_eq!(world.up(web("a", true)).await, ["create web"]);
    assert!(world.row("web").await.protect);
}

#[tokio::test]
async fn an_object_that_stays_in_the_cloud_may_leave_the_stack() {
    let mut world = World::new();
    let kept =
        |s: &Stack| s.add_with("web", node!("a"), Options::new().protect().retain_on_delete()).map(drop);
    world.up(kept).await;
    assert_eq!(steps(&world.plan(|_| Ok(())).await), ["forget web"]);
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn a_creation_that_failed_halfway_can_be_made_anew() {
    use iac_core::ErrorKind;
    use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};
    let mut world = World::new();
    let half = Fault::once(Matcher::op(CallOp::Create), Moment::Checkpointed, ErrorKind::Internal);
    world.cloud.inject(half);
    assert!(!world.try_up(web("a", true)).await.succeeded());
    assert_eq!(world.up(web("a", true)).await, ["create_replacement web", "delete_replaced web"]);
    assert_eq!(world.cloud.inventory().len(), 1);
    assert!(world.refusal(web("b", true)).await.contains("it is protected"));
}

#[tokio::test]
async fn it_belongs_to_the_row_and_outlives_a_rename() {
    let mut world = World::new();
    world.up(web("a", true)).await;
    let renamed = |s: &Stack| s.add_with("new", node!("b"), Options::new().alias("web")).map(drop);
    assert!(world.refusal(renamed).await.contains("node:web: it is protected"));
}
