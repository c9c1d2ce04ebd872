//! Cloudflare: its resources, its data sources and the client they talk through.
//! Knows nothing of state or of plans; the engine knows nothing of this API. The
//! [guide](../iac/guide/cloudflare/index.html) shows them at work.
//!
//! ```
//! use iac_cloudflare::{Cloudflare, Zone};
//! use iac_core::Stack;
//!
//! let stack = Stack::new("shop", "dev")?;
//! stack.provider(Cloudflare::builder().token("an API token").build()?)?;
//! let zone = stack.add("zone", Zone::args().name("example.com"))?;
//! stack.export("name_servers", &zone.name_servers)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How lost objects are found again
//! This API has no labels. Most objects have a name that only one of them can have, and are found by
//! it; the rest carry a marker where people see it, as each type's documentation says.
//!
//! # What exists is not overwritten
//! Where the API makes *or changes* what has a name (an upsert), a create looks first, and says that the
//! object exists already instead of taking it over. A [`ZoneSetting`] is the exception: it is always
//! there, and to manage it is to set it.

mod account;
mod api_token;
mod change;
mod check;
mod client;
mod cost;
mod data;
mod decode;
mod dns;
mod dnssec;
mod envelope;
mod foreign;
mod list;
mod marked;
mod origin_certificate;
mod ruleset;
mod search;
mod setting;
#[cfg(feature = "sim")]
pub mod sim;
mod turnstile;
mod types;
mod zone;

// Storage and sites.
mod pages;
mod r2;
mod settled;

