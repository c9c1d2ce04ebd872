//! Freezing a stack: references, circles, names, providers, order. Knows nothing of plans.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::{BTreeMap, BTreeSet};

use iac_core::random::RandomToken;
use iac_core::{
    Change, Created, Cx, Graph, Handle, Id, Inputs, NAME_LENGTH_MAX, Observed, Options, Outputs, Page,
    PageToken, Provider, ProviderInstance, Recovery, Resource, Result, Stack, StackError, Types, interpolate,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::{Deserialize, Serialize};

struct Cloud;

#[async_trait::async_trait]
impl Provider for Cloud {
    const NAME: &'static str = "cloud";
    fn types() -> Types {
        Types::new().resource::<Item>()
    }
    async fn account(&self) -> Result<String> {
        Ok("account".into())
    }
}

struct Item;

#[derive(Serialize, Deserialize, Inputs)]
#[inputs(resource = Item)]
struct ItemInputs {
    #[serde(default)]
    needs: Vec<Id<Item>>,
    text: Option<String>,
}

#[derive(Serialize, Deserialize, Outputs)]
struct ItemOutputs {
    text: String,
}

fn no_call<T>() -> Result<T> {
    Err(iac_core::Error::internal("freezing a stack calls nothing"))
}

#[async_trait::async_trait]
impl Resource for Item {
    const TYPE: &'static str = "cloud:item";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Cloud;
    type Inputs = ItemInputs;
    type Outputs = ItemOutputs;
    async fn create(_: &Cx<'_, Cloud>, _: ItemInputs) -> Result<Created<Self>> {
        no_call()
    }
    async fn read(_: &Cx<'_, Cloud>, _: &Id<Self>) -> Result<Option<Observed<Self>>> {
        no_call()
    }
    async fn update(_: &Cx<'_, Cloud>, _: &Id<Self>, _: Change<Self>) -> Result<ItemOutputs> {
        no_call()
    }
    async fn delete(_: &Cx<'_, Cloud>, _: &Id<Self>) -> Result<()> {
        no_call()
    }
    async fn list(_: &Cx<'_, Cloud>, _: PageToken) -> Result<Page<Self>> {
        no_call()
    }
    async fn find(_: &Cx<'_, Cloud>, _: &ItemInputs) -> Result<Vec<Id<Self>>> {
        no_call()
    }
}

fn stack() -> Stack {
    let stack = Stack::new("project", "dev").unwrap();
    stack.provider(Cloud).unwrap();
    stack
}

fn item(stack: &Stack, name: &str, needs: &[&str]) -> Handle<Item> {
    let needs: Vec<Handle<Item>> = needs.iter().map(|path| stack.lookup(path).unwrap()).collect();
    stack.add(name, Item::args().needs(&needs)).unwrap()
}

fn names(urns: &[iac_core::Urn]) -> Vec<&str> {
    urns.iter().map(|urn| urn.path()).collect()
}

fn circle(stack: &Stack) -> Vec<String> {
    match stack.freeze() {
        Err(StackError::Cycle(urns)) => names(&urns).into_iter().map(str::to_owned).collect(),
        other => panic!("expected a circle, found {other:?}"),
    }
}

#[test]
fn a_circle_is_named_urn_by_urn_in_the_direction_of_need() {
    let stack = stack();
    item(&stack, "outside", &["a"]);
    item(&stack, "a", &["b"]);
    item(&stack, "b", &["leaf", "c"]);
    item(&stack, "c", &["a"]);
    item(&stack, "leaf", &[]);
    assert_eq!(circle(&stack), ["a", "b", "c"]);
    let message = stack.freeze().unwrap_err().to_string();
    assert_eq!(
        message,
        "resources depend on each other in a circle: urn:project:dev:cloud:item:a -> \
         urn:project:dev:cloud:item:b -> urn:project:dev:cloud:item:c -> urn:project:dev:cloud:item:a"
    );
}

#[test]
fn a_resource_that_needs_itself_is_a_circle_of_one() {
    let stack = stack();
    item(&stack, "first", &[]);
    item(&stack, "me", &["first", "me"]);
    assert_eq!(circle(&stack), ["me"]);
}

#[test]
fn options_and_computed_values_close_circles_too() {
    let by_order = stack();
    let later: Handle<Item> = by_order.lookup("b").unwrap();
    by_order.add_with("a", Item::args(), Options::new().depends_on(&later)).unwrap();
    item(&by_order, "b", &["a"]);
    assert_eq!(circle(&by_order), ["a", "b"]);

    let by_trigger = stack();
    let later: Handle<Item> = by_trigger.lookup("b").unwrap();
    let text = later.text.map(|text| text.len() as u32);
    by_trigger.add_with("a", Item::args(), Options::new().replace_trigger(&text)).unwrap();
    item(&by_trigger, "b", &["a"]);
    assert_eq!(circle(&by_trigger), ["a", "b"]);

    let by_text = stack();
    let later: Handle<Item> = by_text.lookup("b").unwrap();
    by_text.add("a", Item::args().text(interpolate!("at {}", &later.text))).unwrap();
    item(&by_text, "b", &["a"]);
    assert_eq!(circle(&by_text), ["a", "b"]);
}

#[test]
fn names_are_unique_by_type_and_scope() {
    let stack = stack();
    item(&stack, "web", &[]);
    let again = stack.add("web", Item::args()).unwrap_err();
    assert_eq!(
        again.to_string(),
        "urn:project:dev:cloud:item:web is declared twice; give one of them another name or put it into \
         a scope of its own"
    );
    // Another type or another scope makes another resource.
    stack.add("web", RandomToken::args().bytes(8u32)).unwrap();
    let edge = stack.scope("edge").unwrap();
    edge.add("web", Item::args()).unwrap();
    edge.scope("inner").unwrap().add("web", Item::args()).unwrap();
    stack.export("web", "a").unwrap();
    assert_eq!(stack.export("web", "b").unwrap_err(), StackError::DuplicateExport("web".into()));
    let instance = stack.provider(Cloud).unwrap_err();
    assert_eq!(instance, StackError::DuplicateProvider("cloud".into()));

    let graph = stack.freeze().unwrap();
    let paths: Vec<&str> = graph.urns().map(|urn| urn.path()).collect();
    assert_eq!(paths, ["web", "web", "edge/web", "edge/inner/web"]);
}

#[test]
fn scopes_are_part_of_the_urn_and_of_a_lookup() {
    let stack = stack();
    let inner = stack.scope("edge").unwrap().scope("eu").unwrap();
    let web = inner.add("web", Item::args()).unwrap();
    assert_eq!(web.urn().as_str(), "urn:project:dev:cloud:item:edge/eu/web");
    assert_eq!((web.urn().path(), web.urn().name()), ("edge/eu/web", "web"));
    // A lookup starts at the root, whatever scope it is called in.
    let found: Handle<Item> = inner.lookup("edge/eu/web").unwrap();
    assert_eq!(found.urn(), web.urn());
    stack.add("client", Item::args().needs([&found])).unwrap();
    let graph = stack.freeze().unwrap();
    let client = graph.urns().find(|urn| urn.name() == "client").unwrap();
    assert_eq!(graph.dependencies(client).collect::<Vec<_>>(), [web.urn()]);
}

#[test]
fn names_with_other_characters_are_refused() {
    let stack = stack();
    let long = "x".repeat(NAME_LENGTH_MAX + 1);
    for name in ["", "a b", "a:b", "ä", "a/b", &long] {
        assert!(matches!(stack.add(name, Item::args()), Err(StackError::Name(_))), "{name:?}");
        assert!(matches!(stack.scope(name), Err(StackError::Name(_))), "{name:?}");
        assert!(matches!(stack.export(name, "x"), Err(StackError::Name(_))), "{name:?}");
        assert!(matches!(Stack::new(name, "dev"), Err(StackError::Name(_))), "{name:?}");
    }
    assert!(matches!(stack.lookup::<Item>("a//b"), Err(StackError::Name(_))));
    stack.add("x".repeat(NAME_LENGTH_MAX), Item::args()).unwrap();
}

#[test]
fn a_reference_to_nothing_is_refused_with_both_names() {
    let by_field = stack();
    item(&by_field, "web", &["nowhere"]);
    assert_eq!(
        by_field.freeze().unwrap_err().to_string(),
        "urn:project:dev:cloud:item:web refers to urn:project:dev:cloud:item:nowhere, which this stack \
         does not declare; declare it, or correct the name"
    );

    let by_export = stack();
    let nowhere: Handle<Item> = by_export.lookup("edge/nowhere").unwrap();
    by_export.export("address", nowhere.text.map(|text| text)).unwrap();
    match by_export.freeze().unwrap_err() {
        StackError::UnknownReference { from, to } => {
            assert_eq!((from.as_str(), to.path()), ("output \"address\"", "edge/nowhere"));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_handle_of_another_stack_is_refused_even_under_a_known_name() {
    let (mine, other) = (stack(), stack());
    let foreign = item(&other, "web", &[]);
    item(&mine, "web", &[]);
    mine.add("client", Item::args().needs([&foreign])).unwrap();
    assert!(matches!(
        mine.freeze().unwrap_err(),
        StackError::UnknownReference { to, .. } if to == *foreign.urn()
    ));
    // The stack that the handle came from is not touched by that.
    assert_eq!(other.freeze().unwrap().len(), 1);
}

#[test]
fn a_missing_provider_and_an_unknown_type_are_refused() {
    let without = Stack::new("project", "dev").unwrap();
    without.add("web", Item::args()).unwrap();
    assert_eq!(
        without.freeze().unwrap_err().to_string(),
        "urn:project:dev:cloud:item:web needs provider instance \"cloud\", which is not registered; call \
         `stack.provider(…)`"
    );

    let empty = Stack::new("project", "dev").unwrap();
    empty.provider_instance(ProviderInstance::with_types(Cloud, Types::new(), "cloud")).unwrap();
    empty.add("web", Item::args()).unwrap();
    assert_eq!(
        empty.freeze().unwrap_err().to_string(),
        "urn:project:dev:cloud:item:web: provider instance \"cloud\" has no type \"cloud:item\""
    );

    let second = stack();
    let named = second.provider_instance(ProviderInstance::new(Cloud).named("backup")).unwrap();
    second.add_with("web", Item::args(), Options::new().provider(&named)).unwrap();
    second.freeze().unwrap();
}

#[test]
fn freezing_twice_gives_the_same_graph() {
    let stack = stack();
    item(&stack, "b", &["a"]);
    item(&stack, "a", &[]);
    let order = |graph: &Graph| graph.urns().cloned().collect::<Vec<_>>();
    assert_eq!(order(&stack.freeze().unwrap()), order(&stack.freeze().unwrap()));
    // And the stack can grow afterwards.
    item(&stack, "c", &["a"]);
    assert_eq!(stack.freeze().unwrap().len(), 3);
    assert!(stack.freeze().unwrap().without_resources().is_empty());
}

/// For each resource the ones it needs, by place, and an order to declare them in. Needs go to
/// earlier places, so there is no circle; the order of declaration is free.
fn programs() -> impl Strategy<Value = (Vec<BTreeSet<usize>>, Vec<usize>)> {
    (1..24usize).prop_flat_map(|count| {
        let needs =
            proptest::collection::vec(proptest::collection::vec(any::<prop::sample::Index>(), 0..4), count)
                .prop_map(|draws| {
                    let chosen = |(at, draws): (usize, &Vec<prop::sample::Index>)| {
                        draws.iter().filter(|_| at > 0).map(|draw| draw.index(at.max(1))).collect()
                    };
                    draws.iter().enumerate().map(chosen).collect()
                });
        (needs, Just((0..count).collect::<Vec<_>>()).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(11),
        ..ProptestConfig::default()
    })]

    #[test]
    fn each_resource_comes_after_what_it_needs((needs, order) in programs()) {
        let stack = stack();
        for at in &order {
            let paths: Vec<String> = needs[*at].iter().map(|on| format!("r{on}")).collect();
            item(&stack, &format!("r{at}"), &paths.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let graph = stack.freeze().unwrap();
        let places: BTreeMap<&str, usize> =
            graph.urns().enumerate().map(|(place, urn)| (urn.path(), place)).collect();
        prop_assert_eq!(places.len(), needs.len());
        for urn in graph.urns() {
            let at: usize = urn.path()[1..].parse().unwrap();
            let found: BTreeSet<&str> = graph.dependencies(urn).map(|on| on.path()).collect();
            let wanted: Vec<String> = needs[at].iter().map(|on| format!("r{on}")).collect();
            prop_assert_eq!(&found, &wanted.iter().map(String::as_str).collect::<BTreeSet<_>>());
            for on in found {
                prop_assert!(places[on] < places[urn.path()], "{} before {}", urn, on);
            }
        }
    }

    #[test]
    fn one_need_too_many_closes_a_true_circle((needs, order) in programs(), from in any::<prop::sample::Index>()) {
        // A resource of the program also needs the last one that needs it, directly or not.
        let from = from.index(needs.len());
        let mut needing = BTreeSet::from([from]);
        for (at, on) in needs.iter().enumerate() {
            if !on.is_disjoint(&needing) {
                needing.insert(at);
            }
        }
        let mut needs = needs.clone();
        needs[from].insert(*needing.last().unwrap());
        let stack = stack();
        for at in &order {
            let paths: Vec<String> = needs[*at].iter().map(|on| format!("r{on}")).collect();
            item(&stack, &format!("r{at}"), &paths.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let circle: Vec<usize> = circle(&stack).iter().map(|name| name[1..].parse().unwrap()).collect();
        prop_assert!(circle.contains(&from), "every circle goes through the new need");
        for (at, one) in circle.iter().enumerate() {
            let next = circle[(at + 1) % circle.len()];
            prop_assert!(needs[*one].contains(&next), "{one} does not need {next}: {circle:?}");
        }
    }
}
