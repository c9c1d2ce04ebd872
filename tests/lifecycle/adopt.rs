//! Objects of another tool's state become resources by their ids alone: no request, and everything
//! is read by the next plan.

use iac::adopt::{ForeignState, How, MatchedState, Why, match_state};
use iac_core::{Adoption, Graph, NoReporter, PlanOptions, Stack, Value};
use iac_testkit::fake::{Node, Singleton};
use serde_json::{Value as Json, json};

use crate::world::{Declared, World, node, steps};

fn plant(world: &World, name: &str, size: i64) -> String {
    let inputs = [
        ("name", name.into()),
        ("size", Value::Int(size)),
        ("image", "a".into()),
        ("user_data", "hidden".into()),
    ];
    world.cloud.plant::<Node>(Value::map(inputs)).id
}

fn instance(kind: &str, name: &str, key: Json, attributes: Json) -> Json {
    let mut instance = json!({"schema_version": 0, "attributes": attributes});
    if !key.is_null() {
        instance["index_key"] = key;
    }
    json!({"mode": "managed", "type": kind, "name": name, "provider": "p", "instances": [instance]})
}

fn file(resources: &[Json]) -> ForeignState {
    let text = json!({"version": 4, "terraform_version": "1.9.8", "serial": 1, "lineage": "l", "resources": resources});
    ForeignState::parse(text.to_string().as_bytes()).unwrap()
}

async fn matched(world: &World, graph: &Graph, state: &ForeignState, maps: &[(&str, &str)]) -> MatchedState {
    let maps: Vec<_> = maps.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    match_state(graph, &world.snapshot().await, state, &maps).unwrap()
}

fn found(matched: &MatchedState) -> Vec<(&str, &str, How)> {
    let all = matched.found.iter();
    let mut all: Vec<_> =
        all.map(|found| (found.adoption.urn.path(), found.adoption.id.as_str(), found.how)).collect();
    all.sort_by_key(|(path, ..)| *path);
    all
}

#[tokio::test]
async fn rows_are_written_without_a_call_and_read_by_the_next_plan() {
    for mut world in World::both() {
        let (web, next) = (plant(&world, "web", 1), plant(&world, "next", 1));
        let program = |s: &Stack| {
            let web = s.add("web", node!("a").name("web").user_data("given"))?;
            // What it needs of the other one is known only once that one is read.
            s.add("next", node!("a").name("next").user_data(&web.address)).map(drop)
        };
        let graph = world.graph(program);
        let state = file(&[
            instance("fake_node", "web", Json::Null, json!({"id": web, "name": "web"})),
            instance("fake_node", "next", Json::Null, json!({"id": next, "name": "next"})),
        ]);
        world.cloud.forget_calls();
        let matched = matched(&world, &graph, &state, &[]).await;
        assert_eq!(
            found(&matched),
            [("next", "node-0002", How::PhysicalName), ("web", "node-0001", How::PhysicalName)]
        );
        let urns = world.engine.adopt(&graph, matched.adoptions()).await.unwrap();
        assert_eq!(urns.len(), 2);
        assert!(world.cloud.calls().is_empty(), "{:?}", world.cloud.calls());
        let row = world.row("web").await;
        assert!(row.is_unread() && row.account.is_empty() && row.refreshed_at == 0);

        // A plan of the state alone would know nothing, and says so.
        let told =
            iac_core::plan(&graph, &world.snapshot().await, &PlanOptions::new()).unwrap_err().to_string();
        assert!(told.contains("it was adopted as node-0001 and never read"), "{told}");
        let plan = world.engine.plan(&graph, &PlanOptions::new(), false, &mut NoReporter).await.unwrap();
        assert!(!plan.has_changes() && plan.drift.is_empty(), "{:?}", steps(&plan));
        let row = world.row("next").await;
        assert!(!row.is_unread() && !row.account.is_empty());
        assert_eq!(row.inputs.get("user_data").as_str(), Some("10.0.0.1"));
        assert!(!world.plan(program).await.has_changes());
        world.cloud.forget_calls();
        let _ = world.engine.plan(&graph, &PlanOptions::new(), false, &mut NoReporter).await.unwrap();
        assert!(world.cloud.calls().iter().all(|call| !format!("{call:?}").contains("Read")), "read once");
    }
}

