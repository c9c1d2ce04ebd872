//! Any text of a settings file is values or faults, each with a place inside the text and without
//! what a secret's key holds.

#![no_main]

use iac_core::Secret;
use iac_settings::{Fault, Origin, SETTINGS_BYTES_MAX, Validate, check_text, parse};
use libfuzzer_sys::fuzz_target;
use schemars::JsonSchema;
use serde::Deserialize;

/// Stands for every secret: the target puts it into the text where a secret may stand.
const CANARY: &str = "canary-2f9c61d0";
const NAME: &str = "fuzz.toml";

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the fields are for the schema and the reader")]
struct Shop {
    workers: u32,
    region: Option<String>,
    token: Option<Secret<String>>,
    rules: Option<Vec<Rule>>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the fields are for the schema and the reader")]
struct Rule {
    port: u16,
    password: Secret<String>,
}

impl Validate for Shop {}

fn check<'a>(text: &str, faults: impl IntoIterator<Item = &'a Fault>) {
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    for fault in faults {
        if let Some(Origin::File(place)) = &fault.origin {
            assert_eq!(&*place.file, NAME);
            assert!(place.line >= 1 && place.column >= 1, "{fault:?}");
            assert!(place.line as usize <= lines, "{fault:?} is beyond {lines} lines");
        }
        assert!(!fault.to_string().is_empty());
    }
}

fuzz_target!(|text: &str| {
    let (document, faults) = parse(NAME, text);
    check(text, &faults);
    let (again, faults_again) = parse(NAME, text);
    assert_eq!(faults, faults_again);
    assert_eq!(format!("{document:?}"), format!("{again:?}"));
    if text.len() > SETTINGS_BYTES_MAX {
        assert!(!faults.is_empty());
    }

    let found = check_text::<Shop>(NAME, text);
    check(text, found.iter());
    // What is not TOML is not right either.
    assert!(faults.is_empty() || found.iter().next().is_some());

    // A secret written in the open is refused and not repeated, whatever stands around it.
    if !text.contains(CANARY) {
        let planted = format!("token = \"{CANARY}\"\n{text}");
        let found = check_text::<Shop>(NAME, &planted);
        assert!(found.iter().next().is_some(), "a secret in the open was taken");
        assert!(!format!("{found} {found:?}").contains(CANARY), "{found}");
    }
});
