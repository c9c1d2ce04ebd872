//! Targets and excludes: the part of the stack that a plan may touch.

use iac_core::{Options, Part, Plan, PlanOptions, Stack};

use crate::world::{Declared, World, node, steps};

fn program(image: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let a = s.add("a", node!(image))?;
        let b = s.add("b", node!(image).parent(&a))?;
        s.add("c", node!(image).parent(&b))?;
        s.add("other", node!(image)).map(drop)
    }
}

fn targets(paths: &[&str]) -> PlanOptions {
    let mut options = PlanOptions::new();
    options.targets = paths.iter().map(|path| (*path).to_owned()).collect();
    options
}

fn excludes(paths: &[&str]) -> PlanOptions {
    let mut options = PlanOptions::new();
    options.excludes = paths.iter().map(|path| (*path).to_owned()).collect();
    options
}

#[tokio::test]
async fn a_target_brings_what_it_needs_and_nothing_else() {
    let mut world = World::new();
    let plan = world.try_plan(program("x"), targets(&["b"])).await.unwrap();
    assert_eq!(steps(&plan), ["create a", "create b"]);
    assert!(world.apply(program("x"), &plan).await.succeeded());
    assert_eq!(world.up(program("x")).await, ["create c", "create other"]);
}

#[tokio::test]
async fn an_exclude_holds_what_needs_it() {
    let mut world = World::new();
    let plan = world.try_plan(program("x"), excludes(&["b"])).await.unwrap();
    assert_eq!(steps(&plan), ["create a", "create other"]);
    world.up(program("x")).await;
    let noted = |s: &Stack| {
        let a = s.add("a", node!("x").note("n"))?;
        let b = s.add("b", node!("x").parent(&a).note("n"))?;
        s.add("c", node!("x").parent(&b).note("n"))?;
        s.add("other", node!("x")).map(drop)
    };
    let plan = world.try_plan(noted, excludes(&["b"])).await.unwrap();
    assert_eq!(steps(&plan), ["update a"]);
}

#[tokio::test]
async fn deletes_outside_the_targets_wait() {
    let mut world = World::new();
    world.up(program("x")).await;
    let fewer = |s: &Stack| s.add("a", node!("x").note("n")).map(drop);
    let plan = world.try_plan(fewer, targets(&["a"])).await.unwrap();
    // What needs a target and left the program goes with it; `other` stays.
    assert!(!steps(&plan).contains(&"delete other".to_owned()), "{:?}", steps(&plan));
    assert!(world.apply(fewer, &plan).await.succeeded());
    world.up(fewer).await;
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn an_excluded_row_keeps_what_it_needs_when_everything_is_destroyed() {
    let mut world = World::new();
    world.up(program("x")).await;
    let mut options = PlanOptions::new().destroy();
    options.excludes = vec!["b".into()];
    let plan = world.try_plan(program("x"), options).await.unwrap();
    assert_eq!(steps(&plan).len(), 2, "{:?}", steps(&plan));
    assert!(world.apply(program("x"), &plan).await.succeeded());
    let left: Vec<String> =
        world.snapshot().await.resources.keys().map(|urn| urn.path().to_owned()).collect();
    assert_eq!(left, ["a", "b"]);
}

#[tokio::test]
async fn a_targeted_destroy_takes_what_needs_the_target() {
    let mut world = World::new();
    world.up(program("x")).await;
    let mut options = targets(&["b"]);
    options.destroy = true;
    let plan = world.try_plan(program("x"), options).await.unwrap();
    assert_eq!(steps(&plan), ["delete c", "delete b"]);
    assert!(world.apply(program("x"), &plan).await.succeeded());
    world.consistent().await;
}

#[tokio::test]
async fn a_name_that_is_not_there_is_refused() {
    let mut world = World::new();
    let text = world.try_plan(program("x"), targets(&["typo"])).await.unwrap_err().to_string();
    assert!(text.contains("no resource of this stack is called \"typo\""), "{text}");
}

fn selected(plan: &Plan, part: Part) -> Vec<String> {
    let of_part = plan.selection.iter().filter(|one| one.part == part);
    of_part.map(|one| format!("{}: {}", one.urn.path(), one.why)).collect()
}

/// Whoever points at an object points at one that is there.
fn nobody_points_at_nothing(world: &World) {
    for object in world.cloud.inventory() {
        for field in ["parent", "host"] {
            let target = object.text(field);
            assert!(target.is_empty() || world.cloud.object(target).is_some(), "{} -> {target}", object.id);
        }
    }
}

/// `b` points at `a`, `c` lives on `b`, `d` comes after `a`, `other` is apart.
fn wired(image: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let a = s.add("a", node!(image))?;
        let b = s.add("b", node!("x").parent(&a))?;
        s.add("c", node!("x").host(&b))?;
        s.add_with("d", node!("x"), Options::new().depends_on(&a))?;
        s.add("other", node!(image)).map(drop)
    }
}

