//! The runner from the outside: command lines in, streams and exit codes out.

mod cloud;
mod desk;
mod hooks;
mod keys;
mod pictures;
mod plan_files;
mod process_side;
mod refresh;
mod rules;
mod selection;
mod transcripts;
