//! What can be set of a zone, each setting with the type of its value, and how the API writes it.
//! Knows no requests.

use iac_core::{Error, FieldType, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// A setting with its value.
///
/// Which of them a zone can change depends on its plan. What a change means, Cloudflare's
/// documentation says; the names are those of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Setting {
    /// Whether pages are served from an archive while the origin is down.
    AlwaysOnline(bool),
    /// Whether every `http` request is redirected to `https`.
    AlwaysUseHttps(bool),
    /// Whether `http` links in pages are made `https` where that works.
    AutomaticHttpsRewrites(bool),
    /// Whether answers are compressed with Brotli.
    Brotli(bool),
    /// How long browsers keep cached files, in seconds; 0 for as the origin says.
    BrowserCacheTtl(u32),
    /// Whether requests with headers of common abuse are refused.
    BrowserCheck(bool),
    /// How much is cached.
    CacheLevel(CacheLevel),
    /// How long a visitor who passed a challenge is let in, in seconds.
    ChallengeTtl(u32),
    /// The ciphers of TLS connections; none for all.
    Ciphers(Vec<String>),
    /// Whether nothing is cached for the next three hours.
    DevelopmentMode(bool),
    /// Whether 103 answers are sent ahead.
    EarlyHints(bool),
    /// Whether mail addresses in pages are hidden from robots.
    EmailObfuscation(bool),
    /// Whether other sites cannot show this one's images.
    HotlinkProtection(bool),
    /// Whether HTTP/2 is offered.
    Http2(bool),
    /// Whether HTTP/3 is offered.
    Http3(bool),
    /// Whether the visitor's country is passed to the origin.
    IpGeolocation(bool),
    /// Whether IPv6 is offered.
    Ipv6(bool),
    /// The largest upload, in MB.
    MaxUpload(u32),
    /// The oldest version of TLS that is accepted.
    MinTlsVersion(TlsVersion),
    /// Whether `http` sites may be reached encrypted.
    OpportunisticEncryption(bool),
    /// Whether visitors from Tor get an onion service.
    OpportunisticOnion(bool),
    /// Whether the origin's error pages are passed on.
    OriginErrorPagePassThru(bool),
    /// How images are made smaller.
    Polish(Polish),
    /// Whether links that a page names are fetched ahead.
    PrefetchPreload(bool),
    /// How long an answer of the origin is waited for, in seconds.
    ProxyReadTimeout(u32),
    /// Whether an IPv6 visitor gets an IPv4 address for the origin.
    PseudoIpv4(PseudoIpv4),
    /// Whether answers are gathered before they are passed on.
    ResponseBuffering(bool),
    /// Whether scripts run after the page is shown.
    RocketLoader(bool),
    /// The header `Strict-Transport-Security`.
    SecurityHeader(SecurityHeader),
    /// From which reputation on visitors are challenged.
    SecurityLevel(SecurityLevel),
    /// Whether the order of a query's parameters does not count for the cache.
    SortQueryStringForCache(bool),
    /// How the way to the origin is encrypted.
    Ssl(SslMode),
    /// Whether TLS 1.3 is offered.
    #[serde(rename = "tls_1_3")]
    Tls13(Tls13),
    /// Whether the origin can ask for Cloudflare's client certificate.
    TlsClientAuth(bool),
    /// Whether the visitor's address is passed on as `True-Client-IP`.
    TrueClientIpHeader(bool),
    /// Whether images are sent as WebP.
    Webp(bool),
    /// Whether WebSockets are let through.
    Websockets(bool),
    /// Whether TLS 1.3 sessions are resumed at once.
    #[serde(rename = "0rtt")]
    ZeroRtt(bool),
}

/// How much is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CacheLevel {
    /// Each query string on its own.
    Aggressive,
    /// Only without a query string.
    Basic,
    /// The query string does not count.
    Simplified,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[non_exhaustive]
pub enum TlsVersion {
    /// 1.0.
    #[serde(rename = "1.0")]
    V1_0,
    /// 1.1.
    #[serde(rename = "1.1")]
    V1_1,
    /// 1.2.
    #[serde(rename = "1.2")]
    V1_2,
    /// 1.3.
    #[serde(rename = "1.3")]
    V1_3,
}

/// How images are made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Polish {
    /// Not at all.
    Off,
    /// Without loss.
    Lossless,
    /// With loss.
    Lossy,
}

/// Whether an IPv6 visitor gets an IPv4 address for the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PseudoIpv4 {
    /// No.
    Off,
    /// In a header of its own.
    AddHeader,
    /// In the headers that otherwise have the IPv6 address.
    OverwriteHeader,
}

