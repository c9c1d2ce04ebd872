//! {{Provider}}: its resources and the client they talk through. Knows nothing of state or of plans.
//!
//! ```
//! use iac_core::Stack;
//! use iac_{{provider}}::{Shelf, {{Provider}}};
//!
//! let stack = Stack::new("shop", "dev")?;
//! stack.provider({{Provider}}::new("https://api.example.com/v1", "a token")?)?;
//! let data = stack.add("data", Shelf::args().size(3u32).zone("north"))?;
//! stack.export("address", &data.address)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod shelf;
mod client;
mod marker;
#[cfg(feature = "sim")]
pub mod sim;

pub use shelf::{Shelf, ShelfArgs, ShelfAttributes, ShelfInputs, ShelfOutputs};
pub use client::{{Provider}};
