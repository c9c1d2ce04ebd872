//! What a branch of a project shows: its deployments, and the marks in their commit messages. Makes
//! nothing.

use iac_core::provider::Marker;
use iac_core::{Cx, Error, ErrorKind, Id, PageToken, Result};
use iac_http::{Polled, poll_until};
use serde::Deserialize;

use super::call;
use super::key::Key;
use super::project::{self, PagesProject};
use crate::client::Cloudflare;
use crate::{envelope, settled};

/// Deployments on one page of a listing: the most that the API gives.
const PER_PAGE: u32 = 25;
/// Pages of deployments that are looked through for a branch at most.
const PAGES_MAX: usize = 100;
/// What the commit message of every deployment of this crate begins with.
const MARK: &str = "iac";
/// The commit message of what takes the place of a site that is no longer wanted.
pub(super) const REMOVED: &str = "iac: nothing is deployed here any more";

/// The commit message that says whose deployment it is, and the token that finds it.
pub(super) fn message(marker: &Marker) -> String {
    format!("{MARK} {}/{} {} {}", marker.project(), marker.stack(), marker.urn_hash(), marker.token())
}

/// Whether a commit message stands for a site that is no longer wanted.
pub(crate) fn is_removed_message(message: &str) -> bool {
    message == REMOVED
}

