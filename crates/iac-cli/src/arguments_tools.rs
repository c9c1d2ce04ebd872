//! The arguments of `completions` and `man`. Knows nothing of how they are done.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// For which shell.
#[derive(Debug, Args)]
pub(crate) struct Completing {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
    /// Write them to this file; without it to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Which manual pages, and where to.
#[derive(Debug, Args)]
pub(crate) struct Manual {
    /// Write a page for the program and for each command into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
