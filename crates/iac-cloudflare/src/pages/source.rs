//! The repository that a project is built from, and its way to the API and back. Sends nothing.

use iac_core::{FieldType, Inputs, OnChange, Value};
use serde::{Deserialize, Serialize};

/// Who hosts a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PagesHost {
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
}

/// Which other branches are deployed, each under an address of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PagesPreviews {
    /// All of them.
    #[default]
    All,
    /// None.
    None,
    /// Those that the lists of branches say.
    Custom,
}

/// The repository that the vendor builds a site from, at each push.
///
/// The account must have been connected with the repository's host in the dashboard, once. Another
/// repository makes another project.
///
/// ```
/// use iac_cloudflare::{PagesHost, PagesPreviews, PagesSource};
///
/// let source = PagesSource::args().host(PagesHost::Github).owner("example").repository("shop-site");
/// let source = source.previews(PagesPreviews::None).comments(false);
/// # let _ = source;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct PagesSource {
    /// Who hosts it.
    pub host: PagesHost,
    /// Whose it is.
    pub owner: String,
    /// Its name.
    pub repository: String,
    /// Whether pushes to the production branch are deployed. Default true.
    #[serde(default = "on")]
    pub production_deployments: bool,
    /// Which other branches are deployed. Default all.
    #[serde(default)]
    pub previews: PagesPreviews,
    /// The branches that are, with `previews` custom; `*` stands for any text.
    #[field(default_from_api, set)]
    pub preview_branches: Option<Vec<String>>,
    /// The branches that are not.
    #[field(default_from_api, set)]
    pub preview_branches_left_out: Option<Vec<String>>,
    /// Only changes of these paths are deployed; `*` stands for any text.
    #[field(default_from_api, set)]
    pub paths: Option<Vec<String>>,
    /// Changes of these paths are not.
    #[field(default_from_api, set)]
    pub paths_left_out: Option<Vec<String>>,
    /// Whether pull requests get a comment with the address of their preview. Default true.
    #[serde(default = "on")]
    pub comments: bool,
}

fn on() -> bool {
    true
}

/// What a changed source makes of a project: another repository is another project.
pub(super) fn on_change(old: &Value, new: &Value) -> OnChange {
    let is_same = |field: &str| old.get(field) == new.get(field) && *new.get(field) != Value::Unknown;
    match ["host", "owner", "repository"].into_iter().all(is_same) && *new != Value::Unknown {
        true if *old == Value::Null && *new == Value::Null => OnChange::Ignore,
        true => OnChange::Update,
        false => OnChange::Replace,
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct SourceWire {
    #[serde(rename = "type")]
    host: PagesHost,
    config: Config,
}

#[derive(Serialize, Deserialize)]
struct Config {
    owner: String,
    repo_name: String,
    #[serde(default)]
    production_branch: String,
    #[serde(default = "on")]
    production_deployments_enabled: bool,
    #[serde(default)]
    preview_deployment_setting: PagesPreviews,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preview_branch_includes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preview_branch_excludes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_includes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_excludes: Option<Vec<String>>,
    #[serde(default = "on")]
    pr_comments_enabled: bool,
}

impl SourceWire {
    pub(super) fn new(source: &PagesSource, production_branch: &str) -> Self {
        let config = Config {
            owner: source.owner.clone(),
            repo_name: source.repository.clone(),
            production_branch: production_branch.to_owned(),
            production_deployments_enabled: source.production_deployments,
            preview_deployment_setting: source.previews,
            preview_branch_includes: source.preview_branches.clone(),
            preview_branch_excludes: source.preview_branches_left_out.clone(),
            path_includes: source.paths.clone(),
            path_excludes: source.paths_left_out.clone(),
            pr_comments_enabled: source.comments,
        };
        Self { host: source.host, config }
    }
}

impl From<SourceWire> for PagesSource {
    fn from(wire: SourceWire) -> Self {
        let config = wire.config;
        Self {
            host: wire.host,
            owner: config.owner,
            repository: config.repo_name,
            production_deployments: config.production_deployments_enabled,
            previews: config.preview_deployment_setting,
            preview_branches: config.preview_branch_includes,
            preview_branches_left_out: config.preview_branch_excludes,
            paths: config.path_includes,
            paths_left_out: config.path_excludes,
            comments: config.pr_comments_enabled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_repository_is_another_project() {
        let source = |owner: &str, comments: bool| {
            Value::map([
                ("host", Value::from("github")),
                ("owner", owner.into()),
                ("repository", "site".into()),
                ("comments", comments.into()),
            ])
        };
        assert_eq!(on_change(&source("a", true), &source("a", false)), OnChange::Update);
        assert_eq!(on_change(&source("a", true), &source("b", true)), OnChange::Replace);
        assert_eq!(on_change(&Value::Null, &source("a", true)), OnChange::Replace);
        assert_eq!(on_change(&source("a", true), &Value::Null), OnChange::Replace);
        assert_eq!(on_change(&source("a", true), &Value::Unknown), OnChange::Replace);
        assert_eq!(on_change(&Value::Null, &Value::Null), OnChange::Ignore);
    }
}
