//! What the vendors ask today, from their APIs. Knows nothing of what it is for.

use super::Engine;
use super::error::EngineError;
use super::session::{READ_TIMEOUT, within};
use crate::clock::utc;
use crate::cost::Prices;
use crate::error::ErrorKind;
use crate::graph::Graph;
use crate::provider::Source;

/// Characters of a date within a time as [`utc`] writes it.
const DATE_LENGTH: usize = 10;

impl Engine {
    /// Asks every provider instance of `graph` for its prices of today. One whose API gives none, or
    /// that resources of the stack configure, keeps the list that its types come with.
    ///
    /// ```
    /// use iac_core::state::MemoryBackend;
    /// use iac_core::{Engine, NoReporter, PlanOptions, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let graph = Stack::new("philotes", "dev")?.freeze()?;
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let options = PlanOptions::new().prices(engine.live_prices(&graph).await?);
    /// let plan = engine.plan(&graph, &options, true, &mut NoReporter).await?;
    /// assert!(plan.cost.then.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`EngineError::Provider`] where an API that gives prices cannot be reached or read.
    pub async fn live_prices(&self, graph: &Graph) -> Result<Prices, EngineError> {
        let now = utc(self.clock.now_ms());
        let today = now.get(..DATE_LENGTH).unwrap_or(&now);
        let mut prices = Prices::new();
        for (name, instance) in &graph.providers {
            let Source::Ready(client) = &instance.source else { continue };
            match within(READ_TIMEOUT, client.prices(today)).await {
                Ok(list) => prices = prices.with(&**name, list),
                Err(error) if error.kind() == ErrorKind::Unsupported => {}
                Err(error) => {
                    return Err(EngineError::Provider { instance: name.to_string(), error });
                }
            }
        }
        Ok(prices)
    }
}
