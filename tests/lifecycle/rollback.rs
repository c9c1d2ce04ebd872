//! Rolling back: an ordinary plan towards what the stack was after an earlier run.

use iac_core::state::{RunKind, RunStatus};
use iac_core::{
    ApplyOptions, ErrorKind, Options, Outcome, Plan, PlanOptions, Secret, Stack, Value, interpolate,
    interpolate_secret,
};
use iac_testkit::fake::{CallOp, Disk, Fault, Matcher, Moment, Node, Verdict};

use crate::world::{Declared, World, making, node, reasons, steps};

/// Plans a rollback.
async fn back(
    world: &mut World,
    program: impl Fn(&Stack) -> Declared,
    run: u64,
) -> (iac_core::Rollback, Plan) {
    let graph = world.graph(program);
    let back = world.engine.rollback(&graph, run).await.unwrap();
    let plan = world.engine.plan(&back.graph, &back.options(), true, &mut world.events).await.unwrap();
    (back, plan)
}

/// Rolls back; afterwards the same rollback has nothing more to do. Answers the plan's steps.
async fn roll_back(world: &mut World, program: impl Fn(&Stack) -> Declared, run: u64) -> Vec<String> {
    let (rollback, plan) = back(world, &program, run).await;
    let outcome: Outcome =
        world.engine.apply(&rollback.graph, &plan, ApplyOptions::new(), &mut world.events).await.unwrap();
    assert!(outcome.succeeded(), "{:?}", outcome.failures);
    let (_, again) = back(world, &program, run).await;
    assert!(!again.has_changes(), "not settled: {:?} {:?}", steps(&again), again.outputs);
    world.consistent().await;
    steps(&plan)
}

async fn refusal(world: &World, program: impl Fn(&Stack) -> Declared, run: u64) -> String {
    world.engine.rollback(&world.graph(program), run).await.unwrap_err().to_string()
}

/// The cloud's objects by path, without what is unique to each incarnation.
async fn shape(world: &World) -> Vec<(String, Value)> {
    let rows = world.snapshot().await.resources;
    rows.values()
        .map(|row| (row.urn.path().to_owned(), world.cloud.object(&row.id).unwrap().inputs.clone()))
        .collect()
}

fn empty(_: &Stack) -> Declared {
    Ok(())
}

fn sized(size: u32) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let web = s.add("web", Node::args().size(size).image("a"))?;
        s.export("size", web.size.map(|size| size.to_string()))
    }
}

#[tokio::test]
async fn updates_creations_and_deletions_are_undone() {
    for mut world in World::both() {
        let first = |s: &Stack| {
            s.add("web", node!("a").note("one"))?;
            s.add("old", node!("a").note("kept")).map(drop)
        };
        let second = |s: &Stack| {
            s.add("web", node!("a").note("two"))?;
            s.add("new", node!("b")).map(drop)
        };
        let mut renames = PlanOptions::new();
        renames.allow_renames = true;
        world.up(first).await;
        let before = shape(&world).await;
        let plan = world.try_plan(second, renames).await.unwrap();
        assert!(world.apply(second, &plan).await.succeeded());
        world.settled(second).await;

        let done = roll_back(&mut world, second, 1).await;
        assert_eq!(sorted(done), ["create old", "delete new", "update web"]);
        assert_eq!(shape(&world).await, before);
        let runs = world.engine.runs(&world.id(), 1).await.unwrap();
        assert_eq!((runs[0].kind, runs[0].rollback_to), (RunKind::Rollback, Some(1)));
        assert_eq!(runs[0].status, RunStatus::Succeeded);
        // The program still says the newer thing.
        let forward = world.plan(second).await;
        assert_eq!(making(&forward, "web").diff[0].new, Value::from("two"));
        // And a rollback can be rolled back.
        let done = roll_back(&mut world, second, 2).await;
        assert_eq!(sorted(done), ["create new", "delete old", "update web"]);
        world.settled(second).await;
    }
}

