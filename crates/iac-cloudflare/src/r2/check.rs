//! Faults in a bucket's inputs and rules that can be seen before anything is sent. Knows no requests.

use std::collections::BTreeSet;

use iac_core::{Fault, Value};

use crate::check::Checker;

/// Fewest and most characters of a bucket's name.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=63;
/// Most rules of one kind.
const RULES_MAX: usize = 1000;
/// Longest time that an answer about CORS may be kept, in seconds.
const CORS_AGE_SECONDS_MAX: i64 = 86_400;

pub(super) fn faults(inputs: &Value) -> Vec<Fault> {
    let mut faults = Checker::new(inputs).text("name", name).finish();
    faults.extend(each(inputs, "cors", cors));
    faults.extend(each(inputs, "lifecycle", lifecycle));
    faults.extend(each(inputs, "lock", lock));
    for field in ["cors", "lifecycle", "lock"] {
        let rules = inputs.get(field).as_list().unwrap_or_default();
        if rules.len() > RULES_MAX {
            faults.push(Fault::new(field, format!("has {} rules; {RULES_MAX} are possible", rules.len())));
        }
        faults.extend(twins(field, rules));
    }
    faults
}

/// Checks each rule that is known.
fn each(inputs: &Value, field: &str, check: impl Fn(Checker<'_>) -> Checker<'_>) -> Vec<Fault> {
    let rules = inputs.get(field).as_list().unwrap_or_default().iter().enumerate();
    let known = rules.filter(|(_, rule)| rule.as_map().is_some());
    let place =
        |index: usize, fault: Fault| Fault::new(format!("{field}[{index}].{}", fault.field), fault.message);
    known
        .flat_map(|(index, rule)| {
            check(Checker::new(rule)).finish().into_iter().map(move |fault| place(index, fault))
        })
        .collect()
}

/// A rule for the names of buckets.
fn name(text: &str) -> Option<String> {
    let good = NAME_LENGTH.contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    (!good).then(|| {
        format!(
            "`{text}` is no bucket name: {} to {} lower-case letters, digits and `-`, with a letter or digit at \
             both ends",
            NAME_LENGTH.start(),
            NAME_LENGTH.end()
        )
    })
}

fn cors(rule: Checker<'_>) -> Checker<'_> {
    let is_empty = |field: &str| rule.value(field).as_list().is_some_and(<[Value]>::is_empty);
    let (origins, methods) = (is_empty("allowed_origins"), is_empty("allowed_methods"));
    rule.text("allowed_origins", origin)
        .fault_if(origins, "allowed_origins", "a rule needs an origin; `*` is all")
        .fault_if(methods, "allowed_methods", "a rule needs a method")
        .number("max_age_seconds", 0..=CORS_AGE_SECONDS_MAX)
}

/// A rule for origins: scheme and host, without a path.
fn origin(text: &str) -> Option<String> {
    let host = text.split_once("://").map(|(_, host)| host);
    let good = text == "*" || host.is_some_and(|host| !host.is_empty() && !host.contains('/'));
    (!good).then(|| {
        format!(
            "`{text}` is no origin: it has a scheme and a host and no path, such as `https://example.com`"
        )
    })
}

fn lifecycle(rule: Checker<'_>) -> Checker<'_> {
    let given = |field: &str| rule.is_given(field);
    let deletes = (given("delete_after_seconds"), given("delete_on"));
    let moves = (given("infrequent_access_after_seconds"), given("infrequent_access_on"));
    let does_nothing =
        deletes == (false, false) && moves == (false, false) && !given("abort_multipart_after_seconds");
    rule.text("id", id)
        .text("delete_on", date)
        .text("infrequent_access_on", date)
        .fault_if(does_nothing, "id", "the rule does nothing: give it one of the times")
        .fault_if(
            deletes == (true, true),
            "delete_on",
            "an object is deleted at an age or on a date, not both",
        )
        .fault_if(
            moves == (true, true),
            "infrequent_access_on",
            "an object is moved at an age or on a date, not both",
        )
}

fn lock(rule: Checker<'_>) -> Checker<'_> {
    let ways = [
        rule.is_given("retain_seconds"),
        rule.is_given("retain_until"),
        *rule.value("indefinitely") == Value::Bool(true),
    ];
    let count = ways.into_iter().filter(|given| *given).count();
    let open = *rule.value("indefinitely") == Value::Unknown;
    rule.text("id", id).text("retain_until", date).number("retain_seconds", 1..=i64::MAX).fault_if(
        count > 1 || (count == 0 && !open),
        "retain_seconds",
        "give one of `retain_seconds`, `retain_until` and `indefinitely`",
    )
}

fn id(text: &str) -> Option<String> {
    text.trim().is_empty().then(|| "a rule needs a name".to_owned())
}

/// A rule for moments in RFC 3339 and UTC, as far as its shape goes.
fn date(text: &str) -> Option<String> {
    const SHAPE: &str = "0000-00-00T00:00:00Z";
    let fits =
        |(letter, shape): (char, char)| if shape == '0' { letter.is_ascii_digit() } else { letter == shape };
    let good = text.len() == SHAPE.len() && text.chars().zip(SHAPE.chars()).all(fits);
    (!good).then(|| format!("`{text}` is no moment in UTC such as `2027-01-01T00:00:00Z`"))
}

/// Rules of one name.
fn twins(field: &str, rules: &[Value]) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let ids = rules.iter().map(|rule| rule.get("id").as_str());
    ids.enumerate()
        .filter_map(|(index, id)| Some((index, id?)))
        .filter(|(_, id)| !seen.insert(*id))
        .map(|(index, id)| {
            Fault::new(format!("{field}[{index}].id"), format!("another rule is named `{id}`"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&'static str, Value)]) -> Vec<String> {
        faults(&Value::map(pairs.iter().cloned())).into_iter().map(|fault| fault.field).collect()
    }

    fn one(rule: &[(&'static str, Value)]) -> Value {
        Value::list([Value::map(rule.iter().cloned())])
    }

    #[test]
    fn names() {
        assert!(fields(&[("name", "shop-assets-1".into())]).is_empty());
        for bad in ["ab", "Shop", "-shop", "shop-", "a_b", &"x".repeat(64)] {
            assert_eq!(fields(&[("name", bad.into())]), ["name"], "{bad}");
        }
        assert!(faults(&Value::Unknown).is_empty());
    }

    #[test]
    fn rules() {
        let origins = |text: &str| one(&[("allowed_origins", Value::list([text.into()]))]);
        assert!(fields(&[("cors", origins("https://example.com:8443"))]).is_empty());
        assert_eq!(fields(&[("cors", origins("https://example.com/"))]), ["cors[0].allowed_origins[0]"]);
        assert_eq!(fields(&[("lifecycle", one(&[("id", "a".into())]))]), ["lifecycle[0].id"]);
        let both = [("id", "a".into()), ("delete_after_seconds", 5u32.into()), ("delete_on", Value::Unknown)];
        assert_eq!(fields(&[("lifecycle", one(&both))]), ["lifecycle[0].delete_on"]);
        let day = |text: &str| one(&[("id", "a".into()), ("delete_on", text.into())]);
        assert!(fields(&[("lifecycle", day("2027-01-01T00:00:00Z"))]).is_empty());
        assert_eq!(fields(&[("lifecycle", day("2027-01-01"))]), ["lifecycle[0].delete_on"]);
        assert_eq!(fields(&[("lock", one(&[("id", "a".into())]))]), ["lock[0].retain_seconds"]);
        let held = [("id", "a".into()), ("indefinitely", true.into())];
        assert!(fields(&[("lock", one(&held))]).is_empty());
        assert!(fields(&[("lock", Value::list([Value::Unknown]))]).is_empty());
        let twice = Value::list([Value::map(held.clone()), Value::map(held)]);
        assert_eq!(fields(&[("lock", twice)]), ["lock[1].id"]);
    }
}
