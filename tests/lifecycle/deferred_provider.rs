//! A provider that resources of the same stack configure: created and used in one apply, destroyed in
//! one, and followed when what configures it is made anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use iac_core::{Options, PlanOptions, ProviderInstance, Stack, StackError};
use iac_testkit::fake::{CallOp, FakeCloud, Lookup, Matcher};

use crate::world::{Declared, World, node, steps};

/// The clouds behind the addresses of the outer cloud's nodes.
#[derive(Clone, Default)]
struct Inside(Arc<Mutex<BTreeMap<String, FakeCloud>>>);

impl Inside {
    fn at(&self, address: &str) -> FakeCloud {
        let mut clouds = self.0.lock().unwrap();
        let cloud = clouds.entry(address.to_owned()).or_insert_with(|| {
            let cloud = FakeCloud::new();
            cloud.set_account(&format!("inside {address}"));
            cloud.set_data("image", address);
            cloud
        });
        cloud.clone()
    }

    fn objects(&self) -> Vec<(String, usize)> {
        let clouds = self.0.lock().unwrap();
        clouds.iter().map(|(address, cloud)| (address.clone(), cloud.inventory().len())).collect()
    }

    /// A cluster, and an app inside of it.
    fn program(&self, image: &'static str, size: u32) -> impl Fn(&Stack) -> Declared + use<> {
        let inside = self.clone();
        move |s: &Stack| {
            let cluster = s.add("cluster", node!(image).size(size))?;
            let clouds = inside.clone();
            let instance = ProviderInstance::deferred(&cluster.address, move |address: String| {
                Ok(clouds.at(&address).provider())
            });
            let instance = s.provider_instance(instance.named("inside"))?;
            let options = || Options::new().provider(&instance);
            let found = s.read_with("found", Lookup::args().name("image"), options())?;
            s.add_with("app", node!(&found.value), options())?;
            Ok(())
        }
    }
}

#[tokio::test]
async fn a_cluster_and_what_lives_in_it_come_up_in_one_apply_and_go_in_one() {
    for mut world in World::both() {
        let inside = Inside::default();
        let program = inside.program("a", 1);
        let plan = world.plan(&program).await;
        assert_eq!(steps(&plan), ["create cluster", "read found", "create app"]);
        assert!(world.apply(&program, &plan).await.succeeded());
        assert_eq!(inside.objects(), [("10.0.0.1".to_owned(), 1)]);
        assert_eq!(world.row("app").await.account, "inside 10.0.0.1");
        let again = world.plan(&program).await;
        assert!(!again.has_changes(), "{:?}", steps(&again));
        // Drift inside is found through the same client.
        let app = world.row("app").await.id.clone();
        inside.at("10.0.0.1").destroy(&app);
        assert_eq!(steps(&world.plan(&program).await), ["create app"]);
        assert!(world.try_up(&program).await.succeeded());
        let planned = world.destroy(&program).await;
        assert_eq!(planned, ["delete app", "delete cluster"]);
        assert_eq!(inside.objects(), [("10.0.0.1".to_owned(), 0)]);
        assert!(world.cloud.inventory().is_empty());
    }
}

#[tokio::test]
async fn a_destroy_without_the_programs_resources_finds_its_way_inside() {
    let mut world = World::new();
    let inside = Inside::default();
    let program = inside.program("a", 1);
    assert!(world.try_up(&program).await.succeeded());
    let graph = world.graph(&program).without_resources();
    let options = PlanOptions::new().destroy();
    let plan = world.engine.plan(&graph, &options, true, &mut world.events).await.unwrap();
    let options = iac_core::ApplyOptions::new();
    let outcome = world.engine.apply(&graph, &plan, options, &mut world.events).await.unwrap();
    assert!(outcome.succeeded(), "{:?}", outcome.failures);
    assert_eq!(inside.objects(), [("10.0.0.1".to_owned(), 0)]);
}

#[tokio::test]
async fn what_lives_in_a_cluster_moves_when_the_cluster_is_made_anew() {
    for mut world in World::both() {
        let inside = Inside::default();
        assert!(world.try_up(inside.program("a", 1)).await.succeeded());
        let program = inside.program("b", 1);
        let plan = world.plan(&program).await;
        let app = plan.steps.iter().find(|step| step.urn.path() == "app").unwrap();
        assert!(app.reasons.iter().any(|reason| reason.contains("which is made anew")), "{:?}", app.reasons);
        assert!(world.apply(&program, &plan).await.succeeded());
        assert_eq!(inside.objects(), [("10.0.0.1".to_owned(), 0), ("10.0.0.2".to_owned(), 1)]);
        assert_eq!(world.row("app").await.account, "inside 10.0.0.2");
        // The old one was deleted from the old cluster while that was still there.
        let order =
            |op: &str| plan.steps.iter().position(|s| format!("{} {}", s.op.as_str(), s.urn.path()) == op);
        assert!(order("delete_replaced app") < order("delete_replaced cluster"), "{:?}", steps(&plan));
        let again = world.plan(&program).await;
        assert!(!again.has_changes(), "{:?}", steps(&again));
    }
}

