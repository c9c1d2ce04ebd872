//! [`Origin`]: where a value was written. Knows nothing of values.

use std::fmt;
use std::sync::Arc;

/// Where a value comes from.
///
/// ```
/// use iac_settings::{FilePosition, Origin};
///
/// let origin = Origin::File(FilePosition::new("settings/dev.toml", 3, 1));
/// assert_eq!(origin.to_string(), "settings/dev.toml:3:1");
/// assert_eq!(Origin::Variable("SHOP_WORKERS".into()).to_string(), "variable SHOP_WORKERS");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// A file.
    File(FilePosition),
    /// An environment variable.
    Variable(String),
    /// `--set` with this key.
    CommandLine(String),
    /// The program itself.
    Default,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct FilePosition {
    /// The file as it was named.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// Whether the text was compiled into the program.
    pub compiled_in: bool,
}

impl FilePosition {
    /// A place in a file on disk.
    pub fn new(file: impl Into<Arc<str>>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column, compiled_in: false }
    }
}

impl Origin {
    /// The place in a file, if it is one.
    pub fn position(&self) -> Option<&FilePosition> {
        match self {
            Self::File(position) => Some(position),
            _ => None,
        }
    }

    /// The same without the column, as people name a place: `settings/dev.toml:3`.
    pub fn short(&self) -> String {
        match self {
            Self::File(place) => {
                let note = if place.compiled_in { " (compiled in)" } else { "" };
                format!("{}:{}{note}", place.file, place.line)
            }
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) => write!(f, "{}:{}:{}", place.file, place.line, place.column),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::CommandLine(key) if key.is_empty() => f.write_str("--set"),
            Self::CommandLine(key) => write!(f, "--set {key}"),
            Self::Default => f.write_str("default"),
        }
    }
}
