//! Why a file cannot be adopted. Never repeats what a file holds.

/// Why the state of another tool cannot be read or matched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdoptError {
    /// The file cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file is larger than any state file that makes sense.
    #[error("it has more than {max} bytes; give the state of one stack")]
    TooLarge {
        /// The bound.
        max: u64,
    },
    /// The file ends too early or is no JSON.
    #[error("it is no complete JSON: {why} at line {line}, column {column}; get the file again")]
    NotJson {
        /// What is wrong, without the text.
        why: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// JSON, but no state.
    #[error("it is no state file of Terraform, OpenTofu or Pulumi: {0}")]
    NotState(String),
    /// A state of a format that is not known.
    #[error("it is a {tool} state of format {found}, and only format {known} can be read; {way_out}")]
    Version {
        /// The tool.
        tool: &'static str,
        /// The file's format.
        found: String,
        /// The formats that are known.
        known: &'static str,
        /// What to do.
        way_out: &'static str,
    },
    /// An encrypted state.
    #[error("it is encrypted; decrypt it first, for example with `{0}`")]
    Encrypted(&'static str),
    /// More resources than one stack can have.
    #[error("it has more than {max} resources; give the state of one stack")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// A mapping that names something that is not there, or that does not fit.
    #[error("cannot map {address} to {path}: {why}")]
    Map {
        /// The other tool's address.
        address: String,
        /// The path or URN.
        path: String,
        /// Why.
        why: String,
    },
}
