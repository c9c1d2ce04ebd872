//! What one call of a driver gets to work with. Never the state.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::delay::{Delay, Delays};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::urn::Urn;

/// What ties a physical object to its resource: put into the creating request, so that the object
/// can be found again when the answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    project: Arc<str>,
    stack: Arc<str>,
    urn_hash: Arc<str>,
    token: Arc<str>,
}

impl Marker {
    /// The marker of one incarnation of a resource. `token` is random and journaled before the
    /// request leaves.
    pub fn new(urn: &Urn, token: &str) -> Self {
        Self {
            project: urn.project().into(),
            stack: urn.stack().into(),
            urn_hash: crate::hash::short_hex(urn.as_str().as_bytes()).into(),
            token: token.into(),
        }
    }
    /// The project.
    pub fn project(&self) -> &str {
        &self.project
    }
    /// The stack.
    pub fn stack(&self) -> &str {
        &self.stack
    }
    /// 16 hexadecimal digits that stand for the URN, which has characters that labels refuse.
    pub fn urn_hash(&self) -> &str {
        &self.urn_hash
    }
    /// 32 hexadecimal digits, different for every object ever created: an idempotency key.
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// How far a wait has come.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// What is waited for, for example `action create_server`.
    pub what: String,
    /// Percent done, 0 to 100, where the cloud says so.
    pub percent: Option<u8>,
}

impl Progress {
    /// Progress of a wait.
    pub fn new(what: impl Into<String>, percent: Option<u8>) -> Self {
        Self { what: what.into(), percent }
    }
}

/// The engine's side of a running step: where checkpoints and progress go.
#[async_trait]
pub trait StepPort: Send + Sync {
    /// Makes the physical id durable.
    async fn checkpoint(&self, id: &str) -> Result<()>;
    /// Passes progress on to the reporters.
    fn progress(&self, progress: Progress);
    /// Passes on to the reporters what holds the call up; nothing by default.
    fn delayed(&self, _urn: &Urn, _delay: Delay) {}
}

/// The context of one driver call, untyped.
#[derive(Clone)]
pub struct Context {
    pub(crate) urn: Urn,
    pub(crate) marker: Marker,
    pub(crate) client: Arc<dyn super::Client>,
    pub(crate) port: Arc<dyn StepPort>,
    pub(crate) deadline: Instant,
}

impl Context {
    pub(crate) fn new(
        urn: &Urn,
        token: &str,
        client: Arc<dyn super::Client>,
        port: Arc<dyn StepPort>,
        timeout: std::time::Duration,
    ) -> Self {
        let (marker, deadline) = (Marker::new(urn, token), Instant::now() + timeout);
        Self { urn: urn.clone(), marker, client, port, deadline }
    }

    /// The resource the call is for.
    pub fn urn(&self) -> &Urn {
        &self.urn
    }
    /// See [`Cx::marker`].
    pub fn marker(&self) -> &Marker {
        &self.marker
    }
    /// See [`Cx::deadline`].
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
    /// See [`Cx::checkpoint`].
    ///
    /// # Errors
    /// The state could not be written.
    pub async fn checkpoint(&self, id: &str) -> Result<()> {
        self.port.checkpoint(id).await
    }
    /// See [`Cx::progress`].
    pub fn progress(&self, progress: Progress) {
        self.port.progress(progress);
    }

    /// This context with the client as a `P`.
    ///
    /// # Errors
    /// The resource was bound to an instance of another provider.
    pub fn typed<P: 'static>(&self) -> Result<Cx<'_, P>> {
        let client: &(dyn Any + Send + Sync) = self.client.as_any();
        match client.downcast_ref::<P>() {
            Some(client) => Ok(Cx { context: self, client, resource: PhantomData }),
            None => Err(Error::internal(format!(
                "{} is bound to a provider instance of another type; check `Options::provider`",
                self.urn
            ))),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("urn", &self.urn).finish_non_exhaustive()
    }
}

/// The context of one call to a [`Resource`](crate::Resource) method.
pub struct Cx<'a, P> {
    context: &'a Context,
    client: &'a P,
    resource: PhantomData<fn() -> P>,
}

impl<'a, P> Cx<'a, P> {
    /// The provider, with its HTTP client.
    pub fn client(&self) -> &'a P {
        self.client
    }
    /// The resource the call is for.
    pub fn urn(&self) -> &Urn {
        &self.context.urn
    }
    /// What to put into the creating request so that the object is found again.
    pub fn marker(&self) -> &Marker {
        &self.context.marker
    }
    /// When the call must be done; waits end there with
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout).
    pub fn deadline(&self) -> Instant {
        self.context.deadline
    }
    /// Makes the id durable. Call it in `create` as soon as the id is known.
    ///
    /// # Errors
    /// The state could not be written; stop and return the error.
    pub async fn checkpoint<R>(&self, id: &Id<R>) -> Result<()> {
        self.context.port.checkpoint(id.as_str()).await
    }
    /// Tells the user what the step waits for.
    pub fn progress(&self, what: impl Into<String>, percent: Option<u8>) {
        self.context.port.progress(Progress::new(what, percent));
    }
    /// Where to tell what holds the call up.
    pub fn delays(&self) -> Delays {
        Delays { port: Arc::clone(&self.context.port), urn: self.context.urn.clone() }
    }
}
