//! Parameters of rules that set what is cached. Knows nothing of other settings.

use iac_core::{FieldType, Inputs};
use serde::{Deserialize, Serialize};

use super::switch::Switch;

/// What is cached of the responses that a rule matches, for how long and under which key. At least one
/// field is given.
///
/// ```
/// use iac_cloudflare::{BrowserTtl, CacheSettings, EdgeTtl, Switch, TtlMode};
///
/// let assets = CacheSettings::args()
///     .cache(Switch::On)
///     .edge_ttl(EdgeTtl::args().mode(TtlMode::OverrideOrigin).default(86_400u32))
///     .browser_ttl(BrowserTtl::args().mode(TtlMode::RespectOrigin));
/// # let _ = assets;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct CacheSettings {
    /// Whether responses can be cached: `Off` bypasses the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Switch>,
    /// How long the vendor keeps a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_ttl: Option<EdgeTtl>,
    /// How long browsers are told to keep a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_ttl: Option<BrowserTtl>,
    /// What tells one cached response from another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_key: Option<CacheKey>,
    /// When old content is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve_stale: Option<ServeStale>,
    /// Cache Reserve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_reserve: Option<CacheReserve>,
    /// Whether the origin's `Cache-Control` is followed strictly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_cache_control: Option<Switch>,
    /// Whether the origin's own error pages are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_error_page_passthru: Option<Switch>,
    /// Whether strong `ETag`s stay strong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respect_strong_etags: Option<Switch>,
    /// Whether `ETag`s are taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strip_etags: Option<Switch>,
    /// Whether `Last-Modified` is taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strip_last_modified: Option<Switch>,
    /// Whether `Set-Cookie` is taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strip_set_cookie: Option<Switch>,
    /// Ports beside 80 and 443 on which responses are cached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub additional_cacheable_ports: Vec<u16>,
    /// How long the origin may be silent between two reads, in seconds, 100 to 6000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_timeout: Option<u32>,
}

/// The settings that the API has as true and false, and where left out is not off.
pub(super) const SWITCHES: &[&str] = &[
    "cache",
    "origin_cache_control",
    "origin_error_page_passthru",
    "respect_strong_etags",
    "strip_etags",
    "strip_last_modified",
    "strip_set_cookie",
    "disable_stale_while_updating",
    "eligible",
    "resolved",
];

/// Whose word counts about how long a response is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TtlMode {
    /// The origin's; the vendor's default where it says nothing.
    RespectOrigin,
    /// The origin's; not kept where it says nothing.
    BypassByDefault,
    /// The rule's.
    OverrideOrigin,
    /// Not kept; for browsers alone.
    Bypass,
}

/// How long the vendor keeps a response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct EdgeTtl {
    /// Whose word counts.
    pub mode: TtlMode,
    /// The time in seconds, for `OverrideOrigin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<u32>,
    /// Times for single statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status_code_ttl: Vec<StatusCodeTtl>,
}

/// How long a response with a status is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct StatusCodeTtl {
    /// The status. Either this or `status_code_range` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// A range of statuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code_range: Option<StatusCodeRange>,
    /// The time in seconds; 0 for `no-cache`, -1 for `no-store`.
    pub value: i64,
}

/// A range of statuses. At least one end is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct StatusCodeRange {
    /// The first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u16>,
    /// The last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u16>,
}

/// How long browsers are told to keep a response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct BrowserTtl {
    /// Whose word counts.
    pub mode: TtlMode,
    /// The time in seconds, for `OverrideOrigin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<u32>,
}

/// When old content is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ServeStale {
    /// Whether visitors wait while new content is fetched, rather than get the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_stale_while_updating: Option<Switch>,
}

/// Whether a response is kept in Cache Reserve, which is paid for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct CacheReserve {
    /// Whether it is.
    pub eligible: Switch,
    /// The smallest size that is, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_file_size: Option<u64>,
}

/// What tells one cached response from another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct CacheKey {
    /// Whether kinds of devices are kept apart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cache_by_device_type: bool,
    /// Whether responses that do not fit their extension are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cache_deception_armor: bool,
    /// Whether the order of query parameters means nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_query_strings_order: bool,
    /// The parts of the request that count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_key: Option<CustomKey>,
}

/// The parts of the request that count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct CustomKey {
    /// Query parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_string: Option<QueryStringKey>,
    /// Headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderKey>,
    /// Cookies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookie: Option<CookieKey>,
    /// The visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserKey>,
    /// The host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostKey>,
}

/// Which query parameters count. One of the two is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct QueryStringKey {
    /// These alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include: Option<QueryParameters>,
    /// All but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude: Option<QueryParameters>,
}

/// Query parameters: all, or a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct QueryParameters {
    /// Whether all are meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub list: Vec<String>,
}

/// Which headers count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct HeaderKey {
    /// Headers whose values count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub include: Vec<String>,
    /// Headers of which it counts whether they are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub check_presence: Vec<String>,
    /// Headers whose value counts if it contains one of these texts.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub contains: std::collections::BTreeMap<String, Vec<String>>,
    /// Whether the header `Origin` does not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclude_origin: bool,
}

/// Which cookies count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct CookieKey {
    /// Cookies whose values count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub include: Vec<String>,
    /// Cookies of which it counts whether they are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub check_presence: Vec<String>,
}

/// What of the visitor counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct UserKey {
    /// The kind of device.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub device_type: bool,
    /// The country.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub geo: bool,
    /// The language.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lang: bool,
}

/// Which host counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct HostKey {
    /// Whether it is the one that was resolved, rather than the one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Switch>,
}
