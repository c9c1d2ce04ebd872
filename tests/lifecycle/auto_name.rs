//! Names that the engine derives: from project, stack and path, with a suffix after a replacement.

use crate::world::{World, node, reasons};

#[tokio::test]
async fn a_derived_name_gets_a_suffix_with_each_replacement() {
    for mut world in World::both() {
        world.up(|s| s.scope("edge")?.add("web", node!("a")).map(drop)).await;
        assert_eq!(world.object("edge/web").await.text("name"), "philotes-dev-edge-web");
        let plan = world.plan(|s| s.scope("edge")?.add("web", node!("b")).map(drop)).await;
        let text = reasons(&plan, "edge/web");
        assert!(text.contains("is named \"philotes-dev-edge-web-r1\" while both exist"), "{text}");
        world.up(|s| s.scope("edge")?.add("web", node!("b")).map(drop)).await;
        assert_eq!(world.object("edge/web").await.text("name"), "philotes-dev-edge-web-r1");
        world.up(|s| s.scope("edge")?.add("web", node!("c")).map(drop)).await;
        assert_eq!(world.object("edge/web").await.text("name"), "philotes-dev-edge-web-r2");
    }
}

#[tokio::test]
async fn a_derived_name_survives_updates_and_is_put_back_after_a_change_outside() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    world.up(|s| s.add("web", node!("a").note("x")).map(drop)).await;
    let object = world.object("web").await;
    assert_eq!(object.text("name"), "philotes-dev-web");
    world.cloud.mutate(&object.id, "name", "stolen".into());
    world.up(|s| s.add("web", node!("a").note("x")).map(drop)).await;
    assert_eq!(world.object("web").await.text("name"), "philotes-dev-web");
}

#[tokio::test]
async fn a_long_path_is_cut_and_stays_unique() {
    let mut world = World::new();
    let (one, two) = (format!("{}-one", "x".repeat(60)), format!("{}-two", "x".repeat(60)));
    world
        .up(|s| {
            s.add(&one, node!("a"))?;
            s.add(&two, node!("a")).map(drop)
        })
        .await;
    let names: Vec<String> =
        world.cloud.inventory().iter().map(|object| object.text("name").to_owned()).collect();
    assert!(names.iter().all(|name| name.len() <= 40) && names[0] != names[1], "{names:?}");
}

#[tokio::test]
async fn a_derived_name_avoids_one_that_an_old_half_still_has() {
    use iac_core::{Error, ErrorKind};
    use iac_testkit::fake::{CallOp, Verdict};
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    // The first object cannot be deleted for now, whatever the program says.
    world.cloud.set_hook(Box::new(|call, _| {
        let stuck = call.op == CallOp::Delete && call.id.as_deref() == Some("node-0001");
        if stuck { Verdict::Fail(Error::new(ErrorKind::Protected, "locked")) } else { Verdict::Go }
    }));
    let _ = world.try_up(|s| s.add("web", node!("b")).map(drop)).await;
    let _ = world.try_up(|_| Ok(())).await;
    assert!(world.snapshot().await.resources.is_empty());
    let outcome = world.try_up(|s| s.add("web", node!("c")).map(drop)).await;
    assert_eq!((outcome.done, outcome.failures.len()), (1, 1), "{:?}", outcome.failures);
    assert_eq!(world.object("web").await.text("name"), "philotes-dev-web-r1");
    world.cloud.heal();
    world.up(|s| s.add("web", node!("c")).map(drop)).await;
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn a_derived_name_avoids_one_that_a_renamed_resource_kept() {
    use iac_core::{Options, Stack};
    let mut world = World::new();
    world.up(|s| s.add("old", node!("a")).map(drop)).await;
    let renamed = |s: &Stack| s.add_with("new", node!("a"), Options::new().alias("old")).map(drop);
    world.up(renamed).await;
    let both = |s: &Stack| {
        s.add("new", node!("a"))?;
        s.add("old", node!("b")).map(drop)
    };
    assert_eq!(world.up(both).await, ["create old"]);
    assert_eq!(world.object("new").await.text("name"), "philotes-dev-old");
    assert_eq!(world.object("old").await.text("name"), "philotes-dev-old-r1");
}
