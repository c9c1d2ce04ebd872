//! Projects: sites and how they are built. Knows nothing of what a site shows.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Secret, Value,
};
use iac_http::{Idempotency, Request};
use serde::{Deserialize, Serialize};

use super::call::{self, explained};
use super::deployment::forget_old_deployments;
use super::environment::{self, PagesEnvironment, Secrets};
use super::project_wire::{Body, BuildBody, EnvironmentBodies, Project};
use super::source::{self, PagesSource, SourceWire};
use crate::check::{Checker, required_name};
use crate::client::Cloudflare;
use crate::{change, cost, envelope};

/// Longest name.
const NAME_LENGTH_MAX: usize = 58;
/// Projects on one page of a listing: the most that the API gives.
pub(super) const PER_PAGE: u32 = 10;
/// Too many deployments to be deleted at once.
const TOO_MANY_DEPLOYMENTS: &str = "8000076";

/// A site: static files, with or without functions, under a domain of its own.
///
/// The name is part of that domain and cannot change. What the site shows is a
/// [`PagesDeployment`](crate::PagesDeployment); further domains are
/// [`PagesDomain`](crate::PagesDomain)s.
///
/// ```
/// use iac_cloudflare::{PagesEnvironment, PagesProject};
/// use iac_core::{Secret, Stack};
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let site = stack.add(
///     "site",
///     PagesProject::args()
///         .name("shop-site")
///         .production(PagesEnvironment::args().env([("API_URL", "https://api.example.com")]))
///         .production_secrets([("API_KEY", Secret::new(String::from("from a secret source")))]),
/// )?;
/// stack.export("site", &site.url)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PagesProject;

/// How a site is built from its source, by the vendor.
///
/// ```
/// use iac_cloudflare::PagesBuild;
///
/// let build = PagesBuild::args().command("npm run build").output_dir("dist");
/// # let _ = build;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Inputs)]
pub struct PagesBuild {
    /// The command that builds it.
    pub command: Option<String>,
    /// The directory that the command puts the site into.
    pub output_dir: Option<String>,
    /// The directory of the source that the command runs in.
    pub root_dir: Option<String>,
    /// Whether builds keep a cache.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub caching: bool,
}

/// Inputs of a [`PagesProject`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = PagesProject)]
pub struct PagesProjectInputs {
    /// The name, unique in the account: at most 58 lower-case letters, digits and `-`.
    #[field(replace, unique, auto_name(58))]
    pub name: Option<String>,
    /// The branch whose deployments are the site itself. Default `main`.
    #[serde(default = "main_branch")]
    pub production_branch: String,
    /// The repository that the vendor builds it from. Without one the files are uploaded, by a
    /// [`PagesDeployment`](crate::PagesDeployment). Another repository makes another project.
    pub source: Option<PagesSource>,
    /// How it is built, where the vendor builds it.
    pub build: Option<PagesBuild>,
    /// What the production branch finds. Left out, it stays as it is.
    #[field(default_from_api)]
    pub production: Option<PagesEnvironment>,
    /// What all other branches find. Left out, it stays as it is.
    #[field(default_from_api)]
    pub preview: Option<PagesEnvironment>,
    /// Secret variables of the production branch, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[field(write_only)]
    pub production_secrets: BTreeMap<String, Secret<String>>,
    /// Secret variables of all other branches, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[field(write_only)]
    pub preview_secrets: BTreeMap<String, Secret<String>>,
}

fn main_branch() -> String {
    "main".to_owned()
}

/// Outputs of a [`PagesProject`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct PagesProjectOutputs {
    /// The name.
    #[field(stable)]
    pub name: String,
    /// The domain that it comes with, such as `shop-site.pages.dev`: what a `CNAME` record of a further
    /// domain points at.
    #[field(stable)]
    pub subdomain: String,
    /// The address of that domain.
    #[field(stable)]
    pub url: String,
}

