//! The JSON Schema of the lines against the lines: nothing is written that it does not have, nothing
//! stands in it that is not written, and it only grows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use iac_cli::JSON_LINES_SCHEMA;
use iac_core::state::{Backend as _, Holder, RunKind, RunStatus, StackId, Status};
use iac_core::{Cancel, ErrorKind, Event, HookPhase, Op, ReplaceOrder, Stack};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

use crate::cloud::Machine;
use crate::desk::{Desk, NOW};
use crate::transcripts::{Declared, first};

/// The recorded form of the schema: one line for each promise.
const LOCK: &str = "schema/v1.lock";
/// Made instances of each kind of event.
const INSTANCES: u64 = 200;

fn schema() -> Json {
    serde_json::from_str(JSON_LINES_SCHEMA).expect("it is JSON")
}

/// The schema with everything refused that it does not name: what is published leaves room for later
/// versions, and a test leaves none.
fn strict(schema: &Json) -> Json {
    match schema {
        Json::Object(fields) => {
            let mut fields: Map<String, Json> =
                fields.iter().map(|(key, value)| (key.clone(), strict(value))).collect();
            if let Some(known) = known_values(schema) {
                return json!({ "enum": known });
            }
            let is_whole = fields.contains_key("properties") && fields.get("type") == Some(&json!("object"));
            if is_whole && !fields.contains_key("allOf") {
                fields.entry("additionalProperties").or_insert(Json::Bool(false));
            }
            Json::Object(fields)
        }
        Json::Array(items) => items.iter().map(strict).collect(),
        other => other.clone(),
    }
}

/// The values of an enumeration that may grow: it is written as its values or any text.
fn known_values(schema: &Json) -> Option<&Vec<Json>> {
    let choices = schema.get("anyOf")?.as_array()?;
    let known = choices.first()?.get("enum")?.as_array()?;
    (choices.get(1)? == &json!({ "type": "string" })).then_some(known)
}

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::draft202012::new(&strict(&schema())).expect("it is a schema"))
}

/// Holds everything that was written with `--json` to the schema.
pub(crate) fn check(stdout: &str) {
    for line in stdout.lines() {
        let content: Json = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        let errors: Vec<String> = validator()
            .iter_errors(&content)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "not as schema/v1.json has it: {line}\n{}", errors.join("\n"));
    }
}

fn transcripts() -> Vec<PathBuf> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")];
    let mut found = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}

/// Every JSON line of every transcript.
fn recorded_lines() -> Vec<String> {
    let texts = transcripts().into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter(|line| line.starts_with("{\"v\":")).collect()
}

/// One create fails, and what needs it is not tried.
fn failing(stack: &Stack) -> Declared {
    let big = stack.add("big", Machine::args().size(500u32))?;
    stack.add("next", Machine::args().size(1u32).peer(&big.address))?;
    Ok(())
}

fn one(stack: &Stack) -> Declared {
    stack.add("one", Machine::args().size(1u32))?;
    Ok(())
}

#[test]
fn what_goes_wrong_is_told_in_json_as_well() {
    let mut desk = Desk::default();
    // Requests are repeated and held up.
    desk.cloud.takes_time = true;
    assert_eq!(desk.run("up --yes --json", one).code, 0);
    assert_eq!(desk.run("destroy --yes --json", one).code, 0);
    desk.cloud.takes_time = false;
    assert_eq!(desk.run("up --yes --json --parallelism 1", failing).code, 1);
    // A create that is stopped, and never answers.
    desk.cancel = Cancel::new();
    desk.cloud.cancel = Some(desk.cancel.clone());
    desk.cloud.hangs = true;
    assert_eq!(desk.run("up --yes --json --no-refresh", one).code, 130);
    (desk.cloud.hangs, desk.cloud.cancel, desk.cancel) = (false, None, Cancel::new());
    // Somebody else has the stack, and then it is free and what was left open is found.
    let holder = Holder { id: "a-run".into(), name: "ci".into(), host: "build-7".into(), pid: 4711 };
    let stack = StackId::new("shop", "dev");
    let held = desk.backend.acquire(&stack, &holder, NOW, NOW + 9000);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(held).unwrap();
    assert_eq!(desk.run("plan --json --lease-wait 1", one).code, 1);
    desk.now += 10_000;
    assert_eq!(desk.run("up --yes --json", one).code, 0);
    assert_eq!(desk.run("replay 4 --json", one).code, 0);
    assert_eq!(desk.run("import --print fake:machine machine-2 --json", one).code, 0);
    desk.matches("json_failures");
}

