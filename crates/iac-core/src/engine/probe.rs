//! Whether the providers of a stack can be reached with their credentials. Changes nothing, takes no
//! lease, and needs no state.

use std::time::Duration;

use futures_util::future::join_all;

use super::Engine;
use super::clients::recorded_client;
use super::session::within;
use crate::error::Error;
use crate::graph::Graph;
use crate::provider::{Probe, ProviderInstance};
use crate::snapshot::Snapshot;

/// Longest time for one probe: a person waits for it.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);

/// What one provider instance answered to [`Engine::probe`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProviderProbe {
    /// The instance.
    pub instance: String,
    /// What became of the question.
    pub answer: ProbeAnswer,
}

/// What became of a probe.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ProbeAnswer {
    /// The API took the credentials.
    Accepted {
        /// What the provider found.
        probe: Probe,
        /// By how many milliseconds the engine's clock is ahead of the API's (negative: behind), where
        /// the API tells its time. APIs tell whole seconds, so that less than one means nothing.
        clock_ahead_ms: Option<i64>,
    },
    /// It failed: no answer, or credentials that are not taken.
    Failed {
        /// Why.
        error: Error,
    },
    /// Resources of the stack configure the instance, and they do not exist yet.
    NotConfigured,
}

impl Engine {
    /// Asks every provider instance of `graph`, all at once, whether its API answers and takes its
    /// credentials. An instance that resources of the stack configure is asked where `snapshot` (as
    /// [`Engine::snapshot`] answers it) has them. One whose types live in the state alone is left out.
    ///
    /// ```
    /// use iac_core::state::MemoryBackend;
    /// use iac_core::{Engine, Snapshot, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let graph = Stack::new("philotes", "dev")?.freeze()?;
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let probes = engine.probe(&graph, &Snapshot::default()).await;
    /// assert!(probes.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn probe(&self, graph: &Graph, snapshot: &Snapshot) -> Vec<ProviderProbe> {
        let instances = graph.providers.values().filter(|instance| !is_local(instance));
        join_all(instances.map(|instance| self.probe_one(graph, snapshot, instance))).await
    }

    async fn probe_one(
        &self,
        graph: &Graph,
        snapshot: &Snapshot,
        instance: &ProviderInstance,
    ) -> ProviderProbe {
        let mut secrets = Vec::new();
        snapshot.secret_texts(&mut secrets);
        let answer = match recorded_client(graph, snapshot, instance) {
            Ok(None) => ProbeAnswer::NotConfigured,
            Err(error) => ProbeAnswer::Failed { error: error.scrub(&secrets) },
            Ok(Some(client)) => match within(PROBE_TIMEOUT, client.probe()).await {
                Ok(probe) => {
                    let now = self.clock.now_ms();
                    let clock_ahead_ms = probe.server_time.map(|time| now.saturating_sub(time));
                    ProbeAnswer::Accepted { probe, clock_ahead_ms }
                }
                Err(error) => ProbeAnswer::Failed { error: error.scrub(&secrets) },
            },
        };
        ProviderProbe { instance: instance.name().to_owned(), answer }
    }
}

/// Whether nothing of it is anywhere but in the state.
fn is_local(instance: &ProviderInstance) -> bool {
    let mut drivers = instance.types().drivers().peekable();
    drivers.peek().is_some() && drivers.all(|driver| driver.spec().local)
}
