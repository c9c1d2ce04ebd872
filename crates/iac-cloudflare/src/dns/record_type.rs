//! The types of DNS records, and which of them are given as a content and which as data. Knows no
//! requests.

use iac_core::FieldType;
use serde::{Deserialize, Serialize};

/// The type of a [`DnsRecord`](crate::DnsRecord).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Which authorities may issue certificates.
    Caa,
    /// A certificate.
    Cert,
    /// Another name.
    Cname,
    /// A key that signs a zone.
    Dnskey,
    /// The key of a delegated zone.
    Ds,
    /// How a site is reached by HTTPS.
    Https,
    /// A place on earth.
    Loc,
    /// A mail server.
    Mx,
    /// A rule that rewrites names.
    Naptr,
    /// A name server of a delegated zone.
    Ns,
    /// An OpenPGP key.
    Openpgpkey,
    /// A name for an address.
    Ptr,
    /// An S/MIME certificate.
    Smimea,
    /// A service.
    Srv,
    /// The fingerprint of an SSH key.
    Sshfp,
    /// How a service is reached.
    Svcb,
    /// The certificate of a TLS server.
    Tlsa,
    /// A text.
    Txt,
    /// An address of the web.
    Uri,
}

impl RecordType {
    /// All types, as the API writes them.
    pub(crate) const ALL: [(Self, &'static str); 21] = [
        (Self::A, "A"),
        (Self::Aaaa, "AAAA"),
        (Self::Caa, "CAA"),
        (Self::Cert, "CERT"),
        (Self::Cname, "CNAME"),
        (Self::Dnskey, "DNSKEY"),
        (Self::Ds, "DS"),
        (Self::Https, "HTTPS"),
        (Self::Loc, "LOC"),
        (Self::Mx, "MX"),
        (Self::Naptr, "NAPTR"),
        (Self::Ns, "NS"),
        (Self::Openpgpkey, "OPENPGPKEY"),
        (Self::Ptr, "PTR"),
        (Self::Smimea, "SMIMEA"),
        (Self::Srv, "SRV"),
        (Self::Sshfp, "SSHFP"),
        (Self::Svcb, "SVCB"),
        (Self::Tlsa, "TLSA"),
        (Self::Txt, "TXT"),
        (Self::Uri, "URI"),
    ];

    /// The type as DNS and the API write it, for example `AAAA`.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, text)| text)
    }

    /// The type that is written `text`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == text).map(|(kind, _)| *kind)
    }

    /// Whether traffic to such a record can go through Cloudflare.
    pub(crate) fn is_proxiable(self) -> bool {
        matches!(self, Self::A | Self::Aaaa | Self::Cname)
    }

    /// Whether it has a priority beside its content or data.
    pub(crate) fn has_priority(self) -> bool {
        matches!(self, Self::Mx | Self::Uri)
    }

    /// The fields of the data that it is given as, those that may be left out last; none for a type
    /// that is given as a content.
    pub(crate) fn data_fields(self) -> Option<(&'static [&'static str], &'static [&'static str])> {
        let (required, optional): (&'static [&'static str], &'static [&'static str]) = match self {
            Self::Caa => (&["flags", "tag", "value"], &[]),
            Self::Cert => (&["kind", "key_tag", "algorithm", "certificate"], &[]),
            Self::Dnskey => (&["flags", "protocol", "algorithm", "public_key"], &[]),
            Self::Ds => (&["key_tag", "algorithm", "digest_type", "digest"], &[]),
            Self::Https | Self::Svcb => (&["priority", "target"], &["value"]),
            Self::Loc => (
                &["lat_degrees", "lat_direction", "long_degrees", "long_direction"],
                &[
                    "lat_minutes",
                    "lat_seconds",
                    "long_minutes",
                    "long_seconds",
                    "altitude",
                    "size",
                    "precision_horz",
                    "precision_vert",
                ],
            ),
            Self::Naptr => (&["order", "preference", "naptr_flags", "service", "regex", "replacement"], &[]),
            Self::Smimea | Self::Tlsa => (&["usage", "selector", "matching_type", "certificate"], &[]),
            Self::Srv => (&["priority", "weight", "port", "target"], &[]),
            Self::Sshfp => (&["algorithm", "kind", "fingerprint"], &[]),
            Self::Uri => (&["weight", "target"], &[]),
            _ => return None,
        };
        Some((required, optional))
    }
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
}
