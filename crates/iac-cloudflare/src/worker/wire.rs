//! Scripts as the API writes them, and the paths of their parts. Knows nothing of inputs.

use iac_core::{Cx, Result};
use iac_http::{Client, Request};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::client::Cloudflare;

/// The settings of a script and of its version.
#[derive(Deserialize)]
pub(super) struct Settings {
    #[serde(default)]
    pub(super) bindings: Vec<Map<String, Json>>,
    #[serde(default)]
    pub(super) compatibility_date: Option<String>,
    #[serde(default)]
    pub(super) compatibility_flags: Option<Vec<String>>,
    #[serde(default)]
    pub(super) limits: Option<Limits>,
    #[serde(default)]
    pub(super) logpush: Option<bool>,
    #[serde(default)]
    pub(super) observability: Option<Observability>,
    #[serde(default)]
    pub(super) placement: Option<Placement>,
    #[serde(default)]
    pub(super) tags: Option<Vec<String>>,
    #[serde(default)]
    pub(super) tail_consumers: Option<Vec<TailConsumer>>,
}

#[derive(Deserialize)]
pub(super) struct Limits {
    #[serde(default)]
    pub(super) cpu_ms: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Observability {
    #[serde(default)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) head_sampling_rate: Option<f64>,
    #[serde(default)]
    pub(super) logs: Option<Logs>,
}

#[derive(Deserialize)]
pub(super) struct Logs {
    #[serde(default)]
    pub(super) invocation_logs: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Placement {
    #[serde(default)]
    pub(super) mode: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct TailConsumer {
    pub(super) service: String,
}

/// A script in a listing.
#[derive(Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    #[serde(default)]
    pub(super) migration_tag: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Schedules {
    #[serde(default)]
    pub(super) schedules: Vec<Schedule>,
}

#[derive(Deserialize)]
pub(super) struct Schedule {
    pub(super) cron: String,
}

/// Where a script answers under `workers.dev`.
#[derive(Deserialize, PartialEq)]
pub(super) struct Subdomain {
    #[serde(default)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) previews_enabled: bool,
}

/// The account's name under `workers.dev`.
#[derive(Deserialize)]
pub(super) struct AccountSubdomain {
    pub(super) subdomain: String,
}

/// A request about a part of the script `name`; `part` is empty or begins with a slash.
pub(super) async fn of_script(
    cx: &Cx<'_, Cloudflare>,
    method: impl FnOnce(&Client, String) -> Request,
    name: &str,
    part: &str,
) -> Result<Request> {
    let path = format!("/accounts/{{account}}/workers/scripts/{{script}}{part}");
    let account = cx.client().account_id(cx).await?;
    Ok(method(&cx.client().http(cx), path).segment("account", account).segment("script", name))
}

/// A request about something of the account's Workers; `part` begins with a slash.
pub(super) async fn of_account(
    cx: &Cx<'_, Cloudflare>,
    method: impl FnOnce(&Client, String) -> Request,
    part: &str,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    let path = format!("/accounts/{{account}}/workers{part}");
    Ok(method(&cx.client().http(cx), path).segment("account", account))
}
