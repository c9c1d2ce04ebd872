//! Owns simulated deployments of files that are uploaded. Builds nothing from source.
use super::super::answer::{self, Answer, error, ok};
use super::super::cloud::CloudflareSim;
use super::super::inspect::InventoryItem;
use super::super::pending::Pending;
use super::project::{Project, build_view, of, uuid};
use crate::form_parts::{self, Part};
use crate::pages::{is_removed_message, marker_of};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const TYPE: &str = "cloudflare:pages_deployment";
const PAGE_SIZES: (u64, u64, u64) = (1, 25, 25);
const FILES_MAX: usize = 20_000;
const MALFORMED: u64 = 8_000_006;
/// Texts that a form may have.
const TEXTS: [&str; 7] = [
    "branch",
    "commit_dirty",
    "commit_hash",
    "commit_message",
    "manifest",
    "pages_build_output_dir",
    "wrangler_config_hash",
];
/// Files that a form may have.
const FILES: [&str; 6] = [
    "_headers",
    "_redirects",
    "_routes.json",
    "_worker.bundle",
    "_worker.js",
    "functions-filepath-routing-config.json",
];
/// What a deployment goes through.
const STAGES: [&str; 5] = ["queued", "initialize", "clone_repo", "build", "deploy"];

/// A deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Deployment {
    pub(super) id: String,
    pub(super) branch: String,
    pub(super) is_production: bool,
    commit_hash: String,
    commit_message: String,
    commit_dirty: bool,
    created_on: String,
    /// Paths and the names by content of what is there.
    pub(super) manifest: BTreeMap<String, String>,
    /// `_headers` and the like.
    settings: BTreeMap<String, String>,
    pub(super) stage: Stage,
}

/// How far a deployment is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Running(Pending),
    Done,
    Failed,
}

impl Deployment {
    pub(super) fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// The first digits of the id, which its address begins with.
    pub(super) fn short_id(&self) -> &str {
        self.id.split('-').next().unwrap_or_default()
    }
}

/// What a branch is called in an address.
pub(super) fn alias_of(branch: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    branch.chars().map(clean).collect::<String>().trim_matches('-').to_owned()
}

/// What each branch of a project shows.
pub(super) fn items(project: &Project) -> Vec<InventoryItem> {
    let mut seen = BTreeSet::new();
    let newest = project.deployments.iter().rev().filter(|one| !matches!(one.stage, Stage::Failed));
    let shown = newest.filter(|one| seen.insert(one.branch.clone()));
    shown
        .filter(|one| !is_removed_message(&one.commit_message))
        .map(|one| {
            let id = format!("{}/{}", project.name, one.branch);
            let item = InventoryItem::new(TYPE, id, &one.branch);
            InventoryItem { marker: marker_of(&one.commit_message).map(str::to_owned), ..item }
        })
        .collect()
}

/// The addresses that show a deployment now, beside its own.
fn aliases(project: &Project, deployment: &Deployment) -> Vec<String> {
    if project.canonical.as_deref() == Some(&deployment.id) {
        return project.domains.keys().map(|name| format!("https://{name}")).collect();
    }
    let newest =
        project.deployments.iter().rev().find(|one| one.branch == deployment.branch && one.is_done());
    match !deployment.is_production && newest.is_some_and(|one| one.id == deployment.id) {
        true => vec![format!("https://{}.{}", alias_of(&deployment.branch), project.subdomain())],
        false => Vec::new(),
    }
}

fn stages(deployment: &Deployment) -> Vec<Value> {
    let last = STAGES.len() - 1;
    let stage = |(index, name): (usize, &&str)| {
        let (status, ended) = match &deployment.stage {
            Stage::Done => ("success", true),
            _ if index < last => ("success", true),
            Stage::Failed => ("failure", true),
            Stage::Running(_) => ("active", false),
        };
        let on = &deployment.created_on;
        json!({ "name": name, "status": status, "started_on": on, "ended_on": ended.then_some(on) })
    };
    STAGES.iter().enumerate().map(stage).collect()
}

pub(super) fn view(project: &Project, deployment: &Deployment) -> Value {
    let stages = stages(deployment);
    json!({
        "id": deployment.id,
        "short_id": deployment.short_id(),
        "project_id": project.id,
        "project_name": project.name,
        "environment": if deployment.is_production { "production" } else { "preview" },
        "url": format!("https://{}.{}", deployment.short_id(), project.subdomain()),
        "aliases": aliases(project, deployment),
        "created_on": deployment.created_on,
        "modified_on": deployment.created_on,
        "latest_stage": stages.last(),
        "stages": stages,
        "deployment_trigger": {
            "type": "ad_hoc",
            "metadata": {
                "branch": deployment.branch, "commit_hash": deployment.commit_hash,
                "commit_message": deployment.commit_message, "commit_dirty": deployment.commit_dirty,
            },
        },
        "build_config": build_view(&project.build),
        "env_vars": {},
        "is_skipped": false,
        "uses_functions": deployment.settings.contains_key("_worker.js"),
        "source": null,
    })
}

fn missing() -> SimResponse {
    error(404, 8_000_009, "Deployment not found.")
}

