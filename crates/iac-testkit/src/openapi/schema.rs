//! Owns the translation of OpenAPI schemas to JSON Schema 2020-12. Validates nothing itself.
use super::reference::{follow, resolve};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Nested branches deeper than this are not searched for property names: they form a cycle.
const BRANCH_DEPTH_MAX: usize = 16;

/// Words that say nothing about validity, or that are translated apart from the others.
const NOT_COPIED: [&str; 15] = [
    "description",
    "example",
    "examples",
    "title",
    "default",
    "deprecated",
    "externalDocs",
    "xml",
    "discriminator",
    "nullable",
    "readOnly",
    "writeOnly",
    "$id",
    "$schema",
    "$comment",
];

const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "string", "integer"];

/// Which way a value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the vendor: objects that name properties are closed, read-only properties refused.
    Request,
    /// From the vendor: objects are open, write-only properties not required.
    Response,
}

/// Where a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// It describes a value alone.
    Whole,
    /// It is one of several that describe the same value (`allOf`, `oneOf`, a definition).
    Branch,
}

/// The JSON Schema of an OpenAPI schema, with the definitions it needs.
pub(super) fn to_json_schema(document: &Value, schema: &Value, direction: Direction) -> Value {
    let mut translation = Translation {
        document,
        direction,
        closing: direction == Direction::Request,
        names: BTreeMap::new(),
        pending: Vec::new(),
    };
    let root = translation.schema(schema, Position::Whole, &BTreeSet::new());
    let mut definitions = Map::new();
    while let Some(reference) = translation.pending.pop() {
        let name = translation.name_of(&reference);
        let target = resolve(document, &reference).unwrap_or(&Value::Bool(true));
        let read_only = translation.flagged(target, 0);
        let definition = translation.schema(target, Position::Branch, &read_only);
        definitions.insert(name, definition);
    }
    match root {
        Value::Object(mut root) => {
            root.insert("$defs".to_owned(), Value::Object(definitions));
            Value::Object(root)
        }
        other => other,
    }
}

struct Translation<'a> {
    document: &'a Value,
    direction: Direction,
    closing: bool,
    /// Definition names by reference.
    names: BTreeMap<String, String>,
    pending: Vec<String>,
}

