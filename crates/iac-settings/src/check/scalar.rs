//! Single values: types, ranges, lengths, patterns, formats. Knows nothing of tables.

use iac_core::Path;
use serde_json::Value as Json;

use super::Check;
use crate::document::parse_value;
use crate::fault::Fault;
use crate::node::{Content, Node};
use crate::schema::{Facets, pattern_of};

/// Most characters of a value shown in a message.
const SHOWN_MAX: usize = 60;

impl<'s> Check<'s> {
    /// Whether the value has the type that the schema asks for; a text from outside is read as it.
    pub(super) fn has_type(&mut self, node: &mut Node, facets: &Facets<'s>, path: &Path) -> bool {
        let types = type_names(facets);
        read_text(node, types.as_deref(), enumeration(facets).is_some());
        let Some(types) = types else { return true };
        if types.iter().any(|name| is_type(&node.content, name)) {
            return true;
        }
        let found = if wants_structure(facets) || self.hides {
            // What stands where a table should may be anything, a secret too.
            node.kind().to_owned()
        } else {
            shown(node)
        };
        let mut expected = type_words(&types);
        if let Some(allowed) = enumeration(facets) {
            expected = listed(&allowed);
        }
        let mut fault = Fault::mismatch(path.as_str(), expected, found);
        if wants_structure(facets) && node.origin.position().is_none() {
            fault = fault.way_out("write it as in a settings file: [\"a\", \"b\"] or { key = \"value\" }");
        }
        self.fault(fault, node);
        false
    }

    pub(super) fn scalar(&mut self, node: &mut Node, facets: &Facets<'s>, path: &Path) {
        if let Some(allowed) = enumeration(facets) {
            return self.one_of(node, &allowed, path);
        }
        let expectation = match &node.content {
            Content::Integer(number) => integer(*number, facets),
            Content::Float(number) => range(*number, facets),
            Content::String(text) => string(text, facets),
            _ => None,
        };
        if let Some(expected) = expectation {
            let found = self.shown(node);
            self.fault(Fault::mismatch(path.as_str(), expected, found), node);
        }
    }

    fn shown(&self, node: &Node) -> String {
        if self.hides { node.kind().to_owned() } else { shown(node) }
    }

    /// A value that must be one of a few.
    pub(super) fn one_of(&mut self, node: &mut Node, allowed: &[&Json], path: &Path) {
        if allowed.iter().all(|value| value.is_string()) {
            read_text(node, Some(&["string"]), true);
        } else {
            read_text(node, None, false);
        }
        if allowed.iter().any(|value| equals(&node.content, value)) {
            return;
        }
        let mut fault = Fault::mismatch(path.as_str(), listed(allowed), self.shown(node));
        if let Content::String(text) = &node.content
            && let Some(near) = super::nearest(text, allowed.iter().filter_map(|value| value.as_str()))
        {
            fault = fault.way_out(format!("did you mean {near:?}?"));
        }
        self.fault(fault, node);
    }
}

/// Gives a text from a variable or the command line the type that is asked for; where it does not
/// fit, it stays a text.
fn read_text(node: &mut Node, types: Option<&[&str]>, is_word: bool) {
    let Content::Text(text) = &node.content else { return };
    let wants = |name: &str| types.is_some_and(|types| types.contains(&name));
    let read = parse_value(text.trim(), &node.origin);
    let fits = |read: &Node| match types {
        Some(types) => types.iter().any(|name| is_type(&read.content, name)),
        None => true,
    };
    node.content = match read {
        // `"text"` in quotes stays as it is: a shell has taken those that were not meant.
        Some(read) if !is_word && !wants("string") && fits(&read) => read.content,
        _ => Content::String(text.clone()),
    };
}

/// The types of all facets that name any.
pub(super) fn type_names<'s>(facets: &Facets<'s>) -> Option<Vec<&'s str>> {
    let names = |value: &'s Json| match value {
        Json::String(name) => vec![name.as_str()],
        Json::Array(names) => names.iter().filter_map(Json::as_str).filter(|name| *name != "null").collect(),
        _ => Vec::new(),
    };
    facets.iter().find_map(|facet| facet.get("type")).map(names)
}

/// Whether only a table or a list can stand here.
pub(crate) fn wants_structure(facets: &Facets<'_>) -> bool {
    type_names(facets).is_some_and(|types| types.iter().all(|name| matches!(*name, "object" | "array")))
}

pub(super) fn type_words(types: &[&str]) -> String {
    let word = |name: &&str| match *name {
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "string" => "text",
        "array" => "a list",
        "object" => "a table",
        _ => "something else",
    };
    types.iter().map(word).collect::<Vec<_>>().join(" or ")
}

/// Whether the content is of one of the types; every content is where there are none.
pub(super) fn is_of(content: &Content, types: Option<&[&str]>) -> bool {
    types.is_none_or(|types| types.iter().any(|name| is_type(content, name)))
}

fn is_type(content: &Content, name: &str) -> bool {
    matches!(
        (content, name),
        (Content::Integer(_), "integer" | "number")
            | (Content::Float(_), "number")
            | (Content::Bool(_), "boolean")
            | (Content::String(_) | Content::Datetime(_), "string")
            | (Content::List(_), "array")
            | (Content::Table(_), "object")
    )
}