#[tokio::test]
async fn a_replaced_target_draws_in_who_points_at_it_and_nobody_else() {
    for mut world in World::both() {
        world.up(wired("x")).await;
        let plan = world.try_plan(wired("y"), targets(&["a"])).await.unwrap();
        assert_eq!(steps(&plan), ["create_replacement a", "update b", "delete_replaced a"]);
        assert_eq!(selected(&plan, Part::DrawnIn), ["b: it needs a, which this plan replaces"]);
        let left = ["c: it needs b, which this plan updates", "d: it needs a, which this plan replaces"];
        assert_eq!(selected(&plan, Part::LeftOut), left);
        assert!(world.apply(wired("y"), &plan).await.succeeded());
        world.consistent().await;
        nobody_points_at_nothing(&world);
        assert_eq!(world.up(wired("y")).await, ["create_replacement other", "delete_replaced other"]);
    }
}

#[tokio::test]
async fn replacing_a_target_on_request_draws_in_as_well_down_the_line() {
    let mut world = World::new();
    let program = |s: &Stack| {
        let a = s.add("a", node!("x"))?;
        let b = s.add("b", node!("x").host(&a))?;
        let c = s.add("c", node!("x").host(&b))?;
        s.add("d", node!("x").parent(&c)).map(drop)
    };
    world.up(program).await;
    let mut options = targets(&["a"]);
    options.replace = vec!["a".into()];
    let plan = world.try_plan(program, options).await.unwrap();
    assert_eq!(plan.summary.replace, 3);
    let drawn = [
        "b: it needs a, which this plan replaces",
        "c: it needs b, which this plan replaces",
        "d: it needs c, which this plan replaces",
    ];
    assert_eq!(selected(&plan, Part::DrawnIn), drawn);
    assert!(world.apply(program, &plan).await.succeeded());
    nobody_points_at_nothing(&world);
    world.settled(program).await;

    let mut aside = targets(&["a"]);
    aside.replace = vec!["d".into()];
    let text = world.try_plan(program, aside).await.unwrap_err().to_string();
    assert!(text.contains("its replacement was asked for, and this plan leaves it out"), "{text}");
}

#[tokio::test]
async fn who_follows_brings_what_it_needs_and_what_is_not_there() {
    let mut world = World::new();
    world.up(wired("x")).await;
    let more = |s: &Stack| {
        let a = s.add("a", node!("y"))?;
        let deep = s.add("deep", node!("x"))?;
        let new = s.add("new", node!("x").parent(&deep))?;
        let other = s.add("other", node!("y"))?;
        let b = s.add("b", node!("x").parent(&a).peers([&new, &other]))?;
        s.add("c", node!("x").host(&b))?;
        s.add_with("d", node!("x"), Options::new().depends_on(&a)).map(drop)
    };
    let plan = world.try_plan(more, targets(&["a"])).await.unwrap();
    let drawn = ["b: it needs a, which this plan replaces", "deep: new needs it", "new: b needs it"];
    assert_eq!(selected(&plan, Part::DrawnIn), drawn);
    assert!(!steps(&plan).iter().any(|step| step.ends_with(" other")), "{:?}", steps(&plan));
    assert!(world.apply(more, &plan).await.succeeded());
    world.consistent().await;
    world.up(more).await;
    nobody_points_at_nothing(&world);
}

