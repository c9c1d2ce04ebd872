//! What `import` and `adopt` are given on the command line. Knows nothing of how they are done.

use std::path::PathBuf;

use clap::Args;

/// What to import, and what to print of it.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The resource: its URN or its path; with `--print` the object's type
    #[arg(value_name = "URN_OR_PATH", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) resource: Option<String>,
    /// The object's id in the cloud
    #[arg(required_unless_present = "all")]
    pub(crate) id: Option<String>,
    /// Every object that a resource of the program describes
    #[arg(long)]
    pub(crate) all: bool,
    /// Only objects of this type; repeatable
    #[arg(long = "type", value_name = "TYPE", requires = "all")]
    pub(crate) types: Vec<String>,
    /// Only objects with this label; repeatable
    #[arg(long = "label", value_name = "KEY=VALUE", requires = "all", value_parser = pair)]
    pub(crate) labels: Vec<(String, String)>,
    /// Only objects whose name matches: `*` for any text, `?` for one character
    #[arg(long, value_name = "PATTERN", requires = "all")]
    pub(crate) name: Option<String>,
    /// Only into resources whose path begins with this
    #[arg(long, value_name = "PATH", requires = "all")]
    pub(crate) into: Option<String>,
    /// Find everything and record nothing
    #[arg(long, requires = "all")]
    pub(crate) dry_run: bool,
    /// Print the code that describes what the program does not declare; with a type and an id the
    /// code of that object, which is not recorded
    #[arg(long)]
    pub(crate) print: bool,
}

/// What to adopt.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// `terraform.tfstate`, or what `pulumi stack export` wrote
    pub(crate) file: PathBuf,
    /// The object at this address of the other tool is the resource at this path; repeatable
    #[arg(long = "map", value_name = "ADDRESS=PATH", value_parser = last_pair)]
    pub(crate) maps: Vec<(String, String)>,
    /// Show what would be recorded and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    split(text.split_once('='))
}

/// An address may hold `=` in a key; a path cannot.
fn last_pair(text: &str) -> Result<(String, String), String> {
    split(text.rsplit_once('='))
}

fn split(parts: Option<(&str, &str)>) -> Result<(String, String), String> {
    match parts {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected two parts with `=` between them".into()),
    }
}
