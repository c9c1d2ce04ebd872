//! Labels: the marker labels that tie an object to its resource, and the rules for the user's own.
//! Knows nothing of any kind of object.

use std::collections::BTreeMap;

use iac_core::{Fault, Marker, Value};

/// Longest name part of a key, and longest value.
const LENGTH_MAX: usize = 63;
/// Longest prefix of a key.
const PREFIX_LENGTH_MAX: usize = 253;
/// A prefix that only the vendor uses.
const RESERVED_PREFIX: &str = "hetzner.cloud";

const STACK: &str = "iac-stack";
const URN: &str = "iac-urn";
const TOKEN: &str = "iac-token";
/// On a server: the image as the program names it. The API tells a system image's name, whatever the
/// program gave, and nothing once the image is gone.
const IMAGE: &str = "iac-image";
/// On a server that waits for its networks before it is started for the first time.
const HELD: &str = "iac-held";
/// On a server whose addresses change: the ids of those that are deleted once they have left it.
const LEAVING: &str = "iac-leaving";
/// Between the ids in a label's value.
const LEAVING_SEPARATOR: char = '.';

/// Labels as the API takes and gives them.
pub(crate) type Labels = BTreeMap<String, String>;

/// The user's labels with the marker's. For creates and for updates, which replace all labels.
pub(crate) fn marked(marker: &Marker, labels: &Labels) -> Labels {
    let stack = format!("{}.{}", marker.project(), marker.stack());
    let mut all = labels.clone();
    all.insert(STACK.into(), sanitised(&stack));
    all.insert(URN.into(), marker.urn_hash().into());
    all.insert(TOKEN.into(), marker.token().into());
    all
}

/// The labels without the marker's: what the user gave.
pub(crate) fn stripped(labels: Labels) -> Labels {
    labels.into_iter().filter(|(key, _)| !is_marker(key)).collect()
}

/// Notes which image a server is made from, if that can be a label's value.
pub(crate) fn note_image(labels: &mut Labels, image: &str) {
    if is_segment(image) {
        labels.insert(IMAGE.into(), image.into());
    }
}

/// The image that a server was made from, if it is noted.
pub(crate) fn noted_image(labels: &Labels) -> Option<&str> {
    labels.get(IMAGE).map(String::as_str)
}

/// Marks a server as not started yet. Reads show this label, so that after a crash the plan has an
/// update that starts the server and takes the label away.
pub(crate) fn hold(labels: &mut Labels) {
    labels.insert(HELD.into(), "start".into());
}

/// Whether the labels say that the server is not started yet.
pub(crate) fn is_held(labels: &Labels) -> bool {
    labels.contains_key(HELD)
}

/// Notes which addresses a server is about to lose for good. Reads show this label, so that after a
/// crash the plan has an update that deletes them and takes the label away.
pub(crate) fn note_leaving(labels: &mut Labels, ids: impl Iterator<Item = u64>) {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    if ids.is_empty() {
        labels.remove(LEAVING);
    } else {
        labels.insert(LEAVING.into(), ids.join(&LEAVING_SEPARATOR.to_string()));
    }
}

/// The addresses that a server was about to lose for good.
pub(crate) fn leaving(labels: &Labels) -> Vec<u64> {
    let ids = labels.get(LEAVING).map(String::as_str).unwrap_or_default();
    ids.split(LEAVING_SEPARATOR).filter_map(|id| id.parse().ok()).collect()
}

/// Whether the labels are those of an object that is a resource of some program.
pub(crate) fn is_marked(labels: &Labels) -> bool {
    labels.contains_key(TOKEN)
}

/// The token of the marker that an object carries.
#[cfg(feature = "explore")]
pub(crate) fn token(labels: &Labels) -> Option<&str> {
    labels.get(TOKEN).map(String::as_str)
}

/// The label selector that finds what a create with this marker made.
pub(crate) fn selector(marker: &Marker) -> String {
    format!("{TOKEN}=={}", marker.token())
}

fn is_marker(key: &str) -> bool {
    [STACK, URN, TOKEN, IMAGE].contains(&key)
}

/// A text as a label value.
fn sanitised(text: &str) -> String {
    let ends = |c: char| !c.is_ascii_alphanumeric();
    let replaced: String = text.chars().map(|c| if is_inner(c) { c } else { '-' }).take(LENGTH_MAX).collect();
    replaced.trim_matches(ends).to_owned()
}