/// Somebody looks at a project: what takes time may be done by then.
pub(super) fn look_at_all(cloud: &mut CloudflareSim, params: &Params) -> Result<(), SimResponse> {
    let (pace, now) = (cloud.config.pace, cloud.now);
    let project = of(cloud, params)?;
    for deployment in &mut project.deployments {
        if let Stage::Running(pending) = &mut deployment.stage
            && pending.look(pace, now)
        {
            deployment.stage = Stage::Done;
            if deployment.is_production {
                project.canonical = Some(deployment.id.clone());
            }
        }
    }
    Ok(())
}

pub(super) fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    look_at_all(cloud, params)?;
    let project = of(cloud, params)?;
    let wanted = match request.query("env") {
        None => None,
        Some("production") => Some(true),
        Some("preview") => Some(false),
        Some(_) => return Err(error(400, MALFORMED, "env is production or preview")),
    };
    let newest = project.deployments.iter().rev();
    let found: Vec<&Deployment> =
        newest.filter(|one| wanted.is_none_or(|production| one.is_production == production)).collect();
    answer::page(request, PAGE_SIZES, &found, |deployment| view(project, deployment))
}

fn malformed(reason: impl std::fmt::Display) -> SimResponse {
    error(400, MALFORMED, format!("Request body is incorrect. {reason}"))
}

/// The texts and the files of a form.
type Form = (BTreeMap<String, String>, BTreeMap<String, String>);

fn form(request: &SimRequest) -> Result<Form, SimResponse> {
    let content_type = request.header("content-type").unwrap_or_default();
    let parts = form_parts::parse(content_type, &request.body)
        .ok_or_else(|| malformed("It must be multipart/form-data."))?;
    let (mut texts, mut files) = (BTreeMap::new(), BTreeMap::new());
    for Part { name, content, .. } in parts {
        let text = String::from_utf8_lossy(content).into_owned();
        if TEXTS.contains(&name.as_str()) {
            texts.insert(name, text);
        } else if FILES.contains(&name.as_str()) {
            files.insert(name, text);
        } else {
            return Err(malformed(format!("Unknown field: {name}.")));
        }
    }
    Ok((texts, files))
}

fn manifest(texts: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, SimResponse> {
    let text = texts.get("manifest").ok_or_else(|| {
        error(400, 8_000_096, "A \"manifest\" field was expected in the request body but was not provided.")
    })?;
    let manifest: BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|_| malformed("The manifest maps paths to hashes."))?;
    match manifest.len() <= FILES_MAX && manifest.keys().all(|path| path.starts_with('/')) {
        true => Ok(manifest),
        false => Err(malformed("Paths begin with a slash, and there are at most 20,000.")),
    }
}

pub(super) fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let production_branch = of(cloud, params)?.production_branch.clone();
    let (mut texts, settings) = form(request)?;
    let manifest = manifest(&texts)?;
    let mut text = |name: &str| texts.remove(name).unwrap_or_default();
    let branch =
        Some(text("branch")).filter(|branch| !branch.is_empty()).unwrap_or(production_branch.clone());
    // The vendor finds out later as well, and then the deployment has failed.
    let is_complete = manifest.values().all(|hash| cloud.state.pages.assets.contains_key(hash));
    let deployment = Deployment {
        is_production: branch == production_branch,
        branch,
        commit_hash: text("commit_hash"),
        commit_message: text("commit_message"),
        commit_dirty: text("commit_dirty") == "true",
        id: uuid(cloud),
        created_on: cloud.timestamp(),
        manifest,
        settings,
        stage: if is_complete { Stage::Running(Pending::new(cloud.now)) } else { Stage::Failed },
    };
    let project = of(cloud, params)?;
    let shown = view(project, &deployment);
    project.deployments.push(deployment);
    ok(shown)
}

fn position(project: &Project, params: &Params) -> Result<usize, SimResponse> {
    let id = params.get("deployment_id").unwrap_or_default();
    project.deployments.iter().position(|one| one.id == id).ok_or_else(missing)
}

pub(super) fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    look_at_all(cloud, params)?;
    let project = of(cloud, params)?;
    let place = position(project, params)?;
    let deployment = project.deployments.get(place).ok_or_else(missing)?;
    ok(view(project, deployment))
}

pub(super) fn delete(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let project = of(cloud, params)?;
    let place = position(project, params)?;
    let deployment = project.deployments.get(place).ok_or_else(missing)?;
    if project.canonical.as_deref() == Some(&deployment.id) {
        let message =
            "You cannot delete this deployment because it is your current active production deployment.";
        return Err(error(400, 8_000_034, message));
    }
    let is_forced = request.query("force") == Some("true");
    if !aliases(project, deployment).is_empty() && !is_forced {
        let message = "You cannot delete an aliased deployment without a `?force=true` parameter in the API request \
                       URL.";
        return Err(error(400, 8_000_035, message));
    }
    project.deployments.remove(place);
    ok(Value::Null)
}

/// Shows an earlier deployment again.
pub(super) fn rollback(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let project = of(cloud, params)?;
    let place = position(project, params)?;
    let deployment = project.deployments.get(place).ok_or_else(missing)?;
    if !deployment.is_production || !deployment.is_done() {
        return Err(error(400, 8_000_039, "Only a successful production deployment can be rolled back to."));
    }
    project.canonical = Some(deployment.id.clone());
    ok(view(project, deployment))
}
