//! What a rule does with the requests it matches. Knows no rule.

use iac_core::FieldType;
use serde::{Deserialize, Serialize};

/// What a rule does with the requests that it matches. Which actions a rule can take depends on the
/// ruleset's phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuleAction {
    /// Refuses the request, with [`RulesetRule::response`](crate::RulesetRule::response) if that is given.
    Block,
    /// A challenge chosen by the vendor: the least that tells people from programs.
    ManagedChallenge,
    /// A challenge that a browser solves by itself.
    JsChallenge,
    /// A challenge that a person solves.
    Challenge,
    /// Lets the request pass and logs it. Needs an Enterprise plan; without one, switch a rule off with
    /// `enabled(false)`.
    Log,
    /// Leaves out rules, phases or products: [`RulesetRule::skip`](crate::RulesetRule::skip).
    Skip,
    /// Redirects: [`RulesetRule::redirect`](crate::RulesetRule::redirect).
    Redirect,
    /// Rewrites path, query or headers: [`RulesetRule::rewrite`](crate::RulesetRule::rewrite).
    Rewrite,
    /// Sends the request to another origin: [`RulesetRule::origin`](crate::RulesetRule::origin).
    Route,
    /// Sets what is cached: [`RulesetRule::cache`](crate::RulesetRule::cache).
    SetCacheSettings,
    /// Sets settings of the zone: [`RulesetRule::config`](crate::RulesetRule::config).
    SetConfig,
    /// Executes another ruleset: [`RulesetRule::execute`](crate::RulesetRule::execute).
    Execute,
    /// Answers with a page: [`RulesetRule::serve_error`](crate::RulesetRule::serve_error).
    ServeError,
    /// Chooses a compression; by [`RulesetRule::parameters`](crate::RulesetRule::parameters).
    CompressResponse,
    /// Adds to a score; by [`RulesetRule::parameters`](crate::RulesetRule::parameters).
    Score,
    /// Logs more fields; by [`RulesetRule::parameters`](crate::RulesetRule::parameters).
    LogCustomField,
    /// Sets directives of caching; by [`RulesetRule::parameters`](crate::RulesetRule::parameters).
    SetCacheControl,
    /// Sets tags of cached responses; by [`RulesetRule::parameters`](crate::RulesetRule::parameters).
    SetCacheTags,
    /// Changes HTML of responses; by [`RulesetRule::parameters`](crate::RulesetRule::parameters).
    TransformResponseHtml,
    /// Protection that the vendor adapts.
    DdosDynamic,
    /// Closes the connection.
    ForceConnectionClose,
}

impl RuleAction {
    /// Every action that this crate knows.
    pub(crate) const ALL: [Self; 21] = [
        Self::Block,
        Self::ManagedChallenge,
        Self::JsChallenge,
        Self::Challenge,
        Self::Log,
        Self::Skip,
        Self::Redirect,
        Self::Rewrite,
        Self::Route,
        Self::SetCacheSettings,
        Self::SetConfig,
        Self::Execute,
        Self::ServeError,
        Self::CompressResponse,
        Self::Score,
        Self::LogCustomField,
        Self::SetCacheControl,
        Self::SetCacheTags,
        Self::TransformResponseHtml,
        Self::DdosDynamic,
        Self::ForceConnectionClose,
    ];

    /// The action as the API writes it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::ManagedChallenge => "managed_challenge",
            Self::JsChallenge => "js_challenge",
            Self::Challenge => "challenge",
            Self::Log => "log",
            Self::Skip => "skip",
            Self::Redirect => "redirect",
            Self::Rewrite => "rewrite",
            Self::Route => "route",
            Self::SetCacheSettings => "set_cache_settings",
            Self::SetConfig => "set_config",
            Self::Execute => "execute",
            Self::ServeError => "serve_error",
            Self::CompressResponse => "compress_response",
            Self::Score => "score",
            Self::LogCustomField => "log_custom_field",
            Self::SetCacheControl => "set_cache_control",
            Self::SetCacheTags => "set_cache_tags",
            Self::TransformResponseHtml => "transform_response_html",
            Self::DdosDynamic => "ddos_dynamic",
            Self::ForceConnectionClose => "force_connection_close",
        }
    }

    /// The action that the API writes so.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }

    /// The field of a rule that has the action's parameters.
    pub(crate) const fn field(self) -> Option<&'static str> {
        match self {
            Self::Block => Some("response"),
            Self::Skip => Some("skip"),
            Self::Redirect => Some("redirect"),
            Self::Rewrite => Some("rewrite"),
            Self::Route => Some("origin"),
            Self::SetCacheSettings => Some("cache"),
            Self::SetConfig => Some("config"),
            Self::Execute => Some("execute"),
            Self::ServeError => Some("serve_error"),
            _ => None,
        }
    }

    /// Whether the visitor is asked to prove something.
    pub(crate) const fn is_challenge(self) -> bool {
        matches!(self, Self::ManagedChallenge | Self::JsChallenge | Self::Challenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_api() {
        for action in RuleAction::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.word());
            assert_eq!(RuleAction::parse(action.word()), Some(action));
        }
        assert_eq!(RuleAction::parse("dance"), None);
    }
}
