//! [`Plan::data_lost`]: whose data a plan deletes. Knows nothing of who is asked about it.

use super::step::Plan;
use crate::urn::Urn;

impl Plan {
    /// The resources whose data is lost when the plan is applied, each once: types that hold data and are
    /// deleted or replaced. The runner has their names typed before it goes on.
    ///
    /// ```
    /// use iac_core::state::MemoryBackend;
    /// use iac_core::{Engine, NoReporter, PlanOptions, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let graph = Stack::new("philotes", "dev")?.freeze()?;
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
    /// assert!(plan.data_lost().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn data_lost(&self) -> Vec<&Urn> {
        let losses = self.warnings.iter().filter(|warning| warning.loses_data);
        let mut lost: Vec<&Urn> = losses.filter_map(|warning| warning.urn.as_ref()).collect();
        lost.sort_unstable();
        lost.dedup();
        lost
    }
}
