//! The runner from the outside: command lines in, streams and exit codes out.

mod cloud;
mod desk;
mod past;
mod process_side;
mod state_file;
mod transcripts;
