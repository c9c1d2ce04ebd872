//! Objects that exist become resources: by an option of the program, by a command, and in bulk. The
//! cloud is never changed by an import alone.

use iac_core::{Engine, ImportFilter, Op, Options, PlanOptions, Secret, Stack, Value};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment, Node, Singleton, Vague, Verdict};

use crate::world::{Declared, World, making, node, reasons, steps};

/// A node as somebody else made it.
fn plant(world: &World, name: &str) -> String {
    let inputs = Value::map([
        ("name", name.into()),
        ("size", Value::Int(1)),
        ("image", "a".into()),
        ("zone", "zone-b".into()),
        ("labels", Value::map([("team", "red".into())])),
    ]);
    world.cloud.plant::<Node>(inputs).id
}

fn labelled() -> iac_testkit::fake::NodeArgs<iac_core::__private::Given, iac_core::__private::Given> {
    node!("a").labels([("team", "red")])
}

fn imported(id: &str) -> impl Fn(&Stack) -> Declared + use<> {
    let id = id.to_owned();
    move |s| s.add_with("web", labelled(), Options::new().import(id.as_str())).map(drop)
}

#[tokio::test]
async fn what_is_as_wanted_is_recorded_and_nothing_else() {
    for mut world in World::both() {
        let id = plant(&world, "old-web");
        let program = imported(&id);
        let plan = world.plan(&program).await;
        assert_eq!(steps(&plan), ["import web"]);
        assert_eq!((plan.summary.import, plan.summary.create), (1, 0));
        assert_eq!(reasons(&plan, "web"), format!("the program imports {id}, which is as wanted"));
        let before = world.cloud.mutations().len();
        assert!(world.apply(&program, &plan).await.succeeded());
        assert_eq!(world.cloud.mutations().len(), before);
        let row = world.row("web").await;
        assert_eq!((row.id.as_str(), row.inputs.get("name").as_str()), (id.as_str(), Some("old-web")));
        world.settled(&program).await;
        // Without the option it stays the same resource.
        world.settled(|s| s.add("web", labelled()).map(drop)).await;
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test]
async fn once_there_is_a_row_the_option_means_nothing() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    let other = plant(&world, "other");
    let plan =
        world.plan(|s| s.add_with("web", node!("a"), Options::new().import(other.as_str())).map(drop)).await;
    assert!(!plan.has_changes(), "{:?}", steps(&plan));
}

#[tokio::test]
async fn what_differs_is_changed_by_the_same_step() {
    let mut world = World::new();
    let id = plant(&world, "old-web");
    let program = |s: &Stack| {
        let web = s.add_with("web", labelled().size(5u32).note("new"), Options::new().import(id.as_str()))?;
        s.add("next", node!("b").note(&web.address)).map(drop)
    };
    let plan = world.plan(program).await;
    assert_eq!(steps(&plan), ["update web", "create next"]);
    assert_eq!(reasons(&plan, "web"), format!("the program imports {id} first, then `size`, `note` change"));
    // What no update changes is known while the rest is planned.
    assert_eq!(making(&plan, "next").inputs.get("note").as_str(), Some("10.0.0.1"));
    assert!(world.apply(program, &plan).await.succeeded());
    assert_eq!(world.object("web").await.inputs.get("size").as_int(), Some(5));
    assert_eq!(world.object("web").await.text("name"), "old-web");
    world.settled(program).await;
}

#[tokio::test]
async fn what_could_not_change_in_place_is_a_fault_with_its_field() {
    let mut world = World::new();
    let id = plant(&world, "old-web");
    let program = |s: &Stack| s.add_with("web", node!("other"), Options::new().import(id.as_str())).map(drop);
    let told = world.refusal(program).await;
    assert!(
        told.contains(&format!("importing {id} would replace it, because `image` cannot change in place")),
        "{told}"
    );
    assert!(told.contains("correct the program"), "{told}");
    let asked = world.try_plan(imported(&id), {
        let mut options = PlanOptions::new();
        options.replace = vec!["web".into()];
        options
    });
    assert!(asked.await.unwrap_err().to_string().contains("cannot be replaced by it"));
}

