//! No text that leaves this crate holds a secret, in any spelling, over the whole life of settings.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use iac_core::Secret;
use iac_settings::{Change, LoadOptions, Settings, Validate};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::shop::{Place, files};

const CANARY: &str = "ca/na+ry=\"ü\" 7f3d9b";

/// The secret as a text, and as libraries and services spell it.
fn spellings(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::to_string(secret).unwrap();
    let mut all = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        json.trim_matches('"').to_owned(),
        format!("{secret:?}").trim_matches('"').to_owned(),
        hex.to_uppercase(),
        hex,
        // A part that no spelling changes.
        "7f3d9b".to_owned(),
    ];
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        all.push(engine.encode(secret));
        // Inside of a longer text, away from its ends.
        all.push(engine.encode(format!("a{secret}")).get(4..20).unwrap().to_owned());
        all.push(engine.encode(format!("ab{secret}")).get(4..20).unwrap().to_owned());
    }
    all
}

fn assert_clean(text: &str, what: &str) {
    for spelling in spellings(CANARY) {
        assert!(!text.contains(&spelling), "{what} holds {spelling:?}: {text}");
    }
}

#[tokio::test]
async fn loading_showing_changing_and_printing() {
    let place = Place::new(&[("settings/base.toml", "region = \"nbg1\"\n")]);
    let options = place.options(&[("SHOP_DATABASE__PASSWORD", CANARY)]);
    let change = Change::secret("token", Secret::from(CANARY));
    let changed = place.settings().change(&options, &change).unwrap();
    let loaded = place.settings().load(&options).await.unwrap();
    assert_eq!(loaded.token.as_ref().unwrap().expose(), CANARY);
    assert_eq!(loaded.database.password.as_ref().unwrap().expose(), CANARY);
    let inspection = place.settings().inspect(&options);
    let entries: String =
        loaded.entries().iter().map(|entry| format!("{} {}\n", entry.key, entry.value)).collect();
    assert!(entries.contains("token [secret]"), "{entries}");
    for (what, text) in [
        ("the change", format!("{change:?} {changed:?}")),
        ("the options", format!("{options:?}")),
        ("the loaded settings", format!("{loaded:?} {loaded:#?}")),
        ("the settings themselves", format!("{:?}", *loaded)),
        ("the inspection", format!("{inspection:?}")),
        ("the entries", entries),
    ] {
        assert_clean(&text, what);
    }
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panic!("{loaded:?} {options:?}")))
        .unwrap_err();
    assert_clean(panic.downcast_ref::<String>().unwrap(), "a panic's message");
    for file in files(place.directory.path()) {
        assert_clean(&String::from_utf8_lossy(&file), "a file");
    }
}

#[tokio::test]
async fn secrets_in_wrong_places() {
    let quoted = toml_edit::Value::from(CANARY).to_string();
    let quoted = quoted.trim();
    for text in [
        format!("region = \"nbg1\"\ntoken = {quoted}\n"),
        format!("region = \"nbg1\"\ntokn = {quoted}\n"),
        format!("region = \"nbg1\"\ntoken = [{quoted}]\n"),
        format!("region = \"nbg1\"\ntoken = {{ sealed = {quoted} }}\n"),
        format!("region = \"nbg1\"\ntoken = {{ value = {quoted} }}\n"),
        format!("region = \"nbg1\"\ndatabase = {quoted}\n"),
        format!("region = \"nbg1\"\n[database]\npasswort = {quoted}\n"),
        format!("region = \"nbg1\"\ntoken = {CANARY}\n"),
        format!("region = \"nbg1\"\ntoken = \"{CANARY}\n"),
        format!("token = {quoted}\ntoken = {quoted}\n"),
        format!("region = \"nbg1\"\n[sealing]\nkey = [{quoted}]\n"),
    ] {
        let place = Place::new(&[("settings/dev.toml", &text)]);
        let options = place.options(&[]);
        let faults = place.settings().load(&options).await.unwrap_err();
        assert_clean(&format!("{faults} {faults:?}"), &text);
        assert_clean(&format!("{:?}", place.settings().inspect(&options)), &text);
        assert_clean(&format!("{:?}", iac_settings::parse("dev.toml", &text)), &text);
    }
    let place = Place::new(&[("settings/dev.toml", "region = \"nbg1\"\n")]);
    for options in [
        place.options(&[]).assign(format!("token={CANARY}")),
        place.options(&[]).assign(format!("tokn={CANARY}")),
        place.options(&[]).assign(format!("database.password={{ sealed = {quoted} }}")),
        place.options(&[("SHOP_TOKN", CANARY)]),
        place.options(&[("SHOP_TOKEN__X", CANARY)]),
        place.options(&[("SHOP_DATABASE", CANARY)]),
    ] {
        let faults = place.settings().load(&options).await.unwrap_err();
        assert_clean(&format!("{faults} {faults:?}"), "a fault");
        assert_clean(&format!("{:?} {options:?}", place.settings().inspect(&options)), "an inspection");
    }
}

