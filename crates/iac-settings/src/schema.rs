//! [`Schema`]: what a settings struct allows, and how it is printed. Knows nothing of values.

use std::collections::{BTreeMap, BTreeSet};

use iac_core::SECRET_SCHEMA_KEYWORD;
use regex_lite::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};

use crate::document::{SEALING_KEY, SEALING_TABLE};

/// Largest compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Deepest chain of references and combinations followed in a schema.
const CHAIN_MAX: usize = 32;

/// The schema of a settings struct or of a secret source's reference.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    root: Json,
}

/// Deepest nesting of alternatives inside of alternatives that is looked through.
const ALTERNATIVES_DEPTH_MAX: usize = 4;

/// Everything that applies to one value: a schema, what it refers to and what it is combined of.
pub(crate) type Facets<'s> = Vec<&'s Json>;

impl Schema {
    pub(crate) fn of<T: JsonSchema>() -> Self {
        Self { root: schemars::schema_for!(T).to_value() }
    }

    pub(crate) fn from_json(root: Json) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Json {
        &self.root
    }

    /// Adds `schema` with its `$ref` and `allOf` followed.
    pub(crate) fn facets<'s>(&'s self, schema: &'s Json) -> Facets<'s> {
        let mut facets = Vec::new();
        self.collect(schema, 0, &mut facets);
        facets
    }

