//! Owns simulated projects. Knows of deployments and domains that they go with their project.
use super::super::account;
use super::super::answer::{self, Answer, error, ok};
use super::super::cloud::CloudflareSim;
use super::super::input;
use super::super::inspect::InventoryItem;
use super::asset::{Asset, UploadToken};
use super::deployment::{self, Deployment};
use super::domain::{self, Domain};
use super::environment::Environment;
use super::source;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const TYPE: &str = "cloudflare:pages_project";
/// The code of a body that is not as it should be.
const MALFORMED: u64 = 8_000_006;
const NAME_LENGTH_MAX: usize = 58;
/// A project with more deployments is not deleted.
const DEPLOYMENTS_MAX: usize = 100;
/// Smallest, usual and largest page of projects.
const PAGE_SIZES: (u64, u64, u64) = (1, 10, 10);

/// Everything about Pages that an account remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Pages {
    /// By account and name.
    pub(super) projects: BTreeMap<String, Project>,
    /// By their names by content.
    pub(super) assets: BTreeMap<String, Asset>,
    /// By the token.
    pub(super) upload_tokens: BTreeMap<String, UploadToken>,
}

/// A project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Project {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) name: String,
    created_on: String,
    pub(super) production_branch: String,
    pub(super) build: Map<String, Value>,
    source: Option<Value>,
    pub(super) production: Environment,
    preview: Environment,
    /// In the order in which they were made.
    pub(super) deployments: Vec<Deployment>,
    /// The id of the deployment that the project's domains show.
    pub(super) canonical: Option<String>,
    pub(super) domains: BTreeMap<String, Domain>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: Option<String>,
    production_branch: Option<String>,
    build_config: Option<BuildConfig>,
    deployment_configs: Option<Configs>,
    source: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuildConfig {
    build_caching: Option<bool>,
    build_command: Option<String>,
    destination_dir: Option<String>,
    root_dir: Option<String>,
    web_analytics_tag: Option<String>,
    web_analytics_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configs {
    production: Option<Value>,
    preview: Option<Value>,
}

impl Project {
    /// The domain that it comes with.
    pub(super) fn subdomain(&self) -> String {
        format!("{}.pages.dev", self.name)
    }

    fn merge(&mut self, body: Body) -> Result<(), SimResponse> {
        let Configs { production, preview } =
            body.deployment_configs.unwrap_or(Configs { production: None, preview: None });
        for (environment, body) in [(&mut self.production, production), (&mut self.preview, preview)] {
            if let Some(body) = body {
                environment.merge(&body)?;
            }
        }
        if let Some(branch) = body.production_branch {
            self.production_branch = branch;
        }
        if let Some(build) = body.build_config {
            let fields = [
                ("build_caching", build.build_caching.map(Value::from)),
                ("build_command", build.build_command.map(Value::from)),
                ("destination_dir", build.destination_dir.map(Value::from)),
                ("root_dir", build.root_dir.map(Value::from)),
                ("web_analytics_tag", build.web_analytics_tag.map(Value::from)),
                ("web_analytics_token", build.web_analytics_token.map(Value::from)),
            ];
            let given = fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?)));
            self.build.extend(given);
        }
        if let Some(source) = body.source {
            self.source = Some(source::merged(self.source.as_ref(), &source)?);
        }
        Ok(())
    }
}

pub(crate) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    for project in cloud.state.pages.projects.values() {
        into.push(InventoryItem::new(TYPE, &project.name, &project.name));
        into.extend(project.domains.keys().map(|name| domain::item(&project.name, name)));
        into.extend(deployment::items(project));
    }
}

/// The project of a path.
pub(super) fn of<'a>(cloud: &'a mut CloudflareSim, params: &Params) -> Result<&'a mut Project, SimResponse> {
    let account = account::of(cloud, params)?;
    let key = format!("{account}/{}", params.get("project_name").unwrap_or_default());
    cloud.state.pages.projects.get_mut(&key).ok_or_else(|| {
        let message =
            "Project not found. The specified project name does not match any of your existing projects.";
        error(404, 8_000_007, message)
    })
}

/// The build settings as the API shows them.
pub(super) fn build_view(build: &Map<String, Value>) -> Value {
    let mut view = json!({
        "build_command": "", "destination_dir": "", "root_dir": "", "build_caching": false,
        "web_analytics_tag": null, "web_analytics_token": null,
    });
    for (field, value) in build {
        view[field] = value.clone();
    }
    view
}

