//! The crash explorer: runs programs on the fake cloud and cuts the engine off at every commit of
//! the state and at every moment of every call, one cut a run. Each time a second engine must
//! bring cloud, state and program together again, without an orphan and without a duplicate.
//!
//! ```
//! use iac_testkit::explore::Explorer;
//! use iac_testkit::fake::Node;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let explored = Explorer::new()
//!     .program(|stack| {
//!         let first = stack.add("first", Node::args().size(1u32).image("a"))?;
//!         stack.add("second", Node::args().size(1u32).image("a").parent(&first))?;
//!         Ok(())
//!     })
//!     .program(|_| Ok(()))
//!     .explore()
//!     .await
//!     .unwrap();
//! assert!(explored.cuts > 20);
//! # }
//! ```

mod backend;
mod explorer;

pub use backend::{CutBackend, CutPoint, Durability};
pub use explorer::{Cut, ExploreError, Explored, Explorer};