#[tokio::test]
async fn a_difference_is_planned_as_a_change() {
    let mut world = World::new();
    let web = plant(&world, "web", 3);
    let program = |s: &Stack| s.add("web", node!("a").name("web")).map(drop);
    let graph = world.graph(program);
    let urn = graph.urns().next().unwrap().clone();
    world.engine.adopt(&graph, vec![Adoption::new(urn, web)]).await.unwrap();
    let plan = world.plan(program).await;
    assert_eq!((steps(&plan), plan.drift.len()), (vec!["update web".to_owned()], 0));
    world.up(program).await;
    assert_eq!(world.object("web").await.inputs.get("size").as_int(), Some(1));
}

#[tokio::test]
async fn an_id_that_leads_nowhere_is_gone_at_the_first_look() {
    let mut world = World::new();
    let program = |s: &Stack| s.add("web", node!("a")).map(drop);
    let graph = world.graph(program);
    let urn = graph.urns().next().unwrap().clone();
    world.engine.adopt(&graph, vec![Adoption::new(urn, "node-0404")]).await.unwrap();
    let plan = world.plan(program).await;
    assert_eq!(steps(&plan), ["create web"]);
    assert!(plan.drift[0].missing);
    world.up(program).await;
}

#[tokio::test]
async fn what_was_adopted_can_be_destroyed() {
    let mut world = World::new();
    let web = plant(&world, "web", 1);
    let program = |s: &Stack| s.add("web", node!("a").name("web")).map(drop);
    let graph = world.graph(program);
    let urn = graph.urns().next().unwrap().clone();
    world.engine.adopt(&graph, vec![Adoption::new(urn, web)]).await.unwrap();
    assert_eq!(world.destroy(program).await, ["delete web"]);
    assert!(world.cloud.inventory().is_empty());
}

#[tokio::test]
async fn wrong_adoptions_are_refused_and_nothing_is_written() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.add("a", node!("a"))?;
        s.add("b", node!("a"))?;
        s.add("token", iac_core::random::RandomToken::args().bytes(8u32)).map(drop)
    };
    let graph = world.graph(program);
    let urn = |path: &str| graph.urns().find(|urn| urn.path() == path).unwrap().clone();
    let stranger = iac_core::Urn::parse("urn:philotes:dev:fake:node:elsewhere").unwrap();
    let cases = [
        (vec![Adoption::new(stranger, "1")], "the program declares no resource"),
        (vec![Adoption::new(urn("a"), "1"), Adoption::new(urn("b"), "1")], "would both be 1"),
        (vec![Adoption::new(urn("a"), "")], "without an id"),
        (vec![Adoption::new(urn("token"), "1")], "lives in the state alone"),
    ];
    for (adoptions, wanted) in cases {
        let told = world.engine.adopt(&graph, adoptions).await.unwrap_err().to_string();
        assert!(told.contains(wanted), "{told}");
    }
    assert!(world.snapshot().await.resources.is_empty());
    world.up(program).await;
    let told = world.engine.adopt(&graph, vec![Adoption::new(urn("a"), "1")]).await.unwrap_err().to_string();
    assert!(told.contains("already; forget it first with `state rm a`"), "{told}");
    let b = world.row("b").await.id.clone();
    let told = world.engine.adopt(&graph, vec![Adoption::new(urn("a"), b)]).await.unwrap_err().to_string();
    assert!(told.contains("is recorded as node-"), "{told}");
}

fn several(s: &Stack) -> Declared {
    let edge = s.scope("edge")?;
    edge.add("web", node!("a"))?;
    s.add("worker-0", node!("a"))?;
    s.add("worker-1", node!("a"))?;
    s.add("blue_green", node!("a"))?;
    s.add("only", Singleton::args().slot("s").version(1u32)).map(drop)
}

