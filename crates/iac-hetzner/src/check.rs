//! Faults that can be seen in inputs alone: names, networks, ports, ranges.
//! Knows nothing of any kind of object; what is not known yet passes.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use iac_core::{Error, Result};

pub(crate) use iac_core::provider::Checker;

/// The name to create an object with. The engine fills it in where the program leaves it out.
pub(crate) fn required_name(name: &Option<String>) -> Result<&str> {
    name.as_deref().ok_or_else(|| Error::invalid("name", "the object needs a name"))
}

/// A rule for the names of most objects: not empty and at most `length_max` characters.
pub(crate) fn name(length_max: usize) -> impl Fn(&str) -> Option<String> {
    move |text| {
        let length = text.chars().count();
        (text.trim().is_empty() || length > length_max)
            .then(|| format!("a name has 1 to {length_max} characters, and this has {length}"))
    }
}

/// A rule for names with letters, digits, `-`, `_` and `.`, a letter or digit at both ends.
pub(crate) fn plain_name(length_max: usize) -> impl Fn(&str) -> Option<String> {
    move |text| {
        let good = text.len() <= length_max
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        (!good).then(|| {
            format!(
                "`{text}` is no valid name: up to {length_max} letters, digits, `-`, `_` and `.`, with a letter or \
                 digit at both ends"
            )
        })
    }
}

/// A rule for host names as RFC 1123 has them.
pub(crate) fn hostname(text: &str) -> Option<String> {
    const LABEL_LENGTH_MAX: usize = 63;
    const LENGTH_MAX: usize = 253;
    let is_label = |label: &str| {
        (1..=LABEL_LENGTH_MAX).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (text.len() > LENGTH_MAX || !text.split('.').all(is_label)).then(|| {
        format!(
            "`{text}` is no host name: letters, digits and `-` (not at an end), up to {LABEL_LENGTH_MAX} characters \
             between dots"
        )
    })
}

/// A network in CIDR notation.
pub(crate) fn parse_cidr(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let length_max = if address.is_ipv4() { 32 } else { 128 };
    let length = length.parse().ok().filter(|length| *length <= length_max)?;
    Some((address, length))
}

/// The first address of an IPv4 network.
pub(crate) fn network_address(address: Ipv4Addr, length: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() & mask)
}

/// A network as the API spells it: canonical address, no host bits. Other text stays as it is.
pub(crate) fn canonical_cidr(text: &str) -> String {
    match parse_cidr(text) {
        Some((IpAddr::V4(address), length)) => format!("{}/{length}", network_address(address, length)),
        Some((IpAddr::V6(address), length)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            format!("{}/{length}", std::net::Ipv6Addr::from_bits(address.to_bits() & mask))
        }
        None => text.to_owned(),
    }
}

/// A rule for networks of either family.
pub(crate) fn cidr(text: &str) -> Option<String> {
    parse_cidr(text)
        .is_none()
        .then(|| format!("`{text}` is no network in CIDR notation, such as `10.0.0.0/16`"))
}

/// A rule for private IPv4 networks without host bits and with a prefix in `lengths`.
pub(crate) fn private_network(lengths: RangeInclusive<u8>) -> impl Fn(&str) -> Option<String> {
    move |text| {
        let Some((IpAddr::V4(address), length)) = parse_cidr(text) else {
            return Some(format!("`{text}` is no IPv4 network in CIDR notation, such as `10.0.0.0/16`"));
        };
        if network_address(address, length) != address {
            let network = network_address(address, length);
            return Some(format!("`{text}` has host bits; the network is `{network}/{length}`"));
        }
        if !lengths.contains(&length) {
            return Some(format!(
                "`{text}` has the prefix length {length}; /{} to /{} are possible",
                lengths.start(),
                lengths.end()
            ));
        }
        (!address.is_private()).then(|| {
            format!("`{text}` is not inside a private range (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16)")
        })
    }
}

/// A rule for IPv4 addresses.
pub(crate) fn ipv4(text: &str) -> Option<String> {
    text.parse::<Ipv4Addr>().is_err().then(|| format!("`{text}` is no IPv4 address"))
}

/// A rule for a port or a range of ports, `80` or `8000-8999`.
pub(crate) fn port_range(text: &str) -> Option<String> {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let good = match text.split_once('-') {
        Some((first, last)) => {
            matches!((port(first), port(last)), (Some(first), Some(last)) if first <= last)
        }
        None => port(text).is_some(),
    };
    (!good).then(|| format!("`{text}` is no port (1 to 65535) and no range of ports, such as `8000-8999`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::Value;

    fn check(rule: impl Fn(&str) -> Option<String>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(rule(text), None);
        }
        for text in bad {
            assert!(rule(text).is_some(), "{text}");
        }
    }

    #[test]
    fn rules() {
        check(
            hostname,
            &["web", "web-1.example.com", "1a", &"x".repeat(63)],
            &["", "-a", "a-", "a_b", "a..b", "a.", "ü", &"x".repeat(64)],
        );
        check(plain_name(64), &["a", "a.b_c-1"], &["", ".a", "a b", &"x".repeat(65)]);
        check(name(5), &["a b"], &["", "  ", "123456"]);
        check(cidr, &["0.0.0.0/0", "::/0", "10.0.0.1/32"], &["10.0.0.0", "10.0.0.0/33", "x/8"]);
        check(
            private_network(8..=24),
            &["10.0.0.0/8", "192.168.0.0/16", "172.16.4.0/24"],
            &["10.0.0.0/25", "10.0.0.1/24", "11.0.0.0/8", "172.0.0.0/8", "fd00::/16", "10.0.0.0"],
        );
        check(port_range, &["1", "65535", "80-443"], &["0", "65536", "443-80", "any", "", "80-"]);
        check(ipv4, &["10.0.0.1"], &["10.0.0", "::1"]);
    }

    #[test]
    fn faults_name_the_path() {
        let value = Value::map([(
            "rules",
            Value::list([
                Value::map([("port", "80".into())]),
                Value::map([("port", "x".into()), ("ips", Value::list(["a".into(), Value::Unknown]))]),
                Value::Unknown,
            ]),
        )]);
        let faults = Checker::new(&value)
            .nested("rules", |rule| rule.text("port", port_range).text("ips", cidr))
            .items("rules", 0..=2)
            .number("absent", 1..=2)
            .finish();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["rules[1].port", "rules[1].ips[0]", "rules"]);
        assert!(
            Checker::new(&Value::Unknown)
                .text("port", port_range)
                .rule("labels", crate::label::faults)
                .finish()
                .is_empty()
        );
    }
}
