//! What identifies a bucket and a domain of one. Knows nothing of inputs or requests.

use iac_core::{Error, Id, Result};

use super::bucket::{R2Bucket, R2Jurisdiction};
use super::custom_domain::R2CustomDomain;

/// What identifies a bucket: names are unique in each jurisdiction of an account.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BucketKey {
    pub(super) jurisdiction: R2Jurisdiction,
    pub(super) name: String,
}

impl BucketKey {
    pub(super) fn new(jurisdiction: R2Jurisdiction, name: impl Into<String>) -> Self {
        Self { jurisdiction, name: name.into() }
    }

    /// The name alone where there is no special jurisdiction, else `name/eu`.
    pub(super) fn id(&self) -> Id<R2Bucket> {
        match self.jurisdiction {
            R2Jurisdiction::Default => Id::new(self.name.as_str()),
            other => Id::new(format!("{}/{}", self.name, other.as_str())),
        }
    }

    pub(super) fn parse(id: &Id<R2Bucket>) -> Result<Self> {
        Self::read(id.as_str()).ok_or_else(|| {
            let text = format!("`{id}` is no bucket id; it has the form `assets`, or `assets/eu` in the EU");
            Error::invalid("id", text)
        })
    }

    fn read(text: &str) -> Option<Self> {
        let (name, jurisdiction) = match text.split_once('/') {
            Some((name, jurisdiction)) => (name, R2Jurisdiction::parse(jurisdiction)?),
            None => (text, R2Jurisdiction::Default),
        };
        (!name.is_empty()).then(|| Self::new(jurisdiction, name))
    }
}

/// The name of a bucket and its jurisdiction, if it has a special one: how a binding refers to it.
pub(crate) fn bucket_name(id: &Id<R2Bucket>) -> (&str, Option<&str>) {
    match id.as_str().split_once('/') {
        Some((name, jurisdiction)) => (name, Some(jurisdiction)),
        None => (id.as_str(), None),
    }
}

/// The id of a bucket that a binding refers to.
pub(crate) fn bucket_id(name: &str, jurisdiction: Option<&str>) -> Id<R2Bucket> {
    let special = jurisdiction.and_then(R2Jurisdiction::parse);
    BucketKey::new(special.unwrap_or_default(), name).id()
}

/// What identifies a domain of a bucket.
#[derive(Debug, PartialEq)]
pub(super) struct DomainKey {
    pub(super) bucket: BucketKey,
    pub(super) domain: String,
}

impl DomainKey {
    pub(super) fn new(bucket: &Id<R2Bucket>, domain: &str) -> Result<Self> {
        let domain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
        Ok(Self { bucket: BucketKey::parse(bucket)?, domain })
    }

    pub(super) fn id(&self) -> Id<R2CustomDomain> {
        Id::new(format!("{}/{}", self.bucket.id(), self.domain))
    }

    pub(super) fn parse(id: &Id<R2CustomDomain>) -> Result<Self> {
        let parts = id.as_str().rsplit_once('/').filter(|(_, domain)| !domain.is_empty());
        let key = parts.and_then(|(bucket, domain)| {
            Some(Self { bucket: BucketKey::read(bucket)?, domain: domain.to_owned() })
        });
        key.ok_or_else(|| {
            let form = "<bucket id>/files.example.com";
            Error::invalid("id", format!("`{id}` is no id of a bucket's domain; it has the form `{form}`"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        for text in ["assets", "assets/eu", "assets/fedramp-high"] {
            assert_eq!(BucketKey::parse(&Id::new(text)).unwrap().id().as_str(), text);
        }
        for bad in ["", "assets/uk", "/eu", "a/b/eu"] {
            assert!(BucketKey::parse(&Id::new(bad)).is_err(), "{bad}");
        }
        for text in ["assets/files.example.com", "assets/eu/files.example.com"] {
            assert_eq!(DomainKey::parse(&Id::new(text)).unwrap().id().as_str(), text);
        }
        for bad in ["files.example.com", "assets/", "assets/uk/x.org"] {
            assert!(DomainKey::parse(&Id::new(bad)).is_err(), "{bad}");
        }
        let key = DomainKey::new(&Id::new("assets"), "Files.Example.com.").unwrap();
        assert_eq!(key.id().as_str(), "assets/files.example.com");
    }
}
