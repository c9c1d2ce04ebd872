//! A script as the cloud has it. Knows nothing of changes.

use iac_core::{Cx, Id, Observed, Result};

use super::binding;
use super::code::digest_of_all;
use super::content::{self, Content};
use super::inputs::{WorkerScriptInputs, WorkerScriptOutputs};
use super::script::WorkerScript;
use super::upload::is_mark;
use super::wire::{AccountSubdomain, Schedules, Settings, Subdomain, of_account, of_script};
use crate::client::Cloudflare;
use crate::envelope;

/// The settings of the script `name`; `None` if it does not exist.
pub(super) async fn settings(cx: &Cx<'_, Cloudflare>, name: &str) -> Result<Option<Settings>> {
    envelope::get(of_script(cx, |http, path| http.get(path), name, "/settings").await?).await
}

/// Whether the script `name` exists.
pub(super) async fn exists(cx: &Cx<'_, Cloudflare>, name: &str) -> Result<bool> {
    Ok(settings(cx, name).await?.is_some())
}

/// Where the script `name` answers under `workers.dev`; `None` if the script does not exist.
pub(super) async fn subdomain(cx: &Cx<'_, Cloudflare>, name: &str) -> Result<Option<Subdomain>> {
    envelope::get(of_script(cx, |http, path| http.get(path), name, "/subdomain").await?).await
}

/// The script `name` with everything that belongs to it; `None` if it does not exist.
pub(super) async fn observe(cx: &Cx<'_, Cloudflare>, name: &str) -> Result<Option<Observed<WorkerScript>>> {
    let Some(settings) = settings(cx, name).await? else { return Ok(None) };
    let Some(content) = content::read(cx, name).await? else { return Ok(None) };
    let schedules = of_script(cx, |http, path| http.get(path), name, "/schedules").await?;
    let Some(schedules) = envelope::get::<Schedules>(schedules).await? else { return Ok(None) };
    let Some(subdomain) = subdomain(cx, name).await? else { return Ok(None) };
    let url = url(cx, name, subdomain.enabled).await?;
    let outputs = outputs(name, &content.digests, url);
    let inputs = inputs(name, settings, content, schedules, &subdomain);
    Ok(Some(Observed::new(Id::new(name), inputs, outputs)))
}

/// The outputs of a script with these modules.
pub(super) fn outputs(
    name: &str,
    digests: &std::collections::BTreeMap<String, String>,
    url: Option<String>,
) -> WorkerScriptOutputs {
    WorkerScriptOutputs { name: name.to_owned(), code_hash: digest_of_all(digests), url }
}

/// Where the script answers under `workers.dev`, if it does and the account has a name there.
pub(super) async fn url(cx: &Cx<'_, Cloudflare>, name: &str, enabled: bool) -> Result<Option<String>> {
    if !enabled {
        return Ok(None);
    }
    let request = of_account(cx, |http, path| http.get(path), "/subdomain").await?;
    let account: Option<AccountSubdomain> = envelope::get(request).await?;
    Ok(account.map(|account| format!("https://{name}.{}.workers.dev", account.subdomain)))
}

fn inputs(
    name: &str,
    settings: Settings,
    content: Content,
    schedules: Schedules,
    subdomain: &Subdomain,
) -> WorkerScriptInputs {
    let bound = binding::from_wire(name, settings.bindings);
    let watched = settings.observability.filter(|observability| observability.enabled);
    let consumers = settings.tail_consumers.unwrap_or_default();
    let logs = watched.as_ref().and_then(|watched| watched.logs.as_ref());
    WorkerScriptInputs {
        name: Some(name.to_owned()),
        modules: content.digests,
        sources: std::collections::BTreeMap::new(),
        main_module: Some(content.main_module),
        compatibility_date: settings.compatibility_date.filter(|date| !date.is_empty()),
        compatibility_flags: settings.compatibility_flags.unwrap_or_default(),
        vars: bound.vars,
        secrets: std::collections::BTreeMap::new(),
        kv_namespaces: bound.kv_namespaces,
        d1_databases: bound.d1_databases,
        r2_buckets: bound.r2_buckets,
        services: bound.services,
        durable_objects: bound.durable_objects,
        other_bindings: bound.other,
        migrations: Vec::new(),
        crons: schedules.schedules.into_iter().map(|schedule| schedule.cron).collect(),
        workers_dev: subdomain.enabled,
        preview_urls: subdomain.previews_enabled,
        observability: watched.is_some(),
        invocation_logs: logs.and_then(|logs| logs.invocation_logs),
        head_sampling_rate: watched.and_then(|watched| watched.head_sampling_rate),
        logpush: settings.logpush.unwrap_or_default(),
        smart_placement: settings.placement.is_some_and(|one| one.mode.as_deref() == Some("smart")),
        cpu_ms_max: settings.limits.and_then(|limits| limits.cpu_ms),
        tail_consumers: consumers.into_iter().map(|one| Id::new(one.service)).collect(),
        tags: settings.tags.unwrap_or_default().into_iter().filter(|tag| !is_mark(tag)).collect(),
    }
}