fn view(project: &Project) -> Value {
    let canonical = project.canonical.as_ref();
    let canonical = canonical.and_then(|id| project.deployments.iter().find(|one| one.id == *id));
    let shown = |deployment: Option<&Deployment>| {
        deployment.map_or(Value::Null, |deployment| deployment::view(project, deployment))
    };
    let mut domains = vec![project.subdomain()];
    domains.extend(project.domains.keys().cloned());
    let mut view = json!({
        "id": project.id,
        "name": project.name,
        "subdomain": project.subdomain(),
        "domains": domains,
        "created_on": project.created_on,
        "production_branch": project.production_branch,
        "production_script_name": format!("pages-worker--{}-production", project.id),
        "preview_script_name": format!("pages-worker--{}-preview", project.id),
        "uses_functions": false,
        "framework": "",
        "framework_version": "",
        "build_config": build_view(&project.build),
        "deployment_configs": { "production": project.production.view(), "preview": project.preview.view() },
        "canonical_deployment": shown(canonical),
        "latest_deployment": shown(project.deployments.last()),
    });
    if let Some(source) = &project.source {
        view["source"] = source.clone();
    }
    view
}

pub(super) fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?.to_owned();
    let projects: Vec<&Project> =
        cloud.state.pages.projects.values().filter(|project| project.account == account).collect();
    answer::page(request, PAGE_SIZES, &projects, |project| view(project))
}

fn check_name(name: &str) -> Result<(), SimResponse> {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = (1..=NAME_LENGTH_MAX).contains(&name.len())
        && name.chars().all(|c| letter(c) || c == '-')
        && name.starts_with(letter)
        && name.ends_with(letter);
    match good {
        true => Ok(()),
        false => Err(error(400, 8_000_009, "The project name contains invalid characters or is too long.")),
    }
}

pub(super) fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?.to_owned();
    let body: Body = input::read_as(request, MALFORMED)?;
    let (Some(name), Some(branch)) = (body.name.clone(), body.production_branch.clone()) else {
        return Err(error(400, MALFORMED, "Request body is incorrect. A project needs a name and a branch."));
    };
    check_name(&name)?;
    let key = format!("{account}/{name}");
    if cloud.state.pages.projects.contains_key(&key) {
        let message = "A project with this name already exists. Choose a different project name.";
        return Err(error(409, 8_000_002, message));
    }
    if !cloud.has_room(TYPE, cloud.state.pages.projects.len()) {
        return Err(error(403, 8_000_027, "You have reached the limit of projects of your account."));
    }
    let mut project = Project {
        id: uuid(cloud),
        account,
        name,
        created_on: cloud.timestamp(),
        production_branch: branch,
        build: Map::new(),
        source: None,
        production: Environment::default(),
        preview: Environment::default(),
        deployments: Vec::new(),
        canonical: None,
        domains: BTreeMap::new(),
    };
    project.merge(body)?;
    let shown = view(&project);
    cloud.state.pages.projects.insert(key, project);
    ok(shown)
}

/// An id in the form that Pages gives.
pub(super) fn uuid(cloud: &mut CloudflareSim) -> String {
    let digits = cloud.next_id();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

pub(super) fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    deployment::look_at_all(cloud, params)?;
    ok(view(of(cloud, params)?))
}

pub(super) fn patch(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let project = of(cloud, params)?;
    let body: Body = input::read_as(request, MALFORMED)?;
    if body.name.as_ref().is_some_and(|name| *name != project.name) {
        return Err(error(400, 8_000_010, "A project cannot be renamed."));
    }
    // A refused change changes nothing.
    let mut changed = project.clone();
    changed.merge(body)?;
    *project = changed;
    ok(view(project))
}

pub(super) fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let project = of(cloud, params)?;
    if !project.domains.is_empty() {
        let message = "You cannot delete your project with active custom domains. Remove them first.";
        return Err(error(409, 8_000_028, message));
    }
    if project.deployments.len() > DEPLOYMENTS_MAX {
        let message = "Your project has too many deployments to be deleted, follow this guide to delete them: \
                       https://cfl.re/3CXesln";
        return Err(error(400, 8_000_076, message));
    }
    let key = format!("{}/{}", project.account, project.name);
    cloud.state.pages.projects.remove(&key);
    ok(Value::Null)
}
