//! The arguments of `replay` and `schema`. Knows nothing of how they are done.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which run to show once more, and how fast.
#[derive(Debug, Args)]
pub(crate) struct Replaying {
    /// The run, as `history` numbers it
    #[arg(value_name = "RUN", required_unless_present = "from", conflicts_with = "from")]
    pub(crate) run: Option<u64>,
    /// A file of JSON lines that `--json` wrote; no state is needed then
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// So many times as fast as it was; without it everything at once
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    pub(crate) speed: Option<f64>,
}

/// The subcommands of `schema`.
#[derive(Debug, Subcommand)]
pub(crate) enum SchemaTask {
    /// Print the JSON Schema of the lines that `--json` writes
    #[command(after_help = "Examples:
  schema json > lines.json      as JSON Schema, draft 2020-12

No state is needed. The schema only grows within version 1: lines, events, fields and values may be added.")]
    Json,
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(factor),
        _ => Err("expected a number above 0, as in 10 or 0.5".into()),
    }
}