fn sorted(mut steps: Vec<String>) -> Vec<String> {
    steps.sort();
    steps
}

/// A network that everything else is wired to, in every way a value can be wired.
fn wired(image: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let net = s.add("net", node!(image))?;
        let sub = s.add("sub", node!("s").host(&net))?;
        s.add(
            "web",
            node!("w")
                .parent(&sub)
                .peers([&net.id])
                .note(interpolate!("http://{}:80/", &net.address))
                .password(interpolate_secret!("key {}", &net.token)),
        )?;
        s.add("data", Disk::args().size(5u32).attached(&sub))?;
        s.export("address", &net.address)?;
        s.export("url", interpolate!("http://{}/", &net.address))?;
        s.export("sub", &sub)?;
        s.export("note", "fixed")
    }
}

#[tokio::test]
async fn what_depends_on_an_object_that_is_made_anew_gets_the_new_one() {
    for mut world in World::both() {
        world.up(wired("a")).await;
        let first = world.row("net").await;
        world.destroy(wired("a")).await;
        assert!(world.cloud.inventory().is_empty());

        let done = roll_back(&mut world, empty, 1).await;
        assert_eq!(done.len(), 4, "{done:?}");
        let (net, sub) = (world.row("net").await, world.row("sub").await);
        assert_ne!(net.id, first.id);
        let web = world.object("web").await;
        assert_eq!(web.inputs.get("parent"), &Value::from(sub.id.as_str()));
        assert_eq!(web.inputs.get("peers"), &Value::list([net.id.as_str().into()]));
        let address = net.outputs.get("address").as_str().unwrap().to_owned();
        assert_eq!(web.inputs.get("note"), &Value::from(format!("http://{address}:80/")));
        assert_eq!(world.object("sub").await.inputs.get("host"), &Value::from(net.id.as_str()));
        assert_eq!(world.object("data").await.inputs.get("attached"), &Value::from(sub.id.as_str()));
        let exports = world.snapshot().await.exports;
        assert_eq!(exports["address"], Value::from(address.as_str()));
        assert_eq!(exports["url"], Value::from(format!("http://{address}/")));
        assert_eq!(exports["sub"], Value::from(sub.id.as_str()));
        assert_eq!(exports["note"], Value::from("fixed"));
        // The program agrees with what was rebuilt: same wiring, same dependencies, nothing to do.
        assert_eq!(world.row("web").await.dependencies.len(), 2);
    }
}

#[tokio::test]
async fn the_program_that_made_it_finds_nothing_to_do_after_the_rollback() {
    for mut world in World::both() {
        // The unstable `token` is no reference after a rollback, so it is left out here.
        let program = |image: &'static str| {
            move |s: &Stack| {
                let net = s.add("net", node!(image))?;
                s.add("web", node!("w").parent(&net).note(interpolate!("at {}", &net.address)))?;
                s.export("net", &net)
            }
        };
        world.up(program("a")).await;
        world.up(program("b")).await;
        let done = roll_back(&mut world, program("b"), 1).await;
        assert_eq!(sorted(done), ["create_replacement net", "delete_replaced net", "update web"]);
        world.settled(program("a")).await;
    }
}

#[tokio::test]
async fn a_value_that_only_looks_alike_is_no_reference() {
    let mut world = World::new();
    // The image of `net` is a stable output, and `web` happens to have the same one.
    let program = |note: &'static str| {
        move |s: &Stack| {
            let net = s.add("net", Node::args().size(1u32).image("debian-13"))?;
            s.add("web", Node::args().size(1u32).image("debian-13").parent(&net).note(note)).map(drop)
        }
    };
    world.up(program("one")).await;
    let replaced = |s: &Stack| {
        let net = s.add("net", Node::args().size(1u32).image("debian-14"))?;
        s.add("web", Node::args().size(1u32).image("debian-13").parent(&net).note("two")).map(drop)
    };
    world.up(replaced).await;
    let done = roll_back(&mut world, replaced, 1).await;
    assert_eq!(sorted(done), ["create_replacement net", "delete_replaced net", "update web"]);
}

