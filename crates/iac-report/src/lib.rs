//! Pictures of plans and states (DOT, Mermaid, SVG) and reports of plans and runs as one HTML file.
//! Text in, text out: nothing here reads files, prints, asks a network or looks at a clock, and the
//! same data gives the same bytes.
//!
//! Secrets are marked, never shown: nothing here opens an [`iac_core::Value::Secret`].
//!
//! ```
//! use iac_core::{PlanOptions, Snapshot, Stack, plan};
//! use iac_core::random::RandomToken;
//! use iac_report::{Picture, Report};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stack = Stack::new("shop", "dev")?;
//! stack.scope("edge")?.add("join-token", RandomToken::args().bytes(32u32))?;
//! let (graph, snapshot) = (stack.freeze()?, Snapshot::default());
//! let plan = plan(&graph, &snapshot, &PlanOptions::new())?;
//!
//! let picture = Picture::of_plan(&graph, &snapshot, &plan);
//! assert!(picture.to_dot().starts_with("digraph"));
//! assert!(picture.to_svg().contains("join-token"));
//!
//! let page = Report::of_plan(&graph, &snapshot, &plan).to_html();
//! assert!(page.starts_with("<!doctype html>"));
//! # Ok(())
//! # }
//! ```

mod action;
mod difference;
mod escape;
mod lines;
mod page;
mod picture;
mod report;
mod timeline;

pub use action::Action;
pub use lines::{Line, LineKind, changed_lines};
pub use picture::{Node, Picture};
pub use report::Report;
