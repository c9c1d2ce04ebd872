//! What lists are made of. Knows nothing of the lists themselves.

use iac_core::{FieldType, Inputs};
use serde::{Deserialize, Serialize};

/// The status of a redirect unless it says another.
const STATUS_CODE_DEFAULT: u16 = 301;

/// What a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ListKind {
    /// Addresses and networks: `ip.src in $name`.
    Ip,
    /// Numbers of autonomous systems: `ip.src.asnum in $name`.
    Asn,
    /// Host names: `http.host in $name`.
    Hostname,
    /// Redirects, for rules of the phase `HttpRequestRedirect`.
    Redirect,
}

impl ListKind {
    /// The field of an item that a list of this kind has.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Asn => "asn",
            Self::Hostname => "hostname",
            Self::Redirect => "redirect",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Ip, Self::Asn, Self::Hostname, Self::Redirect].into_iter().find(|kind| kind.field() == word)
    }
}

/// One item of a list: the field of the list's kind, and a comment.
///
/// ```
/// use iac_cloudflare::{ListItem, ListRedirect};
///
/// let office = ListItem::args().ip("198.51.100.0/24").comment("the office");
/// let moved = ListItem::args()
///     .redirect(ListRedirect::args().source_url("example.com/old").target_url("https://example.com/new"));
/// # let _ = (office, moved);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ListItem {
    /// An address or a network in CIDR notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[field(eq = cidr)]
    pub ip: Option<String>,
    /// The number of an autonomous system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    /// A host name, or a wildcard of one level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<ListHostname>,
    /// A redirect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<ListRedirect>,
    /// A comment for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A host name in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ListHostname {
    /// The name, such as `example.com` or `*.example.com`.
    #[field(eq = dns_name)]
    pub url_hostname: String,
    /// Of a wildcard: whether the domain itself is meant, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_domain_itself: bool,
}

/// A redirect in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ListRedirect {
    /// What is redirected: an address without a query, with or without its scheme.
    pub source_url: String,
    /// Where it leads.
    pub target_url: String,
    /// 301, 302, 307 or 308. Default 301.
    #[serde(default = "status_code_default")]
    pub status_code: u16,
    /// Whether subdomains of the source are redirected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_subdomains: bool,
    /// Whether paths below the source are redirected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub subpath_matching: bool,
    /// Whether the query is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preserve_query_string: bool,
    /// Whether the rest of the path is kept; with `subpath_matching`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preserve_path_suffix: bool,
}

fn status_code_default() -> u16 {
    STATUS_CODE_DEFAULT
}
