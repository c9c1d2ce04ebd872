//! What is wrong with a record, seen in its inputs alone. Knows no requests.

use iac_core::{Fault, Value};

use super::content;
use super::record_type::RecordType;
use super::wire::COMMENT_LENGTH_MAX;
use crate::check::{self, Checker};

/// Seconds that resolvers may keep a record; 1 stands for "automatic". Enterprise zones have 30.
const TTL_RANGE: std::ops::RangeInclusive<i64> = 30..=86_400;
const TTL_AUTOMATIC: i64 = 1;
/// Longest name of a tag, in characters.
const TAG_NAME_LENGTH_MAX: usize = 32;
/// Longest value of a tag, in characters.
const TAG_VALUE_LENGTH_MAX: usize = 100;

/// The faults of a record's inputs.
pub(super) fn faults(inputs: &Value) -> Vec<Fault> {
    let kind = inputs.get("record_type").as_str().and_then(RecordType::parse);
    let mut checker = Checker::new(inputs)
        .text("name", name)
        .text("comment", check::length(1..=COMMENT_LENGTH_MAX))
        .text("tags", tag);
    if let Some(ttl) =
        inputs.get("ttl").as_int().filter(|ttl| *ttl != TTL_AUTOMATIC && !TTL_RANGE.contains(ttl))
    {
        let (least, most) = (TTL_RANGE.start(), TTL_RANGE.end());
        checker.fault("ttl", format!("{ttl} is neither 1 (automatic) nor {least} to {most} seconds"));
    }
    if *inputs.get("proxied") == Value::Bool(true) {
        if inputs.get("ttl").as_int().is_some_and(|ttl| ttl != TTL_AUTOMATIC) {
            checker.fault("ttl", "a proxied record has an automatic time: leave `ttl` out");
        }
        if let Some(kind) = kind.filter(|kind| !kind.is_proxiable()) {
            let message =
                format!("only A, AAAA and CNAME records can be proxied, and this is {}", kind.as_str());
            checker.fault("proxied", message);
        }
    }
    if let Some(kind) = kind {
        by_type(&mut checker, kind);
    }
    checker.finish()
}

fn by_type(checker: &mut Checker<'_>, kind: RecordType) {
    let shown = kind.as_str();
    let (has_content, has_data) = (checker.is_given("content"), checker.is_given("data"));
    match kind.data_fields() {
        Some((required, optional)) => {
            if has_content {
                checker.fault("content", format!("a {shown} record is given by `data`, not by a content"));
            }
            if !has_data {
                checker.fault("data", format!("a {shown} record needs `data` with {}", required.join(", ")));
            }
            data(checker, shown, required, optional);
        }
        None => {
            if has_data {
                checker.fault("data", format!("a {shown} record is given by `content`, not by data"));
            }
            if !has_content {
                checker.fault("content", format!("a {shown} record needs a `content`"));
            }
            let value = checker.value("content").as_str();
            if let Some(problem) = value.and_then(|value| content::fault_of(kind, value)) {
                checker.fault("content", problem);
            }
        }
    }
    if kind.has_priority() != checker.is_given("priority") && *checker.value("priority") != Value::Unknown {
        let message = if kind.has_priority() {
            format!("a {shown} record needs a priority; lower goes first")
        } else {
            format!("a {shown} record has no `priority` of its own")
        };
        checker.fault("priority", message);
    }
    if !kind.is_proxiable() {
        for field in ["ipv4_only", "ipv6_only"] {
            if *checker.value(field) == Value::Bool(true) {
                checker
                    .fault(field, format!("is for proxied A, AAAA and CNAME records, and this is {shown}"));
            }
        }
    }
    if kind != RecordType::Cname && *checker.value("flatten_cname") == Value::Bool(true) {
        checker.fault("flatten_cname", format!("is for CNAME records, and this is {shown}"));
    }
}

fn data(checker: &mut Checker<'_>, shown: &str, required: &[&str], optional: &[&str]) {
    let Some(fields) = checker.value("data").as_map() else { return };
    let given: Vec<&str> =
        fields.iter().filter(|(_, value)| **value != Value::Null).map(|(name, _)| &**name).collect();
    for field in required.iter().filter(|field| !given.contains(field)) {
        checker.fault(&format!("data.{field}"), format!("a {shown} record needs it"));
    }
    for field in given.into_iter().filter(|field| !required.contains(field) && !optional.contains(field)) {
        checker.fault(&format!("data.{field}"), format!("a {shown} record has no such part"));
    }
}

/// The whole name, in lower case: a first label may be `*`.
fn name(text: &str) -> Option<String> {
    if text == "@" || !text.contains('.') {
        return Some(format!(
            "`{text}` is not the whole name: write it with the zone's, such as `www.example.com`"
        ));
    }
    check::domain(text.strip_prefix("*.").unwrap_or(text))
}

fn tag(text: &str) -> Option<String> {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let good = (1..=TAG_NAME_LENGTH_MAX).contains(&name.chars().count())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        && value.chars().count() <= TAG_VALUE_LENGTH_MAX;
    (!good).then(|| {
        format!(
            "`{text}` is no tag: a name of up to {TAG_NAME_LENGTH_MAX} letters, digits, `-` and `_`, and after a \
             colon up to {TAG_VALUE_LENGTH_MAX} characters"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(entries: &[(&'static str, Value)]) -> Vec<String> {
        faults(&Value::map(entries.iter().cloned())).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn each_type_wants_its_own() {
        let a = ("record_type", Value::from("A"));
        let name = ("name", Value::from("www.example.com"));
        let content = ("content", Value::from("203.0.113.7"));
        assert!(fields(&[a.clone(), name.clone(), content.clone()]).is_empty());
        assert_eq!(fields(&[a.clone(), name.clone()]), ["content"]);
        assert!(fields(&[a.clone(), name.clone(), ("content", Value::Unknown)]).is_empty());
        assert_eq!(
            fields(&[a.clone(), name.clone(), content.clone(), ("priority", Value::Int(1))]),
            ["priority"]
        );
        let srv = ("record_type", Value::from("SRV"));
        let data = ("data", Value::map([("port", Value::Int(1)), ("tag", "x".into())]));
        assert_eq!(
            fields(&[srv, name.clone(), data]),
            ["data.priority", "data.weight", "data.target", "data.tag"]
        );
        assert_eq!(fields(&[a, ("name", "www".into()), content]), ["name"]);
    }

    #[test]
    fn what_is_proxied_has_an_automatic_time() {
        let base = [
            ("record_type", Value::from("TXT")),
            ("name", "*.example.com".into()),
            ("content", "x".into()),
            ("proxied", true.into()),
            ("ttl", Value::Int(300)),
        ];
        assert_eq!(fields(&base), ["ttl", "proxied"]);
        assert_eq!(fields(&[("ttl", Value::Int(2))]), ["ttl"]);
        assert_eq!(fields(&[("tags", Value::list(["a b".into(), "team:x".into()]))]), ["tags[0]"]);
    }
}
