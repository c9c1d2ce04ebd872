//! Unit tests of a stack without a cloud: every driver of any provider is replaced by one that
//! keeps objects in memory. Planner, executor and state are the real ones; a run takes
//! milliseconds.
//!
//! ```
//! use iac_core::{Stack, StackError};
//! use iac_testkit::fake::{Fake, Node};
//! use iac_testkit::mock::{MockEngine, Mocks};
//!
//! // What is tested: declares resources, and leaves the provider to its caller.
//! fn program(stack: &Stack) -> Result<(), StackError> {
//!     let first = stack.add("first", Node::args().size(2u32).image("a"))?;
//!     stack.add("second", Node::args().size(1u32).image("a").parent(&first))?;
//!     stack.export("address", &first.address)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = MockEngine::new(Mocks::new()).provider::<Fake>();
//! let report = engine.up(program).await?;
//! assert_eq!(report.input("first", "size").as_int(), Some(2));
//! assert_eq!(report.input("second", "parent").as_str(), report.id("first"));
//! assert!(!engine.plan(program).await?.has_changes());
//! # Ok(())
//! # }
//! ```

mod driver;
mod engine;
mod mocks;
mod report;
#[cfg(test)]
mod tests;

pub use driver::instance;
pub use engine::{MockEngine, MockError};
pub use mocks::Mocks;
pub use report::Report;

use iac_core::{Provider, Stack, StackError};

/// Applies `program` once to an empty cloud behind the provider `P`: the shortest unit test.
///
/// ```
/// use iac_testkit::fake::{Fake, Node};
/// use iac_testkit::mock;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mock::MockError> {
/// let report = mock::run::<Fake>(|stack| {
///     stack.add("web", Node::args().size(1u32).image("a"))?;
///     Ok(())
/// })
/// .await?;
/// assert_eq!(report.input("web", "image").as_str(), Some("a"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`MockError`]: the program is faulty, or a step failed.
pub async fn run<P: Provider>(
    program: impl Fn(&Stack) -> Result<(), StackError>,
) -> Result<Report, MockError> {
    MockEngine::new(Mocks::new()).provider::<P>().up(program).await
}
