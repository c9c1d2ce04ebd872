//! Owns what names and record values the simulated DNS accepts, type by type. Knows no zones'
//! contents.
use std::net::{Ipv4Addr, Ipv6Addr};

const LABEL_BYTES_MAX: usize = 63;
const NAME_BYTES_MAX: usize = 253;
const TXT_STRING_BYTES_MAX: usize = 255;

/// The types of resource record sets.
pub(crate) const TYPES: [&str; 16] = [
    "A", "AAAA", "CAA", "CNAME", "DS", "HINFO", "HTTPS", "MX", "NS", "PTR", "RP", "SOA", "SRV", "SVCB",
    "TLSA", "TXT",
];

/// The name of a set below its zone; `@` is the zone itself.
pub(crate) fn check_name(name: &str, zone_name: &str) -> Result<(), &'static str> {
    if name == "@" {
        return Ok(());
    }
    if name.is_empty() {
        return Err("must not be empty");
    }
    if name.ends_with('.') {
        return Err("must not end with a dot");
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("must be in lower case");
    }
    if name == zone_name || name.strip_suffix(zone_name).is_some_and(|rest| rest.ends_with('.')) {
        return Err("must not end with the zone name");
    }
    if name.len() + 1 + zone_name.len() > NAME_BYTES_MAX {
        return Err("is too long");
    }
    let below_wildcard = name.strip_prefix("*.").unwrap_or(name);
    let valid = name == "*" || below_wildcard.split('.').all(is_label);
    if valid { Ok(()) } else { Err("is not a valid domain name") }
}

/// A record's value for a type.
pub(crate) fn check_value(kind: &str, value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("must not be empty");
    }
    if value.chars().any(char::is_control) {
        return Err("must not contain control characters");
    }
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let (valid, expected) = match (kind, words.as_slice()) {
        ("A", _) => (value.parse::<Ipv4Addr>().is_ok(), "must be an IPv4 address"),
        ("AAAA", _) => (value.parse::<Ipv6Addr>().is_ok(), "must be an IPv6 address"),
        ("CNAME" | "NS" | "PTR", words) => {
            (matches!(words, [target] if is_host(target)), "must be a domain name")
        }
        ("MX", words) => (
            matches!(words, [priority, host] if is_u16(priority) && is_host(host)),
            "must be a priority and a domain name",
        ),
        ("SRV", words) => (
            matches!(words, [priority, weight, port, host]
                if [priority, weight, port].into_iter().all(|word| is_u16(word)) && is_host(host)),
            "must be a priority, a weight, a port and a domain name",
        ),
        ("TXT", _) => {
            (is_quoted_strings(value, 1, usize::MAX), "must be one or more strings in double quotes")
        }
        ("HINFO", _) => (is_quoted_strings(value, 2, 2), "must be two strings in double quotes"),
        ("CAA", _) => (is_caa(value), "must be flags, a tag and a value in double quotes"),
        ("DS", words) => (
            matches!(words, [tag, algorithm, digest, hash @ ..]
                if is_u16(tag) && is_u8(algorithm) && is_u8(digest) && is_hexadecimal(hash)),
            "must be a key tag, an algorithm, a digest type and a digest",
        ),
        ("TLSA", words) => (
            matches!(words, [usage, selector, matching, data @ ..]
                if is_u8(usage) && is_u8(selector) && is_u8(matching) && is_hexadecimal(data)),
            "must be a usage, a selector, a matching type and data",
        ),
        ("RP", words) => (
            matches!(words, [mailbox, text] if is_host(mailbox) && is_host(text)),
            "must be two domain names",
        ),
        ("HTTPS" | "SVCB", words) => (
            matches!(words, [priority, target, parameters @ ..]
                if is_u16(priority) && is_host(target) && parameters.iter().all(|word| is_parameter(word))),
            "must be a priority, a domain name and parameters",
        ),
        ("SOA", words) => (
            matches!(words, [server, mailbox, numbers @ ..]
                if is_host(server) && is_host(mailbox) && numbers.len() == 5
                    && numbers.iter().all(|word| word.parse::<u32>().is_ok())),
            "must be two domain names and five numbers",
        ),
        _ => (false, "has an unknown type"),
    };
    if valid { Ok(()) } else { Err(expected) }
}

/// The name of a zone: a registrable domain in lower case.
pub(crate) fn check_zone_name(name: &str) -> Result<(), &'static str> {
    if name.ends_with('.') {
        return Err("must not end with a dot");
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("must be in lower case");
    }
    if !name.is_ascii() {
        return Err("must be transcribed to Punycode");
    }
    let labels: Vec<&str> = name.split('.').collect();
    let strict = |label: &&str| is_label(label) && !label.contains('_');
    if name.len() > NAME_BYTES_MAX || labels.len() < 2 || !labels.iter().all(strict) {
        return Err("is not a valid domain name");
    }
    if labels.last().is_some_and(|top| top.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("does not end with a public suffix");
    }
    if labels.len() > 2 && !has_suffix_of_two(&labels) {
        return Err("must not be a subdomain");
    }
    Ok(())
}

