//! [`World`]: what the explorer needs of a simulated cloud. Knows no cloud.

use std::sync::Arc;

use iac_core::{ProviderInstance, Result};

use super::wire::Wire;

/// A kind of simulated cloud that the explorer can start afresh as often as it needs.
///
/// A cloud written on the simulator kit implements [`SimWorld`](super::SimWorld) instead, which is
/// less.
pub trait World: Send + Sync + 'static {
    /// An empty cloud whose calls pass `wire`.
    fn start(&self, wire: &Wire) -> Arc<dyn Site>;
}

/// One simulated cloud of one run.
pub trait Site: Send + Sync {
    /// A copy that goes its own way from here, with an empty log of creates, and whose calls pass
    /// `wire`.
    fn fork(&self, wire: &Wire) -> Arc<dyn Site>;

    /// New clients of this cloud: called once for each process, so that no process knows what an
    /// earlier one knew.
    ///
    /// # Errors
    /// The client cannot be built.
    fn providers(&self) -> Result<Vec<ProviderInstance>>;

    /// Everything that exists now and that a resource may own. What lives and dies with another
    /// object is left out.
    fn inventory(&self) -> Vec<Item>;

    /// Everything that was ever created since the start or the fork, in order, also what is gone.
    fn created(&self) -> Vec<Item>;
}

/// One object of a simulated cloud.
///
/// ```
/// use iac_testkit::explore::Item;
///
/// let item = Item::new("hetzner:server", "42").named("web").marker("0123abcd");
/// assert_eq!(item.instance, "hetzner");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Item {
    /// The provider instance whose account it is in.
    pub instance: String,
    /// The token of the resource type that it is an object of.
    pub type_token: String,
    /// The id that the provider gives it.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// The marker's token that its creating request carried, if any.
    pub marker: Option<String>,
}

impl Item {
    /// An object in the account of the type's provider under its default name.
    pub fn new(type_token: impl Into<String>, id: impl Into<String>) -> Self {
        let type_token = type_token.into();
        let instance = type_token.split(':').next().unwrap_or_default().to_owned();
        Self { instance, type_token, id: id.into(), name: String::new(), marker: None }
    }

    /// Sets its name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets its marker.
    #[must_use]
    pub fn marker(mut self, token: impl Into<String>) -> Self {
        self.marker = Some(token.into());
        self
    }

    /// Sets the provider instance: a second account of the same cloud.
    #[must_use]
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = instance.into();
        self
    }

    /// What tells it apart from every other object.
    pub(super) fn key(&self) -> (&str, &str, &str) {
        (&self.instance, &self.type_token, &self.id)
    }
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.type_token, self.id)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, " ({})", self.name) }
    }
}
