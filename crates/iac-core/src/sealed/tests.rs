//! Plan files against arbitrary bytes and arbitrary content. No engine, no state.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::form::Stored;
use super::layout::MAGIC;
use super::*;
use crate::cost::PlanCost;
use crate::plan::{OutputChange, Plan, PlanOptions, Summary};
use crate::state::{Codec, DataKey, StackId};
use crate::value::Value;

fn codec() -> Codec {
    Codec::new(StackId::new("p", "s"), Some(DataKey::from_bytes([7; 32])))
}

fn plan(value: Value) -> Plan {
    Plan {
        stack: StackId::new("p", "s"),
        parent_serial: u64::MAX,
        destroy: false,
        steps: Vec::new(),
        refresh_only: false,
        recovered: Vec::new(),
        selection: Vec::new(),
        facts: crate::Facts::default(),
        drift: Vec::new(),
        warnings: Vec::new(),
        outputs: vec![OutputChange { name: "out".into(), old: Value::Null, new: value.clone() }],
        cost: PlanCost::default(),
        summary: Summary::default(),
        reads: Arc::new(BTreeMap::from([(crate::Urn::parse("urn:p:s:a:b:c").unwrap(), value)])),
        accounts: Arc::new(BTreeMap::new()),
    }
}

fn content(value: Value) -> Content {
    let stack = crate::Stack::new("p", "s").unwrap();
    let snapshot = crate::Snapshot::default();
    Content::new(&stack.freeze().unwrap(), &snapshot, &plan(value), &PlanOptions::new(), &codec())
}

fn seal(value: Value) -> Result<SealedPlan, SealError> {
    SealedPlan::seal(&codec(), &content(value), &BuildId::named("test"), 5)
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::Unknown),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("NaN is not equal to itself", |n| !n.is_nan()).prop_map(Value::Float),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let key = prop_oneof![any::<String>(), "\\$?\\$?(secret|float|nested|unknown|x)", "plan|stack|steps"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::list),
            prop::collection::vec((key, inner.clone()), 0..6).prop_map(Value::map),
            inner.prop_map(Value::secret),
        ]
    })
}

fn open(bytes: Vec<u8>) -> Result<OpenedPlan, PlanFileError> {
    SealedPlan::from_bytes(bytes)?.open(codec())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(17),
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn every_value_comes_back(value in values()) {
        let sealed = seal(value.clone()).unwrap();
        let opened = open(sealed.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(opened.plan(), &plan(value));
    }

    #[test]
    fn no_bytes_panic_the_opener(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        format in "iac-plan [0-9]{0,3}\n?",
        header in "\\{[\":,a-z0-9{}]{0,40}\\}?\n?",
    ) {
        prop_assert!(open(bytes.clone()).is_err());
        prop_assert!(open([format.as_bytes(), &bytes].concat()).is_err());
        prop_assert!(open([format.as_bytes(), header.as_bytes(), &bytes].concat()).is_err());
    }

    #[test]
    fn no_ciphertext_of_the_right_length_opens(seed in any::<u64>(), at in any::<prop::sample::Index>(), by in 1..=255u8) {
        let sealed = seal(Value::from(seed.to_string())).unwrap();
        let mut bytes = sealed.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        prop_assert!(open(bytes).is_err());
    }

    /// What authenticates and has another form, as another build may write, is refused by name.
    #[test]
    fn no_content_panics_the_reader(value in values()) {
        let _ = Content::restore(&value);
        let _ = Plan::restore(&value);
        // One wrong field among right ones.
        let mut stored = content(Value::Null).store();
        for name in ["plan", "options", "prints", "rows", "exports"] {
            stored = stored.with(name, value.clone());
            prop_assert!(Content::restore(&stored).is_err() || value == Value::list([]) || value.as_str().is_some());
        }
    }
}

#[test]
fn a_field_that_is_not_known_or_not_there_is_refused_by_name() {
    let stored = content(Value::Null).store();
    assert!(Content::restore(&stored).is_ok());
    let more = stored.with("later", true.into());
    let error = Content::restore(&more).unwrap_err().to_string();
    assert!(error.contains("Content") && error.contains("`later`"), "{error}");
    let less = stored.with("plan", stored.get("plan").with("parent_serial", Value::Null));
    let error = Content::restore(&less).unwrap_err().to_string();
    assert!(error.contains("`plan`: `parent_serial`"), "{error}");
}

#[test]
fn the_deepest_value_that_state_takes_is_sealed_and_a_deeper_one_refused() {
    let nested = |depth: usize| (0..depth).fold(Value::from("x"), |inner, _| Value::list([inner]));
    let deepest = nested(crate::state::VALUE_DEPTH_MAX);
    let opened = open(seal(deepest.clone()).unwrap().as_bytes().to_vec()).unwrap();
    assert_eq!(opened.plan(), &plan(deepest));
    let error = seal(nested(125)).unwrap_err().to_string();
    assert!(error.contains("nested deeper"), "{error}");
}

#[test]
fn the_header_is_readable_without_a_key_and_bound_to_the_content() {
    let sealed = seal(Value::Int(1)).unwrap();
    let text = String::from_utf8_lossy(sealed.as_bytes()).into_owned();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(format!("{MAGIC}{PLAN_FORMAT}").as_str()));
    let header: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(header["stack"]["stack"], "s");
    assert_eq!(header["created_at"], 5);
    // The same length, so only the content's tag can tell.
    let at = sealed.as_bytes().windows(3).position(|window| window == b":5,").unwrap() + 1;
    let mut bytes = sealed.as_bytes().to_vec();
    bytes[at] = b'6';
    assert!(matches!(open(bytes), Err(PlanFileError::Altered { .. })));
    // Another stack under the same key.
    let other = Codec::new(StackId::new("p", "t"), Some(DataKey::from_bytes([7; 32])));
    assert!(matches!(sealed.open(other), Err(PlanFileError::OtherStack { .. })));
    let other = Codec::new(StackId::new("p", "s"), Some(DataKey::from_bytes([8; 32])));
    assert!(matches!(sealed.open(other), Err(PlanFileError::OtherState { .. })));
}
