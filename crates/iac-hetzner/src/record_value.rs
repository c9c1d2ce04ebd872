//! DNS record types and how their values are written: quoting of texts, checks without a network.
//! Knows nothing of requests.

use iac_core::FieldType;
use iac_core::provider::dns;
use serde::{Deserialize, Serialize};

use crate::dns_name;

/// The type of a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Which authorities may issue certificates.
    Caa,
    /// Another name of the same host; the only set its name may have.
    Cname,
    /// Delegation signer.
    Ds,
    /// Host information.
    Hinfo,
    /// HTTPS service binding.
    Https,
    /// Mail exchange.
    Mx,
    /// Name server.
    Ns,
    /// Reverse name.
    Ptr,
    /// Responsible person.
    Rp,
    /// Start of authority. Every zone has one from the beginning: import it to manage it.
    Soa,
    /// Service location.
    Srv,
    /// Service binding.
    Svcb,
    /// Certificate association.
    Tlsa,
    /// Text, given without quotes.
    Txt,
}

impl RecordType {
    const ALL: [(Self, &'static str); 16] = [
        (Self::A, "A"),
        (Self::Aaaa, "AAAA"),
        (Self::Caa, "CAA"),
        (Self::Cname, "CNAME"),
        (Self::Ds, "DS"),
        (Self::Hinfo, "HINFO"),
        (Self::Https, "HTTPS"),
        (Self::Mx, "MX"),
        (Self::Ns, "NS"),
        (Self::Ptr, "PTR"),
        (Self::Rp, "RP"),
        (Self::Soa, "SOA"),
        (Self::Srv, "SRV"),
        (Self::Svcb, "SVCB"),
        (Self::Tlsa, "TLSA"),
        (Self::Txt, "TXT"),
    ];

    /// The type as DNS and the API write it, for example `AAAA`.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, text)| text)
    }

    /// The type that is written `text`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == text).map(|(kind, _)| *kind)
    }
}

/// A value as a program writes it, as the API wants it: a text in quotes.
pub(crate) fn to_wire(kind: RecordType, value: &str) -> String {
    if kind == RecordType::Txt { dns::quoted(value) } else { value.to_owned() }
}

/// A value as the API has it, as a program writes it.
pub(crate) fn from_wire(kind: RecordType, value: &str) -> String {
    if kind == RecordType::Txt { dns::unquoted(value) } else { value.to_owned() }
}

/// Why `value` is no value of a record of type `kind`, if it is none.
pub(crate) fn fault_of(kind: RecordType, value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split_ascii_whitespace().collect();
    match (kind, parts.as_slice()) {
        (RecordType::Txt, _) => dns::text_fault(value),
        (_, []) => Some("is empty".to_owned()),
        (RecordType::A, _) => dns::ipv4_fault(value),
        (RecordType::Aaaa, _) => dns::ipv6_fault(value),
        (RecordType::Cname | RecordType::Ns | RecordType::Ptr, [host]) => host_fault(host),
        (RecordType::Cname | RecordType::Ns | RecordType::Ptr, _) => Some("is not one host name".to_owned()),
        (RecordType::Mx, [priority, host]) => number_fault::<u16>(priority).or_else(|| host_fault(host)),
        (RecordType::Mx, _) => Some("is not `<priority> <host>`, such as `10 mail.example.org.`".to_owned()),
        (RecordType::Srv, [priority, weight, port, host]) => [priority, weight, port]
            .into_iter()
            .find_map(|number| number_fault::<u16>(number))
            .or_else(|| host_fault(host)),
        (RecordType::Srv, _) => Some("is not `<priority> <weight> <port> <host>`".to_owned()),
        (RecordType::Caa, [flags, tag, _, ..]) => number_fault::<u8>(flags).or_else(|| {
            (!tag.chars().all(|letter| letter.is_ascii_alphanumeric()))
                .then(|| format!("has the tag {tag:?}; a tag has letters and digits"))
        }),
        (RecordType::Caa, _) => {
            Some("is not `<flags> <tag> \"<value>\"`, such as `0 issue \"letsencrypt.org\"`".to_owned())
        }
        _ => None,
    }
}

fn number_fault<N: std::str::FromStr>(text: &str) -> Option<String> {
    text.parse::<N>().err().map(|_| format!("has {text:?} where a number belongs"))
}

/// `.` is the root: no mail, no service.
fn host_fault(host: &str) -> Option<String> {
    if host == "." || host == "@" {
        return None;
    }
    dns_name::fault_of(host).map(|fault| format!("names the host {host:?}, which {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_written_as_serde_writes_it() {
        for (kind, text) in RecordType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), text);
            assert_eq!(RecordType::parse(text), Some(kind));
            assert_eq!(kind.as_str(), text);
        }
        assert_eq!(RecordType::parse("a"), None);
    }

    #[test]
    fn texts_alone_are_quoted() {
        assert_eq!(to_wire(RecordType::Txt, "v=spf1"), r#""v=spf1""#);
        assert_eq!(from_wire(RecordType::Txt, r#""v=spf1""#), "v=spf1");
        let caa = r#"0 issue "a""#;
        assert_eq!(
            (to_wire(RecordType::Caa, caa), from_wire(RecordType::Caa, caa)),
            (caa.into(), caa.into())
        );
    }

    #[test]
    fn values_are_checked_by_type() {
        use RecordType as T;
        for (kind, value) in [
            (T::A, "203.0.113.7"),
            (T::Aaaa, "2001:db8::1"),
            (T::Cname, "www.example.org."),
            (T::Mx, "10 mail"),
            (T::Mx, "0 ."),
            (T::Srv, "0 5 443 host.example.org."),
            (T::Caa, "0 issue \"letsencrypt.org\""),
            (T::Txt, "anything at all"),
            (T::Tlsa, "3 1 1 abcd"),
        ] {
            assert_eq!(fault_of(kind, value), None, "{value}");
        }
        for (kind, value) in [
            (T::A, "203.0.113"),
            (T::A, "2001:db8::1"),
            (T::Aaaa, "203.0.113.7"),
            (T::Aaaa, "2001:DB8:0::1"),
            (T::Cname, "a b"),
            (T::Cname, ""),
            (T::Mx, "mail.example.org."),
            (T::Mx, "x mail"),
            (T::Srv, "0 5 99999 host"),
            (T::Caa, "issue letsencrypt.org"),
            (T::Txt, "\"quoted\""),
        ] {
            assert!(fault_of(kind, value).is_some(), "{value}");
        }
    }
}
