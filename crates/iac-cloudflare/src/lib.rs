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
//! # Two kinds of requests are never sent
//! A create of what the API makes *or changes* under a name (an upsert) is preceded by a look, so that
//! nothing that exists already is overwritten.

mod account;
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
mod setting;
#[cfg(feature = "sim")]
pub mod sim;
mod types;
mod zone;

// Workers.
mod form_parts;
mod kv;
mod worker;

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
pub use setting::{
    CacheLevel, Polish, PseudoIpv4, SecurityHeader, SecurityLevel, Setting, SslMode, Tls13, TlsVersion,
    ZoneSetting, ZoneSettingArgs, ZoneSettingAttributes, ZoneSettingInputs, ZoneSettingOutputs,
};
pub use zone::{
    Zone, ZoneActivation, ZoneActivationArgs, ZoneActivationAttributes, ZoneActivationInputs,
    ZoneActivationOutputs, ZoneArgs, ZoneAttributes, ZoneInputs, ZoneOutputs, ZoneType,
};

// Workers.
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
