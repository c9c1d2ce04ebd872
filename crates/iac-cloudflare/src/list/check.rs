//! What is wrong with the inputs of a list. Knows no requests; what is not known yet passes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use iac_core::{Fault, Value};

use super::item::ListKind;
use super::wire::WILDCARD;
use crate::check::{self, Checker, length};
use crate::marked;

/// Longest description, with its marker.
const DESCRIPTION_LENGTH_MAX: usize = 500;
/// Longest name.
const NAME_LENGTH_MAX: usize = 50;
/// Longest comment of an item.
const COMMENT_LENGTH_MAX: usize = 500;
/// Most items of one list.
pub(super) const ITEMS_MAX: usize = 10_000;
/// The shortest prefix of an IPv4 network.
const IPV4_PREFIX_MIN: u8 = 8;

pub(super) fn faults(inputs: &Value) -> Vec<Fault> {
    let checker = Checker::new(inputs);
    let kind = checker.value("kind").as_str().and_then(ListKind::parse);
    let count = checker.value("items").as_list().map(<[Value]>::len);
    let mut checker = checker
        .text("name", name)
        .text("description", length(0..=DESCRIPTION_LENGTH_MAX - marked::LENGTH))
        .fault_if(count > Some(ITEMS_MAX), "items", "a list has at most 10000 items")
        .nested("items", |item| check_item(item, kind));
    repeated(&mut checker);
    checker.finish()
}

fn name(text: &str) -> Option<String> {
    let good = (1..=NAME_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!good).then(|| {
        format!(
            "`{text}` is no name of a list: up to {NAME_LENGTH_MAX} letters, digits and `_`, as in `$my_list`"
        )
    })
}

/// Items that mean the same: the API would take one of them.
fn repeated(checker: &mut Checker<'_>) {
    let mut seen = BTreeSet::new();
    let items = checker.value("items").as_list().unwrap_or_default();
    for (index, item) in items.iter().enumerate() {
        let key = [
            item.get("ip"),
            item.get("hostname").get("url_hostname"),
            item.get("redirect").get("source_url"),
        ]
        .into_iter()
        .find_map(|value| value.as_str().map(str::to_ascii_lowercase))
        .or_else(|| item.get("asn").as_int().map(|number| number.to_string()));
        if let Some(key) = key
            && !seen.insert(key.clone())
        {
            checker.fault(&format!("items[{index}]"), format!("`{key}` is in the list already"));
        }
    }
}

fn check_item<'a>(mut item: Checker<'a>, kind: Option<ListKind>) -> Checker<'a> {
    if let Some(kind) = kind {
        for field in ["ip", "asn", "hostname", "redirect"] {
            let given = item.is_given(field);
            if given && field != kind.field() {
                item.fault(field, format!("a list of the kind `{}` has no such items", kind.field()));
            }
            if !given && field == kind.field() {
                item.fault(field, "the item has no value");
            }
        }
    }
    item.text("ip", network)
        .text("comment", length(0..=COMMENT_LENGTH_MAX))
        .nested("hostname", |hostname| {
            let name = hostname.value("url_hostname").as_str();
            let is_wildcard = name.map(|name| name.starts_with(WILDCARD));
            let includes = hostname.value("include_domain_itself") == &Value::Bool(true);
            hostname
                .text("url_hostname", |text| check::hostname(text.strip_prefix(WILDCARD).unwrap_or(text)))
                .fault_if(
                    includes && is_wildcard == Some(false),
                    "include_domain_itself",
                    "only a wildcard, such as `*.example.com`, leaves the domain itself out",
                )
        })
        .nested("redirect", |redirect| {
            let status = redirect.value("status_code").as_int();
            let suffix = redirect.value("preserve_path_suffix") == &Value::Bool(true);
            let below = redirect.value("subpath_matching") == &Value::Null
                || redirect.value("subpath_matching") == &Value::Bool(false);
            redirect
                .text("source_url", source)
                .text("target_url", target)
                .fault_if(
                    status.is_some_and(|status| ![301, 302, 307, 308].contains(&status)),
                    "status_code",
                    "it is 301, 302, 307 or 308",
                )
                .fault_if(suffix && below, "preserve_path_suffix", "it goes with `subpath_matching`")
        })
}

fn network(text: &str) -> Option<String> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let no_network = || Some(format!("`{text}` is no address and no network in CIDR notation"));
    let Ok(address) = address.parse::<IpAddr>() else { return no_network() };
    let prefix = prefix?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    match prefix.parse::<u8>() {
        Ok(prefix) if prefix > most => no_network(),
        Ok(prefix) if address.is_ipv4() && prefix < IPV4_PREFIX_MIN => {
            Some(format!("`{text}` is too large: an IPv4 network has a prefix of at least {IPV4_PREFIX_MIN}"))
        }
        Ok(_) => None,
        Err(_) => no_network(),
    }
}

fn source(text: &str) -> Option<String> {
    if text.contains(['?', '#']) {
        return Some(format!("`{text}` has a query or a fragment, which no source has"));
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    (!host.contains('.')).then(|| format!("`{text}` is no address, such as `example.com/old`"))
}

fn target(text: &str) -> Option<String> {
    (!text.starts_with("http://") && !text.starts_with("https://"))
        .then(|| format!("`{text}` is no address: it begins with `https://` or `http://`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn fields(inputs: Json) -> Vec<String> {
        faults(&Value::from_json(&inputs).unwrap()).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn items_are_of_the_lists_kind() {
        let of = |kind: &str, item: Json| fields(json!({ "name": "a", "kind": kind, "items": [item] }));
        assert!(of("ip", json!({ "ip": "2001:db8::/32" })).is_empty());
        assert!(of("asn", json!({ "asn": 13335 })).is_empty());
        assert_eq!(of("ip", json!({ "asn": 1 })), ["items[0].ip", "items[0].asn"]);
        for bad in ["10.0.0.0/7", "10.0.0.0/33", "localhost", "10.0.0.0/x"] {
            assert_eq!(of("ip", json!({ "ip": bad })), ["items[0].ip"], "{bad}");
        }
        let hostname = |it: Json| of("hostname", json!({ "hostname": it }));
        assert!(
            hostname(json!({ "url_hostname": "*.example.com", "include_domain_itself": true })).is_empty()
        );
        assert_eq!(
            hostname(json!({ "url_hostname": "example.com", "include_domain_itself": true })),
            ["items[0].hostname.include_domain_itself"]
        );
        let redirect = |it: Json| of("redirect", json!({ "redirect": it }));
        assert!(
            redirect(json!({ "source_url": "example.com/a", "target_url": "https://b.example" })).is_empty()
        );
        assert_eq!(
            redirect(json!({ "source_url": "a?b", "target_url": "b", "status_code": 303,
                "preserve_path_suffix": true })),
            [
                "items[0].redirect.source_url",
                "items[0].redirect.target_url",
                "items[0].redirect.status_code",
                "items[0].redirect.preserve_path_suffix",
            ]
        );
    }

    #[test]
    fn names_and_repetitions() {
        assert_eq!(fields(json!({ "name": "my-list", "kind": "ip" })), ["name"]);
        let twice = json!([{ "ip": "10.0.0.1" }, { "ip": "10.0.0.2" }, { "ip": "10.0.0.1" }]);
        assert_eq!(fields(json!({ "name": "a", "kind": "ip", "items": twice })), ["items[2]"]);
    }
}