#[tokio::test]
async fn a_target_that_vanished_draws_in_who_pointed_at_it() {
    let mut world = World::new();
    world.up(wired("x")).await;
    world.cloud.destroy(&world.row("a").await.id);
    let plan = world.try_plan(wired("x"), targets(&["a"])).await.unwrap();
    assert_eq!(steps(&plan), ["create a", "update b"]);
    assert_eq!(selected(&plan, Part::DrawnIn), ["b: it needs a, which is gone and made again"]);
    assert!(world.apply(wired("x"), &plan).await.succeeded());
    nobody_points_at_nothing(&world);
    world.settled(wired("x")).await;
}

#[tokio::test]
async fn a_target_that_left_the_program_draws_in_who_still_points_at_it() {
    let mut world = World::new();
    world.up(wired("x")).await;
    let without = |s: &Stack| {
        let b = s.add("b", node!("x"))?;
        s.add("c", node!("x").host(&b))?;
        s.add("d", node!("x"))?;
        s.add("other", node!("y")).map(drop)
    };
    let plan = world.try_plan(without, targets(&["a"])).await.unwrap();
    // `d` only came after it; its row must not go on naming what is gone.
    assert_eq!(steps(&plan), ["update b", "record d", "delete a"]);
    assert_eq!(plan.selection.iter().filter(|one| one.part == Part::DrawnIn).count(), 2);
    assert!(world.apply(without, &plan).await.succeeded());
    nobody_points_at_nothing(&world);
    assert_eq!(world.up(without).await, ["create_replacement other", "delete_replaced other"]);
}

#[tokio::test]
async fn what_would_point_at_nothing_cannot_be_excluded() {
    let mut world = World::new();
    world.up(wired("x")).await;
    let text = world.try_plan(wired("y"), excludes(&["b"])).await.unwrap_err().to_string();
    assert!(text.contains(":b: it needs urn:philotes:dev:fake:node:a, which this plan replaces"), "{text}");
    assert!(text.contains("exclude a as well"), "{text}");
    // What is only ordered after it may stay.
    let plan = world.try_plan(wired("y"), excludes(&["d"])).await.unwrap();
    assert!(!steps(&plan).iter().any(|step| step.ends_with(" d")));
    let both = world.try_plan(wired("y"), excludes(&["a"])).await.unwrap();
    assert_eq!(steps(&both), ["create_replacement other", "delete_replaced other"]);
    let left = [
        "b: it needs a, which is excluded",
        "c: it needs b, which is excluded",
        "d: it needs a, which is excluded",
    ];
    assert_eq!(selected(&both, Part::LeftOut), left);
}

#[tokio::test]
async fn a_destroy_of_a_part_says_what_goes_along_and_what_stays() {
    let mut world = World::new();
    world.up(wired("x")).await;
    let mut options = targets(&["b"]);
    options.destroy = true;
    let plan = world.try_plan(wired("x"), options).await.unwrap();
    assert_eq!(steps(&plan), ["delete c", "delete b"]);
    assert_eq!(selected(&plan, Part::DrawnIn), ["c: it needs b"]);
    let mut options = excludes(&["b"]);
    options.destroy = true;
    let plan = world.try_plan(wired("x"), options).await.unwrap();
    assert_eq!(selected(&plan, Part::LeftOut), ["a: b needs it and is excluded"]);
    // A target that an excluded resource needs stays, and the plan says so.
    let mut options = targets(&["a"]);
    (options.destroy, options.excludes) = (true, vec!["b".into()]);
    let plan = world.try_plan(wired("x"), options).await.unwrap();
    assert_eq!(selected(&plan, Part::LeftOut), ["a: b needs it and is excluded"]);
}

#[tokio::test]
async fn a_plan_of_everything_draws_in_nothing() {
    let mut world = World::new();
    world.up(wired("x")).await;
    assert!(world.plan(wired("y")).await.selection.is_empty());
}
