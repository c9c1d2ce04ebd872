//! [`Reference`]: what settings say about where a secret is. Holds no secret.

use std::path::{Path, PathBuf};

use iac_core::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::origin::Origin;
use crate::outside::Variables;

/// What stands behind a source's name in the settings.
///
/// ```
/// let reference = iac_settings::Reference::from_value(serde_json::json!({ "entry": "shop" }));
/// #[derive(serde::Deserialize)]
/// struct Place {
///     entry: String,
/// }
/// assert_eq!(reference.read::<Place>()?.entry, "shop");
/// # Ok::<(), iac_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    value: Json,
    directory: Option<PathBuf>,
}

impl Reference {
    pub(crate) fn new(value: Json, origin: &Origin) -> Self {
        let place = origin.position().filter(|place| !place.compiled_in);
        let directory = place.and_then(|place| Some(Path::new(&*place.file).parent()?.to_owned()));
        Self { value, directory }
    }

    /// A reference that stands in no file.
    pub fn from_value(value: Json) -> Self {
        Self { value, directory: None }
    }

    /// The reference as a type of the source's own.
    ///
    /// # Errors
    /// It does not have the form that the source's schema promised.
    pub fn read<R: DeserializeOwned>(&self) -> Result<R> {
        R::deserialize(&self.value).map_err(|error| {
            Error::internal(format!("the reference does not fit its source's schema: {error}"))
        })
    }

    /// A path in the reference: a relative one starts where the settings file is.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.as_deref().unwrap_or(Path::new("")).join(path)
    }

    /// Recognises the same reference, so that it is fetched once.
    pub(crate) fn identity(&self) -> String {
        format!("{:?} {}", self.directory, self.value)
    }
}

/// What a source may use of the run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceContext {
    /// The environment, for credentials and addresses.
    pub variables: Variables,
}

impl SourceContext {
    /// A context with this environment.
    pub fn new(variables: Variables) -> Self {
        Self { variables }
    }
}
