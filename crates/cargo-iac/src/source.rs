//! Where the crates of iac come from in a new `Cargo.toml`.

use std::path::{Path, PathBuf};

/// Where a generated crate gets iac from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A directory with iac's sources.
    Path(PathBuf),
    /// A repository, and perhaps a commit of it.
    Git(String, Option<String>),
}

impl Source {
    /// What stands in the braces of a dependency on `package`.
    pub(crate) fn dependency(&self, package: &str) -> String {
        match self {
            Self::Path(root) if package == "iac" => format!("path = {}", quoted(&root.display().to_string())),
            Self::Path(root) => {
                format!("path = {}", quoted(&root.join("crates").join(package).display().to_string()))
            }
            Self::Git(url, None) => format!("git = {}", quoted(url)),
            Self::Git(url, Some(rev)) => format!("git = {}, rev = {}", quoted(url), quoted(rev)),
        }
    }
}

/// The sources that this command was built from, if they are still there.
pub(crate) fn built_from() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    is_iac(root).then(|| root.to_path_buf())
}

/// Whether iac's sources are in `directory`.
pub(crate) fn is_iac(directory: &Path) -> bool {
    directory.join("crates/iac-core/Cargo.toml").is_file()
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
