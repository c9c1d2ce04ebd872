//! `cargo iac`: new programs and new provider crates. Knows what templates hold by their names alone.

mod files;
mod init;
mod name;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Columns of help where there is no terminal to ask.
const HELP_WIDTH: usize = 80;

/// What a person types.
#[derive(Debug, Parser)]
#[command(name = "cargo-iac", bin_name = "cargo iac", version, max_term_width = HELP_WIDTH)]
struct Line {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write a new program, or with `--provider` alone a new provider crate
    #[command(after_help = "Examples:
  cargo iac init shop                   a program in the directory shop
  cargo iac init --provider acme        a provider crate in iac-acme
  cargo iac init shop --path-dependency ../iac
                                        with the crates of this directory

What is written compiles, and its `cargo test` passes. Nothing that exists is
overwritten.")]
    Init(InitArgs),
}

#[derive(Debug, Args)]
struct InitArgs {
    /// The program's name: lower-case letters, digits and `-`
    #[arg(required_unless_present = "provider")]
    name: Option<String>,
    /// With NAME: the provider that the program uses. Without: the name of the provider to write
    #[arg(long)]
    provider: Option<String>,
    /// Where to write [default: a directory of the name]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// The directory of iac's sources to depend on
    #[arg(long, value_name = "DIR", conflicts_with = "git")]
    path_dependency: Option<PathBuf>,
    /// The repository of iac's sources to depend on
    #[arg(long, value_name = "URL")]
    git: Option<String>,
    /// With `--git`: the commit
    #[arg(long, requires = "git")]
    rev: Option<String>,
}

fn main() -> ExitCode {
    // Cargo calls a subcommand with its name as the first argument.
    let mut line: Vec<_> = std::env::args_os().collect();
    if line.get(1).is_some_and(|word| word == "iac") {
        line.remove(1);
    }
    let Task::Init(args) = Line::parse_from(line).task;
    match init::init(&args) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
