//! The rules of rulesets, with the parameters that guard a site: rate limits, refusals, exceptions.
//! Knows nothing of the ruleset that they are in.

use iac_core::{FieldType, Inputs};
use serde::{Deserialize, Serialize};

use super::action::RuleAction;
use super::cache::CacheSettings;
use super::config::ConfigSettings;
use super::phase::RulesetPhase;
use super::switch::Switch;
use super::traffic::{Execute, OriginOverride, Redirect, Rewrite, ServeError};

/// One rule of a [`Ruleset`](crate::Ruleset).
///
/// ```
/// use iac_cloudflare::{RateLimit, RuleAction, RulesetRule};
///
/// let flood = RulesetRule::args()
///     .reference("intake-flood")
///     .expression(r#"http.host eq "intake.example.com" and http.request.method eq "POST""#)
///     .action(RuleAction::Block)
///     .ratelimit(RateLimit::args().period(60u32).requests_per_period(100u32).mitigation_timeout(60u32));
/// # let _ = flood;
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
pub struct RulesetRule {
    /// A name for the rule that no other rule of the ruleset has. The rule keeps its id, and with it its
    /// place in analytics and logs, as long as this stays.
    pub reference: String,
    /// Which requests it matches, in the vendor's rules language; `true` for all.
    #[field(eq = trimmed)]
    pub expression: String,
    /// What it does with them.
    pub action: RuleAction,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is in force. Default true.
    #[serde(default = "enabled_default")]
    pub enabled: bool,
    /// The rate at which the action is taken; only and always in the phase `HttpRatelimit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratelimit: Option<RateLimit>,
    /// Whether requests that it matches are logged; a choice for the action `Skip` alone. Default on.
    #[serde(default = "logging_default")]
    pub logging: Switch,
    /// The answer of the action `Block`. Left out, the vendor's own page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<BlockResponse>,
    /// What the action `Skip` leaves out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
    /// Where the action `Redirect` leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// What the action `Rewrite` changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<Rewrite>,
    /// Where the action `Route` sends the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginOverride>,
    /// What the action `SetCacheSettings` sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheSettings>,
    /// What the action `SetConfig` sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigSettings>,
    /// What the action `Execute` executes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execute: Option<Execute>,
    /// What the action `ServeError` answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve_error: Option<ServeError>,
    /// Parameters of an action that has no field here, as the API's `action_parameters` has them. Given
    /// beside one of the fields above, both are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<serde_json::Value>,
    /// Looks up credentials of a sign-in among leaked ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed_credential_check: Option<ExposedCredentialCheck>,
}

fn enabled_default() -> bool {
    true
}

fn logging_default() -> Switch {
    Switch::On
}

/// The rate at which a rule acts.
///
/// ```
/// use iac_cloudflare::RateLimit;
///
/// let per_key = RateLimit::args()
///     .characteristics(["cf.colo.id", r#"http.request.headers["x-api-key"]"#])
///     .period(60u32)
///     .requests_per_period(300u32)
///     .mitigation_timeout(600u32);
/// # let _ = per_key;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct RateLimit {
    /// What counts together: requests with the same values of these fields. `cf.colo.id` must be among
    /// them, because the vendor counts in each data centre for itself. Default `cf.colo.id` and `ip.src`.
    #[serde(default = "characteristics_default")]
    #[field(set)]
    pub characteristics: Vec<String>,
    /// The time that is looked at, in seconds. The Free plan knows 10, others 10, 60, 120, 300, 600 and
    /// 3600.
    pub period: u32,
    /// How many requests in that time are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_period: Option<u32>,
    /// How long the action is taken then, in seconds; 0 for challenges, which a visitor passes. Default 0.
    #[serde(default)]
    pub mitigation_timeout: u32,
    /// Which requests count, if not all that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[field(eq = trimmed)]
    pub counting_expression: Option<String>,
    /// Whether only requests that reach the origin count, and not those answered from the cache.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requests_to_origin: bool,
    /// Which score in that time is too high, in place of a number of requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_per_period: Option<u32>,
    /// The response header in which the origin tells the score of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_response_header_name: Option<String>,
}

/// The field that every rate limit counts by.
pub(super) const COLO: &str = "cf.colo.id";

fn characteristics_default() -> Vec<String> {
    vec![COLO.to_owned(), "ip.src".to_owned()]
}

/// The answer to a request that is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct BlockResponse {
    /// The status, 400 to 499.
    pub status_code: u16,
    /// The type of the content, such as `application/json`.
    pub content_type: String,
    /// The content.
    pub content: String,
}

/// What is left out for the requests that a rule matches. At least one field is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct Skip {
    /// Whether the remaining rules of this ruleset are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remaining_rules: bool,
    /// Phases that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub phases: Vec<RulesetPhase>,
    /// Older products that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub products: Vec<SkipProduct>,
    /// Rulesets that are left out, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub rulesets: Vec<String>,
    /// Rules that are left out: by a ruleset's id, the ids of rules in it.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub rules: std::collections::BTreeMap<String, Vec<String>>,
}

/// A product that a rule can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum SkipProduct {
    /// Browser integrity check.
    Bic,
    /// Hotlink protection.
    Hot,
    /// The retired rate limits.
    RateLimit,
    /// The security level.
    SecurityLevel,
    /// User agent blocking.
    UaBlock,
    /// The retired managed firewall.
    Waf,
    /// Zone lockdown.
    ZoneLockdown,
}

/// Where a request has the credentials to look up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ExposedCredentialCheck {
    /// An expression for the user name.
    pub username_expression: String,
    /// An expression for the password.
    pub password_expression: String,
}