/// The values that `enum` and `const` allow.
pub(super) fn enumeration<'s>(facets: &Facets<'s>) -> Option<Vec<&'s Json>> {
    facets.iter().find_map(|facet| match (facet.get("enum"), facet.get("const")) {
        (Some(Json::Array(values)), _) => Some(values.iter().filter(|value| !value.is_null()).collect()),
        (_, Some(value)) => Some(vec![value]),
        _ => None,
    })
}

pub(super) fn listed(allowed: &[&Json]) -> String {
    let mut names: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    let last = names.pop().unwrap_or_default();
    if names.is_empty() { last } else { format!("{} or {last}", names.join(", ")) }
}

pub(super) fn equals(content: &Content, value: &Json) -> bool {
    match content {
        Content::String(text) | Content::Text(text) => value.as_str() == Some(text),
        Content::Integer(number) => value.as_i64() == Some(*number),
        Content::Float(number) => value.as_f64() == Some(*number),
        Content::Bool(found) => value.as_bool() == Some(*found),
        _ => false,
    }
}

/// A value for a message.
pub(super) fn shown(node: &Node) -> String {
    match &node.content {
        Content::Text(text) | Content::String(text) => {
            let short: String = text.chars().take(SHOWN_MAX).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("the text {short:?}{more}")
        }
        Content::Integer(number) => number.to_string(),
        // With its fraction, even where that is nothing.
        Content::Float(number) => format!("{number:?}"),
        Content::Bool(value) => value.to_string(),
        Content::Datetime(date) => format!("the date {date}"),
        _ => node.kind().to_owned(),
    }
}

/// What a whole number must be, if it is not.
fn integer(number: i64, facets: &Facets<'_>) -> Option<String> {
    let format = facets.iter().find_map(|facet| facet.get("format")?.as_str()).unwrap_or_default();
    let (least, most) = match format {
        "int8" => (i64::from(i8::MIN), i64::from(i8::MAX)),
        "int16" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "int32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        "uint8" => (0, i64::from(u8::MAX)),
        "uint16" => (0, i64::from(u16::MAX)),
        "uint32" => (0, i64::from(u32::MAX)),
        "uint" | "uint64" | "uint128" => (0, i64::MAX),
        _ => (i64::MIN, i64::MAX),
    };
    // A range of the program's own says more than the type's.
    range(number as f64, facets).or_else(|| {
        (number < least || number > most).then(|| format!("a whole number between {least} and {most}"))
    })
}

/// What a number must be, if it is not.
fn range(number: f64, facets: &Facets<'_>) -> Option<String> {
    let bound = |keyword: &str| facets.iter().find_map(|facet| facet.get(keyword)?.as_f64());
    let least = bound("minimum");
    let most = bound("maximum");
    let (above, below) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
    let fits = least.is_none_or(|bound| number >= bound)
        && most.is_none_or(|bound| number <= bound)
        && above.is_none_or(|bound| number > bound)
        && below.is_none_or(|bound| number < bound)
        && number.is_finite();
    if fits {
        return None;
    }
    Some(match (least, most, above, below) {
        (Some(least), Some(most), ..) => format!("a number between {least} and {most}"),
        (Some(least), ..) if number < least || !number.is_finite() => format!("a number of at least {least}"),
        (_, Some(most), ..) if number > most || !number.is_finite() => format!("a number of at most {most}"),
        (.., Some(above), _) if number <= above || !number.is_finite() => format!("a number above {above}"),
        (.., Some(below)) => format!("a number below {below}"),
        _ => "a number".to_owned(),
    })
}

/// What a text must be, if it is not.
fn string(text: &str, facets: &Facets<'_>) -> Option<String> {
    let bound = |keyword: &str| facets.iter().find_map(|facet| facet.get(keyword)?.as_u64());
    let length = text.chars().count() as u64;
    if let Some(least) = bound("minLength").filter(|least| length < *least) {
        let word = if least == 1 {
            "text that is not empty".to_owned()
        } else {
            format!("text of at least {least} characters")
        };
        return Some(word);
    }
    if let Some(most) = bound("maxLength").filter(|most| length > *most) {
        return Some(format!("text of at most {most} characters"));
    }
    for pattern in facets.iter().filter_map(|facet| facet.get("pattern")?.as_str()) {
        let fits = format!("text that fits the pattern `{pattern}`");
        match pattern_of(pattern) {
            Ok(compiled) if compiled.is_match(text) => {}
            Ok(_) => return Some(fits),
            // Letting it pass would be a check that never fails.
            Err(error) => {
                return Some(format!("{fits}, which is no pattern that the program can read ({error})"));
            }
        }
    }
    match facets.iter().find_map(|facet| facet.get("format")?.as_str()) {
        Some("ip") if text.parse::<std::net::IpAddr>().is_err() => Some("an IP address".into()),
        Some("ipv4") if text.parse::<std::net::Ipv4Addr>().is_err() => Some("an IPv4 address".into()),
        Some("ipv6") if text.parse::<std::net::Ipv6Addr>().is_err() => Some("an IPv6 address".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_cannot_be_read_lets_nothing_pass() {
        let facet = serde_json::json!({ "pattern": "(?P<" });
        let said = string("anything", &vec![&facet]).expect("the text is refused");
        assert!(said.starts_with("text that fits the pattern `(?P<`, which is no pattern"), "{said}");
    }

    #[test]
    fn digits_of_a_pattern_are_those_of_ascii() {
        let facet = serde_json::json!({ "pattern": r"^\d+$" });
        assert_eq!(string("12", &vec![&facet]), None);
        assert!(string("\u{0661}\u{0662}", &vec![&facet]).is_some());
    }
}
