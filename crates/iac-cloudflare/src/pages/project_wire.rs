//! The bodies of the API's project operations. Sends nothing.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::environment::Shown;
use super::project::PagesBuild;
use super::shown::Deployment;
use super::source::{PagesSource, SourceWire};

#[derive(Deserialize)]
pub(super) struct Project {
    pub(super) name: String,
    #[serde(default)]
    subdomain: Option<String>,
    #[serde(default)]
    pub(super) production_branch: String,
    #[serde(default)]
    pub(super) build_config: Option<BuildShown>,
    /// Empty, or of another shape, where files are uploaded.
    #[serde(default)]
    source: Json,
    #[serde(default)]
    pub(super) deployment_configs: Environments,
    /// What the project's domains show.
    #[serde(default)]
    pub(super) canonical_deployment: Option<Deployment>,
}

impl Project {
    /// The domain that it comes with: not always its name, because names of other accounts are taken.
    pub(super) fn subdomain(&self) -> String {
        self.subdomain.clone().unwrap_or_else(|| format!("{}.pages.dev", self.name))
    }

    /// The repository that it is built from, if it is built from one.
    pub(super) fn source(&self) -> Option<PagesSource> {
        serde_json::from_value::<SourceWire>(self.source.clone()).ok().map(PagesSource::from)
    }
}

/// The environments as the API shows them.
#[derive(Default, Deserialize)]
pub(super) struct Environments {
    #[serde(default)]
    pub(super) production: Shown,
    #[serde(default)]
    pub(super) preview: Shown,
}

/// A build as the API shows it: nothing and an empty text mean the same.
#[derive(Deserialize)]
pub(super) struct BuildShown {
    #[serde(default)]
    build_command: Option<String>,
    #[serde(default)]
    destination_dir: Option<String>,
    #[serde(default)]
    root_dir: Option<String>,
    #[serde(default)]
    build_caching: Option<bool>,
}

impl BuildShown {
    /// `None` if nothing is set.
    pub(super) fn build(self) -> Option<PagesBuild> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let build = PagesBuild {
            command: given(self.build_command),
            output_dir: given(self.destination_dir),
            root_dir: given(self.root_dir),
            caching: self.build_caching.unwrap_or_default(),
        };
        (build != PagesBuild::default()).then_some(build)
    }
}

/// A build as the API takes it.
#[derive(Serialize)]
pub(super) struct BuildBody<'a> {
    build_command: &'a str,
    destination_dir: &'a str,
    root_dir: &'a str,
    build_caching: bool,
}

impl<'a> BuildBody<'a> {
    pub(super) fn new(build: Option<&'a PagesBuild>) -> Self {
        let text = |field: fn(&PagesBuild) -> &Option<String>| {
            build.and_then(|build| field(build).as_deref()).unwrap_or_default()
        };
        Self {
            build_command: text(|build| &build.command),
            destination_dir: text(|build| &build.output_dir),
            root_dir: text(|build| &build.root_dir),
            build_caching: build.is_some_and(|build| build.caching),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) production_branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) build_config: Option<BuildBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<SourceWire>,
    pub(super) deployment_configs: EnvironmentBodies,
}

#[derive(Serialize)]
pub(super) struct EnvironmentBodies {
    pub(super) production: Json,
    pub(super) preview: Json,
}