#[async_trait]
impl Resource for PagesProject {
    const TYPE: &'static str = "cloudflare:pages_project";
    const RECOVERY: Recovery = Recovery::UniqueName;
    type Provider = Cloudflare;
    type Inputs = PagesProjectInputs;
    type Outputs = PagesProjectOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: PagesProjectInputs) -> Result<Created<Self>> {
        let body = Body {
            name: Some(required_name(&inputs.name)?),
            production_branch: Some(&inputs.production_branch),
            build_config: inputs.build.as_ref().map(|build| BuildBody::new(Some(build))),
            source: source_of(&inputs),
            deployment_configs: environments(None, &inputs),
        };
        let request = call::request(cx, |http, path| http.post(path), "").await?;
        let request = sensitive(request.json_body(&body), &inputs);
        let made: Project = envelope::create(request).await.map_err(explained)?;
        let id = Id::new(made.name.as_str());
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, outputs(&made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(get(cx, id).await?.map(observed))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<PagesProjectOutputs> {
        let (old, new) = (&change.old, &change.new);
        let body = Body {
            name: None,
            production_branch: Some(&new.production_branch),
            build_config: change.touches("build").then(|| BuildBody::new(new.build.as_ref())),
            source: source_of(new)
                .filter(|_| change.touches("source") || change.touches("production_branch")),
            deployment_configs: environments(Some(old), new),
        };
        let request = call::about(cx, id, |http, path| http.patch(path), "").await?;
        // It says how things shall be: twice is once.
        let request = sensitive(request.json_body(&body), new).idempotency(Idempotency::Idempotent);
        let project: Project = envelope::send(request).await.map_err(explained)?;
        Ok(outputs(&project))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        match delete(cx, id).await {
            Err(error) if error.api_code() == Some(TOO_MANY_DEPLOYMENTS) => {
                forget_old_deployments(cx, id).await?;
                delete(cx, id).await
            }
            result => result,
        }
    }

    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let (projects, next) = projects(cx, &page).await?;
        Ok(Page::new(projects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &PagesProjectInputs) -> Result<Vec<Id<Self>>> {
        let id = Id::new(required_name(&inputs.name)?);
        Ok(get(cx, &id).await?.map(|_| id).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match change.field.name {
            "source" => source::on_change(change.old, change.new),
            _ => change::declared(change),
        }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let mut faults = Checker::new(inputs)
            .text("name", name)
            .text("production_branch", |branch| {
                branch.trim().is_empty().then(|| "a branch needs a name".to_owned())
            })
            .finish();
        faults.extend(environment::faults(inputs, "production", "production_secrets"));
        faults.extend(environment::faults(inputs, "preview", "preview_secrets"));
        faults
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "Pages project")
    }
}

/// A rule for the names of projects.
fn name(text: &str) -> Option<String> {
    let good = (1..=NAME_LENGTH_MAX).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    (!good).then(|| {
        format!(
            "`{text}` is no project name: up to {NAME_LENGTH_MAX} lower-case letters, digits and `-`, with a letter \
             or digit at both ends"
        )
    })
}

/// Reads a project; `None` if it does not exist.
pub(super) async fn get(cx: &Cx<'_, Cloudflare>, id: &Id<PagesProject>) -> Result<Option<Project>> {
    envelope::get(call::about(cx, id, |http, path| http.get(path), "").await?).await
}

/// One page of the account's projects.
pub(super) async fn projects(
    cx: &Cx<'_, Cloudflare>,
    page: &PageToken,
) -> Result<(Vec<Project>, Option<PageToken>)> {
    envelope::page(call::request(cx, |http, path| http.get(path), "").await?, page, PER_PAGE).await
}

async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<PagesProject>) -> Result<()> {
    let request = call::about(cx, id, |http, path| http.delete(path), "").await?;
    envelope::delete(request).await.map_err(|error: Error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Conflict if error.api_code() != Some(TOO_MANY_DEPLOYMENTS) => {
            error
                .with_kind(ErrorKind::Conflict)
                .hint("remove the project's domains first (Workers & Pages, Custom domains)")
        }
        _ => error,
    })
}

