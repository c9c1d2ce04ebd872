//! DOT, Mermaid and SVG of a small stack, against stored ones.

use iac_core::PlanOptions;
use iac_report::{Action, Picture};
use iac_testkit::fake::{Lookup, Node};

use crate::world::{CANARY, World, change, first, stack_id};

/// Compares with the stored text. With `UPDATE_SNAPSHOTS=1` it is stored.
fn matches(name: &str, text: &str) {
    let path = format!("{}/tests/snapshots/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).expect("the directory is there");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == text, "{name} differs; run with UPDATE_SNAPSHOTS=1 and look at the change\n{text}");
}

#[tokio::test]
async fn a_plan_as_dot_mermaid_and_svg() {
    let (graph, snapshot, plan) = change().await;
    let picture = Picture::of_plan(&graph, &snapshot, &plan);
    let action =
        |path: &str| picture.nodes().iter().find(|node| node.path() == path).map(|node| node.action).unwrap();
    assert_eq!(action("edge/web"), Action::Update);
    assert_eq!(action("data/database"), Action::Replace);
    assert_eq!(action("data/old"), Action::Delete);
    assert_eq!(action("edge/queue"), Action::Create);
    assert_eq!(action("network"), Action::Same);
    matches("plan.dot", &picture.to_dot());
    matches("plan.mermaid", &picture.to_mermaid());
    matches("plan.svg", &picture.to_svg());
    // What leaves the program keeps its recorded edges.
    let old = picture.nodes().iter().find(|node| node.name == "old").unwrap();
    assert_eq!(old.needs.iter().map(|at| picture.nodes()[*at].path()).collect::<Vec<_>>(), ["edge/web"]);
    for text in [picture.to_dot(), picture.to_mermaid(), picture.to_svg()] {
        assert!(!text.contains(CANARY));
    }
}

#[tokio::test]
async fn a_state_has_its_recorded_edges_and_what_is_wrong_with_it() {
    let world = World::new();
    let graph = world.graph(first);
    let (empty, plan) = world.plan(&graph, &PlanOptions::new()).await;
    assert!(Picture::of_state(&stack_id(), &empty).nodes().is_empty());
    world.apply(&graph, &plan).await;
    world.cloud.destroy(&world.cloud.inventory()[0].id);
    let (snapshot, _) = world.plan(&graph, &PlanOptions::new()).await;
    let picture = Picture::of_state(&stack_id(), &snapshot);
    assert_eq!(picture.title(), "State of shop/dev");
    assert_eq!(picture.counts(), [(Action::Missing, 1), (Action::Ready, 4)]);
    matches("state.dot", &picture.to_dot());
}

#[tokio::test]
async fn a_plan_to_destroy_has_what_is_recorded_and_nothing_else() {
    let world = World::new();
    let graph = world.graph(first);
    let (_, plan) = world.plan(&graph, &PlanOptions::new()).await;
    world.apply(&graph, &plan).await;
    let (snapshot, plan) = world.plan(&graph, &PlanOptions::new().destroy()).await;
    let picture = Picture::of_plan(&graph, &snapshot, &plan);
    assert_eq!(picture.counts(), [(Action::Delete, 5)]);
    assert!(picture.title().starts_with("Plan to destroy"));
}

#[tokio::test]
async fn reads_are_in_a_plan_and_what_a_plan_leaves_out_says_so() {
    let world = World::new();
    world.cloud.set_data("image", "debian-12");
    let graph = world.graph(|stack| {
        let image = stack.read("image", Lookup::args().name("image"))?;
        stack.add("web", Node::args().size(1u32).image(&image.value))?;
        stack.add("late", Node::args().size(1u32).image("redis"))?;
        Ok(())
    });
    let mut options = PlanOptions::new();
    options.excludes.push("late".into());
    let (snapshot, plan) = world.plan(&graph, &options).await;
    let picture = Picture::of_plan(&graph, &snapshot, &plan);
    assert_eq!(picture.counts(), [(Action::Create, 1), (Action::Read, 1), (Action::LeftOut, 1)]);
    assert!(picture.to_mermaid().contains("not part of the plan"));
}
