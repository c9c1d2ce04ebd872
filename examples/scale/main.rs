//! How the engine scales: plans, applies, refreshes or destroys a generated stack of resources that
//! cost nothing, on a real SQLite file, and prints what that took.
//!
//! ```text
//! cargo run --release --example scale -- --shape layered --resources 1000 --op apply
//! cargo run --release --example scale -- --shape chain --resources 1000 --op apply --latency fixed:20
//! cargo run --release --example scale -- --latency lognormal:20 --rounds 3
//! ```
//!
//! Only the operation itself is measured: what it starts from is prepared by another process, so
//! that neither its time nor its memory is in the figures.

mod counting;
mod measure;
mod null;
mod program;
mod report;
mod shape;
mod timer;
mod workload;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};

use null::Latency;
use shape::{Shape, ShapeKind};
use workload::Workload;

/// Measures the engine on a generated stack.
#[derive(Parser)]
struct Args {
    /// How the resources depend on each other.
    #[arg(long, value_enum, default_value = "layered")]
    shape: ShapeKind,
    /// How many resources.
    #[arg(long, default_value_t = 1000)]
    resources: u32,
    /// What is measured.
    #[arg(long, value_enum, default_value = "apply")]
    op: Operation,
    /// How long each call takes: `0`, `fixed:MS` or `lognormal:MEDIAN_MS`.
    #[arg(long, default_value = "0")]
    latency: Latency,
    /// Most calls at once.
    #[arg(long, default_value_t = iac_core::PARALLELISM_DEFAULT)]
    parallelism: usize,
    /// How often an apply is measured. Before each further one everything is deleted again, so that the
    /// state knows how long each call took the last time.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Print one JSON object for each round instead of text.
    #[arg(long)]
    json: bool,
    /// Where to keep the state file; it must not exist. A temporary directory by default.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Only build what the operation starts from.
    #[arg(long, hide = true)]
    prepare: bool,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Operation {
    /// The plan of the whole stack on an empty state.
    Plan,
    /// That plan and its apply.
    Apply,
    /// The plan of a stack that is there already.
    Noop,
    /// The plan and the apply of one changed resource.
    ChangeOne,
    /// The plan and the apply of deleting everything.
    Destroy,
    /// The comparison of every resource with the cloud.
    Refresh,
}

impl Operation {
    fn starts_empty(self) -> bool {
        matches!(self, Self::Plan | Self::Apply)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let shape = Shape::new(args.shape, args.resources);
    if args.prepare {
        let path = args.state.as_deref().ok_or("--prepare needs --state")?;
        return Workload::new(shape, Latency::None, iac_core::PARALLELISM_DEFAULT, path)?.fill().await;
    }
    let directory = tempfile::tempdir()?;
    let path = args.state.clone().unwrap_or_else(|| directory.path().join("state.sqlite"));
    if path.exists() {
        return Err(format!("{} exists; pass the path of a new file", path.display()).into());
    }
    if !args.op.starts_empty() {
        prepare(args, &path)?;
    }
    let workload = Workload::new(shape, args.latency, args.parallelism, &path)?;
    if args.rounds > 1 && args.op != Operation::Apply {
        return Err("only an apply can be measured in several rounds".into());
    }
    for round in 1..=args.rounds {
        if round > 1 {
            workload.measure(Operation::Destroy).await?;
        }
        let figures = workload.measure(args.op).await?;
        let text =
            if args.json { report::json(args, round, &figures) } else { report::text(args, round, &figures) };
        println!("{text}");
    }
    Ok(())
}

/// Fills the state in a process of its own.
fn prepare(args: &Args, path: &Path) -> Result<(), Box<dyn Error>> {
    let shape = args.shape.to_possible_value().ok_or("every shape has a name")?;
    let status = Command::new(std::env::current_exe()?)
        .args(["--prepare", "--shape", shape.get_name(), "--resources", &args.resources.to_string()])
        .arg("--state")
        .arg(path)
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("the preparation failed: {status}").into()) }
}
