//! How the single value of a record is written: by programs, and by the API. Knows no requests.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::record_type::RecordType;
use crate::check;

/// Longest character string of a text, in bytes.
const TEXT_CHUNK_LENGTH_MAX: usize = 255;
/// Longest text that the API takes, in characters.
const TEXT_LENGTH_MAX: usize = 2048;

/// A value as a program writes it, as the API wants it: a text in quotes, cut into character
/// strings of at most 255 bytes.
pub(super) fn to_wire(kind: RecordType, value: &str) -> String {
    if kind != RecordType::Txt {
        return value.to_owned();
    }
    let mut chunks = vec![String::new()];
    let mut length = 0;
    for letter in value.chars() {
        if length + letter.len_utf8() > TEXT_CHUNK_LENGTH_MAX {
            chunks.push(String::new());
            length = 0;
        }
        length += letter.len_utf8();
        if let Some(chunk) = chunks.last_mut() {
            if matches!(letter, '"' | '\\') {
                chunk.push('\\');
            }
            chunk.push(letter);
        }
    }
    chunks.iter().map(|chunk| format!("\"{chunk}\"")).collect::<Vec<_>>().join(" ")
}

/// A value as the API has it, as a program writes it. A text that is not in quotes stays as it is.
pub(super) fn from_wire(kind: RecordType, value: &str) -> String {
    if kind != RecordType::Txt || !value.starts_with('"') {
        return value.to_owned();
    }
    let mut text = String::new();
    let mut inside = false;
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => inside = !inside,
            '\\' if inside => text.extend(letters.next()),
            _ if inside => text.push(letter),
            _ => {}
        }
    }
    text
}

/// Why `value` is no value of a record of this type, if it is none.
pub(super) fn fault_of(kind: RecordType, value: &str) -> Option<String> {
    match kind {
        RecordType::A => value
            .parse::<Ipv4Addr>()
            .is_err()
            .then(|| format!("`{value}` is no IPv4 address, such as `203.0.113.7`")),
        RecordType::Aaaa => match value.parse::<Ipv6Addr>() {
            Err(_) => Some(format!("`{value}` is no IPv6 address, such as `2001:db8::1`")),
            // Another spelling could come back from the API as a difference.
            Ok(address) => {
                let short = address.to_string();
                (short != value).then(|| format!("`{value}` is not in its short form: write `{short}`"))
            }
        },
        RecordType::Cname | RecordType::Ns | RecordType::Ptr => check::domain(value),
        // A single dot says that there is no mail.
        RecordType::Mx if value == "." => None,
        RecordType::Mx => check::domain(value),
        RecordType::Txt if value.len() > 1 && value.starts_with('"') && value.ends_with('"') => {
            Some("is in quotes; give the text alone, it is quoted for you".to_owned())
        }
        RecordType::Txt if value.chars().count() > TEXT_LENGTH_MAX => {
            Some(format!("is longer than {TEXT_LENGTH_MAX} characters"))
        }
        _ => value.trim().is_empty().then(|| "is empty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_survives_quoting() {
        let check = |text: &str, wire: &str| {
            assert_eq!(to_wire(RecordType::Txt, text), wire);
            assert_eq!(from_wire(RecordType::Txt, wire), text);
        };
        check("v=spf1 -all", r#""v=spf1 -all""#);
        check("", r#""""#);
        check(r#"say "hi" \o/"#, r#""say \"hi\" \\o/""#);
        let long = "k".repeat(300);
        check(&long, &format!("\"{}\" \"{}\"", "k".repeat(255), "k".repeat(45)));
        assert_eq!(from_wire(RecordType::Txt, "unquoted"), "unquoted");
    }

    #[test]
    fn values_have_one_spelling() {
        let bad = |kind, value| fault_of(kind, value).is_some();
        assert!(!bad(RecordType::A, "203.0.113.7") && bad(RecordType::A, "203.0.113.256"));
        assert!(!bad(RecordType::Aaaa, "2001:db8::1") && bad(RecordType::Aaaa, "2001:DB8:0::1"));
        assert!(!bad(RecordType::Cname, "a.example.com") && bad(RecordType::Cname, "a.example.com."));
        assert!(!bad(RecordType::Mx, ".") && bad(RecordType::Txt, "\"v=spf1\""));
    }
}