/// From which reputation on visitors are challenged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SecurityLevel {
    /// Never.
    Off,
    /// Only the worst.
    EssentiallyOff,
    /// The most threatening.
    Low,
    /// The more threatening.
    Medium,
    /// All that were ever a threat.
    High,
    /// Everybody.
    UnderAttack,
}

/// How the way to the origin is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SslMode {
    /// Not at all, on both sides of Cloudflare.
    Off,
    /// Not to the origin.
    Flexible,
    /// With any certificate.
    Full,
    /// With a certificate of a known authority or of Cloudflare's own for origins.
    Strict,
}

/// Whether TLS 1.3 is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tls13 {
    /// Yes.
    On,
    /// No.
    Off,
    /// Yes, and sessions are resumed at once.
    #[serde(rename = "zrt")]
    OnWithZeroRtt,
}

/// The header `Strict-Transport-Security`, and `X-Content-Type-Options`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(default)]
pub struct SecurityHeader {
    /// Whether it is sent.
    pub enabled: bool,
    /// How long browsers keep to it, in seconds.
    pub max_age: u32,
    /// Whether it holds for all names below.
    pub include_subdomains: bool,
    /// Whether browsers may ship it.
    pub preload: bool,
    /// Whether `X-Content-Type-Options: nosniff` is sent.
    pub nosniff: bool,
}

/// The field of a security header's value.
const TRANSPORT: &str = "strict_transport_security";
const SECURITY_HEADER: &str = "security_header";

impl Setting {
    /// The name of the setting, as the API has it.
    pub(super) fn name(&self) -> String {
        self.parts().0
    }

    fn parts(&self) -> (String, Json) {
        match serde_json::to_value(self) {
            Ok(Json::Object(entries)) => entries.into_iter().next().unwrap_or_default(),
            _ => (String::new(), Json::Null),
        }
    }

    /// The value as the API wants it: `on` and `off` are texts there.
    pub(super) fn to_wire(&self) -> Json {
        let (name, value) = self.parts();
        match value {
            Json::Bool(on) => Json::from(if on { "on" } else { "off" }),
            value if name == SECURITY_HEADER => json!({ TRANSPORT: value }),
            value => value,
        }
    }

    /// The setting `name` with the value that the API answers.
    ///
    /// # Errors
    /// A setting, or a value of it, that this crate does not know.
    pub(super) fn from_wire(name: &str, value: &Json) -> Result<Self> {
        let as_bool = match value.as_str() {
            Some("on") => Some(Json::Bool(true)),
            Some("off") => Some(Json::Bool(false)),
            _ => None,
        };
        let inner = if name == SECURITY_HEADER { value.get(TRANSPORT).unwrap_or(value) } else { value };
        // `on` is the text of a choice for some settings, and a switch for others.
        let spellings =
            [Some(inner.clone()), as_bool, value.as_f64().map(|number| Json::from(number as u64))];
        spellings
            .into_iter()
            .flatten()
            .find_map(|value| {
                let entry: Map<String, Json> = [(name.to_owned(), value)].into_iter().collect();
                serde_json::from_value(Json::Object(entry)).ok()
            })
            .ok_or_else(|| {
                Error::internal(format!("the setting `{name}` has a value that is not known here: {value}"))
                    .hint("use a newer release of this crate")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_the_wire() {
        let header = SecurityHeader { enabled: true, max_age: 86_400, ..SecurityHeader::default() };
        for (setting, name, wire) in [
            (Setting::AlwaysUseHttps(true), "always_use_https", json!("on")),
            (Setting::ZeroRtt(false), "0rtt", json!("off")),
            (Setting::Tls13(Tls13::On), "tls_1_3", json!("on")),
            (Setting::Ssl(SslMode::Off), "ssl", json!("off")),
            (Setting::MinTlsVersion(TlsVersion::V1_2), "min_tls_version", json!("1.2")),
            (Setting::BrowserCacheTtl(0), "browser_cache_ttl", json!(0)),
            (Setting::Ciphers(vec!["A".into()]), "ciphers", json!(["A"])),
            (Setting::Http2(true), "http2", json!("on")),
            (Setting::PseudoIpv4(PseudoIpv4::AddHeader), "pseudo_ipv4", json!("add_header")),
        ] {
            assert_eq!((setting.name().as_str(), setting.to_wire()), (name, wire.clone()));
            assert_eq!(Setting::from_wire(name, &wire).unwrap(), setting);
        }
        let setting = Setting::SecurityHeader(header);
        assert_eq!(setting.to_wire()[TRANSPORT]["max_age"], 86_400);
        assert_eq!(Setting::from_wire(SECURITY_HEADER, &setting.to_wire()).unwrap(), setting);
        assert!(Setting::from_wire("ssl", &json!("perfect")).is_err());
        assert_eq!(Setting::from_wire("max_upload", &json!(100.0)).unwrap(), Setting::MaxUpload(100));
    }
}