#[tokio::test]
async fn an_object_that_is_not_there_or_somebody_elses_is_a_fault() {
    let mut world = World::new();
    let told = world.refusal(imported("node-0404")).await;
    assert!(told.contains("it shall be imported from node-0404, and there is no such object"), "{told}");
    assert!(told.contains("check the id"), "{told}");

    let id = plant(&world, "old-web");
    let twice = |s: &Stack| {
        s.add_with("a", labelled(), Options::new().import(id.as_str()))?;
        s.add_with("b", labelled(), Options::new().import(id.as_str())).map(drop)
    };
    let told = world.refusal(twice).await;
    assert!(told.contains("node:b: it shall be imported from node-0001, which is urn:"), "{told}");
    assert!(!told.contains("node:a: it"), "{told}");
    world.up(imported(&id)).await;
    let again = |s: &Stack| {
        s.add("web", labelled())?;
        s.add_with("b", labelled(), Options::new().import(id.as_str())).map(drop)
    };
    let told = world.refusal(again).await;
    assert!(told.contains("which is urn:philotes:dev:fake:node:web already"), "{told}");
}

#[tokio::test]
async fn what_the_cloud_does_not_show_is_as_the_program_says_even_before_it_is_known() {
    let mut world = World::new();
    let id = plant(&world, "old-web");
    let program = |s: &Stack| {
        let first = s.add("first", node!("b"))?;
        let web = labelled().user_data(&first.address);
        s.add_with("web", web, Options::new().import(id.as_str())).map(drop)
    };
    let plan = world.plan(program).await;
    assert_eq!(steps(&plan), ["create first", "import web"]);
    assert!(world.apply(program, &plan).await.succeeded());
    assert_eq!(world.row("web").await.inputs.get("user_data").as_str(), Some("10.0.0.2"));
    assert!(!world.plan(program).await.has_changes());
}

#[tokio::test]
async fn a_run_that_dies_while_it_updates_the_import_is_caught_up_with() {
    // Before the request, and after its effect.
    for moment in [Moment::Before, Moment::Effect] {
        for mut world in World::both() {
            let id = plant(&world, "old-web");
            let id = id.as_str();
            let program = move |s: &Stack| {
                s.add_with("web", labelled().size(5u32), Options::new().import(id)).map(drop)
            };
            world.cloud.set_hook(Box::new(move |call, at| {
                let dies = call.op == CallOp::Update && at == moment;
                if dies { Verdict::Hang } else { Verdict::Go }
            }));
            world.up_until_hung(program).await;
            assert_eq!(world.open_rows().await, 1);
            assert!(world.snapshot().await.resources.is_empty(), "recorded before it was done");
            world.restart();
            world.up(program).await;
            assert_eq!(world.object("web").await.inputs.get("size").as_int(), Some(5));
            assert_eq!(world.cloud.inventory().len(), 1);
        }
    }
}

#[tokio::test]
async fn an_update_that_fails_leaves_the_object_imported() {
    let mut world = World::new();
    let id = plant(&world, "old-web");
    let program =
        |s: &Stack| s.add_with("web", labelled().size(5u32), Options::new().import(id.as_str())).map(drop);
    let fault = Fault::once(Matcher::op(CallOp::Update), Moment::Before, iac_core::ErrorKind::Unavailable);
    world.cloud.inject(fault);
    let outcome = world.try_up(program).await;
    assert_eq!(outcome.failures.len(), 1);
    assert_eq!(world.row("web").await.id, id);
    assert_eq!(world.up(program).await, ["update web"]);
}

#[tokio::test]
async fn the_command_records_an_object_and_the_next_plan_is_empty() {
    for mut world in World::both() {
        let id = plant(&world, "old-web");
        let program = |s: &Stack| s.add("web", labelled().user_data("given")).map(drop);
        let graph = world.graph(program);
        let urn = graph.urns().next().unwrap().clone();
        world.engine.import(&graph, &urn, &id).await.unwrap();
        assert!(!world.plan(program).await.has_changes());
        assert_eq!(world.row("web").await.inputs.get("user_data").as_str(), Some("given"));
        let again = world.engine.import(&graph, &urn, &id).await.unwrap_err();
        assert!(again.to_string().contains("is recorded as node-0001 already"), "{again}");
    }
}

