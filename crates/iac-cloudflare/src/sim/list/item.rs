//! Owns what an item of a simulated list is, and which are refused. Knows no list.
use crate::sim::answer::error;
use iac_testkit::sim::SimResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::IpAddr;

/// The code of a body that the filters' API cannot read (seen as `filters.api.invalid_json`).
pub(super) const INVALID_JSON: u64 = 10_026;
/// The code of a refused item. The vendor publishes none.
const INVALID_ITEM: u64 = 10_025;

/// An item as it is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asn: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hostname: Option<Hostname>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect: Option<Redirect>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hostname {
    url_hostname: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exclude_exact_hostname: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Redirect {
    source_url: String,
    target_url: String,
    #[serde(default = "moved")]
    status_code: u16,
    #[serde(default)]
    include_subdomains: bool,
    #[serde(default)]
    subpath_matching: bool,
    #[serde(default)]
    preserve_query_string: bool,
    #[serde(default)]
    preserve_path_suffix: bool,
}

fn moved() -> u16 {
    301
}

/// An item as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) created_on: String,
    pub(super) given: Given,
}

impl Item {
    /// What no other item of the list has.
    pub(super) fn key(&self) -> String {
        self.given.key()
    }

    pub(super) fn view(&self) -> Value {
        let mut view = serde_json::to_value(&self.given).unwrap_or_default();
        view["id"] = json!(self.id);
        view["created_on"] = json!(self.created_on);
        view["modified_on"] = json!(self.created_on);
        view
    }
}

impl Given {
    pub(super) fn key(&self) -> String {
        let hostname = self.hostname.as_ref().map(|hostname| hostname.url_hostname.clone());
        let redirect = self.redirect.as_ref().map(|redirect| redirect.source_url.clone());
        let number = self.asn.map(|number| number.to_string());
        self.ip.clone().or(hostname).or(redirect).or(number).unwrap_or_default()
    }

    /// The item as the API keeps it: addresses in their usual spelling, networks without host bits.
    pub(super) fn canonical(mut self) -> Self {
        self.ip = self.ip.map(|text| canonical(&text));
        if let Some(hostname) = &mut self.hostname {
            hostname.url_hostname.make_ascii_lowercase();
            if hostname.url_hostname.starts_with("*.") {
                hostname.exclude_exact_hostname.get_or_insert(true);
            }
        }
        self
    }

    /// Refuses an item that is not of the list's kind.
    pub(super) fn check(&self, kind: &str) -> Result<(), SimResponse> {
        let given = [
            ("ip", self.ip.is_some()),
            ("asn", self.asn.is_some()),
            ("hostname", self.hostname.is_some()),
            ("redirect", self.redirect.is_some()),
        ];
        if given.iter().any(|(name, is_given)| *is_given != (*name == kind)) {
            return Err(refuse(format!("an item of a list of the kind {kind} has {kind} and nothing else")));
        }
        if let Some(text) = &self.ip
            && parse(text).is_none_or(|(address, prefix)| address.is_ipv4() && prefix < 8)
        {
            return Err(refuse(format!("{text} is not a valid IP address or CIDR")));
        }
        if let Some(hostname) = &self.hostname {
            let is_wildcard = hostname.url_hostname.starts_with("*.");
            if hostname.exclude_exact_hostname.is_some() && !is_wildcard {
                return Err(refuse("exclude_exact_hostname only applies to wildcard hostnames".to_owned()));
            }
        }
        match &self.redirect {
            Some(redirect) if ![301, 302, 307, 308].contains(&redirect.status_code) => {
                Err(refuse(format!("{} is not a valid status code", redirect.status_code)))
            }
            Some(redirect) if !redirect.target_url.starts_with("http") => {
                Err(refuse(format!("{} is not a valid target", redirect.target_url)))
            }
            _ => Ok(()),
        }
    }
}

fn refuse(message: String) -> SimResponse {
    error(400, INVALID_ITEM, message)
}

fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u8>().ok()?)),
        None => (text.parse().ok()?, None),
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(most);
    (prefix <= most).then_some((address, prefix))
}

fn canonical(text: &str) -> String {
    match parse(text) {
        Some((IpAddr::V4(address), 32)) => address.to_string(),
        Some((IpAddr::V4(address), prefix)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            format!("{}/{prefix}", std::net::Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        Some((IpAddr::V6(address), 128)) => address.to_string(),
        Some((IpAddr::V6(address), prefix)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            format!("{}/{prefix}", std::net::Ipv6Addr::from_bits(address.to_bits() & mask))
        }
        None => text.to_owned(),
    }
}
