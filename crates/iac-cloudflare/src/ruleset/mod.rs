//! Rulesets: what is done with the requests of a zone or an account, phase by phase.

mod action;
mod cache;
mod check;
mod config;
mod expression;
mod key;
mod phase;
mod resource;
mod rule;
mod switch;
mod traffic;
mod wire;

pub use action::RuleAction;
pub use cache::{
    BrowserTtl, BrowserTtlArgs, CacheKey, CacheKeyArgs, CacheReserve, CacheReserveArgs, CacheSettings,
    CacheSettingsArgs, CookieKey, CookieKeyArgs, CustomKey, CustomKeyArgs, EdgeTtl, EdgeTtlArgs, HeaderKey,
    HeaderKeyArgs, HostKey, HostKeyArgs, QueryParameters, QueryParametersArgs, QueryStringKey,
    QueryStringKeyArgs, ServeStale, ServeStaleArgs, StatusCodeRange, StatusCodeRangeArgs, StatusCodeTtl,
    StatusCodeTtlArgs, TtlMode, UserKey, UserKeyArgs,
};
pub use config::{ConfigSettings, ConfigSettingsArgs};
#[cfg(feature = "sim")]
pub(crate) use expression::fault_of as expression_fault;
pub use phase::RulesetPhase;
pub use resource::{Ruleset, RulesetArgs, RulesetAttributes, RulesetInputs, RulesetOutputs};
pub use rule::{
    BlockResponse, BlockResponseArgs, ExposedCredentialCheck, ExposedCredentialCheckArgs, RateLimit,
    RateLimitArgs, RulesetRule, RulesetRuleArgs, Skip, SkipArgs, SkipProduct,
};
pub use switch::Switch;
pub use traffic::{
    CategoryOverride, CategoryOverrideArgs, Execute, ExecuteArgs, ExecuteOverrides, ExecuteOverridesArgs,
    HeaderOperation, HeaderRewrite, HeaderRewriteArgs, MatchedData, MatchedDataArgs, OriginOverride,
    OriginOverrideArgs, Redirect, RedirectArgs, Rewrite, RewriteArgs, RuleOverride, RuleOverrideArgs,
    ServeError, ServeErrorArgs,
};
