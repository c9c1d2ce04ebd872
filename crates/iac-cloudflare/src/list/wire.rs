//! Lists and their items as the API has them. Knows no requests.

use serde::{Deserialize, Serialize};

use super::item::{ListHostname, ListItem, ListKind, ListRedirect};

/// What a wildcard begins with.
pub(super) const WILDCARD: &str = "*.";

#[derive(Serialize)]
pub(super) struct Create<'a> {
    pub(super) name: &'a str,
    pub(super) kind: ListKind,
    pub(super) description: &'a str,
}

#[derive(Serialize)]
pub(super) struct Describe<'a> {
    pub(super) description: &'a str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) description: Option<String>,
}

/// An item, in requests and in answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Item {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asn: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hostname: Option<Hostname>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect: Option<ListRedirect>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Hostname {
    url_hostname: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exclude_exact_hostname: Option<bool>,
}

/// A started change of items.
#[derive(Debug, Deserialize)]
pub(super) struct Started {
    pub(super) operation_id: String,
}

/// How far it is.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) status: String,
    #[serde(default)]
    pub(super) error: Option<String>,
}

pub(super) fn to_wire(item: &ListItem) -> Item {
    let hostname = item.hostname.as_ref().map(|hostname| Hostname {
        url_hostname: hostname.url_hostname.clone(),
        // The API takes the choice for wildcards alone.
        exclude_exact_hostname: hostname
            .url_hostname
            .starts_with(WILDCARD)
            .then_some(!hostname.include_domain_itself),
    });
    Item {
        ip: item.ip.clone(),
        asn: item.asn,
        hostname,
        redirect: item.redirect.clone(),
        comment: item.comment.clone(),
    }
}

pub(super) fn from_wire(item: Item) -> ListItem {
    ListItem {
        ip: item.ip,
        asn: item.asn,
        hostname: item.hostname.map(|hostname| ListHostname {
            include_domain_itself: hostname.exclude_exact_hostname == Some(false),
            url_hostname: hostname.url_hostname,
        }),
        redirect: item.redirect,
        comment: item.comment.filter(|text| !text.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn items_come_back_as_they_were() {
        for item in [
            json!({ "ip": "10.0.0.0/8", "comment": "office" }),
            json!({ "asn": 13335 }),
            json!({ "hostname": { "url_hostname": "*.example.com", "exclude_exact_hostname": false } }),
            json!({ "hostname": { "url_hostname": "example.com" } }),
            json!({ "redirect": { "source_url": "example.com/a", "target_url": "https://b.example/", "status_code": 302,
                "subpath_matching": true } }),
        ] {
            let mut answer = item.clone();
            answer["id"] = json!("34b12448945f11eaa1b71c4d701ab86e");
            answer["created_on"] = Json::from("2026-01-01T00:00:00Z");
            let read = from_wire(serde_json::from_value(answer).unwrap());
            assert_eq!(serde_json::to_value(to_wire(&read)).unwrap(), item);
        }
    }
}