/// The token in a commit message.
pub(crate) fn marker_of(message: &str) -> Option<&str> {
    let mut words = message.split(' ');
    match (words.next(), words.next(), words.next(), words.next(), words.next()) {
        (Some(MARK), Some(_), Some(_), Some(token), None) => Some(token),
        _ => None,
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Deployment {
    pub(super) id: String,
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    pub(super) aliases: Option<Vec<String>>,
    #[serde(default)]
    is_skipped: Option<bool>,
    #[serde(default)]
    latest_stage: Option<Stage>,
    #[serde(default)]
    deployment_trigger: Option<Trigger>,
}

#[derive(Debug, Clone, Deserialize)]
struct Stage {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Trigger {
    #[serde(default)]
    metadata: Option<Metadata>,
}

/// Any of it is null where a deployment came another way.
#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    #[serde(default)]
    branch: Option<String>,
    #[serde(default)]
    commit_hash: Option<String>,
    #[serde(default)]
    commit_message: Option<String>,
}

/// How far a deployment is.
#[derive(Debug, PartialEq)]
enum Progress {
    Running,
    Shown,
    Failed,
}

impl Deployment {
    fn trigger(&self, field: fn(&Metadata) -> &Option<String>) -> &str {
        let metadata = self.deployment_trigger.as_ref().and_then(|trigger| trigger.metadata.as_ref());
        metadata.and_then(|metadata| field(metadata).as_deref()).unwrap_or_default()
    }

    fn message(&self) -> &str {
        self.trigger(|metadata| &metadata.commit_message)
    }

    /// The stage it is in, and how that is.
    fn stage(&self) -> (&str, &str) {
        let text = |field: fn(&Stage) -> &Option<String>| {
            self.latest_stage.as_ref().and_then(|stage| field(stage).as_deref()).unwrap_or("unknown")
        };
        (text(|stage| &stage.name), text(|stage| &stage.status))
    }

    pub(super) fn branch(&self) -> &str {
        self.trigger(|metadata| &metadata.branch)
    }

    /// The digest of the files, if this crate made it.
    pub(super) fn digest(&self) -> &str {
        self.trigger(|metadata| &metadata.commit_hash)
    }

    pub(super) fn token(&self) -> Option<&str> {
        marker_of(self.message())
    }

    /// Whether it stands for a site that is no longer wanted.
    pub(super) fn is_removed(&self) -> bool {
        is_removed_message(self.message())
    }

    /// Whether it came to nothing.
    pub(super) fn has_failed(&self) -> bool {
        self.progress() == Progress::Failed
    }

    fn progress(&self) -> Progress {
        match self.stage() {
            _ if self.is_skipped == Some(true) => Progress::Failed,
            ("deploy", "success") => Progress::Shown,
            (_, "failure" | "canceled" | "skipped") => Progress::Failed,
            _ => Progress::Running,
        }
    }
}

/// One page of the deployments of a project, newest first.
pub(super) async fn page(
    cx: &Cx<'_, Cloudflare>,
    project: &Id<PagesProject>,
    token: &PageToken,
) -> Result<(Vec<Deployment>, Option<PageToken>)> {
    let request = call::about(cx, project, |http, path| http.get(path), "/deployments").await?;
    envelope::page(request, token, PER_PAGE).await
}

/// All deployments of a project, newest first.
pub(super) async fn all(cx: &Cx<'_, Cloudflare>, project: &Id<PagesProject>) -> Result<Vec<Deployment>> {
    let mut all = Vec::new();
    let mut token = PageToken::default();
    for _ in 0..PAGES_MAX {
        // A project that is gone shows nothing.
        let Some((found, next)) = envelope::absent(page(cx, project, &token).await)? else { break };
        all.extend(found);
        match next {
            Some(next) => token = next,
            None => break,
        }
    }
    Ok(all)
}

/// What a branch shows, or will in a moment; `None` if nothing.
///
/// The production branch shows what the project says, which is not always the newest: somebody may have
/// rolled back.
pub(super) async fn latest(cx: &Cx<'_, Cloudflare>, key: &Key) -> Result<Option<Deployment>> {
    // In this order: a deployment that is done is what the project says, if it is asked afterwards.
    let newest = newest(cx, key).await?;
    let Some(project) = project::get(cx, &key.project).await? else { return Ok(None) };
    let is_running = newest.as_ref().is_some_and(|newest| newest.progress() == Progress::Running);
    let shown = match project.production_branch == key.part && !is_running {
        true => project.canonical_deployment,
        false => newest,
    };
    Ok(shown.filter(|deployment| !deployment.is_removed()))
}

/// The newest deployment of a branch that has not failed.
async fn newest(cx: &Cx<'_, Cloudflare>, key: &Key) -> Result<Option<Deployment>> {
    let mut token = PageToken::default();
    for _ in 0..PAGES_MAX {
        let Some((found, next)) = envelope::absent(page(cx, &key.project, &token).await)? else {
            return Ok(None);
        };
        let mut of_branch = found.into_iter().filter(|deployment| deployment.branch() == key.part);
        if let Some(deployment) = of_branch.find(|deployment| !deployment.has_failed()) {
            return Ok(Some(deployment));
        }
        match next {
            Some(next) => token = next,
            None => break,
        }
    }
    Ok(None)
}

/// Waits until a deployment is shown; `None` if it is gone.
///
/// # Errors
/// [`ErrorKind::Conflict`] if it failed.
pub(super) async fn wait(
    cx: &Cx<'_, Cloudflare>,
    project: &Id<PagesProject>,
    deployment: Deployment,
) -> Result<Option<Deployment>> {
    let id = deployment.id.clone();
    let mut known = Some(deployment);
    poll_until(&settled::options(cx, format!("deployment {id}")), || {
        let (known, id) = (known.take(), id.clone());
        async move {
            let deployment = match known {
                Some(known) => known,
                None => {
                    let path = "/deployments/{deployment}";
                    let request = call::about(cx, project, |http, path| http.get(path), path).await?;
                    match envelope::get::<Deployment>(request.segment("deployment", &id)).await? {
                        Some(deployment) => deployment,
                        None => return Ok(Polled::Ready(None)),
                    }
                }
            };
            let (stage, status) = deployment.stage();
            match deployment.progress() {
                Progress::Shown => Ok(Polled::Ready(Some(deployment))),
                Progress::Failed => Err(failed(&deployment)),
                Progress::Running => {
                    let detail = format!("{stage} is {status}");
                    cx.progress(format!("deployment: {detail}"), None);
                    Ok(Polled::pending_in(detail))
                }
            }
        }
    })
    .await
}

/// What was uploaded is complete, so a failure is a verdict about it.
fn failed(deployment: &Deployment) -> Error {
    let (stage, status) = deployment.stage();
    let text = format!("the deployment {} ended as `{status}` in its stage `{stage}`", deployment.id);
    Error::new(ErrorKind::Conflict, text).hint(
        "look at its log in the dashboard (Workers & Pages, Deployments); the site shows what it did before",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_its_token() {
        assert_eq!(marker_of("iac shop/dev 0123456789abcdef aabb"), Some("aabb"));
        for other in ["", "fix menu", REMOVED, "iac shop/dev 0123456789abcdef aabb and more"] {
            assert_eq!(marker_of(other), None, "{other}");
        }
    }

    #[test]
    fn stages() {
        let progress = |name: &str, status: &str, is_skipped: bool| {
            let deployment: Deployment = serde_json::from_value(serde_json::json!({
                "id": "1", "url": "https://1.site.pages.dev", "is_skipped": is_skipped,
                "latest_stage": { "name": name, "status": status },
            }))
            .unwrap();
            deployment.progress()
        };
        assert_eq!(progress("deploy", "success", false), Progress::Shown);
        assert_eq!(progress("build", "success", false), Progress::Running);
        assert_eq!(progress("queued", "idle", false), Progress::Running);
        assert_eq!(progress("deploy", "failure", false), Progress::Failed);
        assert_eq!(progress("deploy", "success", true), Progress::Failed);
    }
}
