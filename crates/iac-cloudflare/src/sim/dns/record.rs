//! Owns one simulated record: how it is given, kept and shown. Judges nothing.
use crate::dns::{RecordType, wire_name};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// As given, or put together from the data.
    pub(crate) content: String,
    pub(crate) data: Option<Map<String, Value>>,
    pub(crate) priority: Option<u16>,
    pub(crate) ttl: u32,
    pub(crate) proxied: bool,
    pub(crate) comment: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) settings: Settings,
    pub(crate) created_on: String,
    pub(crate) modified_on: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flatten_cname: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ipv4_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ipv6_only: Option<bool>,
}

/// A record as a request gives it: all of it, or what changes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) name: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) content: Option<String>,
    pub(super) data: Option<Map<String, Value>>,
    pub(super) priority: Option<u16>,
    pub(super) ttl: Option<u32>,
    pub(super) proxied: Option<bool>,
    pub(super) comment: Option<String>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) settings: Option<Settings>,
}

impl Given {
    /// What is not given, from the record as it is.
    pub(super) fn on_top_of(self, record: &Record) -> Self {
        Self {
            name: self.name.or_else(|| Some(record.name.clone())),
            kind: self.kind.or_else(|| Some(record.kind.clone())),
            content: self.content.or_else(|| record.data.is_none().then(|| record.content.clone())),
            data: self.data.or_else(|| record.data.clone()),
            priority: self.priority.or(record.priority),
            ttl: self.ttl.or(Some(record.ttl)),
            proxied: self.proxied.or(Some(record.proxied)),
            comment: self.comment.or_else(|| record.comment.clone()),
            tags: self.tags.or_else(|| Some(record.tags.clone())),
            settings: self.settings.or(Some(record.settings)),
        }
    }
}

/// The value of a record that is given in parts, as DNS writes it.
pub(super) fn content_of(kind: RecordType, data: &Map<String, Value>) -> String {
    let (required, optional) = kind.data_fields().unwrap_or_default();
    let parts = required.iter().chain(optional).filter_map(|field| data.get(wire_name(field)));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parts.map(text).collect::<Vec<_>>().join(" ")
}

impl Record {
    /// The record as the API shows it.
    pub(super) fn view(&self) -> Value {
        let kind = RecordType::parse(&self.kind);
        let proxiable = kind.is_some_and(RecordType::is_proxiable);
        let mut body = json!({
            "id": self.id,
            "name": self.name,
            "type": self.kind,
            "content": self.content,
            "proxiable": proxiable,
            "proxied": self.proxied,
            // A proxied record is answered with an automatic time.
            "ttl": if self.proxied { 1 } else { self.ttl },
            "settings": self.settings,
            "meta": {},
            "comment": self.comment,
            "tags": self.tags,
            "created_on": self.created_on,
            "modified_on": self.modified_on,
        });
        if let Some(data) = &self.data {
            body["data"] = Value::Object(data.clone());
        }
        // The API repeats the priority of the parts beside them.
        let inside = self.data.as_ref().and_then(|data| data.get("priority")).and_then(Value::as_u64);
        if let Some(priority) = self.priority.map(u64::from).or(inside) {
            body["priority"] = json!(priority);
        }
        if self.comment.is_some() {
            body["comment_modified_on"] = json!(self.modified_on);
        }
        if !self.tags.is_empty() {
            body["tags_modified_on"] = json!(self.modified_on);
        }
        body
    }
}