#[test]
fn every_line_of_every_transcript_is_as_the_schema_says() {
    let lines = recorded_lines();
    assert!(lines.len() > 100, "{}", lines.len());
    lines.iter().for_each(|line| check(line));
}

#[test]
fn every_kind_of_line_and_event_in_the_schema_is_written_by_somebody() {
    let mut desk = Desk::default();
    desk.run("up --yes", first);
    let mut lines = recorded_lines();
    // What differs from run to run is in no transcript.
    lines.extend(desk.run("state export --json", first).stdout.lines().map(str::to_owned));
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for line in &lines {
        let content: Json = serde_json::from_str(line).unwrap();
        seen.insert(format!("line_{}", content["type"].as_str().unwrap()));
        if let Some(event) = content["event"].as_str() {
            seen.insert(format!("event_{event}"));
        }
    }
    let schema = schema();
    let defined = schema["$defs"].as_object().unwrap().keys();
    let kinds: BTreeSet<String> =
        defined.filter(|name| name.starts_with("line_") || name.starts_with("event_")).cloned().collect();
    let unseen: Vec<&String> = kinds.difference(&seen).collect();
    // Events that need another process or a lost answer; the instances below hold them to their types.
    assert_eq!(unseen, ["event_step_ambiguous"], "a transcript with `--json` is missing");
}

#[test]
fn the_schema_is_one_and_refuses_what_is_wrong() {
    let schema = schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let open = jsonschema::draft202012::new(&schema).unwrap();
    let outputs = |value: Json| json!({ "v": 1, "type": "outputs", "outputs": { "a": value } });
    assert!(open.is_valid(&outputs(json!({ "$secret": true }))));
    assert!(open.is_valid(&outputs(json!([1, { "b": { "$unknown": true } }]))));
    // A secret is never anything but its mark.
    assert!(!open.is_valid(&outputs(json!({ "$secret": "hunter2" }))));
    assert!(!open.is_valid(&outputs(json!({ "$unknown": false }))));
    assert!(!open.is_valid(&json!({ "v": 2, "type": "outputs", "outputs": {} })));
    assert!(!open.is_valid(&json!({ "v": 1, "type": "outputs" })));
    assert!(!open.is_valid(&json!({ "v": 1, "type": "event", "event": "refreshing" })));
    // A reader that knows this version takes what a later one adds.
    assert!(open.is_valid(&json!({ "v": 1, "type": "outputs", "outputs": {}, "later": 1 })));
    assert!(open.is_valid(&json!({ "v": 1, "type": "later", "anything": [] })));
    assert!(open.is_valid(&json!({ "v": 1, "type": "event", "event": "later" })));
    let strict = validator();
    assert!(!strict.is_valid(&json!({ "v": 1, "type": "outputs", "outputs": {}, "later": 1 })));
    assert!(!strict.is_valid(&json!({ "v": 1, "type": "event", "event": "later" })));
}

#[test]
fn every_event_that_fits_the_schema_is_one_and_comes_out_as_it_went_in() {
    const SEED: u64 = 0x1ac;
    let schema = strict(&schema());
    let kinds = schema["$defs"]["line_event"]["properties"]["event"]["enum"].as_array().unwrap();
    assert_eq!(kinds.iter().map(|kind| kind.as_str().unwrap()).collect::<Vec<_>>(), Event::KINDS);
    for (number, kind) in kinds.iter().enumerate() {
        let kind = kind.as_str().unwrap();
        let definition = &schema["$defs"][format!("event_{kind}")];
        let mut maker = Maker { schema: &schema, random: SEED + number as u64 };
        for _ in 0..INSTANCES {
            let made = maker.instance(definition);
            let line = serde_json::to_string(&made).unwrap();
            check(&line);
            let event: Event =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("seed {SEED}: {line}: {error}"));
            let mut written = serde_json::to_value(&event).unwrap();
            written["v"] = json!(1);
            written["type"] = json!("event");
            assert_eq!(written, made, "seed {SEED}");
            for required in definition["required"].as_array().unwrap() {
                let mut less = made.clone();
                less.as_object_mut().unwrap().remove(required.as_str().unwrap());
                assert!(!validator().is_valid(&less), "{less}");
            }
        }
    }
}

