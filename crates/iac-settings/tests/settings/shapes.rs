//! Types that serde and schemars know and that are easily got wrong: each loads what serde would.

use std::collections::BTreeMap;
use std::net::IpAddr;

use iac_core::Secret;
use iac_settings::{Faults, LoadOptions, Settings, Validate, Variables};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Shapes {
    #[serde(default)]
    by_number: BTreeMap<u16, String>,
    #[serde(default)]
    pair: Option<(u32, String)>,
    tree: Option<Box<Tree>>,
    again: Option<Again>,
    either: Option<Either>,
    address: Option<IpAddr>,
    #[serde(flatten)]
    flat: Flat,
    ratio: Option<f32>,
    #[serde(default)]
    open: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Flat {
    depth: Option<u8>,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Inner {
    key: Option<Secret<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Tree {
    name: String,
    left: Option<Box<Tree>>,
    right: Option<Box<Tree>>,
}

/// Leads to itself without anything between.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "what leads to itself is never reached")]
enum Again {
    Number(u32),
    Again(Box<Again>),
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Either {
    Nothing,
    Number(u32),
    Named { name: String },
    Both(u32, bool),
}

impl Validate for Shapes {}

fn load(text: &str) -> Result<Shapes, Faults> {
    let settings = Settings::<Shapes>::new().without_directory().compiled_in("dev.toml", text);
    let options = LoadOptions::new("shop", "dev").variables(Variables::none());
    settings.load_without_secrets(&options).map(iac_settings::Loaded::into_inner)
}

#[test]
fn they_load() {
    let text = "pair = [1, \"a\"]\naddress = \"::1\"\nagain = 3\ndepth = 4\nratio = 1\nopen = { any = [1, \"x\"] }\n\
                [byNumber]\n80 = \"http\"\n443 = \"https\"\n[tree]\nname = \"a\"\n[tree.left]\nname = \"b\"\n";
    let shapes = load(text).unwrap();
    assert_eq!(shapes.by_number.get(&443).map(String::as_str), Some("https"));
    assert_eq!((shapes.pair, shapes.flat.depth, shapes.ratio), (Some((1, "a".into())), Some(4), Some(1.0)));
    assert_eq!(shapes.address, "::1".parse().ok());
    assert!(matches!(shapes.again, Some(Again::Number(3))));
    let tree = shapes.tree.unwrap();
    assert_eq!(
        (tree.name.as_str(), tree.left.unwrap().name.as_str(), tree.right.is_none()),
        ("a", "b", true)
    );
    assert_eq!(shapes.open.unwrap().to_string(), "{\"any\":[1,\"x\"]}");
    assert!(shapes.flat.inner.key.is_none());
    for (text, expected) in [
        ("either = \"nothing\"", Either::Nothing),
        ("either = { number = 3 }", Either::Number(3)),
        ("[either.named]\nname = \"x\"", Either::Named { name: "x".into() }),
        ("either = { both = [1, true] }", Either::Both(1, true)),
    ] {
        assert_eq!(load(text).unwrap().either, Some(expected), "{text}");
    }
}

#[test]
fn their_faults_are_told() {
    for (text, told) in [
        ("byNumber = { x = \"a\" }", "`byNumber.x` is not a known key"),
        ("byNumber = { 80 = 1 }", "`byNumber.80` must be text, and is 1"),
        ("byNumber = { 99999 = \"a\" }", "`byNumber.99999` is refused: "),
        ("pair = [1]", "`pair` must be a list of 2, and is a list of 1"),
        ("pair = [\"a\", \"b\"]", "`pair[0]` must be a whole number"),
        ("tree = { name = \"a\", left = { nam = \"b\" } }", "did you mean `tree.left.name`?"),
        ("again = \"x\"", "`again` "),
        ("either = \"nothin\"", "`either` must be one of \"nothing\", \"number\", \"named\", \"both\""),
        ("either = { number = -3 }", "`either.number` must be a number of at least 0, and is -3"),
        ("depth = 256", "`depth` must be a number between 0 and 255, and is 256"),
        ("address = \"here\"", "`address` must be an IP address, and is the text \"here\""),
        ("by_number = {}", "did you mean `byNumber`?"),
        ("key = 5", "`key` must be one of { sealed = … }"),
    ] {
        let faults = load(text).unwrap_err().to_string();
        assert!(faults.contains(told), "{text}: {faults}");
    }
}

#[test]
fn what_may_be_left_out_is_one_line() {
    let settings = Settings::<Shapes>::new().without_directory();
    let inspection = settings.inspect(&LoadOptions::new("shop", "dev").variables(Variables::none()));
    let keys: Vec<&str> = inspection.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(
        keys,
        ["address", "again", "byNumber", "depth", "either", "key", "open", "pair", "ratio", "tree"]
    );
}
