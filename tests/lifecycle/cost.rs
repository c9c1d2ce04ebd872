//! What a plan says of the monthly cost, through the whole life of resources. On the fake cloud a node
//! costs 1.50 EUR for each of its size and a disk 0.05 EUR a GB; singletons have no price.

use iac_core::cost::{Cost, Currency, Money, PlanCost, PriceList, Prices, Vat};
use iac_core::random::RandomToken;
use iac_core::{
    ApplyOptions, Budget, BuildId, EngineError, NoReporter, Options, Plan, PlanOptions, SealedPlan, Stack,
};
use iac_testkit::fake::{Disk, Singleton};

use crate::world::{Declared, World, node};

/// Now, then, and how many have no price.
fn told(cost: &PlanCost) -> (String, String, usize) {
    let text = |totals: &[iac_core::cost::Total]| match totals {
        [] => "nothing".to_owned(),
        [total] => format!("{} {}", total.monthly.exact(), total.vat),
        more => format!("{more:?}"),
    };
    (text(&cost.now), text(&cost.then), cost.unpriced)
}

fn expect(plan: &Plan, now: &str, then: &str, unpriced: usize) {
    assert_eq!(told(&plan.cost), (now.to_owned(), then.to_owned(), unpriced), "{:#?}", plan.cost.resources);
}

fn change(cost: &PlanCost) -> String {
    cost.differences().iter().map(|total| total.monthly.signed()).collect::<Vec<_>>().join(" ")
}

fn eur(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

#[tokio::test]
async fn the_cost_follows_creates_changes_and_deletes() {
    let mut world = World::new();
    let first = |s: &Stack| {
        s.add("web", node!("a").size(2u32))?;
        s.add("data", Disk::args().size(10u32)).map(drop)
    };
    let plan = world.plan(first).await;
    expect(&plan, "nothing", "3.50 net", 0);
    assert_eq!(change(&plan.cost), "+3.50");
    assert_eq!(plan.cost.lists.len(), 1);
    assert_eq!(
        (&*plan.cost.lists[0].source, &*plan.cost.lists[0].date),
        ("the fake price list", "2026-01-31")
    );
    world.up(first).await;

    let same = world.plan(first).await;
    expect(&same, "3.50 net", "3.50 net", 0);
    assert!(same.cost.resources.is_empty(), "a plan names what it changes: {:?}", same.cost.resources);

    let grown = |s: &Stack| {
        s.add("web", node!("a").size(4u32))?;
        s.add("more", node!("a")).map(drop)
    };
    let plan = world.plan(grown).await;
    expect(&plan, "3.50 net", "7.50 net", 0);
    let of = |path: &str| plan.cost.resources.iter().find(|cost| cost.urn.path() == path).unwrap();
    assert!(of("data").then.is_none() && !of("data").changes);
    assert_eq!(of("web").now.as_ref().and_then(Cost::price).unwrap().amount, eur("3"));
    assert_eq!(of("web").then.as_ref().and_then(Cost::price).unwrap().amount, eur("6"));
    assert!(of("more").now.is_none() && of("more").changes);
    world.up(grown).await;
    let end = world.try_plan(grown, PlanOptions::new().destroy()).await.unwrap();
    expect(&end, "7.50 net", "nothing", 0);
    assert_eq!(change(&end.cost), "-7.50");
}

#[tokio::test]
async fn a_replacement_counts_once_in_either_order() {
    for delete_first in [false, true] {
        let mut world = World::new();
        let program = |image: &'static str, size: u32| {
            move |s: &Stack| {
                let options = Options::new();
                let options = if delete_first { options.delete_before_replace() } else { options };
                s.add_with("web", node!(image).size(size), options).map(drop)
            }
        };
        world.up(program("a", 2)).await;
        let plan = world.plan(program("b", 3)).await;
        assert_eq!(plan.summary.replace, 1);
        expect(&plan, "3.00 net", "4.50 net", 0);
        assert_eq!(plan.cost.resources.len(), 1, "{:#?}", plan.cost.resources);
    }
}