/// Whether three labels end with a public suffix of two, told by its second level: the whole
/// list of public suffixes is not kept here.
fn has_suffix_of_two(labels: &[&str]) -> bool {
    const SECOND_LEVELS: [&str; 12] =
        ["ac", "co", "com", "edu", "gov", "gv", "ltd", "me", "net", "or", "org", "plc"];
    const COUNTRY_BYTES: usize = 2;
    matches!(labels, [_, second, top] if top.len() == COUNTRY_BYTES && SECOND_LEVELS.contains(second))
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !label.is_empty()
        && label.len() <= LABEL_BYTES_MAX
        && label.bytes().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A domain name in a value: with a dot at its end, relative to the zone, `@` or the root.
fn is_host(name: &str) -> bool {
    if name == "@" || name == "." {
        return true;
    }
    let relative = name.strip_suffix('.').unwrap_or(name);
    relative.len() <= NAME_BYTES_MAX && relative.split('.').all(|label| is_label(&label.to_ascii_lowercase()))
}

fn is_u16(word: &str) -> bool {
    word.parse::<u16>().is_ok()
}

fn is_u8(word: &str) -> bool {
    word.parse::<u8>().is_ok()
}

fn is_hexadecimal(words: &[&str]) -> bool {
    !words.is_empty() && words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_parameter(word: &str) -> bool {
    let key = word.split('=').next().unwrap_or(word);
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_caa(value: &str) -> bool {
    let mut parts = value.splitn(3, ' ');
    let (Some(flags), Some(tag), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let known = ["issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"];
    is_u8(flags) && known.contains(&tag) && is_quoted_strings(text, 1, 1)
}

/// Whether the text is as many strings in double quotes, none of them too long.
fn is_quoted_strings(text: &str, count_min: usize, count_max: usize) -> bool {
    quoted_strings(text).is_some_and(|strings| {
        (count_min..=count_max).contains(&strings.len())
            && strings.iter().all(|string| string.len() <= TXT_STRING_BYTES_MAX)
    })
}

/// The strings of a text that consists of strings in double quotes, without their quotes; a
/// backslash takes the meaning from the character after it.
pub(crate) fn quoted_strings(text: &str) -> Option<Vec<String>> {
    let mut strings = Vec::new();
    let mut rest = text.chars();
    loop {
        match rest.next() {
            None => return Some(strings),
            Some(' ') => {}
            Some('"') => {
                let mut string = String::new();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '\\' => string.push(rest.next()?),
                        character => string.push(character),
                    }
                }
                strings.push(string);
            }
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TYPES, check_name, check_value, check_zone_name};

    #[test]
    fn names_of_sets() {
        for name in ["@", "*", "*.a", "www", "_acme-challenge.www", "xn--4bi"] {
            assert_eq!(check_name(name, "example.com"), Ok(()), "{name}");
        }
        for name in ["", "www.", "WWW", "www.example.com", "example.com", "a..b", "-a", "a b", "a.*", "é"] {
            assert!(check_name(name, "example.com").is_err(), "{name}");
        }
    }

    #[test]
    fn names_of_zones() {
        for name in ["example.com", "xn--mnchen-3ya.de", "example.co.uk"] {
            assert_eq!(check_zone_name(name), Ok(()), "{name}");
        }
        for name in ["com", "Example.com", "example.com.", "www.example.com", "münchen.de", "a_b.de", "10.1"]
        {
            assert!(check_zone_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn values_by_type() {
        let good = [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("CAA", "0 issue \"letsencrypt.org\""),
            ("CNAME", "www.example.com."),
            ("CNAME", "www"),
            ("DS", "12345 13 2 0a0b0c"),
            ("HINFO", "\"cpu\" \"os\""),
            ("HTTPS", "1 . alpn=h2,h3"),
            ("MX", "10 mail.example.com."),
            ("NS", "ns1.example.net."),
            ("PTR", "host.example.com."),
            ("RP", "admin.example.com. ."),
            ("SOA", "ns1.example.com. dns.example.com. 2026010100 86400 10800 3600000 3600"),
            ("SRV", "10 60 5060 sip.example.com."),
            ("SVCB", "0 svc.example.net."),
            ("TLSA", "3 1 1 aabb"),
            ("TXT", "\"v=spf1 -all\""),
            ("TXT", "\"one\" \"two \\\" quoted\""),
        ];
        for (kind, value) in good {
            assert_eq!(check_value(kind, value), Ok(()), "{kind} {value}");
        }
        for kind in TYPES {
            assert!(good.iter().any(|(of, _)| *of == kind), "{kind} has a good value");
        }
        let long = format!("\"{}\"", "x".repeat(256));
        let bad = [
            ("A", "2001:db8::1"),
            ("A", "192.0.2.256"),
            ("AAAA", "192.0.2.1"),
            ("CAA", "0 issue letsencrypt.org"),
            ("CNAME", "a b"),
            ("DS", "1 2 3"),
            ("MX", "mail.example.com."),
            ("MX", "70000 mail"),
            ("SRV", "1 2 sip"),
            ("TLSA", "3 1 1 xyz"),
            ("TXT", "unquoted"),
            ("TXT", "\"open"),
            ("TXT", &long),
            ("TXT", ""),
            ("SOA", "a. b. 1 2 3"),
            ("SPF", "\"x\""),
        ];
        for (kind, value) in bad {
            assert!(check_value(kind, value).is_err(), "{kind} {value}");
        }
    }
}
