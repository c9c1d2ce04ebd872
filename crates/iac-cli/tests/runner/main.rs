//! The runner from the outside: command lines in, streams and exit codes out.

mod adoption;
mod approval;
mod cloud;
mod cost;
mod desk;
mod doctor;
mod durations;
mod every_command;
mod guide;
mod hooks;
mod keys;
mod live;
mod past;
mod pictures;
mod plan_files;
mod plan_text;
mod process_side;
mod refresh;
mod replay;
mod rules;
mod selection;
mod settings;
mod state_file;
mod tools;
mod transcripts;
mod wire;