/// Makes values that fit the schema.
struct Maker<'a> {
    schema: &'a Json,
    random: u64,
}

impl Maker<'_> {
    /// A number below `bound`: xorshift, the same for the same seed.
    fn below(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % bound as u64).unwrap()
    }

    fn instance(&mut self, schema: &Json) -> Json {
        if let Some(name) = schema["$ref"].as_str() {
            return self.named(name.trim_start_matches("#/$defs/"));
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema["enum"].as_array().or(schema["anyOf"].as_array()) {
            let chosen = &values[self.below(values.len())];
            return if schema.get("enum").is_some() { chosen.clone() } else { self.instance(chosen) };
        }
        if let Some(types) = schema["type"].as_array() {
            let mut one = schema.clone();
            one["type"] = types[self.below(types.len())].clone();
            return self.instance(&one);
        }
        match schema["type"].as_str().unwrap() {
            "null" => Json::Null,
            "boolean" => json!(self.below(2) == 1),
            "integer" => {
                let most = schema["maximum"].as_u64().map_or(usize::MAX >> 12, |most| most as usize + 1);
                json!(self.below(most))
            }
            "string" => json!(["", "web", "äöü \u{7}\"\\\n", "a/b"][self.below(4)]),
            "object" => self.object(schema),
            other => panic!("no instance of {other}"),
        }
    }

    fn named(&mut self, name: &str) -> Json {
        let definition = self.schema["$defs"][name].clone();
        match (name, definition["allOf"].as_array()) {
            ("urn", _) => json!(format!("urn:shop:dev:fake:machine:n{}", self.below(9))),
            (_, Some(choices)) => {
                let chosen = choices[self.below(choices.len())]["then"].clone();
                self.instance(&chosen)
            }
            _ => self.instance(&definition),
        }
    }

    fn object(&mut self, schema: &Json) -> Json {
        let properties = schema["properties"].as_object().unwrap();
        properties.iter().map(|(name, property)| (name.clone(), self.instance(property))).collect()
    }
}

/// The names of an enumeration's values, from what serde expects.
fn names<T: DeserializeOwned>() -> BTreeSet<String> {
    let Err(error) = serde_json::from_value::<T>(json!("no such value")) else { panic!("accepted") };
    let error = error.to_string();
    let expected = error.split_once("expected ").expect("the values are told").1;
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn enumerations_have_the_values_of_their_types() {
    let schema = strict(&schema());
    let defined = |place: &Json| -> BTreeSet<String> {
        place["enum"].as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let defs = &schema["$defs"];
    assert_eq!(defined(&defs["op"]), names::<Op>());
    assert_eq!(defined(&defs["replace_order"]), names::<ReplaceOrder>());
    assert_eq!(defined(&defs["run_kind"]), names::<RunKind>());
    assert_eq!(defined(&defs["run_status"]), names::<RunStatus>());
    assert_eq!(defined(&defs["error_kind"]), names::<ErrorKind>());
    assert_eq!(defined(&defs["step_hook"]["properties"]["phase"]), names::<HookPhase>());
    assert_eq!(defined(&defs["line_resource"]["properties"]["status"]), names::<Status>());
}

/// What a schema promises, one line each: every property with whether it is always there and its form,
/// every value of an enumeration, every other form.
fn promises(schema: &Json) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |name: &str, definition: &Json| {
        if let Some(values) = known_values(definition) {
            found.extend(values.iter().map(|value| format!("{name} may be {value}")));
        }
        let Some(properties) = definition["properties"].as_object() else {
            found.insert(format!("{name} is {}", form(definition)));
            return;
        };
        let required = definition["required"].as_array();
        for (property, of) in properties {
            let always = required.is_some_and(|required| required.iter().any(|one| one == property));
            let word = if always { "required" } else { "optional" };
            found.insert(format!("{name}.{property} {word} {}", form(of)));
            for value in known_values(of).into_iter().flatten() {
                found.insert(format!("{name}.{property} may be {value}"));
            }
        }
        for choice in definition["allOf"].as_array().into_iter().flatten() {
            found.insert(format!("{name} has {}", form(choice)));
        }
    };
    add("", schema);
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        add(name, definition);
    }
    found
}