fn is_inner(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn is_segment(text: &str) -> bool {
    text.len() <= LENGTH_MAX
        && text.chars().all(is_inner)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_prefix(text: &str) -> bool {
    let is_dns_label = |label: &str| {
        is_segment(label) && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    text.len() <= PREFIX_LENGTH_MAX && text.split('.').all(is_dns_label)
}

/// The faults of the map of labels in `field`. What is not known yet is left alone.
pub(crate) fn faults(field: &str, labels: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (key, value) in labels.as_map().into_iter().flatten() {
        let mut fault = |message: String| faults.push(Fault::new(format!("{field}.{key}"), message));
        if let Some(problem) = key_problem(key) {
            fault(problem);
        }
        if value.as_str().is_some_and(|text| !text.is_empty() && !is_segment(text)) {
            fault(format!(
                "a label's value is empty or has up to {LENGTH_MAX} letters, digits, `-`, `_` and `.`, with a \
                 letter or digit at both ends"
            ));
        }
    }
    faults
}

fn key_problem(key: &str) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if is_marker(key) || key == HELD || key == LEAVING {
        return Some(format!("`{key}` is a label of the engine; choose another key"));
    }
    if prefix == Some(RESERVED_PREFIX) {
        return Some(format!("the prefix `{RESERVED_PREFIX}/` is reserved by the vendor"));
    }
    if !is_segment(name) || prefix.is_some_and(|prefix| !is_prefix(prefix)) {
        return Some(format!(
            "a label's key has up to {LENGTH_MAX} letters, digits, `-`, `_` and `.`, with a letter or digit at \
             both ends, and may have a DNS name and `/` before it"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::{Urn, to_value};

    fn marker() -> Marker {
        let urn = Urn::new("philotes", "dev", "hetzner:server", &[], "web").unwrap();
        Marker::new(&urn, "0123456789abcdef0123456789abcdef")
    }

    #[test]
    fn marker_labels_go_in_and_come_out() {
        let user = Labels::from([("a".to_owned(), "b".to_owned())]);
        let all = marked(&marker(), &user);
        assert_eq!(all["iac-stack"], "philotes.dev");
        assert_eq!(all["iac-urn"].len(), 16);
        assert_eq!(all["iac-token"], "0123456789abcdef0123456789abcdef");
        assert_eq!(all.len(), 4);
        let values = to_value(&stripped(all.clone())).unwrap();
        assert_eq!(faults("labels", &values), []);
        assert_eq!(stripped(all), user);
        assert_eq!(selector(&marker()), "iac-token==0123456789abcdef0123456789abcdef");
    }

    #[test]
    fn addresses_that_leave_are_noted() {
        let mut labels = Labels::new();
        assert_eq!(leaving(&labels), Vec::<u64>::new());
        note_leaving(&mut labels, [u64::MAX >> 11, 7].into_iter());
        assert!(is_segment(&labels[LEAVING]));
        assert_eq!(leaving(&stripped(labels.clone())), [u64::MAX >> 11, 7]);
        note_leaving(&mut labels, std::iter::empty());
        assert!(labels.is_empty());
    }

    #[test]
    fn texts_become_label_values() {
        for (text, expected) in [
            ("philotes.dev", "philotes.dev"),
            ("-a b-", "a-b"),
            ("ä", ""),
            (&"x".repeat(80), &"x".repeat(63)),
        ] {
            assert_eq!(sanitised(text), expected);
            assert!(expected.is_empty() || is_segment(expected));
        }
    }

    #[test]
    fn label_syntax() {
        let long = "x".repeat(64);
        for (key, value, good) in [
            ("environment", "development", true),
            ("example.com/my", "label", true),
            ("just-a-key", "", true),
            ("a", "a.b_c-d", true),
            ("", "x", false),
            ("-a", "x", false),
            ("a b", "x", false),
            ("a", "-x", false),
            ("a", "ü", false),
            ("a", &long, false),
            (&long, "a", false),
            ("/a", "x", false),
            ("Example.com/a", "x", false),
            ("a/b/c", "x", false),
            ("hetzner.cloud/a", "x", false),
            ("iac-token", "x", false),
            ("iac-leaving", "x", false),
        ] {
            let faults = faults("labels", &Value::map([(key, Value::from(value))]));
            assert_eq!(faults.is_empty(), good, "{key}={value}: {faults:?}");
        }
        assert_eq!(faults("labels", &Value::map([("a", Value::Unknown)])), []);
        assert_eq!(faults("labels", &Value::Unknown), []);
    }
}