fn source_of(inputs: &PagesProjectInputs) -> Option<SourceWire> {
    inputs.source.as_ref().map(|source| SourceWire::new(source, &inputs.production_branch))
}

/// The secrets of a request are in no error.
fn sensitive(request: Request, inputs: &PagesProjectInputs) -> Request {
    let secrets = inputs.production_secrets.values().chain(inputs.preview_secrets.values());
    secrets.fold(request, |request, secret| request.sensitive(secret.expose().as_str()))
}

/// The body that turns the environments of `old` into those of `new`. One that the program leaves out
/// stays as it is, apart from its secrets.
fn environments(old: Option<&PagesProjectInputs>, new: &PagesProjectInputs) -> EnvironmentBodies {
    let (nothing, no_secrets) = (PagesEnvironment::default(), Secrets::new());
    let body = |environment: fn(&PagesProjectInputs) -> &Option<PagesEnvironment>,
                secrets: fn(&PagesProjectInputs) -> &Secrets| {
        let (before, after) = match environment(new) {
            Some(after) => (old.and_then(|old| environment(old).as_ref()).unwrap_or(&nothing), after),
            None => (&nothing, &nothing),
        };
        environment::body((before, old.map_or(&no_secrets, secrets)), (after, secrets(new)))
    };
    EnvironmentBodies {
        production: body(|inputs| &inputs.production, |inputs| &inputs.production_secrets),
        preview: body(|inputs| &inputs.preview, |inputs| &inputs.preview_secrets),
    }
}

fn outputs(project: &Project) -> PagesProjectOutputs {
    PagesProjectOutputs {
        name: project.name.clone(),
        subdomain: project.subdomain(),
        url: format!("https://{}", project.subdomain()),
    }
}

fn observed(project: Project) -> Observed<PagesProject> {
    let outputs = outputs(&project);
    let id = Id::new(project.name.as_str());
    let source = project.source();
    let inputs = PagesProjectInputs {
        name: Some(project.name),
        production_branch: project.production_branch,
        source,
        build: project.build_config.and_then(|build| build.build()),
        production: Some(project.deployment_configs.production.into()),
        preview: Some(project.deployment_configs.preview.into()),
        // The API keeps them to itself.
        production_secrets: BTreeMap::new(),
        preview_secrets: BTreeMap::new(),
    };
    Observed::new(id, inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_knows_names() {
        let faults = |name: &str| PagesProject::check(&Value::map([("name", Value::from(name))]));
        assert!(faults("shop-site-2").is_empty());
        for bad in ["", "Shop", "-a", "a-", "a_b", &"x".repeat(59)] {
            assert_eq!(faults(bad)[0].field, "name", "{bad}");
        }
        assert!(PagesProject::check(&Value::Unknown).is_empty());
    }

    #[test]
    fn an_environment_that_is_left_out_stays_as_it_is() {
        let inputs = |production: Option<PagesEnvironment>| PagesProjectInputs {
            name: Some("site".into()),
            production_branch: "main".into(),
            source: None,
            build: None,
            production,
            preview: None,
            production_secrets: BTreeMap::from([("KEY".to_owned(), Secret::new("hush".to_owned()))]),
            preview_secrets: BTreeMap::new(),
        };
        let env = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        let seen = inputs(Some(PagesEnvironment { env, ..PagesEnvironment::default() }));
        let body = environments(Some(&seen), &inputs(None)).production;
        assert_eq!(
            body,
            serde_json::json!({ "env_vars": { "KEY": { "type": "secret_text", "value": "hush" } } })
        );
        assert_eq!(environments(Some(&seen), &inputs(None)).preview, serde_json::json!({}));
        let emptied = environments(Some(&seen), &inputs(Some(PagesEnvironment::default()))).production;
        assert_eq!(emptied["env_vars"]["A"], serde_json::Value::Null);
    }
}
