//! Faults that can be seen in inputs alone. Knows nothing of any kind of object; what is not known
//! yet passes.

use std::ops::RangeInclusive;

use iac_core::{Error, Result};

pub(crate) use iac_core::provider::Checker;

/// The name to create an object with. The engine fills it in where the program leaves it out.
pub(crate) fn required_name(name: &Option<String>) -> Result<&str> {
    name.as_deref().ok_or_else(|| Error::invalid("name", "the object needs a name"))
}

/// A rule for texts of `lengths` characters.
pub(crate) fn length(lengths: RangeInclusive<usize>) -> impl Fn(&str) -> Option<String> {
    move |text| {
        let length = text.chars().count();
        (!lengths.contains(&length)).then(|| {
            format!("has {length} characters; {} to {} are possible", lengths.start(), lengths.end())
        })
    }
}

/// A rule for domains: lower case, no final dot, at least two labels.
pub(crate) fn domain(text: &str) -> Option<String> {
    if text.ends_with('.') {
        return Some(format!("`{text}` has a final dot; leave it out"));
    }
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        return Some(format!("`{text}` has capital letters; write it in lower case"));
    }
    if !text.contains('.') {
        return Some(format!("`{text}` is no domain, such as `example.com`"));
    }
    hostname(text)
}

/// A rule for host names: letters, digits, `-` and, for services, `_`.
pub(crate) fn hostname(text: &str) -> Option<String> {
    const LABEL_LENGTH_MAX: usize = 63;
    const LENGTH_MAX: usize = 253;
    let is_label = |label: &str| {
        (1..=LABEL_LENGTH_MAX).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (text.len() > LENGTH_MAX || !text.split('.').all(is_label)).then(|| {
        format!(
            "`{text}` is no host name: letters, digits and `-` (not at an end), up to {LABEL_LENGTH_MAX} \
             characters between dots"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::Value;

    #[test]
    fn faults_name_the_path() {
        let value = Value::map([(
            "rules",
            Value::list([
                Value::map([("host", "a.example.com".into())]),
                Value::map([("host", "-".into()), ("ttl", Value::Int(7))]),
                Value::Unknown,
            ]),
        )]);
        let check = |rule: Checker<'_>| -> usize { rule.finish().len() };
        assert_eq!(check(Checker::new(&value)), 0);
        let faults = Checker::new(&value)
            .nested("rules", |rule| rule.text("host", hostname).number("ttl", 1..=2))
            .number("absent", 1..=2)
            .finish();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["rules[1].host", "rules[1].ttl"]);
        assert!(Checker::new(&Value::Unknown).text("host", hostname).finish().is_empty());
    }

    #[test]
    fn domains_and_lengths() {
        assert_eq!(domain("example.com"), None);
        for bad in ["example", "Example.com", "example.com.", "a..b", "-a.com"] {
            assert!(domain(bad).is_some(), "{bad}");
        }
        assert_eq!(length(1..=3)("abc"), None);
        assert!(length(1..=3)("").is_some());
    }
}
