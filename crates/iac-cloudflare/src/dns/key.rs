//! The id of a record: its zone's and its own. Knows no inputs.

use iac_core::{Cx, Error, Id, Result};
use iac_http::{Client, Request};

use super::resource::DnsRecord;
use crate::client::Cloudflare;

/// A record in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) zone: String,
    pub(super) record: String,
}

impl Key {
    pub(super) fn parse(id: &Id<DnsRecord>) -> Result<Self> {
        match id.as_str().split_once('/') {
            Some((zone, record)) if !zone.is_empty() && !record.is_empty() && !record.contains('/') => {
                Ok(Self { zone: zone.to_owned(), record: record.to_owned() })
            }
            _ => Err(Error::invalid(
                "id",
                format!("`{id}` is no id of a DNS record: write `<zone id>/<record id>`"),
            )),
        }
    }

    pub(super) fn id(&self) -> Id<DnsRecord> {
        Id::new(format!("{}/{}", self.zone, self.record))
    }

    /// A request about the record.
    pub(super) fn request(
        &self,
        cx: &Cx<'_, Cloudflare>,
        method: impl FnOnce(&Client, &'static str) -> Request,
    ) -> Request {
        method(&cx.client().http(cx), "/zones/{zone}/dns_records/{record}")
            .segment("zone", &self.zone)
            .segment("record", &self.record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_two_parts() {
        let key = Key::parse(&Id::new("z/r")).unwrap();
        assert_eq!((key.zone.as_str(), key.record.as_str(), key.id().as_str()), ("z", "r", "z/r"));
        for bad in ["r", "/r", "z/", "a/b/c"] {
            assert!(Key::parse(&Id::new(bad)).is_err(), "{bad}");
        }
    }
}