fn fleet(s: &Stack) -> Declared {
    let edge = s.scope("edge")?;
    let hub = s.add("hub", Singleton::args().slot("hub").version(1u32))?;
    s.add("spoke", Singleton::args().slot("spoke").version(1u32).upstream(&hub))?;
    edge.add("web", labelled().name("pinned").password(Secret::from("of the program")))?;
    // Its name is derived.
    s.add("worker", node!("a").labels([("team", "red")]))?;
    s.add("missing", node!("a").name("nobody"))?;
    Ok(())
}

async fn fill(world: &World) {
    plant(world, "pinned");
    plant(world, "philotes-dev-worker");
    plant(world, "stranger");
    let singleton = |slot: &str, upstream: Value| {
        world.cloud.plant::<Singleton>(Value::map([
            ("slot", slot.into()),
            ("version", Value::Int(1)),
            ("upstream", upstream),
        ]))
    };
    let hub = singleton("hub", Value::Null);
    singleton("spoke", hub.id.into());
}

#[tokio::test]
async fn in_bulk_every_object_finds_its_resource_by_name_or_key() {
    for mut world in World::both() {
        world.cloud.set_page_size(1);
        fill(&world).await;
        let graph = world.graph(fleet);
        let mutations = world.cloud.mutations().len();
        let dry = world.engine.import_all(&graph, &ImportFilter::new().dry_run()).await.unwrap();
        assert!(world.snapshot().await.resources.is_empty());
        let report = world.engine.import_all(&graph, &ImportFilter::new()).await.unwrap();
        assert_eq!(dry.imported, report.imported);
        let found: Vec<_> = report.imported.iter().map(|one| (one.urn.path(), one.id.as_str())).collect();
        let wanted = [
            ("edge/web", "node-0001"),
            ("worker", "node-0002"),
            ("hub", "singleton-0001"),
            ("spoke", "singleton-0002"),
        ];
        assert_eq!(found, wanted);
        let strangers: Vec<_> = report.unmatched.iter().map(|one| one.name.as_deref()).collect();
        assert_eq!(strangers, [Some("stranger")]);
        assert_eq!(report.missing.iter().map(iac_core::Urn::path).collect::<Vec<_>>(), ["missing"]);
        assert_eq!(report.unlisted, ["fake:vague"]);
        assert!(report.ambiguous.is_empty());
        assert_eq!(world.cloud.mutations().len(), mutations);

        let runs = world.engine.runs(&world.id(), 10).await.unwrap();
        assert_eq!(runs.len(), 1);
        assert_eq!(world.engine.steps(&world.id(), runs[0].run).await.unwrap().len(), 4);
        // The password differs, because the object has none.
        let plan = world.plan(fleet).await;
        assert_eq!(steps(&plan), ["update edge/web", "create missing"]);
        let again = world.engine.import_all(&graph, &ImportFilter::new()).await.unwrap();
        assert_eq!((again.imported.len(), again.recorded), (0, 4));
    }
}

#[tokio::test]
async fn in_bulk_an_object_takes_the_place_of_one_that_is_gone() {
    for mut world in World::both() {
        let program = |s: &Stack| s.add("web", labelled()).map(drop);
        world.up(program).await;
        let gone = world.row("web").await.id.clone();
        world.cloud.destroy(&gone);
        let graph = world.graph(program);
        world.engine.refresh(&graph, &mut world.events).await.unwrap();
        let new = plant(&world, "philotes-dev-web");
        let report = world.engine.import_all(&graph, &ImportFilter::new()).await.unwrap();
        assert_eq!(report.imported.len(), 1);
        assert_eq!(world.row("web").await.id, new);
        assert_eq!(world.backend.load(&world.id()).await.unwrap().resources.len(), 1, "the old row is gone");
        world.settled(program).await;
    }
}

#[tokio::test]
async fn in_bulk_filters_pick_types_labels_names_and_places() {
    let world = World::new();
    fill(&world).await;
    let graph = world.graph(fleet);
    let paths = async |filter: ImportFilter| -> Vec<String> {
        let report = world.engine.import_all(&graph, &filter.dry_run()).await.unwrap();
        report.imported.iter().map(|one| one.urn.path().to_owned()).collect()
    };
    let all = ImportFilter::new;
    assert_eq!(paths(all().types(["fake:singleton"])).await, ["hub", "spoke"]);
    assert_eq!(paths(all().name("pin*")).await, ["edge/web"]);
    assert_eq!(paths(all().into("edge")).await, ["edge/web"]);
    assert_eq!(paths(all().label("team", "red")).await, ["edge/web", "worker"]);
    assert!(paths(all().label("team", "blue")).await.is_empty());
    let unknown = world.engine.import_all(&graph, &all().types(["fake:nodes"])).await.unwrap_err();
    assert!(
        unknown.to_string().contains("has a type \"fake:nodes\"; there are fake:disk, fake:node"),
        "{unknown}"
    );
}

