//! The resource type of Workers' scripts. Knows nothing of the routes and domains that lead to them.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Observed, OnChange, Page, PageToken,
    Recovery, ReplaceOrder, Resource, Result, Value, ValueMap,
};
use iac_http::{Polled, poll_until};
use serde_json::{Value as Json, json};

use super::code::{Module, is_source_map, load};
use super::inputs::{WorkerScriptInputs, WorkerScriptOutputs};
use super::observe::{exists, observe, outputs, settings, subdomain, url};
use super::upload::{mark, upload};
use super::wire::{Listed, Settings, Subdomain, of_account, of_script};
use super::{binding, check};
use crate::client::Cloudflare;
use crate::{change, check as rule, cost, envelope};

/// Scripts on one page of a listing here. The API lists all at once, but only their names: each one
/// takes four requests more.
const SCRIPTS_PER_PAGE: usize = 20;
/// Uploads of a script whose last migration is another one than its listing says.
const MIGRATION_ATTEMPTS_MAX: u32 = 6;
/// The code of such an upload's refusal.
const MIGRATION_TAG_MISMATCH: &str = "10079";
/// The code of an account that has no name under `workers.dev`.
const NO_ACCOUNT_SUBDOMAIN: &str = "10063";
/// The inputs that only the paid plan has.
const PAID_FIELDS: [&str; 3] = ["cpu_ms_max", "logpush", "tail_consumers"];
/// The inputs that do not need an upload.
const BESIDE_THE_UPLOAD: [&str; 3] = ["crons", "workers_dev", "preview_urls"];

/// A Worker: code that runs at the edge, with what it is bound to.
///
/// Code, bindings and secrets go up in one request, and every change of them makes a new version that
/// serves at once. A script that exists already and is not of this resource is never overwritten: it
/// has to be imported. Deleting a script deletes its durable objects and their data with it; where
/// these matter, protect the resource.
///
/// ```
/// use iac_cloudflare::{KvNamespace, WorkerCode, WorkerScript};
/// use iac_core::{Secret, Stack};
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let cache = stack.add("cache", KvNamespace::args())?;
/// let intake = stack.add(
///     "intake",
///     WorkerScript::args()
///         .code(WorkerCode::text("worker.js", "export default { fetch() { return new Response('ok') } }"))
///         .compatibility_date("2026-11-01")
///         .vars([("ENVIRONMENT", "dev")])
///         .secrets([("API_KEY", Secret::new(String::from("…")))])
///         .kv_namespaces([("CACHE", &cache)])
///         .workers_dev(true),
/// )?;
/// stack.export("intake_url", &intake.url)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WorkerScript;

#[async_trait]
impl Resource for WorkerScript {
    const TYPE: &'static str = "cloudflare:worker_script";
    const RECOVERY: Recovery = Recovery::Label;
    const REPLACE: ReplaceOrder = ReplaceOrder::CreateFirst;
    type Provider = Cloudflare;
    type Inputs = WorkerScriptInputs;
    type Outputs = WorkerScriptOutputs;