#[tokio::test]
async fn a_retained_object_leaves_the_stack_and_goes_on_costing() {
    let mut world = World::new();
    let kept = |s: &Stack| s.add_with("web", node!("a"), Options::new().retain_on_delete()).map(drop);
    world.up(kept).await;
    let plan = world.plan(|_: &Stack| Ok(())).await;
    expect(&plan, "1.50 net", "1.50 net", 0);
    assert!(plan.cost.resources[0].forgotten);
    // Replaced, the old one is paid beside the new one.
    let replaced = |s: &Stack| s.add_with("web", node!("b"), Options::new().retain_on_delete()).map(drop);
    expect(&world.plan(replaced).await, "1.50 net", "3.00 net", 0);
}

#[tokio::test]
async fn what_somebody_else_changed_or_deleted_counts_as_it_is() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.add("web", node!("a").size(2u32))?;
        s.add("gone", node!("a")).map(drop)
    };
    world.up(program).await;
    let (web, gone) = (world.row("web").await.id.clone(), world.row("gone").await.id.clone());
    world.cloud.mutate(&web, "size", iac_core::Value::Int(10));
    world.cloud.destroy(&gone);
    expect(&world.plan(program).await, "15.00 net", "4.50 net", 0);
}

#[tokio::test]
async fn what_is_not_known_is_unpriced_and_local_values_are_free() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.add("token", RandomToken::args().bytes(16u32))?;
        let first = s.add("first", node!("a"))?;
        // A size that only the apply decides.
        s.add("second", Disk::args().size(&first.size))?;
        s.add("single", Singleton::args().slot("k").version(1u32)).map(drop)
    };
    let plan = world.plan(program).await;
    expect(&plan, "nothing", "1.50 net", 2);
    let why = |path: &str| {
        let found = plan.cost.resources.iter().find(|cost| cost.urn.path() == path).unwrap();
        found.open().unwrap_or_default()
    };
    assert_eq!(why("second"), "`size` is only known during the apply");
    assert_eq!(why("single"), "the provider gives no price for this type");
    assert_eq!(why("token"), "");
    world.up(program).await;
    expect(&world.plan(program).await, "1.55 net", "1.55 net", 1);
}

async fn apply(
    world: &mut World,
    program: fn(&Stack) -> Declared,
    budget: Budget,
) -> Result<(), EngineError> {
    let plan = world.plan(program).await;
    let graph = world.graph(program);
    let options = ApplyOptions::new().budget(budget);
    world.engine.apply(&graph, &plan, options, &mut NoReporter).await.map(drop)
}

#[tokio::test]
async fn a_budget_holds_the_increase_and_refuses_what_has_no_price() {
    let mut world = World::new();
    let priced: fn(&Stack) -> Declared = |s| s.add("web", node!("a").size(3u32)).map(drop);
    let budget = |amount: &str| Budget::new().monthly_increase_max(eur(amount));
    let refused = apply(&mut world, priced, budget("4.49")).await.unwrap_err().to_string();
    let text = "it adds 4.50 EUR net to the monthly cost, and the budget is 4.49 EUR net";
    assert!(refused.contains(text), "{refused}");
    assert!(world.cloud.inventory().is_empty(), "nothing was done");
    apply(&mut world, priced, budget("4.50")).await.unwrap();

    let open: fn(&Stack) -> Declared =
        |s| s.add("single", Singleton::args().slot("k").version(1u32)).map(drop);
    // It costs less on the whole, as far as anybody knows.
    let refused = apply(&mut world, open, budget("100")).await.unwrap_err().to_string();
    assert!(refused.contains("single, which has no monthly price (the provider gives no price"), "{refused}");
    apply(&mut world, open, budget("0").allow_unpriced()).await.unwrap();
    // What stays as it is needs no price.
    let both: fn(&Stack) -> Declared = |s| {
        s.add("single", Singleton::args().slot("k").version(1u32))?;
        s.add("web", node!("a")).map(drop)
    };
    apply(&mut world, both, budget("1.50")).await.unwrap();
    // Dollars and gross amounts cannot be told in net euros.
    let dollars = Budget::new().monthly_increase_max("100 USD".parse().unwrap());
    let grown: fn(&Stack) -> Declared = |s| {
        s.add("single", Singleton::args().slot("k").version(1u32))?;
        s.add("web", node!("a").size(2u32)).map(drop)
    };
    let refused = apply(&mut world, grown, dollars).await.unwrap_err().to_string();
    assert!(refused.contains("it adds 1.50 EUR net"), "{refused}");
}

