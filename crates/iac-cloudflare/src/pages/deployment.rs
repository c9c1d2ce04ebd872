//! What a branch of a project shows. Knows nothing of how files get to the vendor.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use iac_http::Multipart;
use serde::{Deserialize, Serialize};

use super::files::{PagesFiles, SETTINGS};
use super::key::Key;
use super::project::{self, PagesProject, projects};
use super::shown::{self, Deployment};
use super::{asset, call};
use crate::check::Checker;
use crate::client::Cloudflare;
use crate::{change, cost, envelope};

/// Digits of a digest.
const DIGEST_LENGTH: usize = 40;
/// Deployments that are deleted to make room for the deletion of their project at most.
const FORGOTTEN_MAX: usize = 10_000;
/// What a site that is no longer wanted answers.
const REMOVED_PAGE: &str = "Nothing is deployed here any more.\n";
/// The deployment that a project's domains show; the vendor deletes every other one.
const LIVE: &str = "8000034";

/// What a branch of a [`PagesProject`](crate::PagesProject) shows: the files of a folder.
///
/// The folder is read by the program, so that a plan knows whether something changed. Another content
/// is deployed in place: the site shows one or the other and nothing in between, and the vendor keeps
/// the earlier deployments for rollbacks. Only contents that the vendor does not have yet are uploaded.
///
/// The production branch's deployment is what the project's domains show; that of another branch is
/// under an address of its own. Deleting it takes the site off: a preview's deployments are deleted, and
/// in the place of the production site, which the vendor deletes only with its project, comes an empty
/// one.
///
/// The deployment's commit message says whose it is and finds it again; its commit hash is the digest
/// of the files, so that a deployment by somebody else is seen.
///
/// ```
/// use iac_cloudflare::{PagesDeployment, PagesFiles, PagesProject};
/// use iac_core::Stack;
///
/// # let dist = std::env::temp_dir().join(format!("iac-pages-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&dist)?;
/// # std::fs::write(dist.join("index.html"), "<h1>Shop</h1>")?;
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let site = stack.add("site", PagesProject::args().name("shop-site"))?;
/// let files = PagesFiles::read(&dist)?;
/// let shown = stack.add(
///     "site-content",
///     PagesDeployment::args().project(&site).directory(files.directory()).digest(files.digest()),
/// )?;
/// stack.export("this_deployment", &shown.url)?;
/// # std::fs::remove_dir_all(&dist)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PagesDeployment;

/// Inputs of a [`PagesDeployment`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = PagesDeployment)]
pub struct PagesDeploymentInputs {
    /// The project.
    #[field(replace)]
    pub project: Id<PagesProject>,
    /// The branch. By default the project's production branch.
    #[field(replace, default_from_api)]
    pub branch: Option<String>,
    /// The folder that the files are uploaded from: [`PagesFiles::directory`]. Where it is does not
    /// matter, only what is in it.
    #[field(write_only)]
    pub directory: String,
    /// What is in it: [`PagesFiles::digest`].
    pub digest: String,
}

/// Outputs of a [`PagesDeployment`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct PagesDeploymentOutputs {
    /// The branch.
    #[field(stable)]
    pub branch: String,
    /// The id of the deployment that is shown.
    pub deployment_id: String,
    /// The address of this very deployment, which shows the same for ever.
    pub url: String,
    /// Further addresses that show it now.
    pub aliases: Vec<String>,
}

