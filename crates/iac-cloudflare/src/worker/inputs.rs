//! The inputs and outputs of a Worker's script. Knows nothing of requests.

use std::collections::BTreeMap;

use iac_core::__private::Given;
use iac_core::{Id, Inputs, Outputs, Secret};
use serde::{Deserialize, Serialize};

use super::binding::{DurableObjectBinding, R2Binding, ServiceBinding};
use super::code::WorkerCode;
use super::migration::WorkerMigration;
use super::script::WorkerScript;
use crate::KvNamespace;

/// Inputs of a [`WorkerScript`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = WorkerScript)]
pub struct WorkerScriptInputs {
    /// The name, unique in the account: lower-case letters, digits, `-` and `_`.
    #[field(replace, unique, auto_name(63))]
    pub name: Option<String>,
    /// The SHA-256 hash of each module, by its name. [`code`](WorkerScriptArgs::code) sets it.
    pub modules: BTreeMap<String, String>,
    /// Where the content of each module comes from. [`code`](WorkerScriptArgs::code) sets it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[field(write_only)]
    pub sources: BTreeMap<String, String>,
    /// The module that the Worker starts with. [`code`](WorkerScriptArgs::code) sets it.
    #[field(default_from_api)]
    pub main_module: Option<String>,
    /// The date that decides which changes of the runtime apply, as `2026-11-01`. Without one the
    /// oldest behaviour applies.
    #[field(default_from_api)]
    pub compatibility_date: Option<String>,
    /// Changes of the runtime that are switched on or off by themselves, such as `nodejs_compat`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub compatibility_flags: Vec<String>,
    /// Texts that the code reads by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// Secrets that the code reads by name. They go up with the code, in one request. The API never
    /// gives them back, so a change made elsewhere is not seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[field(write_only)]
    pub secrets: BTreeMap<String, Secret<String>>,
    /// KV namespaces, by their names in the code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kv_namespaces: BTreeMap<String, Id<KvNamespace>>,
    /// Ids of D1 databases, by their names in the code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub d1_databases: BTreeMap<String, String>,
    /// Buckets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub r2_buckets: Vec<R2Binding>,
    /// Other Workers that it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub services: Vec<ServiceBinding>,
    /// Classes of durable objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub durable_objects: Vec<DurableObjectBinding>,
    /// Bindings of other kinds, by their names in the code and as the API writes them without the
    /// name: `{"type": "queue", "queue_name": "jobs"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_bindings: BTreeMap<String, serde_json::Value>,
    /// The history of its durable object classes. Steps are added at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(write_only)]
    pub migrations: Vec<WorkerMigration>,
    /// When it runs by itself, in UTC: five fields as in cron.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub crons: Vec<String>,
    /// Whether it answers under the account's `workers.dev` subdomain.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub workers_dev: bool,
    /// Whether each version gets an address of its own under `workers.dev`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview_urls: bool,
    /// Whether its logs are kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observability: bool,
    /// The part of the requests whose logs are kept, from 0 to 1. By default all.
    #[field(default_from_api)]
    pub head_sampling_rate: Option<f64>,
    /// Whether each request is logged, too, and not only what the code writes. Default true.
    #[field(default_from_api)]
    pub invocation_logs: Option<bool>,
    /// Whether its trace events go to the account's Logpush jobs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub logpush: bool,
    /// Whether it runs near what it calls rather than near its users.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub smart_placement: bool,
    /// The most CPU time of one request, in milliseconds. Only on paid plans.
    pub cpu_ms_max: Option<u32>,
    /// Other Workers that get its logs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub tail_consumers: Vec<Id<WorkerScript>>,
    /// Tags for people, nine at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub tags: Vec<String>,
}

impl<M> WorkerScriptArgs<M> {
    /// The modules and which of them is the main one: sets `modules`, `sources` and `main_module`.
    pub fn code(self, code: WorkerCode) -> WorkerScriptArgs<Given> {
        self.modules(code.digests).sources(code.sources).main_module(code.main_module)
    }
}

/// Outputs of a [`WorkerScript`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct WorkerScriptOutputs {
    /// The name.
    #[field(stable)]
    pub name: String,
    /// One SHA-256 hash for all modules: it changes when the code does.
    pub code_hash: String,
    /// The address under `workers.dev`, if it has one.
    pub url: Option<String>,
}