/// A schema as text, without what is for people and without the values of what may grow.
fn form(schema: &Json) -> String {
    fn bare(schema: &Json) -> Json {
        if known_values(schema).is_some() {
            return json!("enumeration");
        }
        match schema {
            Json::Object(fields) => fields
                .iter()
                .filter(|(key, _)| *key != "description")
                .map(|(key, value)| (key.clone(), bare(value)))
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
            Json::Array(items) => items.iter().map(bare).collect(),
            other => other.clone(),
        }
    }
    bare(schema).to_string()
}

/// What `now` breaks of what was promised: anything that is gone or has become something else, and
/// anything required that old lines do not have.
fn broken(before: &BTreeSet<String>, now: &BTreeSet<String>) -> Vec<String> {
    let definitions: BTreeSet<&str> =
        before.iter().filter_map(|promise| promise.split(['.', ' ']).next()).collect();
    let is_old =
        |promise: &str| promise.split(['.', ' ']).next().is_some_and(|name| definitions.contains(name));
    let gone = before.difference(now).map(|promise| format!("gone or changed: {promise}"));
    let demanded = now
        .difference(before)
        .filter(|promise| promise.contains(" required ") && is_old(promise))
        .map(|promise| format!("newly required: {promise}"));
    gone.chain(demanded).collect()
}

#[test]
fn the_published_schema_only_grows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LOCK);
    let now = promises(&schema());
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let before: BTreeSet<String> = stored.lines().map(str::to_owned).collect();
    let broken = broken(&before, &now);
    assert!(
        broken.is_empty(),
        "programs that read version 1 would break; take it back, or begin schema/v2.json:\n{}",
        broken.join("\n")
    );
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let text: String = now.iter().map(|promise| format!("{promise}\n")).collect();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let new: Vec<&String> = now.difference(&before).collect();
    assert!(new.is_empty(), "{LOCK} does not have yet (run with UPDATE_SNAPSHOTS=1 to promise it): {new:#?}");
}

#[test]
fn a_breaking_change_of_the_schema_is_seen_and_a_growing_one_is_not() {
    let before = schema();
    let changed = |pointer: &str, change: &dyn Fn(&mut Json)| {
        let mut now = before.clone();
        change(now.pointer_mut(pointer).expect("the schema has it"));
        broken(&promises(&before), &promises(&now)).len()
    };
    let remove = |name: &'static str| move |of: &mut Json| drop(of.as_object_mut().unwrap().remove(name));
    let insert = |name: &'static str, what: Json| move |of: &mut Json| of[name] = what.clone();
    let push = |what: Json| move |of: &mut Json| of.as_array_mut().unwrap().push(what.clone());
    assert_eq!(changed("/$defs/step/properties", &remove("urn")), 1);
    assert_eq!(changed("/$defs", &remove("line_health")), 7);
    assert!(changed("/$defs/step/properties/forced", &insert("type", json!("string"))) > 0);
    assert!(changed("/$defs/step/required", &|of| drop(of.as_array_mut().unwrap().remove(0))) > 0);
    assert!(changed("/$defs/step/required", &push(json!("read_at"))) > 0);
    assert!(changed("/$defs/op/anyOf/0/enum", &|of| drop(of.as_array_mut().unwrap().remove(0))) > 0);
    assert!(changed("/$defs/line_event/allOf", &|of| drop(of.as_array_mut().unwrap().remove(0))) > 0);

    assert_eq!(changed("/$defs/step/properties", &insert("later", json!({ "type": "string" }))), 0);
    assert_eq!(changed("/$defs/op/anyOf/0/enum", &push(json!("later"))), 0);
    assert_eq!(changed("/$defs/step/properties/forced", &insert("description", json!("said better"))), 0);
    let later = json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "string" } } });
    assert_eq!(changed("/$defs", &insert("line_later", later)), 0);
}

#[test]
fn the_schema_is_printed_without_stack_or_state() {
    let mut desk = Desk::default();
    let plain = desk.run("schema json --state /nowhere/at/all", first);
    assert_eq!((plain.code, plain.stdout.as_str()), (0, JSON_LINES_SCHEMA));
    let line = desk.run("schema json --json", first);
    let line: Json = serde_json::from_str(line.stdout.trim()).unwrap();
    assert_eq!(line["schema"], schema());
}