    fn collect<'s>(&'s self, schema: &'s Json, depth: usize, into: &mut Facets<'s>) {
        if depth > CHAIN_MAX {
            return;
        }
        into.push(schema);
        if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
            let target = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            target.into_iter().for_each(|target| self.collect(target, depth + 1, into));
        }
        for part in schema.get("allOf").and_then(Json::as_array).into_iter().flatten() {
            self.collect(part, depth + 1, into);
        }
    }

    /// The alternatives of a facet, without the one for nothing at all, which TOML cannot write.
    pub(crate) fn branches(facet: &Json) -> Option<Vec<&Json>> {
        let branches = facet.get("anyOf").or_else(|| facet.get("oneOf"))?.as_array()?;
        let is_null = |branch: &Json| branch.get("type").and_then(Json::as_str) == Some("null");
        Some(branches.iter().filter(|branch| !is_null(branch)).collect())
    }

    /// The facets of `schema` and of alternatives that leave no choice.
    pub(crate) fn settled<'s>(&'s self, schema: &'s Json) -> Facets<'s> {
        let mut facets = self.facets(schema);
        let mut at = 0;
        while let Some(facet) = facets.get(at) {
            if let Some([only]) = Self::branches(facet).as_deref() {
                facets.extend(self.facets(only));
            }
            at += 1;
            if facets.len() > CHAIN_MAX * CHAIN_MAX {
                break;
            }
        }
        facets
    }

    /// The properties by name, of all facets together.
    pub(crate) fn properties<'s>(facets: &Facets<'s>) -> BTreeMap<&'s str, &'s Json> {
        let objects = facets.iter().filter_map(|facet| facet.get("properties")?.as_object());
        objects.flatten().map(|(name, schema)| (name.as_str(), schema)).collect()
    }

    /// The schema of a key that is not a named property, where a table has any names or those that fit
    /// a pattern.
    pub(crate) fn other<'s>(facets: &Facets<'s>, key: &str) -> Option<&'s Json> {
        let patterns =
            facets.iter().filter_map(|facet| facet.get("patternProperties")?.as_object()).flatten();
        let fitting = patterns.filter(|(pattern, _)| pattern_fits(pattern, key));
        let any = facets.iter().filter_map(|facet| facet.get("additionalProperties"));
        fitting.map(|(_, schema)| schema).chain(any).find(|schema| !schema.is_boolean())
    }

    /// Whether a value may be left out, as `Option` says it.
    pub(crate) fn is_optional(schema: &Json) -> bool {
        let is_null = |branch: &Json| branch.get("type").and_then(Json::as_str) == Some("null");
        let branches = ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array());
        branches.flatten().any(is_null)
    }

    /// The schema of the value at `key` of a table of this schema. `None` if no such key can be.
    pub(crate) fn entry<'s>(&'s self, schema: &'s Json, key: &str) -> Option<&'s Json> {
        let mut facets = self.settled(schema);
        let chosen: Vec<&Json> = facets.iter().filter_map(|facet| Self::branches(facet)).flatten().collect();
        chosen.into_iter().for_each(|branch| facets.extend(self.facets(branch)));
        let named = facets.iter().filter_map(|facet| facet.get("properties")?.get(key));
        // Where alternatives differ about a key, it may be a secret.
        let named: Vec<&Json> = named.collect();
        let secret = named.iter().find(|schema| self.may_be_secret(schema));
        secret.or_else(|| named.first()).copied().or_else(|| Self::other(&facets, key))
    }

    /// The schema of an item of a list of this schema.
    pub(crate) fn item<'s>(&'s self, schema: &'s Json, index: usize) -> Option<&'s Json> {
        let facets = self.settled(schema);
        let prefix = facets.iter().find_map(|facet| facet.get("prefixItems")?.get(index));
        prefix.or_else(|| facets.iter().find_map(|facet| facet.get("items")))
    }

    /// Whether one of the alternatives of a value is a secret.
    pub(crate) fn may_be_secret(&self, schema: &Json) -> bool {
        self.may_be_secret_within(schema, 0)
    }

    fn may_be_secret_within(&self, schema: &Json, depth: usize) -> bool {
        let facets = self.settled(schema);
        facets.iter().any(|facet| marks_secret(facet))
            || depth < ALTERNATIVES_DEPTH_MAX
                && facets
                    .iter()
                    .filter_map(|facet| Self::branches(facet))
                    .flatten()
                    .any(|branch| self.may_be_secret_within(branch, depth + 1))
    }

    /// Whether a secret is anywhere in a value of this schema, however deep.
    pub(crate) fn holds_secret(&self, schema: &Json) -> bool {
        // By address: a schema may refer to itself.
        let mut seen: BTreeSet<*const Json> = BTreeSet::new();
        let mut left = vec![schema];
        while let Some(part) = left.pop() {
            if !seen.insert(std::ptr::from_ref(part)) {
                continue;
            }
            if marks_secret(part) {
                return true;
            }
            match part {
                Json::Object(fields) => {
                    if fields.contains_key("$ref") {
                        left.extend(self.settled(part));
                    }
                    left.extend(fields.values());
                }
                Json::Array(items) => left.extend(items),
                _ => {}
            }
        }
        false
    }

    /// The key that a program's struct has for a name as variables spell it: without regard to case,
    /// `-` and `_`.
    pub(crate) fn spelled(&self, schema: &Json, name: &str) -> Option<String> {
        let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
        let mut facets = self.settled(schema);
        let chosen: Vec<&Json> = facets.iter().filter_map(|facet| Self::branches(facet)).flatten().collect();
        chosen.into_iter().for_each(|branch| facets.extend(self.facets(branch)));
        Self::properties(&facets).keys().find(|key| plain(key) == plain(name)).map(|key| (*key).to_owned())
    }

    /// Pointers to the schemas of tables that are joined from several layers: what one file leaves out of
    /// such a table may stand in another. Lists and variants come from one layer as a whole.
    fn joined_tables(&self) -> BTreeSet<String> {
        let mut joined = BTreeSet::new();
        let mut left = vec![String::new()];
        while let Some(pointer) = left.pop() {
            let Some(Json::Object(fields)) = self.root.pointer(&pointer) else { continue };
            if !joined.insert(pointer.clone()) {
                continue;
            }
            let target =
                fields.get("$ref").and_then(Json::as_str).and_then(|target| target.strip_prefix('#'));
            left.extend(target.map(str::to_owned));
            for keyword in ["properties", "patternProperties"] {
                let names = fields.get(keyword).and_then(Json::as_object).into_iter().flat_map(Map::keys);
                left.extend(names.map(|name| format!("{pointer}/{keyword}/{}", escaped(name))));
            }
            left.push(format!("{pointer}/additionalProperties"));
            let parts = fields.get("allOf").and_then(Json::as_array).map_or(0, Vec::len);
            left.extend((0..parts).map(|part| format!("{pointer}/allOf/{part}")));
            for keyword in ["anyOf", "oneOf"] {
                let branches = fields.get(keyword).and_then(Json::as_array).into_iter().flatten();
                let is_null = |branch: &Json| branch.get("type").and_then(Json::as_str) == Some("null");
                let some: Vec<usize> =
                    branches.enumerate().filter(|(_, branch)| !is_null(branch)).map(|(at, _)| at).collect();
                if let [only] = some.as_slice() {
                    left.push(format!("{pointer}/{keyword}/{only}"));
                }
            }
        }
        joined
    }

    /// The schema of one settings file for people's editors: tables closed, secrets as the forms that may stand for one.
    pub(crate) fn printed(&self, sources: &BTreeMap<String, Json>) -> Json {
        let mut root = self.root.clone();
        for pointer in self.joined_tables() {
            if let Some(Json::Object(fields)) = root.pointer_mut(&pointer) {
                fields.remove("required");
            }
        }
        let forms = secret_forms(sources);
        dress(&mut root, &forms);
        if let Some(properties) = root.get_mut("properties").and_then(Json::as_object_mut) {
            properties.insert(
                SEALING_TABLE.into(),
                json!({
                    "type": "object",
                    "description": "The locked key to this file's sealed values, written by `config set --secret`",
                    "properties": { SEALING_KEY: { "type": "string" } },
                    "required": [SEALING_KEY],
                    "additionalProperties": false,
                }),
            );
        }
        root
    }
}

