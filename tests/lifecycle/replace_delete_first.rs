//! Where two cannot exist at once the old object goes first, and takes along what builds on it.

use iac_core::{Options, Stack};
use iac_testkit::fake::Singleton;

use crate::world::{Declared, World, node, reasons, steps};

fn chain(version: u32) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let base = s.add("base", Singleton::args().slot("base").version(version))?;
        let middle = s.add("middle", Singleton::args().slot("middle").version(1u32).upstream(&base))?;
        s.add("top", Singleton::args().slot("top").version(1u32).upstream(&middle)).map(drop)
    }
}

#[tokio::test]
async fn a_singleton_goes_before_its_successor_comes() {
    for mut world in World::both() {
        let program = |version: u32| {
            move |s: &Stack| s.add("one", Singleton::args().slot("s").version(version)).map(drop)
        };
        world.up(program(1)).await;
        world.cloud.forget_calls();
        let plan = world.plan(program(2)).await;
        assert_eq!(steps(&plan), ["delete_replaced one", "create_replacement one"]);
        assert!(reasons(&plan, "one").contains("two fake:singletons cannot exist at once"));
        world.up(program(2)).await;
        assert_eq!(world.cloud.mutations(), ["delete one", "create one"]);
    }
}

#[tokio::test]
async fn a_chain_is_taken_down_from_the_top_and_built_from_the_bottom() {
    for mut world in World::both() {
        world.cloud.set_keeps_needed(true);
        world.up(chain(1)).await;
        world.cloud.forget_calls();
        world.up(chain(2)).await;
        assert_eq!(
            world.cloud.mutations(),
            ["delete top", "delete middle", "delete base", "create base", "create middle", "create top"]
        );
    }
}

#[tokio::test]
async fn a_dependant_that_prefers_create_first_is_forced_to_follow() {
    let mut world = World::new();
    world.cloud.set_keeps_needed(true);
    let program = |image: &'static str| {
        move |s: &Stack| {
            let host = s.add_with("host", node!(image), Options::new().delete_before_replace())?;
            s.add("guest", node!("g").host(&host)).map(drop)
        }
    };
    world.up(program("a")).await;
    world.cloud.forget_calls();
    let plan = world.plan(program("b")).await;
    assert!(reasons(&plan, "guest").contains("goes first, because"), "{}", reasons(&plan, "guest"));
    world.up(program("b")).await;
    assert_eq!(world.cloud.mutations(), ["delete guest", "delete host", "create host", "create guest"]);
}

#[tokio::test]
async fn a_failed_delete_stops_the_chain_before_anything_else_is_lost() {
    use iac_core::ErrorKind;
    use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};
    let mut world = World::new();
    world.up(chain(1)).await;
    let middle = Matcher::op(CallOp::Delete).path("middle");
    world.cloud.inject(Fault::once(middle, Moment::Before, ErrorKind::Protected));
    let outcome = world.try_up(chain(2)).await;
    assert_eq!((outcome.failures.len(), outcome.done), (1, 1));
    assert_eq!(world.cloud.inventory().len(), 2);
    world.up(chain(2)).await;
    assert_eq!(world.cloud.inventory().len(), 3);
}

#[tokio::test]
async fn a_create_that_fails_after_the_delete_is_made_by_the_next_run() {
    use iac_core::ErrorKind;
    use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};
    for mut world in World::both() {
        let one = |version: u32| {
            move |s: &Stack| s.add("one", Singleton::args().slot("s").version(version)).map(drop)
        };
        world.up(one(1)).await;
        let create = Matcher::op(CallOp::Create);
        world.cloud.inject(Fault::once(create, Moment::Before, ErrorKind::QuotaExceeded));
        let outcome = world.try_up(one(2)).await;
        assert_eq!((outcome.failures.len(), world.cloud.inventory().len()), (1, 0));
        assert_eq!(world.up(one(2)).await, ["create one"]);
    }
}

#[tokio::test]
async fn a_dependant_that_is_only_updated_moves_over_last() {
    use iac_testkit::fake::Disk;
    let program = |image: &'static str| {
        move |s: &Stack| {
            let host = s.add_with("host", node!(image), Options::new().delete_before_replace())?;
            s.add("data", Disk::args().size(5u32).attached(&host)).map(drop)
        }
    };
    let mut world = World::new();
    world.up(program("a")).await;
    world.cloud.forget_calls();
    world.up(program("b")).await;
    assert_eq!(world.cloud.mutations(), ["delete host", "create host", "update data"]);
    // A cloud that keeps what is referred to refuses the deletion, and nothing is lost.
    world.cloud.set_keeps_needed(true);
    let outcome = world.try_up(program("c")).await;
    assert_eq!((outcome.failures.len(), outcome.done), (1, 0));
    assert_eq!(world.object("host").await.text("image"), "b");
}
