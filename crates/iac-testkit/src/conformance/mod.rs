//! One suite for every resource type of every provider: real requests to a simulated cloud, the
//! erased [`Driver`](iac_core::provider::Driver) and the real engine.
//!
//! A provider's tests give a [`Lab`], which makes a fresh cloud for each check, and one [`Case`]
//! or more for each type. [`Suite::run`] does every [`Check`] with every case and answers a
//! [`Report`] that names the type, the case and the check of each failure.
//!
//! ```no_run
//! use async_trait::async_trait;
//! use iac_testkit::conformance::{Bench, Case, Lab, Suite};
//! use iac_testkit::fake::Node;
//! use serde_json::json;
//!
//! struct ExampleLab;
//!
//! #[async_trait]
//! impl Lab for ExampleLab {
//!     async fn bench(&self) -> Bench {
//!         // Start a simulator, build the provider for it, and hand both over.
//! #       unimplemented!()
//!     }
//!     async fn full_bench(&self, _type_token: &str) -> Option<Bench> {
//!         None
//!     }
//! }
//!
//! # async fn run() {
//! let case = Case::of::<Node>("with a parent", |ids| {
//!     json!({ "name": "child", "size": 3, "image": "a", "parent": ids["parent"] })
//! })
//! .needs::<Node>("parent", |_| json!({ "name": "parent", "size": 1, "image": "a" }))
//! .update("grow", |_| json!({ "size": 4 }))
//! .invalid("size", |_| json!({ "size": 100_000 }));
//! Suite::new().case(case).run(&ExampleLab).await.assert();
//! # }
//! ```
mod by_engine;
mod by_hand;
mod case;
mod check;
mod creation;
mod data;
mod declaration;
mod inputs;
mod lab;
mod refusal;
mod report;
mod suite;
mod tape;
mod wire;
mod work;

pub use case::{Case, Ids};
pub use check::Check;
pub use data::DataCase;
pub use lab::{Bench, Lab};
pub use report::{Failure, Report};
pub use suite::Suite;
