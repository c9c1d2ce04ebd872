//! What the platform costs: exactly, by the list of a day, by the API, and as it changes.

use iac::cost::{Cost, PlanCost, Prices};
use iac::{NoReporter, Plan, PlanOptions, Snapshot, plan};

use crate::world::World;

/// The total after a plan, exact.
fn total(cost: &PlanCost) -> String {
    match cost.then.as_slice() {
        [total] => format!("{} {} {}", total.monthly.exact(), total.monthly.currency(), total.vat),
        other => panic!("one total expected: {other:?}"),
    }
}

fn of<'a>(cost: &'a PlanCost, path: &str) -> &'a Cost {
    let found = cost.resources.iter().find(|resource| resource.urn.path() == path);
    found.and_then(|resource| resource.then.as_ref()).unwrap_or_else(|| panic!("{path} has no cost"))
}

fn amount(cost: &PlanCost, path: &str) -> String {
    of(cost, path).price().unwrap_or_else(|| panic!("{path}: {:?}", of(cost, path))).amount.exact()
}

fn planned(plan: &Plan) -> (String, usize) {
    (total(&plan.cost), plan.cost.unpriced)
}

#[tokio::test]
async fn the_platform_has_an_exact_price_on_the_day_of_the_list() {
    let world = World::busy().await;
    let graph = world.platform(|_| {});
    // Nothing is asked: program and list say it all.
    let plan = plan(&graph, &Snapshot::default(), &PlanOptions::new()).unwrap();
    let cost = PlanCost::of(&graph, &Snapshot::default(), &plan, &Prices::new());
    assert_eq!((total(&cost), cost.unpriced), ("24.98 EUR net".to_owned(), 0));
    let parts = ["control-plane", "worker-0", "worker-1", "data", "load-balancer"];
    assert_eq!(parts.map(|path| amount(&cost, path)), ["3.79", "6.80", "6.80", "2.20", "5.39"]);
    for free in ["network", "subnet", "firewall", "admin", "join-token", "http", "target-0"] {
        assert_eq!(*of(&cost, free), Cost::Free, "{free}");
    }
    let [list] = cost.lists.as_slice() else { panic!("one list expected: {:?}", cost.lists) };
    assert_eq!((&*list.date, &*list.source), ("2025-08-19", "https://www.hetzner.com/cloud/"));
    let note = of(&cost, "worker-0").price().unwrap().note.clone().unwrap();
    assert_eq!(&*note, "20 TB of traffic included, then 1.00 EUR for each TB");
}

#[tokio::test]
async fn the_other_stacks_are_priced_too() {
    let world = World::busy().await;
    let production = world.platform(|settings| {
        settings.control_plane_type = "cx32".into();
        settings.worker_type = "cx42".into();
        settings.workers = 3;
        settings.storage_gb = 200;
    });
    let plan = plan(&production, &Snapshot::default(), &PlanOptions::new()).unwrap();
    // 6.80 + 3 x 16.40 + 8.80 + 5.39
    assert_eq!(planned(&plan), ("70.19 EUR net".to_owned(), 0));
}

#[tokio::test]
async fn a_type_that_came_after_the_list_is_unpriced_and_the_api_knows_it() {
    let world = World::busy().await;
    let graph = world.platform(|settings| settings.worker_type = "cx33".into());
    let plan = world.plan(&graph).await.unwrap();
    assert_eq!(planned(&plan), ("11.38 EUR net".to_owned(), 2));
    let why = of(&plan.cost, "worker-1").open().unwrap();
    assert_eq!(why, "`cx33` in nbg1 is not in the price list of 2025-08-19");

    let options = PlanOptions::new().prices(world.engine.live_prices(&graph).await.unwrap());
    let plan = world.engine.plan(&graph, &options, true, &mut NoReporter).await.unwrap();
    // Two workers at 4.99 and an address at 0.50 each, as the simulator has it.
    assert_eq!(planned(&plan), ("22.36 EUR net".to_owned(), 0));
    assert!(plan.cost.lists[0].source.ends_with("/pricing"));
    world.check_wire();
}

#[tokio::test]
async fn the_cost_of_what_runs_is_that_of_what_was_planned() {
    let world = World::busy().await;
    let graph = world.platform(|_| {});
    world.up(&graph).await;
    let again = world.plan(&graph).await.unwrap();
    assert_eq!(planned(&again), ("24.98 EUR net".to_owned(), 0));
    assert_eq!(again.cost.now, again.cost.then, "addresses that came with servers count once");

    let grown = world.plan(&world.platform(|settings| settings.workers = 3)).await.unwrap();
    assert_eq!(planned(&grown), ("31.78 EUR net".to_owned(), 0));
    let resized = world.plan(&world.platform(|settings| settings.worker_type = "cx42".into())).await.unwrap();
    assert_eq!(resized.summary.update, 2);
    assert_eq!(planned(&resized), ("44.18 EUR net".to_owned(), 0));
    let options = PlanOptions::new().destroy();
    let end = world.engine.plan(&graph, &options, true, &mut NoReporter).await.unwrap();
    assert_eq!(end.cost.differences()[0].monthly.signed(), "-24.98");
}
