//! Parameters of rules that set settings of the zone for some requests. Knows nothing of caching.

use iac_core::Inputs;
use serde::{Deserialize, Serialize};

use super::switch::Switch;
use crate::setting::{Polish, SecurityLevel, SslMode};

/// Settings of the zone for the requests that a rule matches. At least one is given; what is left out
/// stays as the zone has it.
///
/// ```
/// use iac_cloudflare::{ConfigSettings, SslMode, Switch};
///
/// let strict = ConfigSettings::args().ssl(SslMode::Strict).rocket_loader(Switch::Off);
/// # let _ = strict;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ConfigSettings {
    /// How the way to the origin is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssl: Option<SslMode>,
    /// From which reputation on visitors are challenged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_level: Option<SecurityLevel>,
    /// Rewrites of links to HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_https_rewrites: Option<Switch>,
    /// Browser integrity check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bic: Option<Switch>,
    /// Conversion of content, for example to Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_converter: Option<Switch>,
    /// Whether email addresses are hidden from programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_obfuscation: Option<Switch>,
    /// Cloudflare Fonts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fonts: Option<Switch>,
    /// Hotlink protection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hotlink_protection: Option<Switch>,
    /// Opportunistic encryption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunistic_encryption: Option<Switch>,
    /// Rocket Loader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rocket_loader: Option<Switch>,
    /// Server-side excludes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_excludes: Option<Switch>,
    /// Whether verified AI crawlers are led to canonical addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirects_for_ai_training: Option<Switch>,
    /// How images are made smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polish: Option<Polish>,
    /// Whether Zaraz is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_zaraz: bool,
    /// Whether real user monitoring is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_rum: bool,
    /// Whether pay per crawl is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_pay_per_crawl: bool,
    /// How much of request bodies is held back: `none`, `standard` or `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_body_buffering: Option<String>,
    /// How much of response bodies is held back: `none` or `standard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_body_buffering: Option<String>,
}

/// The settings that the API has as true and false.
pub(super) const SWITCHES: &[&str] = &[
    "automatic_https_rewrites",
    "bic",
    "content_converter",
    "email_obfuscation",
    "fonts",
    "hotlink_protection",
    "opportunistic_encryption",
    "rocket_loader",
    "server_side_excludes",
    "redirects_for_ai_training",
];
