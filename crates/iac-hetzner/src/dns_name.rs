//! What a DNS name may look like. Knows nothing of zones, resolvers or requests.

/// Longest name in characters, without a final dot.
const NAME_LENGTH_MAX: usize = 253;
/// Longest label in characters.
const LABEL_LENGTH_MAX: usize = 63;

/// Why `name` is no DNS name, if it is none. A final dot is fine; underscores are, as services
/// and keys are published under them; a wildcard is only as the first label.
pub(crate) fn fault_of(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        return Some("is empty".to_owned());
    }
    if name.len() > NAME_LENGTH_MAX {
        return Some(format!("is longer than {NAME_LENGTH_MAX} characters"));
    }
    for (index, label) in name.split('.').enumerate() {
        if label.is_empty() {
            return Some("has an empty label (two dots in a row, or one at the start)".to_owned());
        }
        if label.len() > LABEL_LENGTH_MAX {
            return Some(format!("has a label of more than {LABEL_LENGTH_MAX} characters"));
        }
        if label == "*" && index == 0 {
            continue;
        }
        if let Some(letter) = label.chars().find(|letter| !is_label_letter(*letter)) {
            return Some(format!(
                "contains {letter:?}; a name has letters, digits, `-` and `_`, and others as Punycode"
            ));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Some(format!("has the label {label:?}, which begins or ends with a hyphen"));
        }
    }
    None
}

fn is_label_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["example.org", "example.org.", "*.example.org", "_acme-challenge", "xn--bcher-kva", "a"]
        {
            assert_eq!(fault_of(good), None, "{good}");
        }
        for bad in ["", ".", "a..b", ".a", "a b", "bücher", "-a", "a-.b", "a.*", "ex*mple"] {
            assert!(fault_of(bad).is_some(), "{bad}");
        }
        assert!(fault_of(&"a".repeat(64)).is_some());
        assert!(fault_of(&["abcdefgh"; 30].join(".")).is_some());
    }
}
