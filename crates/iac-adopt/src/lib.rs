//! Takes over what exists: reads the state of Terraform, OpenTofu and Pulumi, finds which resource
//! of a program each object is, and prints the code that describes an object. Asks no cloud and
//! knows no terminal. The guide explains [moving over](../iac/guide/adopt/index.html) and
//! [importing](../iac/guide/import/index.html).
//!
//! ```
//! use iac_adopt::{ForeignState, match_state};
//! use iac_core::state::MemoryBackend;
//! use iac_core::{Engine, Stack};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = br#"{"version": 4, "terraform_version": "1.9.8", "serial": 7, "lineage": "", "resources": []}"#;
//! let state = ForeignState::parse(text)?;
//!
//! let graph = Stack::new("philotes", "dev")?.freeze()?;
//! let engine = Engine::builder().backend(MemoryBackend::new()).build();
//! let snapshot = engine.snapshot(&graph.stack_id()).await?;
//! let matched = match_state(&graph, &snapshot, &state, &[])?;
//! engine.adopt(&graph, matched.adoptions()).await?;
//! # Ok(())
//! # }
//! ```

mod code;
mod error;
mod foreign;
mod matched;
mod matching;
mod settle;

pub use code::{CodeObject, CodeOptions, References, code, code_of_all, logical_name, variable};
pub use error::AdoptError;
pub use foreign::{FILE_BYTES_MAX, ForeignResource, ForeignState, Tool};
pub use matched::{Found, How, InField, LeftOver, MatchedState, Why};
pub use matching::match_state;