impl Translation<'_> {
    fn name_of(&mut self, reference: &str) -> String {
        if let Some(name) = self.names.get(reference) {
            return name.clone();
        }
        let name = format!("d{}", self.names.len());
        self.names.insert(reference.to_owned(), name.clone());
        self.pending.push(reference.to_owned());
        name
    }

    /// `flagged` names the properties, of this value, that the other direction alone may have.
    fn schema(&mut self, schema: &Value, position: Position, flagged: &BTreeSet<String>) -> Value {
        let Value::Object(source) = schema else {
            // A schema that is `true` or `false` is the same in JSON Schema; anything else is a
            // mistake in the description that forbids nothing.
            return Value::Bool(schema.as_bool().unwrap_or(true));
        };
        let own_flagged;
        let flagged = if position == Position::Whole {
            own_flagged = self.flagged(schema, 0);
            &own_flagged
        } else {
            flagged
        };
        let mut target = Map::new();
        if let Some(reference) = source.get("$ref").and_then(Value::as_str) {
            let name = self.name_of(reference);
            target.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
        }
        for (word, value) in source {
            self.word(word, value, source, flagged, &mut target);
        }
        if source.get("nullable") == Some(&Value::Bool(true)) {
            target = allow_null(target);
        }
        if position == Position::Whole && self.closing {
            let mut names = Names::default();
            self.collect_names(schema, 0, &mut names);
            if let Some(closing) = names.closing_schema() {
                let all = target.entry("allOf").or_insert_with(|| json!([]));
                if let Value::Array(all) = all {
                    all.push(closing);
                }
            }
        }
        Value::Object(target)
    }

    fn word(
        &mut self,
        word: &str,
        value: &Value,
        source: &Map<String, Value>,
        flagged: &BTreeSet<String>,
        target: &mut Map<String, Value>,
    ) {
        let translated = match word {
            "$ref" => return,
            _ if NOT_COPIED.contains(&word) || word.starts_with("x-") => return,
            "properties" | "patternProperties" => self.properties(value, flagged),
            "required" => match value.as_array() {
                Some(names) => self.required(names, flagged),
                // OpenAPI 2 style `required: true` on the property itself.
                None => return,
            },
            "items" | "additionalProperties" | "contains" | "propertyNames" => {
                self.schema(value, Position::Whole, &BTreeSet::new())
            }
            "prefixItems" => self.each(value, Position::Whole, &BTreeSet::new()),
            "not" | "if" => {
                // Closing what must not fit would let more pass, not less.
                let closing = std::mem::replace(&mut self.closing, false);
                let translated = self.schema(value, Position::Branch, flagged);
                self.closing = closing;
                translated
            }
            "then" | "else" => self.schema(value, Position::Branch, flagged),
            "allOf" | "anyOf" => self.each(value, Position::Branch, flagged),
            "oneOf" => {
                let branches = self.each(value, Position::Branch, flagged);
                // With a discriminator, one branch is meant by name: that others fit as well is
                // no fault of the value.
                let word = if source.contains_key("discriminator") { "anyOf" } else { "oneOf" };
                target.insert(word.to_owned(), branches);
                return;
            }
            "exclusiveMinimum" | "exclusiveMaximum" if value.is_boolean() => {
                let bound = if word == "exclusiveMinimum" { "minimum" } else { "maximum" };
                match (value.as_bool(), source.get(bound)) {
                    (Some(true), Some(limit)) => limit.clone(),
                    _ => return,
                }
            }
            "type" => match known_type(value) {
                Some(known) => known,
                None => return,
            },
            _ => value.clone(),
        };
        target.insert(word.to_owned(), translated);
    }

    fn each(&mut self, schemas: &Value, position: Position, flagged: &BTreeSet<String>) -> Value {
        let schemas = schemas.as_array().map(Vec::as_slice).unwrap_or_default();
        schemas.iter().map(|schema| self.schema(schema, position, flagged)).collect()
    }

    fn properties(&mut self, properties: &Value, flagged: &BTreeSet<String>) -> Value {
        let empty = Map::new();
        let properties = properties.as_object().unwrap_or(&empty);
        let translate = |(name, schema): (&String, &Value)| {
            let refused = self.direction == Direction::Request && flagged.contains(name);
            let schema = if refused {
                Value::Bool(false)
            } else {
                self.schema(schema, Position::Whole, &BTreeSet::new())
            };
            (name.clone(), schema)
        };
        Value::Object(properties.iter().map(translate).collect())
    }

    fn required(&self, names: &[Value], flagged: &BTreeSet<String>) -> Value {
        let stays = |name: &&Value| !name.as_str().is_some_and(|name| flagged.contains(name));
        names.iter().filter(stays).cloned().collect()
    }

    /// The read-only (in a request) or write-only (in an answer) properties of a value, from all
    /// schemas that describe it.
    fn flagged(&self, schema: &Value, depth: usize) -> BTreeSet<String> {
        let flag = match self.direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let schema = follow(self.document, schema);
        let mut names = BTreeSet::new();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if self.is_flagged(property, flag, depth) {
                names.insert(name.clone());
            }
        }
        if depth < BRANCH_DEPTH_MAX {
            for branch in ["allOf", "anyOf", "oneOf"].iter().flat_map(|word| branches(schema, word)) {
                names.extend(self.flagged(branch, depth + 1));
            }
        }
        names
    }

    /// Whether a property's schema, or one that it is composed of, carries the flag.
    fn is_flagged(&self, property: &Value, flag: &str, depth: usize) -> bool {
        let is_set = |schema: &Value| schema.get(flag) == Some(&Value::Bool(true));
        let followed = follow(self.document, property);
        is_set(property)
            || is_set(followed)
            || (depth < BRANCH_DEPTH_MAX
                && branches(followed, "allOf").any(|branch| self.is_flagged(branch, flag, depth + 1)))
    }

    /// Collects what the schemas of a value say about its property names.
    fn collect_names(&self, schema: &Value, depth: usize, names: &mut Names) {
        let schema = follow(self.document, schema);
        let map_of = |word| schema.get(word).and_then(Value::as_object).into_iter().flatten();
        names.exact.extend(map_of("properties").map(|(name, _)| name.clone()));
        names.patterns.extend(map_of("patternProperties").map(|(pattern, _)| pattern.clone()));
        let says_open = |word| schema.get(word).is_some_and(|value| *value != Value::Bool(false));
        names.open |= says_open("additionalProperties") || says_open("unevaluatedProperties");
        if depth >= BRANCH_DEPTH_MAX {
            return;
        }
        let single = ["then", "else"].iter().filter_map(|word| schema.get(*word));
        for branch in branches(schema, "allOf").chain(single) {
            self.collect_names(branch, depth + 1, names);
        }
        for alternative in branches(schema, "anyOf").chain(branches(schema, "oneOf")) {
            let mut own = Names::default();
            self.collect_names(alternative, depth + 1, &mut own);
            let is_object = follow(self.document, alternative).get("type") == Some(&json!("object"));
            // An alternative that is an object of which nothing more is said takes any names.
            names.open |= own.open || (is_object && own.exact.is_empty());
            names.exact.extend(own.exact);
            names.patterns.extend(own.patterns);
        }
    }
}

/// What the schemas of one value say about its property names.
#[derive(Default)]
struct Names {
    exact: BTreeSet<String>,
    patterns: BTreeSet<String>,
    /// Other names are welcome.
    open: bool,
}

impl Names {
    /// A schema that refuses all other names; none when they are welcome or none is named.
    ///
    /// `unevaluatedProperties` would not do: where a branch fails for another reason, it blames
    /// all names of that branch.
    fn closing_schema(&self) -> Option<Value> {
        if self.open || self.exact.is_empty() {
            return None;
        }
        let anything = |names: &BTreeSet<String>| -> Map<String, Value> {
            names.iter().map(|name| (name.clone(), Value::Bool(true))).collect()
        };
        Some(json!({
            "properties": anything(&self.exact),
            "patternProperties": anything(&self.patterns),
            "additionalProperties": false,
        }))
    }
}

fn branches<'a>(schema: &'a Value, word: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    schema.get(word).and_then(Value::as_array).into_iter().flatten()
}

/// A type, or list of types, that JSON Schema knows.
fn known_type(value: &Value) -> Option<Value> {
    let is_known = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    match value {
        Value::Array(names) => names.iter().all(is_known).then(|| value.clone()),
        _ => is_known(value).then(|| value.clone()),
    }
}

/// The same schema that also takes `null`. Vendors leave `null` out of a nullable `enum`; it is
/// meant all the same.
fn allow_null(mut schema: Map<String, Value>) -> Map<String, Value> {
    let composed = ["$ref", "allOf", "anyOf", "oneOf", "not", "const"];
    if composed.iter().any(|word| schema.contains_key(*word)) {
        let both = json!({ "anyOf": [schema, { "type": "null" }] });
        return both.as_object().cloned().unwrap_or_default();
    }
    if let Some(Value::String(name)) = schema.get("type") {
        let both = json!([name, "null"]);
        schema.insert("type".to_owned(), both);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    schema
}
