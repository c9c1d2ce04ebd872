//! The crash explorer: runs a program against simulated clouds and lets everything go wrong, once
//! each. The process is cut off at every commit of the state and at every moment of every request;
//! requests fail, hang, lose their answers. Each time the next run must bring cloud, state and
//! program together again, without an orphan, a duplicate or a manual step.
//!
//! Time is virtual: retries, polls, leases and timeouts cost nothing, and the same seed gives the
//! same schedule.
//!
//! ```
//! use iac_core::{Stack, StackError};
//! use iac_testkit::explore::{Explore, FakeWorld, explore};
//! use iac_testkit::fake::Node;
//!
//! fn program(stack: &Stack) -> Result<(), StackError> {
//!     let first = stack.add("first", Node::args().size(1u32).image("a"))?;
//!     stack.add("second", Node::args().size(1u32).image("a").parent(&first))?;
//!     Ok(())
//! }
//!
//! let exploration = explore(program, Explore::new().cloud(FakeWorld).up().destroy());
//! exploration.assert();
//! assert!(exploration.cuts() > 40);
//! ```
//!
//! # What it checks
//!
//! After each run: no journal row is open; every object has one row and every row its object; no
//! object was created twice under one marker; the next plan changes nothing. After a destroy, state
//! and clouds are empty.
//!
//! # When it fails
//!
//! The report names the phase, the boundary and what is wrong, and prints a line that runs exactly
//! this again: `IAC_EXPLORE='<test>/<phase>/<schedule>/seed-<seed>'`, in the environment or given
//! to [`Explore::only`].

mod backend;
mod boundary;
mod check;
mod clock;
mod cut;
mod explorer;
mod fake;
mod link;
mod options;
mod report;
mod run;
mod schedule;
mod trouble;
mod wire;
mod world;

pub use backend::{CutBackend, Durability};
pub use boundary::{Boundary, BoundaryKind};
pub use clock::VirtualClock;
pub use cut::CutPoint;
pub use explorer::explore;
pub use fake::FakeWorld;
pub use link::{SimLink, SimWorld};
pub use options::Explore;
pub use report::{Exploration, Failure, PhaseReport};
pub use trouble::Trouble;
pub use wire::Wire;
pub use world::{Item, Site, World};