pub use api_token::{
    ApiToken, ApiTokenArgs, ApiTokenAttributes, ApiTokenInputs, ApiTokenOutputs, TokenEffect, TokenPolicy,
    TokenPolicyArgs,
};
pub use client::{Cloudflare, CloudflareBuilder, ENDPOINT};
pub use cost::{PRICES_DATE, PRICES_SOURCE, prices};
pub use data::{
    Account, AccountData, AccountDataAttributes, AccountQuery, AccountQueryArgs, CurrentToken,
    CurrentTokenData, CurrentTokenDataAttributes, CurrentTokenQuery, CurrentTokenQueryArgs, ExistingZone,
    ExistingZoneData, ExistingZoneDataAttributes, ExistingZoneQuery, ExistingZoneQueryArgs, IpRanges,
    IpRangesData, IpRangesDataAttributes, IpRangesQuery, IpRangesQueryArgs,
};
pub use dns::{
    DnsRecord, DnsRecordArgs, DnsRecordAttributes, DnsRecordInputs, DnsRecordOutputs, RecordData,
    RecordDataArgs, RecordType,
};
pub use dnssec::{Dnssec, DnssecArgs, DnssecAttributes, DnssecInputs, DnssecOutputs};
pub use list::{
    List, ListArgs, ListAttributes, ListHostname, ListHostnameArgs, ListInputs, ListItem, ListItemArgs,
    ListKind, ListOutputs, ListRedirect, ListRedirectArgs,
};
pub use origin_certificate::{
    OriginCertificate, OriginCertificateArgs, OriginCertificateAttributes, OriginCertificateInputs,
    OriginCertificateOutputs,
};
pub use pages::{
    PagesBuild, PagesBuildArgs, PagesDeployment, PagesDeploymentArgs, PagesDeploymentAttributes,
    PagesDeploymentInputs, PagesDeploymentOutputs, PagesDomain, PagesDomainArgs, PagesDomainAttributes,
    PagesDomainInputs, PagesDomainOutputs, PagesEnvironment, PagesEnvironmentArgs, PagesFiles, PagesHost,
    PagesPreviews, PagesProject, PagesProjectArgs, PagesProjectAttributes, PagesProjectInputs,
    PagesProjectOutputs, PagesSource, PagesSourceArgs,
};
pub use r2::{
    R2Bucket, R2BucketArgs, R2BucketAttributes, R2BucketInputs, R2BucketOutputs, R2CorsMethod, R2CorsRule,
    R2CorsRuleArgs, R2CustomDomain, R2CustomDomainArgs, R2CustomDomainAttributes, R2CustomDomainInputs,
    R2CustomDomainOutputs, R2Jurisdiction, R2LifecycleRule, R2LifecycleRuleArgs, R2Location, R2LockRule,
    R2LockRuleArgs, R2StorageClass,
};
pub use ruleset::{
    BlockResponse, BlockResponseArgs, BrowserTtl, BrowserTtlArgs, CacheKey, CacheKeyArgs, CacheReserve,
    CacheReserveArgs, CacheSettings, CacheSettingsArgs, CategoryOverride, CategoryOverrideArgs,
    ConfigSettings, ConfigSettingsArgs, CookieKey, CookieKeyArgs, CustomKey, CustomKeyArgs, EdgeTtl,
    EdgeTtlArgs, Execute, ExecuteArgs, ExecuteOverrides, ExecuteOverridesArgs, ExposedCredentialCheck,
    ExposedCredentialCheckArgs, HeaderKey, HeaderKeyArgs, HeaderOperation, HeaderRewrite, HeaderRewriteArgs,
    HostKey, HostKeyArgs, MatchedData, MatchedDataArgs, OriginOverride, OriginOverrideArgs, QueryParameters,
    QueryParametersArgs, QueryStringKey, QueryStringKeyArgs, RateLimit, RateLimitArgs, Redirect,
    RedirectArgs, Rewrite, RewriteArgs, RuleAction, RuleOverride, RuleOverrideArgs, Ruleset, RulesetArgs,
    RulesetAttributes, RulesetInputs, RulesetOutputs, RulesetPhase, RulesetRule, RulesetRuleArgs, ServeError,
    ServeErrorArgs, ServeStale, ServeStaleArgs, Skip, SkipArgs, SkipProduct, StatusCodeRange,
    StatusCodeRangeArgs, StatusCodeTtl, StatusCodeTtlArgs, Switch, TtlMode, UserKey, UserKeyArgs,
};
pub use setting::{
    CacheLevel, Polish, PseudoIpv4, SecurityHeader, SecurityLevel, Setting, SslMode, Tls13, TlsVersion,
    ZoneSetting, ZoneSettingArgs, ZoneSettingAttributes, ZoneSettingInputs, ZoneSettingOutputs,
};
pub use turnstile::{
    TurnstileClearance, TurnstileMode, TurnstileRegion, TurnstileWidget, TurnstileWidgetArgs,
    TurnstileWidgetAttributes, TurnstileWidgetInputs, TurnstileWidgetOutputs,
};
pub use zone::{
    Zone, ZoneActivation, ZoneActivationArgs, ZoneActivationAttributes, ZoneActivationInputs,
    ZoneActivationOutputs, ZoneArgs, ZoneAttributes, ZoneInputs, ZoneOutputs, ZoneType,
};

// Workers.
mod form_parts;
mod kv;
mod worker;

pub use kv::{
    KvEntry, KvEntryArgs, KvEntryAttributes, KvEntryInputs, KvEntryOutputs, KvNamespace, KvNamespaceArgs,
    KvNamespaceAttributes, KvNamespaceInputs, KvNamespaceOutputs,
};
pub use worker::{
    DurableObjectBinding, DurableObjectBindingArgs, R2Binding, R2BindingArgs, RenamedClass, RenamedClassArgs,
    ServiceBinding, ServiceBindingArgs, TransferredClass, TransferredClassArgs, WorkerCode, WorkerDomain,
    WorkerDomainArgs, WorkerDomainAttributes, WorkerDomainInputs, WorkerDomainOutputs, WorkerMigration,
    WorkerMigrationArgs, WorkerRoute, WorkerRouteArgs, WorkerRouteAttributes, WorkerRouteInputs,
    WorkerRouteOutputs, WorkerScript, WorkerScriptArgs, WorkerScriptAttributes, WorkerScriptInputs,
    WorkerScriptOutputs, WorkerSecret, WorkerSecretArgs, WorkerSecretAttributes, WorkerSecretInputs,
    WorkerSecretOutputs,
};
