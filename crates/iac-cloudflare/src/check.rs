//! Faults that can be seen in inputs alone. Knows nothing of any kind of object; what is not known
//! yet passes.

use std::ops::RangeInclusive;

use iac_core::{Error, Fault, Result, Value};

/// Collects the faults of one set of inputs.
pub(crate) struct Checker<'a> {
    value: &'a Value,
    /// Where `value` is inside the inputs, with a dot at its end, or empty.
    prefix: String,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self { value, prefix: String::new(), faults: Vec::new() }
    }

    /// The value of a field; null if there is none.
    pub(crate) fn value(&self, field: &str) -> &'a Value {
        self.value.get(field)
    }

    /// Whether a field is given, or may be.
    pub(crate) fn is_given(&self, field: &str) -> bool {
        *self.value(field) != Value::Null
    }

    /// Adds a fault of `field`.
    pub(crate) fn fault(&mut self, field: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(format!("{}{field}", self.prefix), message));
    }

    /// Adds a fault of `field` if there is one.
    pub(crate) fn fault_if(mut self, wrong: bool, field: &str, message: &str) -> Self {
        if wrong {
            self.fault(field, message);
        }
        self
    }

    /// Checks a text, or every text of a list, with a rule that answers what is wrong.
    pub(crate) fn text(mut self, field: &str, rule: impl Fn(&str) -> Option<String>) -> Self {
        let value = self.value(field);
        if let Some(problem) = value.as_str().and_then(&rule) {
            self.fault(field, problem);
        }
        for (index, item) in value.as_list().unwrap_or_default().iter().enumerate() {
            if let Some(problem) = item.as_str().and_then(&rule) {
                self.fault(&format!("{field}[{index}]"), problem);
            }
        }
        self
    }

    /// Checks that a number is inside a range.
    pub(crate) fn number(mut self, field: &str, range: RangeInclusive<i64>) -> Self {
        if let Some(number) = self.value(field).as_int().filter(|number| !range.contains(number)) {
            self.fault(field, format!("{number} is outside {} to {}", range.start(), range.end()));
        }
        self
    }

    /// Checks a nested struct, or every one of a list.
    pub(crate) fn nested(mut self, field: &str, check: impl Fn(Checker<'a>) -> Checker<'a>) -> Self {
        let value = self.value(field);
        let mut visit = |value: &'a Value, at: String| {
            let inner = Checker { value, prefix: format!("{}{at}.", self.prefix), faults: Vec::new() };
            self.faults.extend(check(inner).faults);
        };
        match value.as_list() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    visit(item, format!("{field}[{index}]"));
                }
            }
            None if value.as_map().is_some() => visit(value, field.to_owned()),
            None => {}
        }
        self
    }

    pub(crate) fn finish(self) -> Vec<Fault> {
        self.faults
    }
}

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
