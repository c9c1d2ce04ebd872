//! What a certificate is for: names and addresses, checked before anything is made. Knows nothing of
//! keys.

use std::net::IpAddr;

use crate::resource::Fault;
use crate::value::Value;

/// Longest common name and organisation (X.520's bounds).
const NAME_LENGTH_MAX: usize = 64;
/// Longest DNS name without its final dot.
const DNS_LENGTH_MAX: usize = 253;
/// Longest part of a DNS name.
const LABEL_LENGTH_MAX: usize = 63;
/// Most names and addresses of one certificate.
const NAMES_MAX: usize = 100;

/// The faults in subject and names.
pub(super) fn faults(inputs: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for field in ["common_name", "organization"] {
        let Some(name) = inputs.get(field).as_str() else { continue };
        let length = name.chars().count();
        if length == 0 || length > NAME_LENGTH_MAX || name.chars().any(char::is_control) {
            let message =
                format!("{name:?} is not 1 to {NAME_LENGTH_MAX} characters without control characters");
            faults.push(Fault::new(field, message));
        }
    }
    for (field, fault) in [("dns_names", dns_fault as fn(&str) -> Option<String>), ("ip_addresses", ip_fault)]
    {
        let names = inputs.get(field).as_list().unwrap_or_default();
        if names.len() > NAMES_MAX {
            faults.push(Fault::new(field, format!("{} of them are more than {NAMES_MAX}", names.len())));
        }
        for (index, name) in names.iter().enumerate() {
            let message = name.as_str().and_then(fault);
            faults.extend(message.map(|message| Fault::new(format!("{field}[{index}]"), message)));
        }
    }
    faults
}

fn ip_fault(text: &str) -> Option<String> {
    let fault = format!("{text:?} is no IP address; write it without a port or a prefix length");
    text.parse::<IpAddr>().err().map(|_| fault)
}

fn dns_fault(name: &str) -> Option<String> {
    if name.parse::<IpAddr>().is_ok() {
        return Some(format!("{name:?} is an IP address; put it into `ip_addresses`"));
    }
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let label_is_good = |label: &str| {
        (1..=LABEL_LENGTH_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if bare.len() <= DNS_LENGTH_MAX && bare.split('.').all(label_is_good) {
        return None;
    }
    Some(format!(
        "{name:?} is no DNS name; use letters, digits and hyphens between dots, `*.` only in front, no scheme and \
         no port, and Punycode for other letters"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_what_is_none() {
        for good in ["localhost", "philotes.dev", "*.philotes.dev", "xn--bcher-kva.example", "a_b.example"] {
            assert_eq!(dns_fault(good), None);
        }
        let long = "a".repeat(64);
        for bad in ["", "https://a.b", "a.b:443", "a..b", "a.*.b", "-a.b", "bücher.example", "a b", &long] {
            assert!(dns_fault(bad).is_some_and(|fault| fault.contains("no DNS name")), "{bad}");
        }
        assert!(dns_fault("192.0.2.1").is_some_and(|fault| fault.contains("ip_addresses")));
        assert_eq!(ip_fault("2001:db8::1"), None);
        assert!(ip_fault("192.0.2.0/24").is_some() && ip_fault("192.0.2.300").is_some());
    }

    #[test]
    fn a_fault_names_the_entry() {
        let inputs = Value::map([
            ("common_name", "".into()),
            ("dns_names", Value::list(["good.example".into(), "a b".into(), Value::Unknown])),
            ("ip_addresses", Value::Unknown),
        ]);
        let fields: Vec<String> = faults(&inputs).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["common_name", "dns_names[1]"]);
    }
}
