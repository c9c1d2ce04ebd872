//! How values of DNS records are written, which every DNS API has in common: quoting of texts, addresses in
//! their one spelling. Knows no vendor and no request.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest character string inside a TXT record, in bytes (RFC 1035, section 3.3).
const TEXT_CHUNK_LENGTH_MAX: usize = 255;
/// Digits of a byte that is written in decimal.
const DECIMAL_DIGITS: usize = 3;

/// A text as DNS APIs want it: in quotes, cut into character strings of at most 255 bytes.
///
/// ```
/// use iac_core::provider::dns;
///
/// assert_eq!(dns::quoted(r#"say "hi""#), r#""say \"hi\"""#);
/// assert_eq!(dns::unquoted(r#""v=DKIM1; " "p=MII""#), "v=DKIM1; p=MII");
/// ```
pub fn quoted(text: &str) -> String {
    let mut wire = String::from('"');
    let mut length = 0;
    for letter in text.chars() {
        if length + letter.len_utf8() > TEXT_CHUNK_LENGTH_MAX {
            wire.push_str("\" \"");
            length = 0;
        }
        length += letter.len_utf8();
        if matches!(letter, '"' | '\\') {
            wire.push('\\');
        }
        wire.push(letter);
    }
    wire.push('"');
    wire
}

/// The text of character strings in quotes, with `\"`, `\\` and `\226` (a byte in decimal; RFC 1035, section
/// 5.1) resolved. What is not in quotes, and what is no UTF-8 afterwards, stays as it is.
pub fn unquoted(wire: &str) -> String {
    if !wire.starts_with('"') {
        return wire.to_owned();
    }
    let mut text = Vec::with_capacity(wire.len());
    let mut inside = false;
    let mut rest = wire.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => inside = !inside,
            b'\\' if inside => {
                let (byte, after) = escaped(rest);
                text.extend(byte);
                rest = after;
            }
            _ if inside => text.push(*byte),
            _ => {}
        }
    }
    String::from_utf8(text).unwrap_or_else(|_| wire.to_owned())
}

/// What stands after a backslash, and what comes then.
fn escaped(rest: &[u8]) -> (Option<u8>, &[u8]) {
    if let Some((digits, after)) = rest.split_at_checked(DECIMAL_DIGITS)
        && digits.iter().all(u8::is_ascii_digit)
        && let Some(byte) = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok())
    {
        return (Some(byte), after);
    }
    rest.split_first().map_or((None, rest), |(byte, after)| (Some(*byte), after))
}

/// Why `text` is no IPv4 address, if it is none.
pub fn ipv4_fault(text: &str) -> Option<String> {
    text.parse::<Ipv4Addr>().err().map(|_| "is no IPv4 address, such as 203.0.113.7".to_owned())
}

/// Why `text` is no IPv6 address in its short form, if it is none: another spelling would come back from an
/// API as a difference.
pub fn ipv6_fault(text: &str) -> Option<String> {
    let Ok(address) = text.parse::<Ipv6Addr>() else {
        return Some("is no IPv6 address, such as 2001:db8::1".to_owned());
    };
    let short = address.to_string();
    (short != text).then(|| format!("is not in its short form; write {short:?}"))
}

/// Why `text` is not a text as programs give it, if it is none: with quotes of its own it would be quoted twice.
pub fn text_fault(text: &str) -> Option<String> {
    (text.len() > 1 && text.starts_with('"') && text.ends_with('"'))
        .then(|| "is in quotes; give the text alone, it is quoted for you".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_survives_quoting() {
        let check = |text: &str, wire: &str| {
            assert_eq!(quoted(text), wire);
            assert_eq!(unquoted(wire), text);
        };
        check("v=spf1 -all", r#""v=spf1 -all""#);
        check("", r#""""#);
        check(r#"say "hi" \o/"#, r#""say \"hi\" \\o/""#);
        let long = "k".repeat(300);
        check(&long, &format!("\"{}\" \"{}\"", "k".repeat(255), "k".repeat(45)));
        // A letter of several bytes is not cut in two.
        let wide = format!("{}ü", "k".repeat(254));
        check(&wide, &format!("\"{}\" \"ü\"", "k".repeat(254)));
        // Digits after a backslash of the text are not an escape.
        check(r"\226", r#""\\226""#);
    }

    #[test]
    fn what_servers_write_is_read() {
        assert_eq!(unquoted("bare"), "bare");
        assert_eq!(unquoted(r#""caf\195\169""#), "café");
        assert_eq!(unquoted(r#""a\;b""#), "a;b");
        assert_eq!(unquoted(r#""\999 \25""#), "999 25");
        assert_eq!(unquoted(r#""\255""#), r#""\255""#);
        assert_eq!(unquoted("\"open\\"), "open");
    }

    #[test]
    fn addresses_have_one_spelling() {
        assert_eq!(ipv4_fault("203.0.113.7"), None);
        assert_eq!(ipv6_fault("2001:db8::1"), None);
        for text in ["203.0.113", "203.0.113.256", "2001:db8::1", ""] {
            assert!(ipv4_fault(text).is_some(), "{text}");
        }
        for text in ["203.0.113.7", "2001:DB8:0::1", "2001:db8:0:0::1", ""] {
            assert!(ipv6_fault(text).is_some(), "{text}");
        }
    }
}
