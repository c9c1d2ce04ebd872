//! What identifies a domain of a project and what a branch shows. Knows nothing of inputs or requests.

use iac_core::{Error, Id, Result};

use super::deployment::PagesDeployment;
use super::domain::PagesDomain;
use super::project::PagesProject;

/// A project and something in it. A project's name has no slash; a branch's may.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) project: Id<PagesProject>,
    pub(super) part: String,
}

impl Key {
    pub(super) fn of_domain(project: &Id<PagesProject>, domain: &str) -> Self {
        let domain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
        Self { project: project.clone(), part: domain }
    }

    pub(super) fn of_branch(project: &Id<PagesProject>, branch: &str) -> Self {
        Self { project: project.clone(), part: branch.to_owned() }
    }

    pub(super) fn domain(id: &Id<PagesDomain>) -> Result<Self> {
        Self::parse(id.as_str()).ok_or_else(|| {
            let form = "<project>/www.example.com";
            Error::invalid("id", format!("`{id}` is no id of a project's domain; it has the form `{form}`"))
        })
    }

    pub(super) fn branch(id: &Id<PagesDeployment>) -> Result<Self> {
        Self::parse(id.as_str()).ok_or_else(|| {
            let form = "<project>/main";
            Error::invalid("id", format!("`{id}` is no id of a deployment; it has the form `{form}`"))
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let (project, part) = text.split_once('/')?;
        let is_whole = !project.is_empty() && !part.is_empty();
        is_whole.then(|| Self { project: Id::new(project), part: part.to_owned() })
    }

    pub(super) fn id<R>(&self) -> Id<R> {
        Id::new(format!("{}/{}", self.project, self.part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        let key = Key::branch(&Id::new("site/feature/menu")).unwrap();
        assert_eq!((key.project.as_str(), key.part.as_str()), ("site", "feature/menu"));
        assert_eq!(key.id::<PagesDeployment>().as_str(), "site/feature/menu");
        let key = Key::of_domain(&Id::new("site"), "WWW.example.com.");
        assert_eq!(key.id::<PagesDomain>().as_str(), "site/www.example.com");
        for bad in ["site", "/www.example.com", "site/"] {
            assert!(Key::domain(&Id::new(bad)).is_err(), "{bad}");
        }
    }
}
