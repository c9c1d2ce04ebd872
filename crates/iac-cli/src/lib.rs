//! The runner that a program's `main` hands over to: subcommands, diffs, approval, progress and
//! reports. Everything it does is a thin layer over documented calls of `iac-core`; whoever embeds
//! the engine elsewhere needs none of it. What each command is for is in the
//! [guide](../iac/guide/index.html).
//!
//! Programs with an interface of their own use its texts alone: [`PlanText`], [`RunWatch`] and
//! [`OutcomeText`] for people, [`json_line`] for other programs.
//!
//! # Progress
//! `--progress auto` (the default) draws what runs in place where standard output is a terminal, and
//! writes lines with times elsewhere; `live`, `plain` and `none` choose.
//!
//! # Exit codes
//! 0 done or nothing to do; 1 failed, refused or not understood; 2 changes, with
//! `plan --detailed-exitcode` only; 130 stopped by a signal.
//!
//! # JSON lines
//! With `--json` standard output has nothing but objects, one a line, each with the format's version
//! `"v":1` and a `"type"`. A secret is `{"$secret":true}`, a value not known yet `{"$unknown":true}`.
//! [`JSON_LINES_SCHEMA`] says what each may have; `schema json` prints it.
//!
//! | type | the other fields |
//! |---|---|
//! | `plan` | the fields of [`iac_core::Plan`] |
//! | `cost` | the fields of [`iac_core::cost::PlanCost`]; amounts are exact decimals as text |
//! | `event` | `event`, and the fields of that variant of [`iac_core::Event`] |
//! | `outcome` | the fields of [`iac_core::Outcome`] |
//! | `outputs` | `outputs`: values by name |
//! | `refresh` | the fields of [`iac_core::RefreshReport`] |
//! | `resource` | a row of the state (`state list`, `state show`) |
//! | `recipient`, `key_added`, `key_removed` | the fields of [`iac_core::state::KeyRecipient`] |
//! | `key_rotated` | the fields of [`iac_core::KeyRotation`] |
//! | `setting` | `key`, `value`, `origin`, and `file`, `line` where it stands in one (`config show`) |
//! | `settings` | `stack`, `values`, `secrets`: what `config check` found to be right |
//! | `changed` | `key`, `file` (`config set`) |
//! | `schema` | `schema` (`config schema`, `schema json`) |
//! | `run`, `step` | a row of the history; a step also has `diff`, a list of [`iac_core::FieldDiff`] |
//! | `rollback` | `to`: the run that it leads back to; `incomplete`: what is left out |
//! | `renamed`, `forgotten`, `state_exported`, `state_imported` | what a `state` command did |
//! | `state` | `document`: the state (`state export` without `--out`) |
//! | `health` | `damaged`, and the fields of [`iac_core::Health`] |
//! | `plan_file` | `stack`, `parent_serial`, `created_at`, `build`, `path` |
//! | `imported`, `code` | `id`, `code`, and `urn` or `resource_type` (`import`) |
//! | `import`, `adopt` | what many objects were found to be (`import --all`, `adopt`) |
//! | `graph` | `of`, `format`, and `text`, or `path` where it was written to a file |
//! | `report` | `run` (null for a plan), and `html`, or `path` where it was written to a file |
//! | `check` | `name`, `status` (`ok`, `warning`, `failed`), `message`, `way_out` (`doctor`) |
//! | `doctor` | `ok`, `warnings`, `failed`: how many checks ended so |
//! | `completions` | `shell`, `text` |
//! | `man` | `text`, or `path` and `pages` where they were written to files |
//! | `error` | `message`, `way_out` (null if none), and `urn`, `field` and `place` where it is about one |
//!
//! # Example
//! ```no_run
//! use std::error::Error;
//!
//! use iac_cli::{DefaultCommand, RunContext, Runner};
//! use iac_core::random::RandomToken;
//! use iac_core::Stack;
//!
//! fn main() -> std::process::ExitCode {
//!     Runner::new("philotes")
//!         .about("The Philotes platform")
//!         .stacks(["dev", "staging", "production"])
//!         .default_stack("dev")
//!         .default_command(DefaultCommand::Plan)
//!         .run(async |_cx: &RunContext, stack: &Stack| -> Result<(), Box<dyn Error + Send + Sync>> {
//!             let token = stack.add("join-token", RandomToken::args().bytes(32u32))?;
//!             stack.export("join_token", &token.hex)?;
//!             Ok(())
//!         })
//! }
//! ```

mod again;
mod arguments;
mod arguments_examples;
mod arguments_import;
mod arguments_replay;
mod arguments_tools;
mod canvas;
mod columns;
mod command;
mod console;
mod context;
mod doctor;
mod exit;
mod failure;
mod keys;
mod layout;
mod panics;
mod pictures;
mod place;
mod render;
mod report;
mod runner;
mod screen;
mod settings;
mod signals;
mod text;
mod watch;
mod wire;

pub use arguments::{DefaultCommand, NoArgs};
pub use console::Console;
pub use context::RunContext;
pub use exit::{EXIT_CANCELLED, EXIT_CHANGES, EXIT_DONE, EXIT_FAILED};
pub use runner::{ProgramError, Runner};
pub use text::{OutcomeText, PlanText, RunWatch, json_line};
pub use wire::JSON_LINES_SCHEMA;
