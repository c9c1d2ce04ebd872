//! The state of another tool: its resources with their ids, read from its file.

mod pulumi;
mod read;
mod terraform;

pub use read::{FILE_BYTES_MAX, ForeignResource, ForeignState, Tool};
