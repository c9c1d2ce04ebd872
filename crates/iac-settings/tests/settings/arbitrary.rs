//! Whatever is written, nothing panics and every fault has a place.

use iac_settings::{LoadOptions, Origin, Settings, Variables, check_text};
use proptest::prelude::*;

use crate::shop::Shop;

/// Texts that get past the parser: keys that exist with values that do not fit.
fn nearly_settings() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "region",
        "workers",
        "database",
        "database.pool_size",
        "database.password",
        "labels",
        "token",
        "store",
        "store.kind",
        "store.secret_key",
        "admin_networks",
        "ratio",
        "sealing",
        "sealing.key",
        "other",
    ]);
    let value = prop::sample::select(vec![
        "1",
        "-1",
        "99999999999",
        "1.5",
        "nan",
        "true",
        "\"nbg1\"",
        "\"s3\"",
        "[]",
        "[1, \"a\", [2]]",
        "{}",
        "{ kind = \"s3\" }",
        "{ env = \"A\" }",
        "{ env = 1 }",
        "{ vault = {} }",
        "{ sealed = \"v1:AAAA\" }",
        "{ sealed = \"\" }",
        "{ command = [\"a\", 1] }",
        "{ command = { run = [] } }",
        "2026-11-21",
        "'''x'''",
    ]);
    prop::collection::vec((key, value), 0..8)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| format!("{key} = {value}\n")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(17), ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        for fault in check_text::<Shop>("a.toml", &text).iter() {
            prop_assert!(fault.origin.as_ref().and_then(Origin::position).is_some(), "{fault:?}");
        }
    }

    #[test]
    fn text_with_the_right_keys_and_odd_values(text in nearly_settings()) {
        let faults = check_text::<Shop>("a.toml", &text);
        for fault in faults.iter() {
            let place = fault.origin.as_ref().and_then(Origin::position);
            let lines = u32::try_from(text.lines().count()).unwrap().max(1);
            prop_assert!(place.is_some_and(|place| place.line <= lines), "{fault:?} in {text}");
        }
    }

    #[test]
    fn layers_of_odd_values(
        base in nearly_settings(), own in nearly_settings(), assignment in any::<String>(), value in any::<String>(),
    ) {
        let settings = Settings::<Shop>::new()
            .without_directory()
            .compiled_in("base.toml", base)
            .compiled_in("dev.toml", own)
            .variable_prefix("SHOP");
        let variables = Variables::of([("SHOP_DATABASE__POOL_SIZE", value.clone()), ("SHOP_STORE", value)]);
        let options = LoadOptions::new("shop", "dev").variables(variables).assign(assignment.clone());
        let inspection = settings.inspect(&options.assign(format!("labels.x={assignment}")));
        for fault in inspection.faults.iter() {
            prop_assert!(fault.origin.is_some(), "{fault:?}");
        }
    }
}
