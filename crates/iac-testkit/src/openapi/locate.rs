//! Owns where descriptions are found: they are not part of this repository. Reads the
//! environment; only tests call this.
use super::{Description, DescriptionError};
use std::env;
use std::io::{self, Write as _};
use std::path::Path;

/// The environment variable that names the directory of descriptions.
pub const DESCRIPTIONS_VARIABLE: &str = "IAC_API_DESCRIPTIONS";

/// The outcome of looking for a description.
#[derive(Debug)]
#[non_exhaustive]
pub enum Lookup {
    /// It is there and loaded.
    Found(Box<Description>),
    /// The directory is not set or does not have this file.
    Missing(String),
}

impl Lookup {
    /// The description; a missing one skips the test, or fails it in CI, as
    /// [`Description::skip_or_fail`] does.
    ///
    /// ```
    /// use iac_testkit::openapi::Description;
    ///
    /// fn requests_fit_the_description() -> Result<(), iac_testkit::openapi::DescriptionError> {
    ///     let Some(description) = Description::from_env("hetzner/cloud.spec.json")?.or_skip() else {
    ///         return Ok(());
    ///     };
    ///     assert!(description.operations().count() > 0);
    ///     Ok(())
    /// }
    /// ```
    pub fn or_skip(self) -> Option<Description> {
        match self {
            Self::Found(description) => Some(*description),
            Self::Missing(name) => {
                Description::skip_or_fail(&name);
                None
            }
        }
    }
}

impl Description {
    /// Looks for a description such as `hetzner/cloud.spec.json` in the directory that the
    /// environment variable [`DESCRIPTIONS_VARIABLE`] names.
    ///
    /// # Errors
    /// When the file is there but cannot be used.
    pub fn from_env(name: &str) -> Result<Lookup, DescriptionError> {
        let path = env::var_os(DESCRIPTIONS_VARIABLE).map(|directory| Path::new(&directory).join(name));
        match path.filter(|path| path.is_file()) {
            Some(path) => Ok(Lookup::Found(Box::new(Self::load(path)?))),
            None => Ok(Lookup::Missing(name.to_owned())),
        }
    }

    /// Looks for the descriptions of one API that its vendor describes in several files, such as
    /// `cloudflare/zones.json`, and [merges](Self::merged) them; all of them, or it is missing.
    ///
    /// # Errors
    /// When a file is there but cannot be used.
    pub fn from_env_merged(name: &str, files: &[&str]) -> Result<Lookup, DescriptionError> {
        let Some(directory) = env::var_os(DESCRIPTIONS_VARIABLE) else {
            return Ok(Lookup::Missing(name.to_owned()));
        };
        let mut documents = Vec::with_capacity(files.len());
        for file in files {
            let path = Path::new(&directory).join(file);
            if !path.is_file() {
                return Ok(Lookup::Missing((*file).to_owned()));
            }
            documents.push(((*file).to_owned(), Self::read(&path)?));
        }
        Ok(Lookup::Found(Box::new(Self::merged(name, documents)?)))
    }

    /// Says that a test is skipped because its description is missing.
    ///
    /// # Panics
    /// When the environment has `CI=true`: there a skipped check must not look like a passed one.
    pub fn skip_or_fail(name: &str) {
        let message = format!("skipped: vendor description {name} not found, set {DESCRIPTIONS_VARIABLE}");
        let in_ci = env::var("CI").is_ok_and(|value| value == "true");
        assert!(!in_ci, "{message} (required in CI)");
        // Written past the test runner, which keeps back what a passing test prints.
        let _ = writeln!(io::stderr(), "{message}");
    }
}