#[tokio::test]
async fn a_field_that_the_program_fixes_is_no_reference() {
    let mut world = World::new();
    let program = |image: &'static str, note: &'static str| {
        move |s: &Stack| {
            let net = s.add("net", node!(image))?;
            s.add("web", node!("w").parent(&net).note(note)).map(drop)
        }
    };
    // By chance the address that `net` gets.
    world.up(program("a", "10.0.0.1")).await;
    assert_eq!(world.row("net").await.outputs.get("address"), &Value::from("10.0.0.1"));
    world.up(program("b", "10.0.0.1")).await;
    let done = roll_back(&mut world, program("b", "10.0.0.1"), 1).await;
    assert_eq!(sorted(done), ["create_replacement net", "delete_replaced net", "update web"]);
    assert_ne!(world.row("net").await.outputs.get("address"), &Value::from("10.0.0.1"));
    assert_eq!(world.object("web").await.inputs.get("note"), &Value::from("10.0.0.1"));
    world.settled(program("a", "10.0.0.1")).await;
}

#[tokio::test]
async fn lost_data_is_announced_and_protection_refuses() {
    for mut world in World::both() {
        world.up(empty).await;
        world.up(|s| s.add("web", node!("a")).map(drop)).await;
        let grown = |protect: bool| {
            move |s: &Stack| {
                s.add("web", node!("a"))?;
                let options = if protect { Options::new().protect() } else { Options::new() };
                s.add_with("data", Disk::args().size(5u32), options).map(drop)
            }
        };
        world.up(grown(false)).await;
        let (_, plan) = back(&mut world, grown(false), 1).await;
        assert_eq!(steps(&plan), ["delete data"]);
        assert!(plan.warnings[0].message.contains("and the data on it"), "{:?}", plan.warnings);

        world.up(grown(true)).await;
        let graph = world.graph(grown(true));
        let rollback = world.engine.rollback(&graph, 1).await.unwrap();
        let options = rollback.options();
        let refused = world.engine.plan(&rollback.graph, &options, true, &mut world.events).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("it is protected"), "{refused}");
        // Before the protection, and the disk was there: nothing differs, and nothing is lifted.
        let (_, plan) = back(&mut world, grown(true), 2).await;
        assert!(!plan.has_changes(), "{:?}", steps(&plan));
        assert!(world.row("data").await.protect);
    }
}

#[tokio::test]
async fn secrets_and_what_the_cloud_does_not_show_come_back() {
    for mut world in World::both() {
        let program = |word: &'static str| {
            move |s: &Stack| {
                let password = Secret::new(format!("canary-{word}"));
                s.add("web", node!("a").password(&password).user_data(word))?;
                s.export("password", interpolate_secret!("{}", &password))
            }
        };
        world.up(program("one")).await;
        world.up(program("two")).await;
        let (rollback, plan) = back(&mut world, program("two"), 1).await;
        for shown in [format!("{rollback:?}"), format!("{plan:?}"), serde_json::to_string(&plan).unwrap()] {
            assert!(!shown.contains("canary"), "{shown}");
        }
        assert_eq!(roll_back(&mut world, program("two"), 1).await, ["update web"]);
        let object = world.object("web").await;
        assert_eq!(object.inputs.get("user_data"), &Value::from("one"));
        let password: Secret<String> = iac_core::from_value(object.inputs.get("password")).unwrap();
        assert_eq!(password.expose(), "canary-one");
        assert!(world.snapshot().await.exports["password"].has_secret());
        world.settled(program("one")).await;
    }
}

