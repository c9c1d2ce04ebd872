//! Values and outputs by property: round trips, unknown and secret through every operation, and
//! the same results when planning and when applying.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::BTreeMap;

use iac_core::state::MemoryBackend;
use iac_core::{
    ApplyOptions, Change, Created, Cx, Engine, Graph, Handle, Id, Inputs, NoReporter, Observed, Output,
    Outputs, Page, PageToken, Plan, PlanOptions, Provider, Recovery, Resource, Result, Secret, Stack, Types,
    Value, from_value, interpolate, interpolate_secret, to_value,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::{Deserialize, Serialize};

struct Local;

#[async_trait::async_trait]
impl Provider for Local {
    const NAME: &'static str = "local";
    fn types() -> Types {
        Types::new().resource::<Source>()
    }
    async fn account(&self) -> Result<String> {
        Ok("local".into())
    }
}

/// Its outputs are its inputs, so that a test chooses what becomes known during an apply.
struct Source;

#[derive(Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Source)]
struct SourceInputs {
    text: String,
    password: Secret<String>,
    fraction: f64,
}

#[derive(Clone, Serialize, Deserialize, Outputs)]
struct SourceOutputs {
    text: String,
    password: Secret<String>,
    fraction: f64,
}

fn answer(inputs: SourceInputs) -> SourceOutputs {
    SourceOutputs { text: inputs.text, password: inputs.password, fraction: inputs.fraction }
}

#[async_trait::async_trait]
impl Resource for Source {
    const TYPE: &'static str = "local:source";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const LOCAL: bool = true;
    type Provider = Local;
    type Inputs = SourceInputs;
    type Outputs = SourceOutputs;
    async fn create(cx: &Cx<'_, Local>, inputs: SourceInputs) -> Result<Created<Self>> {
        Ok(Created::new(Id::new(cx.marker().token()), answer(inputs)))
    }
    async fn read(_: &Cx<'_, Local>, _: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Err(iac_core::Error::internal("it lives in the state alone"))
    }
    async fn update(_: &Cx<'_, Local>, _: &Id<Self>, change: Change<Self>) -> Result<SourceOutputs> {
        Ok(answer(change.new))
    }
    async fn delete(_: &Cx<'_, Local>, _: &Id<Self>) -> Result<()> {
        Ok(())
    }
    async fn list(_: &Cx<'_, Local>, _: PageToken) -> Result<Page<Self>> {
        Err(iac_core::Error::internal("it lives in the state alone"))
    }
    async fn find(_: &Cx<'_, Local>, _: &SourceInputs) -> Result<Vec<Id<Self>>> {
        Ok(Vec::new())
    }
}

fn stack() -> Stack {
    let stack = Stack::new("project", "dev").unwrap();
    stack.provider(Local).unwrap();
    stack
}

fn source(stack: &Stack, name: &str, text: &str, fraction: f64) -> Handle<Source> {
    let password = Secret::new(format!("{text}!"));
    stack.add(name, Source::args().text(text).password(password).fraction(fraction)).unwrap()
}

/// What a plan of an empty state sees of exported outputs.
fn planned(stack: &Stack) -> BTreeMap<String, Value> {
    let graph = stack.freeze().unwrap();
    let plan = iac_core::plan(&graph, &iac_core::Snapshot::default(), &PlanOptions::new()).unwrap();
    changes(&plan)
}

fn changes(plan: &Plan) -> BTreeMap<String, Value> {
    plan.outputs.iter().map(|change| (change.name.clone(), change.new.clone())).collect()
}

/// Plans and applies, and answers the plan and the outputs afterwards.
async fn apply(engine: &Engine, graph: &Graph) -> (Plan, BTreeMap<String, Value>) {
    let plan = engine.plan(graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    let outcome = engine.apply(graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    assert!(outcome.succeeded(), "{:?}", outcome.failures);
    (plan, outcome.outputs)
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// How a text is computed, and from what.
#[derive(Debug, Clone)]
enum Recipe {
    Literal(String),
    /// An attribute of a resource that exists and stays: known when planning.
    Old,
    OldPassword,
    /// An attribute of a resource that is created: known only during the apply.
    New,
    NewPassword,
    Map(Box<Recipe>),
    /// Two texts through `zip` where neither is secret.
    Zip(Box<Recipe>, Box<Recipe>),
    Interpolate(Box<Recipe>, Box<Recipe>),
    All(Vec<Recipe>),
    Hide(Box<Recipe>),
    Expose(Box<Recipe>),
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let leaf = prop_oneof![
        "[a-z{}\"$ äß]{0,6}".prop_map(Recipe::Literal),
        Just(Recipe::Old),
        Just(Recipe::OldPassword),
        Just(Recipe::New),
        Just(Recipe::NewPassword),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let one = inner.clone().prop_map(Box::new);
        let two = (one.clone(), one.clone());
        prop_oneof![
            one.clone().prop_map(Recipe::Map),
            two.clone().prop_map(|(a, b)| Recipe::Zip(a, b)),
            two.prop_map(|(a, b)| Recipe::Interpolate(a, b)),
            proptest::collection::vec(inner, 0..4).prop_map(Recipe::All),
            one.clone().prop_map(Recipe::Hide),
            one.prop_map(Recipe::Expose),
        ]
    })
}

enum Text {
    Plain(Output<String>),
    Hidden(Output<Secret<String>>),
}

struct Sources {
    old: Handle<Source>,
    new: Handle<Source>,
}

impl Recipe {
    fn output(&self, sources: &Sources) -> Text {
        use Text::{Hidden, Plain};
        match self {
            Self::Literal(text) => Plain(Output::literal(text.clone())),
            Self::Old => Plain(sources.old.text.clone()),
            Self::OldPassword => Hidden(sources.old.password.clone()),
            Self::New => Plain(sources.new.text.clone()),
            Self::NewPassword => Hidden(sources.new.password.clone()),
            Self::Map(inner) => match inner.output(sources) {
                Plain(text) => Plain(text.map(|text| text.to_uppercase())),
                Hidden(text) => Hidden(text.map(|text| text.to_uppercase())),
            },
            Self::Zip(a, b) => match (a.output(sources), b.output(sources)) {
                (Plain(a), Plain(b)) => Plain(a.zip(&b).map(|(a, b)| a + "-" + &b)),
                (a, b) => Hidden(joined(a, b)),
            },
            Self::Interpolate(a, b) => match (a.output(sources), b.output(sources)) {
                (Plain(a), Plain(b)) => Plain(interpolate!("{}-{}", a, b)),
                (a, b) => Hidden(joined(a, b)),
            },
            Self::All(items) => {
                let items: Vec<Text> = items.iter().map(|item| item.output(sources)).collect();
                let plain: Option<Vec<Output<String>>> = items
                    .iter()
                    .map(|item| match item {
                        Plain(text) => Some(text.clone()),
                        Hidden(_) => None,
                    })
                    .collect();
                match plain {
                    Some(plain) => Plain(Output::all(plain).map(|texts| texts.concat())),
                    None => Hidden(concatenated(items)),
                }
            }
            Self::Hide(inner) => match inner.output(sources) {
                Plain(text) => Hidden(text.secret()),
                hidden => hidden,
            },
            Self::Expose(inner) => match inner.output(sources) {
                Hidden(text) => Plain(text.expose_as_plain()),
                plain => plain,
            },
        }
    }

    /// The text once everything is known.
    fn text(&self, old: &str, new: &str) -> String {
        let text = |recipe: &Self| recipe.text(old, new);
        match self {
            Self::Literal(literal) => literal.clone(),
            Self::Old => old.to_owned(),
            Self::OldPassword => format!("{old}!"),
            Self::New => new.to_owned(),
            Self::NewPassword => format!("{new}!"),
            Self::Map(inner) => text(inner).to_uppercase(),
            Self::Zip(a, b) | Self::Interpolate(a, b) => format!("{}-{}", text(a), text(b)),
            Self::All(items) => items.iter().map(text).collect(),
            Self::Hide(inner) | Self::Expose(inner) => text(inner),
        }
    }

    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Map(inner) | Self::Hide(inner) | Self::Expose(inner) => vec![inner],
            Self::Zip(a, b) | Self::Interpolate(a, b) => vec![a, b],
            Self::All(items) => items.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Unknown as soon as any part is.
    fn unknown(&self) -> bool {
        matches!(self, Self::New | Self::NewPassword) || self.parts().into_iter().any(Self::unknown)
    }

    /// Secret as soon as any part is, until the program exposes it.
    fn secret(&self) -> bool {
        match self {
            Self::OldPassword | Self::NewPassword | Self::Hide(_) => true,
            Self::Expose(_) => false,
            _ => self.parts().into_iter().any(Self::secret),
        }
    }

    fn marked(&self, value: Value) -> Value {
        if self.secret() { Value::secret(value) } else { value }
    }
}

fn joined(a: Text, b: Text) -> Output<Secret<String>> {
    match (a, b) {
        (Text::Plain(a), Text::Plain(b)) => interpolate_secret!("{}-{}", a, b),
        (Text::Plain(a), Text::Hidden(b)) => interpolate_secret!("{}-{}", a, b),
        (Text::Hidden(a), Text::Plain(b)) => interpolate_secret!("{}-{}", a, b),
        (Text::Hidden(a), Text::Hidden(b)) => interpolate_secret!("{}-{}", a, b),
    }
}

fn concatenated(items: Vec<Text>) -> Output<Secret<String>> {
    items.into_iter().fold(Output::literal(String::new()).secret(), |all, item| match item {
        Text::Plain(item) => interpolate_secret!("{}{}", all, item),
        Text::Hidden(item) => interpolate_secret!("{}{}", all, item),
    })
}

fn export(stack: &Stack, name: &str, text: Text) {
    match text {
        Text::Plain(text) => stack.export(name, text).unwrap(),
        Text::Hidden(text) => stack.export(name, text).unwrap(),
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tree {
    text: String,
    count: i64,
    ratio: f64,
    flag: bool,
    maybe: Option<u16>,
    letter: char,
    pair: (i8, String),
    kind: Kind,
    named: BTreeMap<String, Secret<u32>>,
    password: Option<Secret<Vec<String>>>,
    children: Vec<Tree>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    One(u32),
    Two(bool, Secret<String>),
    Named { port: u16, host: Option<String> },
}

fn tree() -> impl Strategy<Value = Tree> {
    let kind = prop_oneof![
        Just(Kind::Plain),
        any::<u32>().prop_map(Kind::One),
        (any::<bool>(), ".{0,4}").prop_map(|(a, b)| Kind::Two(a, Secret::new(b))),
        (any::<u16>(), prop::option::of(".{0,4}")).prop_map(|(port, host)| Kind::Named { port, host }),
    ];
    let finite = any::<f64>().prop_filter("JSON has no other numbers", |number| number.is_finite());
    let secrets = proptest::collection::btree_map(".{0,4}", any::<u32>().prop_map(Secret::new), 0..3);
    let password = prop::option::of(proptest::collection::vec(".{0,4}", 0..3).prop_map(Secret::new));
    let scalars = (".{0,8}", any::<i64>(), finite, any::<bool>(), any::<Option<u16>>(), any::<char>());
    let leaf = (scalars, (any::<i8>(), ".{0,4}"), kind, secrets, password).prop_map(
        |((text, count, ratio, flag, maybe, letter), pair, kind, named, password)| Tree {
            text,
            count,
            ratio,
            flag,
            maybe,
            letter,
            pair,
            kind,
            named,
            password,
            children: Vec::new(),
        },
    );
    leaf.prop_recursive(3, 12, 3, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 0..3))
            .prop_map(|(tree, children)| Tree { children, ..tree })
    })
}

/// Values as a program or a cloud can make them: no null in a map, no secret in a secret.
fn value(with_marks: bool) -> impl Strategy<Value = Value> {
    let finite = any::<f64>().prop_filter("JSON has no other numbers", |number| number.is_finite());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        finite.prop_map(Value::Float),
        ".{0,6}".prop_map(Value::from),
    ];
    let leaf = if with_marks {
        prop_oneof![4 => leaf.clone(), 1 => Just(Value::Unknown), 1 => leaf.prop_map(Value::secret)].boxed()
    } else {
        leaf.boxed()
    };
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            proptest::collection::btree_map(".{0,4}", inner, 0..4).prop_map(Value::map),
        ]
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(13),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_typed_value_survives_the_round_trip(tree in tree()) {
        let value = to_value(&tree).unwrap();
        prop_assert_eq!(&from_value::<Tree>(&value).unwrap(), &tree);
        // Inside a secret the marks of its parts melt into one, and come back.
        let hidden = to_value(&Secret::new(tree.clone())).unwrap();
        let back: Secret<Tree> = from_value(&hidden).unwrap();
        prop_assert_eq!(back.into_exposed(), tree);
    }

    #[test]
    fn plain_json_survives_the_round_trip(value in value(false)) {
        prop_assert_eq!(&Value::from_json(&value.to_redacted_json()).unwrap(), &value);
    }

    #[test]
    fn a_value_accepts_itself_and_an_unknown_accepts_everything(value in value(true)) {
        prop_assert!(Value::Unknown.accepts(&value));
        prop_assert!(value.accepts(&value));
        prop_assert!(Value::secret(value.clone()).accepts(&value));
    }

    #[test]
    fn what_is_shown_of_a_secret_does_not_depend_on_it(a in value(true), b in value(true)) {
        let shown = |inner: &Value| {
            let outer = Value::list([Value::Int(1), Value::secret(inner.clone())]);
            (format!("{outer:?}"), outer.to_redacted_json(), serde_json::to_string(&outer).unwrap())
        };
        prop_assert_eq!(shown(&a), shown(&b));
    }

    #[test]
    fn unknown_and_secret_pass_through_every_operation(recipe in recipe()) {
        let stack = stack();
        // Neither exists, so the old one is as unknown as the new one.
        let sources = Sources { old: source(&stack, "old", "a", 0.5), new: source(&stack, "new", "b", 0.5) };
        export(&stack, "text", recipe.output(&sources));
        let old_is_used = format!("{recipe:?}").contains("Old");
        let expected =
            if recipe.unknown() || old_is_used { Value::Unknown } else { recipe.text("", "").into() };
        prop_assert_eq!(&planned(&stack)["text"], &recipe.marked(expected));
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn a_plan_computes_what_the_apply_computes(
        recipes in proptest::collection::vec(recipe(), 1..6),
        (old, new) in ("[a-z]{1,6}", "[a-z]{1,6}"),
        fraction in any::<f64>().prop_filter("JSON has no other numbers", |number| number.is_finite()),
    ) {
        run(async {
            let engine = Engine::builder().backend(MemoryBackend::new()).build();
            let before = stack();
            source(&before, "old", &old, fraction);
            let (first, _) = apply(&engine, &before.freeze().unwrap()).await;
            prop_assert_eq!(first.summary.create, 1);

            let stack = stack();
            let sources = Sources {
                old: source(&stack, "old", &old, fraction),
                new: source(&stack, "new", &new, fraction),
            };
            for (at, recipe) in recipes.iter().enumerate() {
                export(&stack, &format!("o{at}"), recipe.output(&sources));
            }
            stack.export("fraction", sources.old.fraction.map(|number| number)).unwrap();
            let graph = stack.freeze().unwrap();
            let (plan, outputs) = apply(&engine, &graph).await;
            prop_assert_eq!(plan.summary.same, 1, "the old one is found as it was: {:?}", plan.steps);
            let planned = changes(&plan);
            for (at, recipe) in recipes.iter().enumerate() {
                let name = format!("o{at}");
                let text = recipe.marked(recipe.text(&old, &new).into());
                prop_assert_eq!(&outputs[&name], &text);
                let expected = if recipe.unknown() { recipe.marked(Value::Unknown) } else { text };
                prop_assert_eq!(&planned[&name], &expected);
            }
            prop_assert_eq!(&planned["fraction"], &outputs["fraction"]);
            // Now everything is known, and nothing is different.
            let again = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
            prop_assert!(!again.has_changes(), "{:?} {:?}", again.steps, again.outputs);
            Ok(())
        })?;
    }
}

#[test]
fn every_kind_of_piece_has_its_text() {
    let stack = stack();
    let id: Output<Id<Source>> = Output::literal(Id::new("17"));
    let text = interpolate!("{}|{}|{}|{}|{}|{{}}", 1u16, -2i64, true, String::from("x"), id, "{}");
    stack.export("pieces", text).unwrap();
    stack.export("none", interpolate!("no piece")).unwrap();
    let outputs = planned(&stack);
    assert_eq!(outputs["pieces"], "1|-2|true|x|17|{{}}".into());
    assert_eq!(outputs["none"], "no piece".into());
}

#[test]
fn a_function_that_fails_is_a_fault_of_whoever_needs_the_value() {
    let stack = stack();
    let text = Output::literal(String::from("eighty"));
    let port = text.try_map(|text| text.parse::<u16>().map_err(|error| format!("port: {error}")));
    stack.add("web", Source::args().text("a").password(Secret::new("b".into())).fraction(1.0)).unwrap();
    stack.export("port", &port).unwrap();
    let absent: Output<Option<String>> = Output::literal(None);
    stack.export("address", absent.required("the address")).unwrap();
    let graph = stack.freeze().unwrap();
    let error =
        iac_core::plan(&graph, &iac_core::Snapshot::default(), &PlanOptions::new()).unwrap_err().to_string();
    assert_eq!(
        error,
        "output \"address\": the address has no value\noutput \"port\": port: invalid digit found in string"
    );
}