#[tokio::test]
async fn names_counts_keys_and_modules_tell_resources_apart() {
    let world = World::new();
    let graph = world.graph(several);
    let mut module = instance("fake_node", "web", Json::Null, json!({"id": "n1"}));
    module["module"] = json!("module.edge");
    let state = file(&[
        module,
        instance("fake_node", "worker", json!(0), json!({"id": "n2"})),
        instance("fake_node", "worker", json!(1), json!({"id": "n3"})),
        instance("fake_node", "node", json!("blue-green"), json!({"id": "n4"})),
        instance("fake_singleton", "anything", Json::Null, json!({"id": "s1"})),
    ]);
    let matched = matched(&world, &graph, &state, &[]).await;
    let wanted = [
        ("blue_green", "n4", How::SameName),
        ("edge/web", "n1", How::SameName),
        ("only", "s1", How::OnlyOne),
        ("worker-0", "n2", How::SameName),
        ("worker-1", "n3", How::SameName),
    ];
    assert_eq!(found(&matched), wanted);
    assert!(matched.left.is_empty() && matched.missing.is_empty());
}

#[tokio::test]
async fn counting_from_another_number_is_no_match() {
    let world = World::new();
    let graph = world.graph(|s| {
        s.add("worker-1", node!("a"))?;
        s.add("worker-2", node!("a")).map(drop)
    });
    let state = file(&[
        instance("fake_node", "worker", json!(0), json!({"id": "n1"})),
        instance("fake_node", "worker", json!(1), json!({"id": "n2"})),
    ]);
    let first = matched(&world, &graph, &state, &[]).await;
    assert!(first.found.is_empty(), "{:?}", first.found);
    assert_eq!(first.left.len(), 2);
    assert_eq!(first.left[0].why, Why::Ambiguous);
    assert_eq!(first.left[0].way_out, "say which: `--map 'fake_node.worker[0]=PATH'`");
    let maps = [("fake_node.worker[0]", "worker-1")];
    let mapped = matched(&world, &graph, &state, &maps).await;
    assert_eq!(found(&mapped), [("worker-1", "n1", How::Mapped), ("worker-2", "n2", How::OnlyOne)]);
}

#[tokio::test]
async fn a_resource_that_says_otherwise_is_never_matched_unasked() {
    let world = World::new();
    let graph = world.graph(|s| s.add("web", node!("a").name("new")).map(drop));
    let state = file(&[instance("fake_node", "web", Json::Null, json!({"id": "n1", "name": "old"}))]);
    assert!(matched(&world, &graph, &state, &[]).await.found.is_empty());
    let mapped = matched(&world, &graph, &state, &[("fake_node.web", "web")]).await;
    assert_eq!(found(&mapped), [("web", "n1", How::Mapped)]);
}

#[tokio::test]
async fn a_map_that_does_not_fit_says_why() {
    let world = World::new();
    let graph = world.graph(several);
    let state = file(&[instance("fake_node", "web", Json::Null, json!({"id": "n1"}))]);
    let cases = [
        (("fake_node.nothing", "worker-0"), "the file has no object at this address"),
        (("fake_node.web", "nothing"), "the program declares no such resource"),
        (("fake_node.web", "only"), "it is a fake:singleton, and the object is a fake:node"),
    ];
    for ((address, path), wanted) in cases {
        let maps = [(address.to_owned(), path.to_owned())];
        let told = match_state(&graph, &world.snapshot().await, &state, &maps).unwrap_err().to_string();
        assert!(told.contains(wanted), "{told}");
    }
}

#[tokio::test]
async fn what_is_a_field_here_is_covered_by_the_field() {
    let world = World::new();
    let with = |s: &Stack| {
        let a = s.add("a", node!("a"))?;
        s.add("b", node!("a").parent(&a)).map(drop)
    };
    let without = |s: &Stack| {
        s.add("a", node!("a"))?;
        s.add("b", node!("a")).map(drop)
    };
    let state = file(&[
        instance("fake_node", "a", Json::Null, json!({"id": "n1"})),
        instance("fake_node", "b", Json::Null, json!({"id": "n2"})),
        instance("fake_parent", "b", Json::Null, json!({"id": "x", "node_id": "n2"})),
    ]);
    let covered = matched(&world, &world.graph(with), &state, &[]).await;
    assert_eq!((covered.found.len(), covered.fields.len(), covered.left.len()), (2, 1, 0));
    let bare = matched(&world, &world.graph(without), &state, &[]).await;
    assert_eq!(bare.left[0].why, Why::NotInField);
    assert_eq!(bare.left[0].way_out, "set `parent` of b");
}