#[tokio::test]
async fn derived_names_are_derived_again_and_pinned_ones_stay() {
    let mut world = World::new();
    let program = |image: &'static str| {
        move |s: &Stack| {
            s.add("auto", node!(image))?;
            s.add("pinned", Node::args().name("mine").size(1u32).image(image)).map(drop)
        }
    };
    world.up(program("a")).await;
    let name = world.row("auto").await.inputs.get("name").clone();
    world.up(program("b")).await;
    assert_ne!(world.row("auto").await.inputs.get("name"), &name);
    let (_, plan) = back(&mut world, program("b"), 1).await;
    // A pinned name goes first, a derived one does not have to.
    assert!(!reasons(&plan, "auto").contains("must be unique"), "{}", reasons(&plan, "auto"));
    assert!(reasons(&plan, "pinned").contains("must be unique"), "{}", reasons(&plan, "pinned"));
    roll_back(&mut world, program("b"), 1).await;
    assert_eq!(world.row("pinned").await.inputs.get("name"), &Value::from("mine"));
    world.settled(program("a")).await;
}

#[tokio::test]
async fn a_name_that_was_pinned_since_goes_back_to_the_derived_one() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    let pinned = |s: &Stack| s.add("web", Node::args().name("mine").size(1u32).image("a")).map(drop);
    world.up(pinned).await;
    assert_eq!(roll_back(&mut world, pinned, 1).await, ["update web"]);
    assert_eq!(world.object("web").await.inputs.get("name"), &Value::from("philotes-dev-web"));
}

#[tokio::test]
async fn a_resource_that_was_renamed_since_keeps_its_object() {
    for mut world in World::both() {
        world.up(|s| s.add("old", node!("a").note("one")).map(drop)).await;
        let id = world.row("old").await.id.clone();
        let renamed =
            |s: &Stack| s.add_with("new", node!("a").note("two"), Options::new().alias("old")).map(drop);
        world.up(renamed).await;
        assert_eq!(roll_back(&mut world, renamed, 1).await, ["update old"]);
        assert_eq!(world.row("old").await.id, id);
        world.up(renamed).await;
        assert_eq!(world.row("new").await.id, id);

        // Replaced since, too.
        let replaced = |s: &Stack| s.add("new", node!("b").note("two")).map(drop);
        world.up(replaced).await;
        let done = roll_back(&mut world, replaced, 1).await;
        assert_eq!(sorted(done), ["create_replacement old", "delete_replaced new"]);
        world.up(renamed).await;
        let id = world.row("new").await.id.clone();

        // Renamed by hand.
        world.engine.rename(&world.id(), "new", "edge/third").await.unwrap();
        assert_eq!(roll_back(&mut world, empty, 1).await, ["update old"]);
        assert_eq!(world.row("old").await.id, id);
    }
}

#[tokio::test]
async fn triggers_and_options_come_back() {
    let mut world = World::new();
    let program = |trigger: &'static str, tag: &'static str| {
        move |s: &Stack| {
            let source = s.add("source", node!("x").note(trigger))?;
            let options = Options::new().replace_trigger(&source.echo).ignore_changes(["tags"]);
            s.add_with("web", node!("a").tags([tag]), options).map(drop)
        }
    };
    world.up(program("one", "t")).await;
    let id = world.row("web").await.id.clone();
    world.cloud.mutate(&id, "tags", Value::list(["theirs".into()]));
    world.up(program("one", "t")).await;
    let (_, plan) = back(&mut world, program("one", "t"), 1).await;
    assert!(!plan.has_changes(), "ignored tags are ignored on the way back too: {:?}", steps(&plan));

    world.up(program("two", "t")).await;
    assert_ne!(world.row("web").await.id, id);
    let (_, plan) = back(&mut world, program("two", "t"), 1).await;
    assert!(reasons(&plan, "web").contains("trigger"), "{:?}", plan.steps);
}

