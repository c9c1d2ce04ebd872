//! The backends: one suite for all of them, then what only a file can suffer.

mod conformance;
mod crash;
mod files;
mod rows;
mod secrets;