#[tokio::test]
async fn prices_given_to_the_planner_take_the_place_of_the_list() {
    let mut world = World::new();
    let program = |s: &Stack| s.add("web", node!("a").size(2u32)).map(drop);
    let graph = world.graph(program);
    let live = world.engine.live_prices(&graph).await.unwrap();
    let plan = world.try_plan(program, PlanOptions::new().prices(live)).await.unwrap();
    expect(&plan, "nothing", "6.00 net", 0);
    // The day of the test clock.
    assert_eq!((&*plan.cost.lists[0].source, &*plan.cost.lists[0].date), ("the fake API", "2023-11-14"));

    let gross = PriceList::new(Currency::USD, Vat::Gross, "a letter", "2026-02-01");
    let gross = gross.price("node/size", "0.333333333333").unwrap();
    let options = PlanOptions::new().prices(Prices::new().with("fake", gross));
    let plan = world.try_plan(program, options.clone()).await.unwrap();
    expect(&plan, "nothing", "0.666666666666 gross", 0);
    assert_eq!(change(&plan.cost), "+0.67");
    assert_eq!(plan, world.try_plan(program, options).await.unwrap(), "the same again");
}

#[tokio::test]
async fn a_plan_file_keeps_the_cost_and_the_prices_it_was_made_from() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.add("web", node!("a").size(2u32))?;
        s.add("single", Singleton::args().slot("k").version(1u32)).map(drop)
    };
    let graph = world.graph(program);
    let options = PlanOptions::new().prices(world.engine.live_prices(&graph).await.unwrap());
    let plan = world.try_plan(program, options.clone()).await.unwrap();
    let engine = world.engine.clone();
    let build = BuildId::named("one");
    let sealed: SealedPlan = engine.seal_plan(&graph, &plan, &options, &build).await.unwrap();
    let opened = engine.open_plan(&world.id(), &sealed).await.unwrap();
    assert_eq!(opened.plan().cost, plan.cost);
    let nodes = || world.cloud.inventory().len();
    let small = ApplyOptions::new().budget(Budget::new().monthly_increase_max(eur("1")));
    let refused = engine.apply_opened(&graph, &opened, &build, small, &mut NoReporter).await.unwrap_err();
    assert!(refused.to_string().contains("it adds 6.00 EUR net"), "{refused}");
    assert_eq!(nodes(), 0);
    let outcome = engine.apply_opened(&graph, &opened, &build, ApplyOptions::new(), &mut NoReporter).await;
    assert!(outcome.unwrap().succeeded());
    assert_eq!(nodes(), 2);
}

#[tokio::test]
async fn the_whole_stack_is_told_resource_by_resource() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.add("a", node!("a"))?;
        s.add("b", node!("b").size(2u32)).map(drop)
    };
    world.up(program).await;
    let plan = world.plan(program).await;
    let (graph, snapshot) = (world.graph(program), world.snapshot().await);
    let cost = PlanCost::of(&graph, &snapshot, &plan, &Prices::new());
    let paths: Vec<&str> = cost.resources.iter().map(|resource| resource.urn.path()).collect();
    assert_eq!(paths, ["a", "b"]);
    assert_eq!((cost.now.clone(), cost.then.clone()), (plan.cost.now.clone(), plan.cost.then.clone()));
}