/// A type whose own errors quote what they refuse, wherever it stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only ever read")]
struct Talkative {
    number: Option<Secret<u32>>,
    #[serde(flatten)]
    inner: Inner,
    either: Option<Either>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only ever read")]
struct Inner {
    port: Option<Secret<u16>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only ever read")]
enum Either {
    Number { secret: Secret<u32> },
    Flag { secret: Secret<bool>, also: bool },
}

impl Validate for Talkative {}

#[tokio::test]
async fn a_type_that_refuses_a_secrets_content_does_not_get_to_quote_it() {
    for (text, key) in [
        ("number = { env = \"S\" }", "number"),
        ("port = { env = \"S\" }", ""),
        ("[either]\nsecret = { env = \"S\" }\nalso = true", "either"),
    ] {
        let settings = Settings::<Talkative>::new().without_directory().compiled_in("dev.toml", text);
        let variables = iac_settings::Variables::of([("S", CANARY)]);
        let options = LoadOptions::new("shop", "dev").variables(variables);
        let faults = settings.load(&options).await.unwrap_err();
        assert_clean(&format!("{faults} {faults:?}"), text);
        assert!(faults.iter().any(|fault| fault.key.starts_with(key)), "{text}: {faults}");
    }
}

/// Secrets where a mistake is easy: in lists of tables, and beside plain alternatives.
#[derive(Debug, Deserialize, JsonSchema)]
struct Nested {
    #[serde(default)]
    accounts: Vec<Account>,
    #[serde(default)]
    keys: Vec<Secret<String>>,
    mixed: Option<Mixed>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only ever read")]
struct Account {
    name: String,
    password: Secret<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only ever read")]
enum Mixed {
    Count(u32),
    Key(Secret<String>),
}

impl Validate for Nested {}

#[tokio::test]
async fn secrets_in_lists_and_alternatives() {
    let quoted = toml_edit::Value::from(CANARY).to_string();
    let quoted = quoted.trim();
    for text in [
        format!("[[accounts]]\nname = \"a\"\npassword = {quoted}\n"),
        format!("[[accounts]]\nname = \"a\"\npasswort = {quoted}\n"),
        format!("accounts = [{quoted}]\n"),
        format!("keys = [{{ env = \"S\" }}, {quoted}]\n"),
        format!("keys = {quoted}\n"),
        format!("mixed = {quoted}\n"),
    ] {
        let settings = || Settings::<Nested>::new().without_directory().compiled_in("dev.toml", text.clone());
        let options = LoadOptions::new("shop", "dev").variables(iac_settings::Variables::of([("S", CANARY)]));
        let faults = settings().load(&options).await.unwrap_err();
        assert_clean(&format!("{faults} {faults:?}"), &text);
        let inspection = settings().inspect(&options);
        assert_clean(&format!("{inspection:?}"), &text);
    }
    let text = "keys = [{ env = \"S\" }]\nmixed = { env = \"S\" }\n[[accounts]]\nname = \"a\"\npassword = { env = \"S\" }\n";
    let settings = Settings::<Nested>::new().without_directory().compiled_in("dev.toml", text);
    let options = LoadOptions::new("shop", "dev").variables(iac_settings::Variables::of([("S", CANARY)]));
    let loaded = settings.load(&options).await.unwrap();
    assert_eq!(loaded.keys.first().unwrap().expose(), CANARY);
    assert_eq!(loaded.accounts.first().unwrap().password.expose(), CANARY);
    let shown: Vec<String> =
        loaded.entries().iter().map(|entry| format!("{} {}", entry.key, entry.value)).collect();
    assert_eq!(
        shown,
        ["accounts[0].name \"a\"", "accounts[0].password [secret]", "keys[0] [secret]", "mixed [secret]"]
    );
    assert!(matches!(&loaded.mixed, Some(Mixed::Key(key)) if key.expose() == CANARY));
    assert_clean(&format!("{loaded:?} {:?}", *loaded), text);
}
