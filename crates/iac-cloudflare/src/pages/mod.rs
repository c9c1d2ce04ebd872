//! Pages: sites of static files, their domains, and what they show.

mod asset;
mod call;
mod deployment;
mod domain;
mod environment;
mod files;
pub(crate) mod foreign;
mod key;
mod project;
mod project_wire;
mod shown;
mod source;

pub use deployment::{
    PagesDeployment, PagesDeploymentArgs, PagesDeploymentAttributes, PagesDeploymentInputs,
    PagesDeploymentOutputs,
};
pub use domain::{
    PagesDomain, PagesDomainArgs, PagesDomainAttributes, PagesDomainInputs, PagesDomainOutputs,
};
pub use environment::{PagesEnvironment, PagesEnvironmentArgs};
pub use files::PagesFiles;
#[cfg(feature = "sim")]
pub(crate) use files::asset_hash;
pub use project::{
    PagesBuild, PagesBuildArgs, PagesProject, PagesProjectArgs, PagesProjectAttributes, PagesProjectInputs,
    PagesProjectOutputs,
};
#[cfg(feature = "sim")]
pub(crate) use shown::{is_removed_message, marker_of};
pub use source::{PagesHost, PagesPreviews, PagesSource, PagesSourceArgs};