/// A pattern of a schema, whose `\d` and `\w` mean ASCII, as the patterns of JSON Schema do.
pub(crate) fn pattern_of(pattern: &str) -> Result<Regex, regex_lite::Error> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build()
}

/// Whether a text fits a pattern of a schema; one that cannot be read fits nothing.
pub(crate) fn pattern_fits(pattern: &str, text: &str) -> bool {
    pattern_of(pattern).is_ok_and(|compiled| compiled.is_match(text))
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether a schema says that the value is a secret.
pub(crate) fn marks_secret(facet: &Json) -> bool {
    facet.get(SECRET_SCHEMA_KEYWORD).is_some_and(|mark| mark == &Json::Bool(true))
}

fn secret_forms(sources: &BTreeMap<String, Json>) -> Vec<Json> {
    let form = |name: &str, schema: Json| {
        json!({
            "type": "object",
            "properties": { name: schema },
            "required": [name],
            "additionalProperties": false,
        })
    };
    let sealed = json!({ "type": "string", "description": "Encrypted by `config set --secret`" });
    let elsewhere = sources.iter().map(|(name, schema)| form(name, schema.clone()));
    std::iter::once(form("sealed", sealed)).chain(elsewhere).collect()
}

/// Closes tables and says what a secret looks like, everywhere in a schema.
fn dress(schema: &mut Json, forms: &[Json]) {
    match schema {
        Json::Object(fields) => {
            if fields.remove(SECRET_SCHEMA_KEYWORD).is_some() {
                fields.insert("oneOf".into(), forms.into());
                return;
            }
            fields.values_mut().for_each(|inner| dress(inner, forms));
            if closes(fields) {
                fields.insert("additionalProperties".into(), false.into());
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|inner| dress(inner, forms)),
        _ => {}
    }
}

/// Whether nothing but this schema's own properties can be in a table. One that is combined with
/// others stays open: each part would refuse the keys of the other.
fn closes(fields: &Map<String, Json>) -> bool {
    let is_table = fields.get("type").and_then(Json::as_str) == Some("object");
    let combined = ["$ref", "allOf", "anyOf", "oneOf", "additionalProperties", "unevaluatedProperties"];
    is_table
        && fields.get("properties").is_some_and(Json::is_object)
        && !combined.iter().any(|keyword| fields.contains_key(*keyword))
}
