//! The runner from the outside: command lines in, streams and exit codes out.

mod cloud;
mod cost;
mod desk;
mod hooks;
mod keys;
mod plan_files;
mod process_side;
mod refresh;
mod rules;
mod selection;
mod transcripts;
