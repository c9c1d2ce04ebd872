//! The runner from the outside: command lines in, streams and exit codes out.

mod adoption;
mod cloud;
mod desk;
mod process_side;
mod transcripts;