#[tokio::test]
async fn a_cluster_that_changes_in_place_keeps_what_lives_in_it() {
    let mut world = World::new();
    let inside = Inside::default();
    assert!(world.try_up(inside.program("a", 1)).await.succeeded());
    let app = world.row("app").await.id.clone();
    let program = inside.program("a", 2);
    let plan = world.plan(&program).await;
    assert!(plan.steps.iter().all(|step| step.op.as_str() != "create_replacement"), "{:?}", steps(&plan));
    assert!(world.apply(&program, &plan).await.succeeded());
    assert_eq!(world.row("app").await.id, app);
    assert!(!world.plan(&program).await.has_changes());
}

#[tokio::test]
async fn what_lived_in_a_cluster_that_vanished_is_gone_with_it() {
    for mut world in World::both() {
        let inside = Inside::default();
        let program = inside.program("a", 1);
        assert!(world.try_up(&program).await.succeeded());
        let cluster = world.row("cluster").await.id.clone();
        world.cloud.destroy(&cluster);
        let before = inside.at("10.0.0.1").calls().len();
        let plan = world.plan(&program).await;
        assert_eq!(plan.drift.len(), 2);
        assert!(world.apply(&program, &plan).await.succeeded());
        // Asked for its account before the cluster was known to be gone, and for nothing after.
        let asked = inside.at("10.0.0.1").calls().split_off(before);
        assert!(asked.iter().all(|call| call.op == CallOp::Account), "{asked:?}");
        assert_eq!(inside.objects().last(), Some(&("10.0.0.2".to_owned(), 1)));
        assert!(!world.plan(&program).await.has_changes());
    }
}

#[tokio::test]
async fn a_create_inside_that_a_crash_left_open_is_found_again() {
    let mut world = World::new();
    let inside = Inside::default();
    let program = inside.program("a", 1);
    let cloud = inside.at("10.0.0.1");
    cloud.set_hook(Box::new(|call, at| {
        use iac_testkit::fake::{Moment, Verdict};
        if call.op == CallOp::Create && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
    }));
    let plan = world.plan(&program).await;
    let graph = world.graph(&program);
    {
        let hung = cloud.clone();
        let applied = world.engine.apply(&graph, &plan, iac_core::ApplyOptions::new(), &mut world.events);
        tokio::select! {
            biased;
            () = hung.hung() => {}
            outcome = applied => panic!("nothing hung: {outcome:?}"),
        }
    }
    cloud.heal();
    world.restart();
    let plan = world.plan(&program).await;
    assert_eq!(plan.recovered.len(), 1, "{:?}", plan.recovered);
    assert!(!plan.has_changes(), "{:?}", steps(&plan));
    assert_eq!(cloud.count(&Matcher::op(CallOp::Create)), 1);
}

#[test]
fn a_provider_that_is_configured_by_what_lives_in_it_is_a_circle() {
    let stack = Stack::new("philotes", "dev").unwrap();
    let cloud = FakeCloud::new();
    let first = stack.lookup::<iac_testkit::fake::Node>("app").unwrap();
    let instance = ProviderInstance::deferred(&first.address, move |_: String| Ok(cloud.provider()));
    stack.provider_instance(instance).unwrap();
    stack.add("app", node!("a")).unwrap();
    assert!(matches!(stack.freeze(), Err(StackError::Cycle(_))));
}

#[test]
fn a_provider_that_is_configured_by_nothing_declared_is_refused() {
    let stack = Stack::new("philotes", "dev").unwrap();
    let cloud = FakeCloud::new();
    let missing = stack.lookup::<iac_testkit::fake::Node>("cluster").unwrap();
    let instance = ProviderInstance::deferred(&missing.address, move |_: String| Ok(cloud.provider()));
    stack.provider_instance(instance).unwrap();
    let error = stack.freeze().unwrap_err().to_string();
    assert!(
        error.contains("provider instance \"fake\" refers to urn:") && error.contains("cluster"),
        "{error}"
    );
}

#[tokio::test]
async fn what_lives_in_a_replaced_target_follows_it() {
    let mut world = World::new();
    let inside = Inside::default();
    assert!(world.try_up(inside.program("a", 1)).await.succeeded());
    let mut options = PlanOptions::new();
    options.targets = vec!["cluster".into()];
    let plan = world.try_plan(inside.program("b", 1), options).await.unwrap();
    assert_eq!((plan.summary.replace, plan.summary.read), (2, 1), "{:?}", steps(&plan));
    let mut drawn: Vec<String> =
        plan.selection.iter().map(|one| format!("{}: {}", one.urn.path(), one.why)).collect();
    drawn.sort();
    assert_eq!(drawn, ["app: it needs cluster, which this plan replaces", "found: app needs it"]);
    assert!(world.apply(inside.program("b", 1), &plan).await.succeeded());
    assert!(!world.plan(inside.program("b", 1)).await.has_changes());
}
