//! A record as the API writes it, and the marker in its comment. Knows nothing of requests.

use iac_core::Marker;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::record_type::RecordType;
use super::resource::DnsRecordInputs;
use super::{content, data};

/// What begins the marker in a comment.
const MARKER: &str = "iac:";
/// Hexadecimal digits of a marker's token.
const TOKEN_LENGTH: usize = 32;
/// The longest comment of a paid plan, in characters; the free plan has 100.
const API_COMMENT_LENGTH_MAX: usize = 500;
/// What of it a program may use: the rest is the marker and a space before it.
pub(super) const COMMENT_LENGTH_MAX: usize = API_COMMENT_LENGTH_MAX - MARKER.len() - TOKEN_LENGTH - 1;

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) record_type: String,
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(default)]
    pub(super) data: Json,
    #[serde(default)]
    pub(super) priority: Option<f64>,
    pub(super) ttl: f64,
    #[serde(default)]
    pub(super) proxied: bool,
    #[serde(default)]
    pub(super) proxiable: bool,
    #[serde(default)]
    pub(super) comment: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) settings: Option<Settings>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    #[serde(skip_serializing_if = "is_off")]
    pub(super) flatten_cname: bool,
    #[serde(skip_serializing_if = "is_off")]
    pub(super) ipv4_only: bool,
    #[serde(skip_serializing_if = "is_off")]
    pub(super) ipv6_only: bool,
}

fn is_off(value: &bool) -> bool {
    !value
}

/// A whole record: an overwrite needs all of it, as a create does.
#[derive(Serialize)]
pub(super) struct Record<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    record_type: RecordType,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u16>,
    ttl: u32,
    proxied: bool,
    comment: String,
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Settings>,
}

/// The record that the inputs describe, marked as that of one resource.
pub(super) fn record<'a>(inputs: &'a DnsRecordInputs, marker: &Marker) -> Record<'a> {
    let kind = inputs.record_type;
    let settings = Settings {
        flatten_cname: inputs.flatten_cname,
        ipv4_only: inputs.ipv4_only,
        ipv6_only: inputs.ipv6_only,
    };
    Record {
        name: &inputs.name,
        record_type: kind,
        content: inputs.content.as_deref().map(|value| content::to_wire(kind, value)),
        data: inputs.data.as_ref().map(data::to_wire),
        priority: inputs.priority,
        ttl: inputs.ttl,
        proxied: inputs.proxied,
        comment: marked(inputs.comment.as_deref(), marker),
        tags: &inputs.tags,
        settings: (settings != Settings::default()).then_some(settings),
    }
}

/// What the comment of a record ends with that one create made.
pub(super) fn mark(marker: &Marker) -> String {
    format!("{MARKER}{}", marker.token())
}

fn marked(comment: Option<&str>, marker: &Marker) -> String {
    match comment {
        Some(comment) => format!("{comment} {}", mark(marker)),
        None => mark(marker),
    }
}

/// The comment without its marker, and the marker's token.
pub(crate) fn unmarked(comment: &str) -> (Option<&str>, Option<&str>) {
    let marker = comment.rfind(MARKER).and_then(|at| {
        let token = comment.get(at + MARKER.len()..)?;
        let is_token = token.len() == TOKEN_LENGTH && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_apart = at == 0 || comment.as_bytes().get(at - 1) == Some(&b' ');
        (is_token && is_apart).then_some((at, token))
    });
    match marker {
        Some((at, token)) => {
            let text = comment.get(..at.saturating_sub(1)).unwrap_or_default();
            (Some(text).filter(|text| !text.is_empty()), Some(token))
        }
        None => (Some(comment).filter(|text| !text.is_empty()), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_is_put_after_the_comment_and_taken_off_again() {
        let token = "0123456789abcdef0123456789abcdef";
        let check = |comment: &str, text: Option<&str>, marker: Option<&str>| {
            assert_eq!(unmarked(comment), (text, marker), "{comment:?}");
        };
        check(&format!("the site iac:{token}"), Some("the site"), Some(token));
        check(&format!("iac:{token}"), None, Some(token));
        check(&format!("xiac:{token}"), Some(&format!("xiac:{token}")), None);
        check("iac:short", Some("iac:short"), None);
        check("", None, None);
        let urn = iac_core::Urn::new("shop", "dev", "cloudflare:dns_record", &[], "www").unwrap();
        let marker = Marker::new(&urn, token);
        check(&marked(Some("a iac: b"), &marker), Some("a iac: b"), Some(token));
    }
}
