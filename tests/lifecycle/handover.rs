//! A name or key that goes from one resource to another within one plan: whoever has it gives it up
//! before the other one takes it.

use iac_core::{HookContext, HookPhase, Stack};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment, Node, Singleton};

use crate::world::{Declared, World, failures, making, node, skipped, steps};

/// The step that ends `path`, or changes it, comes before the one that makes `taker`.
fn waits(plan: &iac_core::Plan, taker: &str, giver: &str) -> bool {
    let giver = plan.steps.iter().find(|step| step.urn.path() == giver).unwrap();
    making(plan, taker).after.contains(&giver.index)
}

#[tokio::test]
async fn a_natural_key_is_free_before_another_resource_takes_it() {
    for mut world in World::both() {
        let slot = |name: &'static str, version: u32| {
            move |s: &Stack| s.add(name, Singleton::args().slot("one").version(version)).map(drop)
        };
        world.up(slot("z-old", 1)).await;
        let plan = world.plan(slot("a-new", 2)).await;
        assert_eq!(steps(&plan), ["delete z-old", "create a-new"]);
        assert!(waits(&plan, "a-new", "z-old"));
        world.up(slot("a-new", 2)).await;
    }
}

#[tokio::test]
async fn a_unique_name_is_free_before_another_resource_takes_it() {
    for mut world in World::both() {
        let named = |path: &'static str, image: &'static str| {
            move |s: &Stack| {
                s.add("other", node!("x"))?;
                s.add(path, node!(image).name("fixed")).map(drop)
            }
        };
        world.up(named("z-old", "a")).await;
        let plan = world.plan(named("a-new", "b")).await;
        assert_eq!(steps(&plan), ["delete z-old", "create a-new"]);
        world.up(named("a-new", "b")).await;
        assert_eq!(world.object("a-new").await.text("name"), "fixed");
        // Another name is no reason to wait.
        let elsewhere = |s: &Stack| {
            s.add("other", node!("x"))?;
            s.add("b-newer", node!("c").name("free")).map(drop)
        };
        let plan = world.plan(elsewhere).await;
        assert_eq!(steps(&plan), ["create b-newer", "delete a-new"]);
        assert!(!waits(&plan, "b-newer", "a-new"));
    }
}

#[tokio::test]
async fn names_move_on_from_one_to_the_next_in_place() {
    for mut world in World::both() {
        let named = |names: &'static [(&'static str, &'static str)]| {
            move |s: &Stack| {
                for (path, name) in names {
                    s.add(*path, node!("x").name(*name))?;
                }
                Declared::Ok(())
            }
        };
        world.up(named(&[("a", "one"), ("b", "two"), ("c", "three")])).await;
        // Everybody takes the name of the next one, and the first name goes to somebody new.
        let moved = named(&[("a", "two"), ("b", "three"), ("c", "four"), ("d", "one")]);
        let plan = world.plan(moved).await;
        assert_eq!(steps(&plan), ["update c", "update b", "update a", "create d"]);
        world.up(moved).await;
    }
}

#[tokio::test]
async fn what_is_done_before_a_deletion_is_done_before_the_name_is_taken() {
    for mut world in World::both() {
        let drain = |s: &Stack| s.hook("drain", async |_: HookContext<Node>| Ok::<(), String>(()));
        let old = |s: &Stack| {
            let web = s.add("z-old", node!("a").name("fixed"))?;
            s.attach(&web, HookPhase::BeforeDelete, &drain(s)?);
            Declared::Ok(())
        };
        let new = |s: &Stack| {
            drain(s)?;
            s.add("a-new", node!("b").name("fixed")).map(drop)
        };
        world.up(old).await;
        assert_eq!(world.up(new).await, ["hook z-old", "delete z-old", "create a-new"]);
    }
}

#[tokio::test]
async fn a_name_that_is_not_given_up_after_all_is_not_taken() {
    let mut world = World::new();
    let named = |path: &'static str, image: &'static str| {
        move |s: &Stack| s.add(path, node!(image).name("fixed")).map(drop)
    };
    world.up(named("z-old", "a")).await;
    let refuse = Matcher::op(CallOp::Delete);
    world.cloud.inject(Fault::once(refuse, Moment::Before, iac_core::ErrorKind::Conflict));
    let outcome = world.try_up(named("a-new", "b")).await;
    assert_eq!((outcome.failures.len(), skipped(&outcome)), (1, vec!["a-new"]));
    world.up(named("a-new", "b")).await;
}

#[tokio::test]
async fn two_that_swap_their_names_have_no_order_and_the_cloud_says_so() {
    for mut world in World::both() {
        let named = |a: &'static str, b: &'static str| {
            move |s: &Stack| {
                s.add("a", node!("x").name(a))?;
                s.add("b", node!("x").name(b)).map(drop)
            }
        };
        world.up(named("one", "two")).await;
        let outcome = world.try_up(named("two", "one")).await;
        assert!(!outcome.succeeded());
        assert!(failures(&outcome)[0].contains("is taken by"), "{:?}", failures(&outcome));
        // The way out: one of them has another name for a while.
        world.up(named("three", "one")).await;
        world.up(named("two", "one")).await;
    }
}
