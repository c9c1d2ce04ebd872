//! How the single value of a record is written: by programs, and by the API. Knows no requests.

use iac_core::provider::dns;

use super::record_type::RecordType;
use crate::check;

/// Longest text that the API takes, in characters.
const TEXT_LENGTH_MAX: usize = 2048;

/// A value as a program writes it, as the API wants it: a text in quotes.
pub(super) fn to_wire(kind: RecordType, value: &str) -> String {
    if kind == RecordType::Txt { dns::quoted(value) } else { value.to_owned() }
}

/// A value as the API has it, as a program writes it.
pub(super) fn from_wire(kind: RecordType, value: &str) -> String {
    if kind == RecordType::Txt { dns::unquoted(value) } else { value.to_owned() }
}

/// Why `value` is no value of a record of this type, if it is none.
pub(super) fn fault_of(kind: RecordType, value: &str) -> Option<String> {
    match kind {
        RecordType::A => dns::ipv4_fault(value),
        RecordType::Aaaa => dns::ipv6_fault(value),
        RecordType::Cname | RecordType::Ns | RecordType::Ptr => check::domain(value),
        // A single dot says that there is no mail.
        RecordType::Mx if value == "." => None,
        RecordType::Mx => check::domain(value),
        RecordType::Txt if value.chars().count() > TEXT_LENGTH_MAX => {
            Some(format!("is longer than {TEXT_LENGTH_MAX} characters"))
        }
        RecordType::Txt if !value.trim().is_empty() => dns::text_fault(value),
        _ => value.trim().is_empty().then(|| "is empty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_spelling() {
        let bad = |kind, value| fault_of(kind, value).is_some();
        assert!(!bad(RecordType::A, "203.0.113.7") && bad(RecordType::A, "203.0.113.256"));
        assert!(!bad(RecordType::Aaaa, "2001:db8::1") && bad(RecordType::Aaaa, "2001:DB8:0::1"));
        assert!(!bad(RecordType::Cname, "a.example.com") && bad(RecordType::Cname, "a.example.com."));
        assert!(!bad(RecordType::Mx, ".") && bad(RecordType::Txt, "\"v=spf1\""));
    }
}