#[tokio::test]
async fn a_run_that_failed_halfway_can_be_gone_back_to_as_it_was() {
    for mut world in World::both() {
        let program = |size: u32| {
            move |s: &Stack| {
                s.add("good", Node::args().size(size).image("a"))?;
                s.add("bad", Node::args().size(size).image("b")).map(drop)
            }
        };
        world.up(program(1)).await;
        world.cloud.inject(Fault::once(
            Matcher::op(CallOp::Update).path("bad"),
            Moment::Before,
            ErrorKind::Conflict,
        ));
        assert!(!world.try_up(program(2)).await.succeeded());
        world.up(program(3)).await;
        let (rollback, plan) = back(&mut world, program(3), 2).await;
        assert_eq!(rollback.run.status, RunStatus::Failed);
        assert_eq!(making(&plan, "good").diff[0].new, Value::Int(2));
        assert_eq!(making(&plan, "bad").diff[0].new, Value::Int(1));
        roll_back(&mut world, program(3), 2).await;
    }
}

#[tokio::test]
async fn a_half_made_resource_is_no_part_of_what_was() {
    let mut world = World::new();
    let program = |s: &Stack| s.add("web", node!("a")).map(drop);
    world.cloud.inject(Fault::once(
        Matcher::op(CallOp::Create),
        Moment::Checkpointed,
        ErrorKind::InvalidInput,
    ));
    assert!(!world.try_up(program).await.succeeded());
    world.up(program).await;
    let (rollback, plan) = back(&mut world, program, 1).await;
    assert_eq!(rollback.incomplete.len(), 1);
    assert_eq!(steps(&plan), ["delete web"]);
}

#[tokio::test]
async fn runs_that_lead_nowhere_are_refused() {
    for mut world in World::both() {
        assert!(refusal(&world, empty, 1).await.contains("has no runs yet"));
        world.up(sized(1)).await;
        let unknown = refusal(&world, sized(1), 7).await;
        assert!(unknown.contains("no such run") && unknown.contains("the last one is 1"), "{unknown}");
        assert!(refusal(&world, sized(1), 0).await.contains("counted from 1"));

        // A crash: the run never ends.
        world.cloud.set_hook(Box::new(|call, at| {
            if call.op == CallOp::Update && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
        }));
        world.up_until_hung(sized(2)).await;
        world.restart();
        let open = refusal(&world, sized(2), 2).await;
        assert!(open.contains("never ended"), "{open}");
        // What the next run found out can be gone back to.
        world.up(sized(2)).await;
        world.up(sized(3)).await;
        let (_, plan) = back(&mut world, sized(3), 1).await;
        assert_eq!(making(&plan, "web").diff[0].new, Value::Int(1));

        let other = Stack::new("philotes", "dev").unwrap().freeze().unwrap();
        let error = world.engine.rollback(&other, 1).await.unwrap_err().to_string();
        assert!(error.contains("instance \"fake\"") && error.contains("register it"), "{error}");
    }
}

#[tokio::test]
async fn what_a_crash_left_is_history_as_soon_as_it_is_known() {
    for mut world in World::both() {
        let program = |s: &Stack| s.add("web", node!("a")).map(drop);
        world.cloud.set_hook(Box::new(|call, at| {
            if call.op == CallOp::Create && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
        }));
        world.up_until_hung(program).await;
        world.restart();
        world.up(program).await;
        world.up(empty).await;
        // Run 2 adopted what run 1 had made.
        assert_eq!(roll_back(&mut world, empty, 2).await, ["create web"]);
    }
}

#[tokio::test]
async fn exports_of_that_moment_come_back() {
    let mut world = World::new();
    world.up(sized(1)).await;
    world.up(|s| s.export("other", "x")).await;
    roll_back(&mut world, empty, 1).await;
    let exports = world.snapshot().await.exports;
    assert_eq!(exports.keys().collect::<Vec<_>>(), ["size"]);
    assert_eq!(exports["size"], Value::from("1"));
}