#[async_trait]
impl Resource for PagesDeployment {
    const TYPE: &'static str = "cloudflare:pages_deployment";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Cloudflare;
    type Inputs = PagesDeploymentInputs;
    type Outputs = PagesDeploymentOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: PagesDeploymentInputs) -> Result<Created<Self>> {
        let key = key_of(cx, &inputs).await?;
        if let Some(found) = shown::latest(cx, &key).await? {
            return Err(taken(&key, &found));
        }
        let site = site(&inputs)?;
        asset::bring(cx, &key.project, &site).await?;
        let message = shown::message(cx.marker());
        let deployment = deploy(cx, &key, &site, &message).await?;
        let id = key.id();
        cx.checkpoint(&id).await?;
        let deployment = shown::wait(cx, &key.project, deployment).await?;
        let deployment = deployment.ok_or_else(|| envelope::gone("the deployment of", &id))?;
        Ok(Created::new(id, outputs(&key, deployment)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = Key::branch(id)?;
        let Some(found) = shown::latest(cx, &key).await? else { return Ok(None) };
        let found = match shown::wait(cx, &key.project, found).await {
            // The site shows what it did before.
            Err(error) if error.kind() == ErrorKind::Conflict => shown::latest(cx, &key).await?,
            result => result?,
        };
        Ok(found.map(|deployment| observed(&key, deployment)))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<PagesDeploymentOutputs> {
        let (key, new) = (Key::branch(id)?, &change.new);
        let found = shown::latest(cx, &key).await?;
        // After a lost answer it is there already.
        let deployment = match found.filter(|found| found.digest() == new.digest) {
            Some(found) => found,
            None => {
                let site = site(new)?;
                asset::bring(cx, &key.project, &site).await?;
                deploy(cx, &key, &site, &shown::message(cx.marker())).await?
            }
        };
        let deployment = shown::wait(cx, &key.project, deployment).await?;
        Ok(outputs(&key, deployment.ok_or_else(|| envelope::gone("the deployment of", id))?))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let key = Key::branch(id)?;
        let Some(project) = project::get(cx, &key.project).await? else { return Ok(()) };
        if project.production_branch == key.part {
            return take_off(cx, &key).await;
        }
        for deployment in shown::all(cx, &key.project).await? {
            if deployment.branch() == key.part {
                forget(cx, &key.project, &deployment).await?;
            }
        }
        Ok(())
    }

    /// One page of projects at a time, with what each branch of them shows.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let (projects, next) = projects(cx, &page).await?;
        let mut items: Vec<Observed<Self>> = Vec::new();
        for project in projects {
            let id = Id::new(project.name);
            let mut branches: BTreeMap<String, Deployment> = BTreeMap::new();
            for deployment in shown::all(cx, &id).await?.into_iter().filter(|one| !one.has_failed()) {
                branches.entry(deployment.branch().to_owned()).or_insert(deployment);
            }
            if let Some(canonical) = project.canonical_deployment {
                branches.insert(project.production_branch, canonical);
            }
            let shown = branches.into_iter().filter(|(_, deployment)| !deployment.is_removed());
            items.extend(
                shown.map(|(branch, deployment)| observed(&Key::of_branch(&id, &branch), deployment)),
            );
        }
        Ok(Page::new(items, next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &PagesDeploymentInputs) -> Result<Vec<Id<Self>>> {
        let Some(project) = project::get(cx, &inputs.project).await? else { return Ok(Vec::new()) };
        let branch = inputs.branch.as_deref().unwrap_or(&project.production_branch);
        let key = Key::of_branch(&inputs.project, branch);
        let found = shown::latest(cx, &key).await?;
        let ours = found.filter(|deployment| deployment.token() == Some(cx.marker().token()));
        Ok(ours.map(|_| key.id()).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match change.field.name {
            "directory" => OnChange::Ignore,
            _ => change::declared(change),
        }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs)
            .text("branch", |branch| branch.trim().is_empty().then(|| "a branch needs a name".to_owned()))
            .text("digest", |digest| {
                let good =
                    digest.len() == DIGEST_LENGTH && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
                (!good).then(|| {
                    format!("`{digest}` is no digest of files: take `PagesFiles::read(…)?.digest()`")
                })
            })
            .finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "Pages deployment")
    }
}

async fn key_of(cx: &Cx<'_, Cloudflare>, inputs: &PagesDeploymentInputs) -> Result<Key> {
    let branch = match &inputs.branch {
        Some(branch) => branch.clone(),
        None => match project::get(cx, &inputs.project).await? {
            Some(project) => project.production_branch,
            None => {
                let text = format!("there is no project `{}` in this account", inputs.project);
                return Err(Error::invalid("project", text));
            }
        },
    };
    Ok(Key::of_branch(&inputs.project, &branch))
}

/// The files, which must be those that the program read.
fn site(inputs: &PagesDeploymentInputs) -> Result<PagesFiles> {
    let site = PagesFiles::read(&inputs.directory)?;
    if site.digest() == inputs.digest {
        return Ok(site);
    }
    let text = format!("the files in {} are not those that were planned", inputs.directory);
    Err(Error::invalid("digest", text)
        .hint("plan again: the folder was written to meanwhile, or it is another one"))
}

fn taken(key: &Key, found: &Deployment) -> Error {
    let text = format!("the branch {} of {} shows {} already", key.part, key.project, found.url);
    let id: Id<PagesDeployment> = key.id();
    Error::new(ErrorKind::AlreadyExists, text).field("branch").hint(format!(
        "import it as `{id}`: what it shows is then replaced in place; or choose another branch"
    ))
}

/// Makes a deployment of files that the vendor has.
async fn deploy(cx: &Cx<'_, Cloudflare>, key: &Key, site: &PagesFiles, message: &str) -> Result<Deployment> {
    let manifest = serde_json::to_string(&site.manifest())
        .map_err(|error| Error::internal(format!("the manifest cannot be encoded: {error}")))?;
    let mut form = Multipart::new()
        .text("manifest", manifest)
        .text("branch", key.part.as_str())
        .text("commit_hash", site.digest())
        .text("commit_message", message)
        .text("commit_dirty", "false");
    for file in site.settings() {
        let known = SETTINGS.iter().find(|(name, _)| *name == file.path);
        let media_type = known.map_or("application/octet-stream", |(_, media_type)| media_type);
        form = form.file(&file.path, &file.path, media_type, site.content(file)?);
    }
    let request = call::about(cx, &key.project, |http, path| http.post(path), "/deployments").await?;
    envelope::create(request.multipart_body(&form)).await.map_err(call::in_project)
}

/// Puts an empty site in the place of the one that the project's domains show.
async fn take_off(cx: &Cx<'_, Cloudflare>, key: &Key) -> Result<()> {
    // Also one that is still on its way would be shown later.
    if shown::latest(cx, key).await?.is_none() {
        return Ok(());
    }
    let empty = PagesFiles::of_text("404.html", REMOVED_PAGE);
    asset::bring(cx, &key.project, &empty).await?;
    let deployment = deploy(cx, key, &empty, shown::REMOVED).await?;
    shown::wait(cx, &key.project, deployment).await.map(drop)
}

async fn forget(cx: &Cx<'_, Cloudflare>, project: &Id<PagesProject>, deployment: &Deployment) -> Result<()> {
    let path = "/deployments/{deployment}";
    let request = call::about(cx, project, |http, path| http.delete(path), path).await?;
    let request = request.segment("deployment", &deployment.id);
    // What has an alias goes only so.
    envelope::delete(request.query(&[("force", true)])).await
}

/// Deletes the deployments of a project that has too many of them to be deleted itself.
pub(super) async fn forget_old_deployments(
    cx: &Cx<'_, Cloudflare>,
    project: &Id<PagesProject>,
) -> Result<()> {
    let all = shown::all(cx, project).await?;
    let count = all.len();
    for (index, deployment) in all.iter().take(FORGOTTEN_MAX).enumerate() {
        let percent = index * 100 / count.max(1);
        cx.progress(format!("deletion of {count} deployments"), u8::try_from(percent).ok());
        match forget(cx, project, deployment).await {
            Err(error) if error.api_code() == Some(LIVE) => {}
            result => result?,
        }
    }
    Ok(())
}

fn outputs(key: &Key, deployment: Deployment) -> PagesDeploymentOutputs {
    PagesDeploymentOutputs {
        branch: key.part.clone(),
        deployment_id: deployment.id,
        url: deployment.url,
        aliases: deployment.aliases.unwrap_or_default(),
    }
}

fn observed(key: &Key, deployment: Deployment) -> Observed<PagesDeployment> {
    let inputs = PagesDeploymentInputs {
        project: key.project.clone(),
        branch: Some(key.part.clone()),
        directory: String::new(),
        digest: deployment.digest().to_owned(),
    };
    Observed::new(key.id(), inputs, outputs(key, deployment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_knows_digests() {
        let faults = |digest: Value| PagesDeployment::check(&Value::map([("digest", digest)]));
        assert!(faults("0123456789abcdef0123456789abcdef01234567".into()).is_empty());
        assert!(faults(Value::Unknown).is_empty());
        assert_eq!(faults("main".into())[0].field, "digest");
    }
}
