//! An in-memory cloud and its provider: typed resources that use every attribute of a field and
//! every way a lost create is found again.
//!
//! The cloud counts calls, fails where a test asks for it (before an effect, or after it with the
//! answer lost), holds calls at gates, and changes behind the program's back. It has no clock and
//! no randomness: the same calls give the same ids.
//!
//! ```
//! use iac_core::state::MemoryBackend;
//! use iac_core::{ApplyOptions, Engine, NoReporter, PlanOptions, Stack};
//! use iac_testkit::fake::{FakeCloud, Node};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cloud = FakeCloud::new();
//! let stack = Stack::new("philotes", "dev")?;
//! stack.provider(cloud.provider())?;
//! stack.add("web", Node::args().size(1u32).image("a"))?;
//!
//! let engine = Engine::builder().backend(MemoryBackend::new()).build();
//! let graph = stack.freeze()?;
//! let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
//! assert!(engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await?.succeeded());
//! assert_eq!(cloud.inventory().len(), 1);
//! # Ok(())
//! # }
//! ```

mod audit;
mod call;
mod cloud;
mod disk;
mod gate;
mod lookup;
mod node;
mod object;
mod operate;
mod provider;
mod singleton;
mod vague;

pub use audit::audit;
pub use call::{Call, CallOp, Fault, Hook, Matcher, Moment, Verdict};
pub use cloud::FakeCloud;
pub use disk::{Disk, DiskArgs, DiskAttributes, DiskInputs, DiskOutputs};
pub use gate::Gate;
pub use lookup::{Lookup, LookupArgs, LookupData, LookupDataAttributes, LookupInputs};
pub use node::{Node, NodeArgs, NodeAttributes, NodeInputs, NodeOutputs};
pub use object::Object;
pub use provider::Fake;
pub use singleton::{Singleton, SingletonArgs, SingletonAttributes, SingletonInputs, SingletonOutputs};
pub use vague::{Vague, VagueArgs, VagueAttributes, VagueInputs, VagueOutputs};
