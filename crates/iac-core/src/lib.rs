//! The core of the engine.

mod error;

pub use error::{Error, ErrorKind, Result};
