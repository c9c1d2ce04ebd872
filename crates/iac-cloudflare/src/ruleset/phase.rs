//! The phases of a request, and which actions the rules of each can take. Knows no rule's parameters.

use iac_core::FieldType;
use serde::{Deserialize, Serialize};

use super::action::RuleAction;

/// When in the life of a request the rules of a ruleset are looked at. Each phase of a zone, and of an
/// account, has one entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RulesetPhase {
    /// Custom rules of the firewall: block, challenge, skip.
    HttpRequestFirewallCustom,
    /// Managed rulesets of the firewall, which are executed.
    HttpRequestFirewallManaged,
    /// Rate limits.
    HttpRatelimit,
    /// Single redirects, by an address or an expression.
    HttpRequestDynamicRedirect,
    /// Bulk redirects from a [`List`](crate::List); of accounts alone.
    HttpRequestRedirect,
    /// Rewrites of path and query.
    HttpRequestTransform,
    /// Changes of request headers.
    HttpRequestLateTransform,
    /// Changes of response headers.
    HttpResponseHeadersTransform,
    /// What is cached, for how long and under which key.
    HttpRequestCacheSettings,
    /// What is done with cache headers of responses.
    HttpResponseCacheSettings,
    /// Which origin gets the request.
    HttpRequestOrigin,
    /// Settings of the zone for some requests.
    HttpConfigSettings,
    /// Pages shown for errors.
    HttpCustomErrors,
    /// How responses are compressed.
    HttpResponseCompression,
    /// Fields that are logged in addition.
    HttpLogCustomFields,
    /// Normalisation of addresses.
    HttpRequestSanitize,
    /// Bot rules of the vendor.
    HttpRequestSbfm,
    /// Managed rulesets that look at responses.
    HttpResponseFirewallManaged,
    /// Protection against HTTP floods.
    DdosL7,
    /// Protection against network floods; of accounts alone.
    DdosL4,
    /// Network firewall; of accounts alone.
    MagicTransit,
    /// Intrusion detection of the network firewall; of accounts alone.
    MagicTransitIdsManaged,
    /// Managed rules of the network firewall; of accounts alone.
    MagicTransitManaged,
    /// Rate limits of the network firewall; of accounts alone.
    MagicTransitRatelimit,
}

impl RulesetPhase {
    /// Every phase that this crate knows.
    pub(crate) const ALL: [Self; 24] = [
        Self::HttpRequestFirewallCustom,
        Self::HttpRequestFirewallManaged,
        Self::HttpRatelimit,
        Self::HttpRequestDynamicRedirect,
        Self::HttpRequestRedirect,
        Self::HttpRequestTransform,
        Self::HttpRequestLateTransform,
        Self::HttpResponseHeadersTransform,
        Self::HttpRequestCacheSettings,
        Self::HttpResponseCacheSettings,
        Self::HttpRequestOrigin,
        Self::HttpConfigSettings,
        Self::HttpCustomErrors,
        Self::HttpResponseCompression,
        Self::HttpLogCustomFields,
        Self::HttpRequestSanitize,
        Self::HttpRequestSbfm,
        Self::HttpResponseFirewallManaged,
        Self::DdosL7,
        Self::DdosL4,
        Self::MagicTransit,
        Self::MagicTransitIdsManaged,
        Self::MagicTransitManaged,
        Self::MagicTransitRatelimit,
    ];

    /// The phase as the API writes it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::HttpRequestFirewallCustom => "http_request_firewall_custom",
            Self::HttpRequestFirewallManaged => "http_request_firewall_managed",
            Self::HttpRatelimit => "http_ratelimit",
            Self::HttpRequestDynamicRedirect => "http_request_dynamic_redirect",
            Self::HttpRequestRedirect => "http_request_redirect",
            Self::HttpRequestTransform => "http_request_transform",
            Self::HttpRequestLateTransform => "http_request_late_transform",
            Self::HttpResponseHeadersTransform => "http_response_headers_transform",
            Self::HttpRequestCacheSettings => "http_request_cache_settings",
            Self::HttpResponseCacheSettings => "http_response_cache_settings",
            Self::HttpRequestOrigin => "http_request_origin",
            Self::HttpConfigSettings => "http_config_settings",
            Self::HttpCustomErrors => "http_custom_errors",
            Self::HttpResponseCompression => "http_response_compression",
            Self::HttpLogCustomFields => "http_log_custom_fields",
            Self::HttpRequestSanitize => "http_request_sanitize",
            Self::HttpRequestSbfm => "http_request_sbfm",
            Self::HttpResponseFirewallManaged => "http_response_firewall_managed",
            Self::DdosL7 => "ddos_l7",
            Self::DdosL4 => "ddos_l4",
            Self::MagicTransit => "magic_transit",
            Self::MagicTransitIdsManaged => "magic_transit_ids_managed",
            Self::MagicTransitManaged => "magic_transit_managed",
            Self::MagicTransitRatelimit => "magic_transit_ratelimit",
        }
    }

    /// The phase that the API writes so.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.word() == word)
    }

    /// Whether only accounts have an entry point for it.
    pub(crate) const fn is_of_accounts_alone(self) -> bool {
        matches!(
            self,
            Self::HttpRequestRedirect
                | Self::DdosL4
                | Self::MagicTransit
                | Self::MagicTransitIdsManaged
                | Self::MagicTransitManaged
                | Self::MagicTransitRatelimit
        )
    }

    /// The actions that its rules can take; empty where that is not known.
    pub(crate) const fn actions(self) -> &'static [RuleAction] {
        use RuleAction as A;
        match self {
            Self::HttpRequestFirewallCustom => {
                &[A::Block, A::Challenge, A::JsChallenge, A::ManagedChallenge, A::Log, A::Skip, A::Execute]
            }
            Self::HttpRequestFirewallManaged => &[A::Execute, A::Skip, A::Block, A::Log, A::Score],
            Self::HttpRatelimit => {
                &[A::Block, A::Challenge, A::JsChallenge, A::ManagedChallenge, A::Log, A::Skip, A::Execute]
            }
            Self::HttpRequestDynamicRedirect | Self::HttpRequestRedirect => &[A::Redirect],
            Self::HttpRequestTransform
            | Self::HttpRequestLateTransform
            | Self::HttpResponseHeadersTransform => &[A::Rewrite],
            Self::HttpRequestCacheSettings => &[A::SetCacheSettings],
            Self::HttpResponseCacheSettings => &[A::SetCacheSettings, A::SetCacheControl, A::SetCacheTags],
            Self::HttpRequestOrigin => &[A::Route],
            Self::HttpConfigSettings => &[A::SetConfig],
            Self::HttpCustomErrors => &[A::ServeError],
            Self::HttpResponseCompression => &[A::CompressResponse],
            Self::HttpLogCustomFields => &[A::LogCustomField],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_api() {
        for phase in RulesetPhase::ALL {
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.word());
            assert_eq!(RulesetPhase::parse(phase.word()), Some(phase));
        }
        assert_eq!(RulesetPhase::parse("tomorrow"), None);
    }
}
