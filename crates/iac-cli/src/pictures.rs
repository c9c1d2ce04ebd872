//! The arguments of `graph` and `report`. Knows nothing of how pictures are made.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::arguments::Selection;

/// What `graph` draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Of {
    /// What `up` would do
    Plan,
    /// What the state holds
    State,
}

impl Of {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::State => "state",
        }
    }
}

/// How `graph` draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for Graphviz
    Dot,
    /// Text that many code forges draw
    Mermaid,
    /// A picture
    Svg,
}

impl Format {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Mermaid => "mermaid",
            Self::Svg => "svg",
        }
    }
}

/// What to draw, how, and where to.
#[derive(Debug, Args)]
pub(crate) struct Drawing {
    /// What to draw
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Of::Plan)]
    pub(crate) of: Of,
    /// In which form
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Format::Dot)]
    pub(crate) format: Format,
    /// Write to this file; without it to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Draw what `destroy` would do
    #[arg(long)]
    pub(crate) destroy: bool,
}

impl Drawing {
    /// Whether the program must say what it wants.
    pub(crate) fn runs_program(&self) -> bool {
        self.of == Of::Plan
    }

    /// An option that only a plan has, if one is given.
    pub(crate) fn about_plans(&self) -> Option<&'static str> {
        let Selection { no_refresh, target, exclude } = &self.selection;
        let given = [
            (*no_refresh, "--no-refresh"),
            (!target.is_empty(), "--target"),
            (!exclude.is_empty(), "--exclude"),
            (self.destroy, "--destroy"),
        ];
        given.into_iter().find(|(given, _)| *given).map(|(_, name)| name)
    }
}

/// What to report, and where to.
#[derive(Debug, Args)]
pub(crate) struct Reporting {
    /// The run to report, as `history` numbers it; without it the plan
    #[arg(value_name = "RUN", conflicts_with_all = ["no_refresh", "target", "exclude", "destroy"])]
    pub(crate) run: Option<u64>,
    /// Write to this file; without it to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Report what `destroy` would do
    #[arg(long)]
    pub(crate) destroy: bool,
}
