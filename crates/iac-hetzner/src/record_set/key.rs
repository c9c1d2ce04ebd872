//! What identifies a record set, and the requests about one. Knows nothing of inputs.

use iac_core::{Cx, Error, ErrorKind, Id, Result};
use iac_http::{Client, Request};
use serde::Serialize;

use super::resource::RecordSet;
use super::wire::{Body, ChangeProtection, One};
use crate::client::Hetzner;
use crate::record_value::RecordType;
use crate::run;

/// The name of the zone itself.
pub(super) const APEX: &str = "@";

/// What identifies a record set.
#[derive(Debug, PartialEq)]
pub(super) struct Key {
    pub(super) zone: String,
    pub(super) name: String,
    pub(super) record_type: RecordType,
}

impl Key {
    pub(super) fn id(&self) -> Id<RecordSet> {
        Id::new(format!("{}/{}/{}", self.zone, self.name, self.record_type.as_str()))
    }

    pub(super) fn parse(id: &Id<RecordSet>) -> Result<Self> {
        let mut parts = id.as_str().split('/');
        let key = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(zone), Some(name), Some(record_type), None) if !zone.is_empty() && !name.is_empty() => {
                RecordType::parse(record_type).map(|record_type| Self {
                    zone: zone.to_owned(),
                    name: name.to_owned(),
                    record_type,
                })
            }
            _ => None,
        };
        key.ok_or_else(|| {
            let form = "<zone id>/www/AAAA";
            Error::invalid("id", format!("`{id}` is no record set id; it has the form `{form}`"))
        })
    }

    /// A request about the set; `command` is empty or begins with a slash.
    pub(super) fn request(
        &self,
        cx: &Cx<'_, Hetzner>,
        method: impl FnOnce(&Client, String) -> Request,
        command: &str,
    ) -> Request {
        let path = format!("/zones/{{zone}}/rrsets/{{name}}/{{type}}{command}");
        method(&cx.client().http(cx), path)
            .segment("zone", &self.zone)
            .segment("name", &self.name)
            .segment("type", self.record_type.as_str())
    }

    pub(super) async fn get(&self, cx: &Cx<'_, Hetzner>) -> Result<Option<Body>> {
        match self.request(cx, |http, path| http.get(path), "").send::<One>().await {
            Ok(answer) => Ok(Some(answer.into_body().rrset)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn command(
        &self,
        cx: &Cx<'_, Hetzner>,
        command: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<()> {
        let path = format!("/actions/{command}");
        let request = self.request(cx, |http, path| http.post(path), &path).json_body(body);
        run::request(cx, request).await.map_err(explained)
    }

    pub(super) async fn protect(&self, cx: &Cx<'_, Hetzner>, on: bool) -> Result<()> {
        self.command(cx, "change_protection", &ChangeProtection { change: on }).await
    }
}

/// The error with the kind and the hint that its code stands for.
pub(super) fn explained(error: Error) -> Error {
    match (error.api_code(), error.kind()) {
        (Some("incorrect_zone_mode"), _) => error
            .with_kind(ErrorKind::InvalidInput)
            .field("zone")
            .hint("the zone is in `secondary` mode: its records come from its primary nameservers"),
        (_, ErrorKind::Protected) => error
            .hint("set `change_protection` to false and apply, before anything else of the set is changed"),
        (_, ErrorKind::AlreadyExists) => {
            error.hint("the zone has a set of this name and type already: import it")
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        for text in ["42/@/MX", "42/*.dev/AAAA"] {
            assert_eq!(Key::parse(&Id::new(text)).unwrap().id().as_str(), text);
        }
        for bad in ["42", "42/@", "42/@/mx", "42//A", "/a/A", "42/a/A/b"] {
            assert_eq!(Key::parse(&Id::new(bad)).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }
}
