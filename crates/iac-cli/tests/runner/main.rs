//! The runner from the outside: command lines in, streams and exit codes out.

mod cloud;
mod desk;
mod process_side;
mod settings;
mod transcripts;
