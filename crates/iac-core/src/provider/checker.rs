//! [`Checker`]: faults that can be seen in inputs alone. Knows no kind of object and no vendor.

use std::ops::RangeInclusive;

use crate::resource::Fault;
use crate::value::Value;

/// Collects the faults of one set of inputs, for [`Resource::check`](crate::Resource::check). What is not
/// known yet passes.
///
/// ```
/// use iac_core::Value;
/// use iac_core::provider::Checker;
///
/// let inputs = Value::map([("size", 5000i64.into()), ("tags", Value::list(["".into()]))]);
/// let not_empty = |text: &str| text.is_empty().then(|| "is empty".to_owned());
/// let faults = Checker::new(&inputs).number("size", 1..=4096).text("tags", not_empty).finish();
/// assert_eq!(faults[0].message, "5000 is outside 1 to 4096");
/// assert_eq!(faults[1].field, "tags[0]");
/// ```
#[derive(Debug)]
#[must_use]
pub struct Checker<'a> {
    value: &'a Value,
    /// Where `value` is inside the inputs, with a dot at its end, or empty.
    prefix: String,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    /// Checks `inputs`, or a part of them.
    pub fn new(inputs: &'a Value) -> Self {
        Self { value: inputs, prefix: String::new(), faults: Vec::new() }
    }

    /// The value of a field; null if there is none.
    pub fn value(&self, field: &str) -> &'a Value {
        self.value.get(field)
    }

    /// Whether a field is given, or may be.
    pub fn is_given(&self, field: &str) -> bool {
        *self.value(field) != Value::Null
    }

    /// Adds a fault of `field`.
    pub fn fault(&mut self, field: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(format!("{}{field}", self.prefix), message));
    }

    /// Adds a fault of `field` if there is one.
    pub fn fault_if(mut self, wrong: bool, field: &str, message: &str) -> Self {
        if wrong {
            self.fault(field, message);
        }
        self
    }

    /// Checks a field with a rule of the caller's own, which answers faults by the paths that it names.
    pub fn rule(mut self, field: &str, rule: impl FnOnce(&str, &Value) -> Vec<Fault>) -> Self {
        self.faults.extend(rule(&format!("{}{field}", self.prefix), self.value(field)));
        self
    }

    /// Checks a text, or every text of a list, with a rule that answers what is wrong.
    pub fn text(mut self, field: &str, rule: impl Fn(&str) -> Option<String>) -> Self {
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
    pub fn number(mut self, field: &str, range: RangeInclusive<i64>) -> Self {
        if let Some(number) = self.value(field).as_int().filter(|number| !range.contains(number)) {
            self.fault(field, format!("{number} is outside {} to {}", range.start(), range.end()));
        }
        self
    }

    /// Checks how many items a list has.
    pub fn items(mut self, field: &str, range: RangeInclusive<usize>) -> Self {
        let count = self.value(field).as_list().map(<[Value]>::len);
        if let Some(count) = count.filter(|count| !range.contains(count)) {
            self.fault(
                field,
                format!("has {count} items; {} to {} are possible", range.start(), range.end()),
            );
        }
        self
    }

    /// Checks a nested struct, or every one of a list.
    pub fn nested(mut self, field: &str, check: impl Fn(Checker<'a>) -> Checker<'a>) -> Self {
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

    /// What was found, in the order of the checks.
    #[must_use]
    pub fn finish(self) -> Vec<Fault> {
        self.faults
    }
}