    /// Looks first, because the upload would replace a script of the same name without a word.
    async fn create(cx: &Cx<'_, Cloudflare>, inputs: WorkerScriptInputs) -> Result<Created<Self>> {
        let name = rule::required_name(&inputs.name)?;
        let modules = load(&inputs.modules, &inputs.sources)?;
        match settings(cx, name).await? {
            None => upload(cx, name, &inputs, &modules, None).await?,
            // An earlier attempt, whose answer was lost.
            Some(present) if is_ours(cx, &present) => migrate(cx, name, &inputs, &modules).await?,
            Some(_) => return Err(taken(name)),
        }
        let id = Id::new(name);
        cx.checkpoint(&id).await?;
        if !inputs.crons.is_empty() {
            put_crons(cx, name, &inputs.crons).await?;
        }
        put_subdomain(cx, name, &inputs).await?;
        let url = url(cx, name, inputs.workers_dev).await?;
        Ok(Created::new(id, outputs(name, &inputs.modules, url)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        observe(cx, id.as_str()).await
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<WorkerScriptOutputs> {
        let (name, new) = (id.as_str(), &change.new);
        if change.changed.iter().any(|path| !BESIDE_THE_UPLOAD.contains(&path.root())) {
            let modules = load(&new.modules, &new.sources)?;
            if !exists(cx, name).await? {
                return Err(envelope::gone("the Worker", name));
            }
            migrate(cx, name, new, &modules).await?;
            remove_secrets(cx, name, &change).await?;
        }
        if change.touches("crons") {
            put_crons(cx, name, &new.crons).await?;
        }
        if change.touches("workers_dev") || change.touches("preview_urls") {
            put_subdomain(cx, name, new).await?;
        }
        let url = url(cx, name, new.workers_dev).await?;
        Ok(outputs(name, &new.modules, url))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        super::delete::delete(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let first: usize = page.0.as_deref().and_then(|at| at.parse().ok()).unwrap_or_default();
        let scripts = listed(cx).await?;
        let mut items = Vec::new();
        for script in scripts.iter().skip(first).take(SCRIPTS_PER_PAGE) {
            items.extend(observe(cx, &script.id).await?);
        }
        let next = first + SCRIPTS_PER_PAGE;
        let next = (next < scripts.len()).then(|| PageToken(Some(next.to_string())));
        Ok(Page::new(items, next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &WorkerScriptInputs) -> Result<Vec<Id<Self>>> {
        let name = rule::required_name(&inputs.name)?;
        let ours = settings(cx, name).await?.filter(|present| is_ours(cx, present));
        Ok(ours.map(|_| Id::new(name)).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match change.field.name {
            "modules" if only_source_maps(change.old, change.new) => OnChange::Ignore,
            _ => change::declared(change),
        }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        check::script(inputs)
    }

    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        price(inputs, prices)
    }
}

/// A Worker is on the free plan. What only the paid one has costs a fee that the whole account shares, and
/// more by use.
fn price(inputs: &Value, prices: &PriceList) -> Cost {
    for field in PAID_FIELDS {
        match inputs.get(field) {
            Value::Null | Value::Bool(false) => {}
            Value::List(items) if items.is_empty() => {}
            Value::Unknown => return Cost::undecided(field),
            _ => {
                return Cost::unpriced(format!(
                    "`{field}` needs the Workers Paid plan, whose fee is one for all Workers of the account"
                ));
            }
        }
    }
    cost::of(prices, "Worker")
}

/// Whether nothing but source maps differs.
fn only_source_maps(old: &Value, new: &Value) -> bool {
    let (Some(old), Some(new)) = (old.as_map(), new.as_map()) else { return false };
    let run = |modules: &ValueMap| {
        let run = modules.iter().filter(|(name, _)| !is_source_map(name));
        run.map(|(name, digest)| (name.clone(), digest.clone())).collect::<Vec<_>>()
    };
    run(old) == run(new)
}

/// Whether a script carries this incarnation's tag.
fn is_ours(cx: &Cx<'_, Cloudflare>, settings: &Settings) -> bool {
    let wanted = mark(cx.marker());
    settings.tags.iter().flatten().any(|tag| *tag == wanted)
}

fn taken(name: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists, format!("a Worker `{name}` exists already"))
        .field("name")
        .hint(format!("import it (its id is `{name}`), or choose another name: an upload would overwrite it"))
}

/// All scripts of the account, by their names.
pub(super) async fn listed(cx: &Cx<'_, Cloudflare>) -> Result<Vec<Listed>> {
    let request = of_account(cx, |http, path| http.get(path), "/scripts").await?;
    Ok(envelope::list(request).await?.0)
}

/// Uploads a new version of a script that exists, with the migrations that are still to be done. Which
/// was the last one, only the listing of scripts says, and that may be late: where the upload is refused
/// for it, another look follows.
async fn migrate(
    cx: &Cx<'_, Cloudflare>,
    name: &str,
    inputs: &WorkerScriptInputs,
    modules: &[Module],
) -> Result<()> {
    let options = cx.client().wait(cx, format!("the last migration of the Worker `{name}` to be known"));
    let mut attempts = 0;
    poll_until(&options, || {
        attempts += 1;
        let last = attempts == MIGRATION_ATTEMPTS_MAX;
        async move {
            let tag = migration_tag(cx, name, inputs).await?;
            match upload(cx, name, inputs, modules, tag.as_deref()).await {
                Ok(()) => Ok(Polled::Ready(())),
                Err(error) if error.api_code() == Some(MIGRATION_TAG_MISMATCH) && !last => {
                    Ok(Polled::pending_in("the listing of Workers"))
                }
                Err(error) => Err(error),
            }
        }
    })
    .await
}

/// The tag of the script's last migration, asked for only where migrations are given.
async fn migration_tag(
    cx: &Cx<'_, Cloudflare>,
    name: &str,
    inputs: &WorkerScriptInputs,
) -> Result<Option<String>> {
    if inputs.migrations.is_empty() {
        return Ok(None);
    }
    let script = listed(cx).await?.into_iter().find(|script| script.id == name);
    Ok(script.and_then(|script| script.migration_tag).filter(|tag| !tag.is_empty()))
}

async fn put_crons(cx: &Cx<'_, Cloudflare>, name: &str, crons: &[String]) -> Result<()> {
    let body: Vec<Json> = crons.iter().map(|cron| json!({ "cron": cron })).collect();
    let request = of_script(cx, |http, path| http.put(path), name, "/schedules").await?;
    envelope::send_empty(request.json_body(&body)).await.map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => error.field("crons"),
        _ => error,
    })
}

/// Switches the addresses under `workers.dev`, unless they are as wanted.
async fn put_subdomain(cx: &Cx<'_, Cloudflare>, name: &str, inputs: &WorkerScriptInputs) -> Result<()> {
    let wanted = Subdomain { enabled: inputs.workers_dev, previews_enabled: inputs.preview_urls };
    if subdomain(cx, name).await?.is_some_and(|present| present == wanted) {
        return Ok(());
    }
    let body = json!({ "enabled": wanted.enabled, "previews_enabled": wanted.previews_enabled });
    let request = of_script(cx, |http, path| http.post(path), name, "/subdomain").await?;
    envelope::send_empty(request.json_body(&body)).await.map_err(|error| match error.api_code() {
        Some(NO_ACCOUNT_SUBDOMAIN) => error
            .with_kind(ErrorKind::InvalidInput)
            .field("workers_dev")
            .hint("the account has no name under `workers.dev` yet: open Workers in the dashboard once and choose it"),
        _ => error,
    })
}

/// Deletes the secrets that are not given any more: an upload keeps all that it does not bind anew.
async fn remove_secrets(cx: &Cx<'_, Cloudflare>, name: &str, change: &Change<WorkerScript>) -> Result<()> {
    let bound = binding::names(&change.new);
    for secret in change.old.secrets.keys().filter(|secret| !bound.contains(secret.as_str())) {
        let request = of_script(cx, |http, path| http.delete(path), name, "/secrets/{secret}").await?;
        envelope::delete(request.segment("secret", secret)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_map_alone_is_no_change() {
        let modules =
            |texts: &[(&str, &str)]| Value::map(texts.iter().map(|(name, text)| (*name, Value::from(*text))));
        let old = modules(&[("a.js", "1")]);
        assert!(only_source_maps(&old, &modules(&[("a.js", "1"), ("a.js.map", "2")])));
        assert!(!only_source_maps(&old, &modules(&[("a.js", "3"), ("a.js.map", "2")])));
        assert!(!only_source_maps(&old, &Value::Unknown));
    }

    #[test]
    fn only_what_the_paid_plan_has_is_not_free() {
        let price = |fields: &[(&str, Value)]| price(&Value::map(fields.iter().cloned()), &crate::prices());
        assert_eq!(price(&[("logpush", false.into()), ("tail_consumers", Value::list([]))]), Cost::Free);
        assert!(price(&[("cpu_ms_max", Value::Int(50))]).open().unwrap().contains("Workers Paid"));
        assert_eq!(price(&[("logpush", Value::Unknown)]), Cost::undecided("logpush"));
    }
}
