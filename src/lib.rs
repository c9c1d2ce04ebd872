//! Infrastructure as code as a library: a Rust program describes its cloud, and the same program
//! plans, applies, refreshes and destroys it. No other binary, no plugin process, no server.
//!
//! This crate re-exports the engine ([`iac_core`]) and, behind one feature each, the providers and
//! the command-line runner:
//!
//! | feature | module | what |
//! |---|---|---|
//! | `cloudflare` (default) | `cloudflare` | Cloudflare |
//! | `hetzner` (default) | `hetzner` | Hetzner Cloud |
//! | `cli` (default) | `cli` | the runner: subcommands, diffs, approval, progress |
//! | `report` (default) | `report` | pictures and HTML reports of plans, states and runs |
//! | `random-keys` (default) | `random` | SSH key pairs and certificates among the random values |
//! | `os-keyring` | `state` | the operating system's keyring as a place for the key to the secrets |
//! | `settings` (default) | `settings` | settings files, checked before anything runs, and secret sources |
//! | `testkit` | `testkit` | mocks, the fake cloud, checks for your own tests |
//! | `explore` | `testkit::explore` | the crash explorer, with the simulated clouds it works on |
//!
//! # A stack
//!
//! ```
//! use iac::random::RandomToken;
//! use iac::{Stack, StackError, interpolate_secret};
//!
//! fn program(stack: &Stack) -> Result<(), StackError> {
//!     let token = stack.add("join-token", RandomToken::args().bytes(32u32))?;
//!     // What depends on a secret is a secret, by type.
//!     stack.export("join_command", interpolate_secret!("k3s agent --token {}", &token.hex))?;
//!     Ok(())
//! }
//! ```
//!
//! # Driven by hand
//!
//! ```
//! use iac::state::MemoryBackend;
//! use iac::{ApplyOptions, Engine, NoReporter, PlanOptions, Stack};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = Stack::new("philotes", "dev")?.freeze()?;
//! let engine = Engine::builder().backend(MemoryBackend::new()).build();
//! let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
//! let outcome = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await?;
//! assert!(outcome.succeeded());
//! # Ok(())
//! # }
//! ```

pub mod guide;

pub use iac_adopt as adopt;
pub use iac_core::*;

#[cfg(feature = "cli")]
pub use iac_cli as cli;
#[cfg(feature = "cloudflare")]
pub use iac_cloudflare as cloudflare;
#[cfg(feature = "hetzner")]
pub use iac_hetzner as hetzner;
#[cfg(feature = "report")]
pub use iac_report as report;
#[cfg(feature = "settings")]
pub use iac_settings as settings;
#[cfg(feature = "testkit")]
pub use iac_testkit as testkit;