#[tokio::test]
async fn in_bulk_what_fits_twice_is_told_and_left_alone() {
    let world = World::new();
    plant(&world, "one");
    let twins = |s: &Stack| {
        s.add("a", node!("a").name("one"))?;
        s.add("b", node!("a").name("one")).map(drop)
    };
    let graph = world.graph(twins);
    let report = world.engine.import_all(&graph, &ImportFilter::new()).await.unwrap();
    assert!(report.imported.is_empty() && report.unmatched.is_empty());
    assert_eq!(report.ambiguous.len(), 1, "{report:?}");
    assert_eq!(report.ambiguous[0].ids, ["node-0001"]);
    assert_eq!(report.ambiguous[0].urns.iter().map(iac_core::Urn::path).collect::<Vec<_>>(), ["a", "b"]);
    assert!(world.snapshot().await.resources.is_empty());
}

#[tokio::test]
async fn an_object_can_be_looked_at_without_being_recorded() {
    let world = World::new();
    let id = plant(&world, "old-web");
    let graph = world.graph(|_| Ok(()));
    let engine: &Engine = &world.engine;
    let found = engine.look_at(&graph, "fake:node", &id).await.unwrap();
    assert_eq!((found.name.as_deref(), found.observation.id), (Some("old-web"), id));
    let gone = engine.look_at(&graph, "fake:node", "node-0404").await.unwrap_err();
    assert!(gone.to_string().contains("there is no object node-0404"), "{gone}");
    assert!(world.snapshot().await.resources.is_empty());
}

#[tokio::test]
async fn a_type_without_name_and_key_is_matched_by_all_its_inputs() {
    let world = World::new();
    let thing = world.cloud.plant::<Vague>(Value::map([("content", "c".into())]));
    // It has no listing, so only its id can tell.
    let program = |s: &Stack| {
        s.add_with("it", Vague::args().content("c"), Options::new().import(thing.id.as_str())).map(drop)
    };
    let mut world = world;
    let plan = world.plan(program).await;
    assert_eq!(plan.steps[0].op, Op::Import);
    world.up(program).await;
}

#[tokio::test]
async fn an_import_with_a_hook_can_come_from_a_plan_file() {
    use iac_core::{HookContext, HookPhase};
    for mut world in World::both() {
        let id = plant(&world, "old-web");
        let program = |s: &Stack| {
            let told = s.hook("told", |_: HookContext<Node>| async { Ok::<_, String>(()) })?;
            let import = Options::new().import(id.as_str());
            let web = s.add_with("web", labelled().size(5u32), import)?;
            s.attach(&web, HookPhase::BeforeUpdate, &told);
            s.attach(&web, HookPhase::AfterUpdate, &told);
            Ok(())
        };
        let sealed = crate::sealed_plan::seal(&mut world, program, PlanOptions::new()).await;
        let outcome = crate::sealed_plan::try_apply(&mut world, program, &sealed).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        assert_eq!(outcome.done, 3);
        assert_eq!(*world.object("web").await.inputs.get("size"), Value::Int(5));
        world.settled(program).await;

        // Another object in its place since: the plan is not that of this object any more.
        let id = plant(&world, "second");
        let program = |s: &Stack| {
            s.add("web", labelled().size(5u32))?;
            s.add_with("second", labelled().size(5u32), Options::new().import(id.as_str())).map(drop)
        };
        let sealed = crate::sealed_plan::seal(&mut world, program, PlanOptions::new()).await;
        world.cloud.mutate(&id, "note", "changed since".into());
        let refused = crate::sealed_plan::try_apply(&mut world, program, &sealed).await.unwrap_err();
        assert!(refused.to_string().contains("second"), "{refused}");
    }
}
