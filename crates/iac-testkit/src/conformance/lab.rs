//! Owns what a check runs against: a fresh cloud and the provider for it. Knows no vendor.
use crate::sim::{SimRequest, SimServer};
use async_trait::async_trait;
use iac_core::ProviderInstance;

/// A fresh simulated account and two clients of it.
///
/// The provider SHOULD wait milliseconds, not seconds, between two looks at something, and SHOULD
/// not retry requests by itself, so that a cut connection reaches the check.
#[non_exhaustive]
pub struct Bench {
    /// The cloud.
    pub server: SimServer,
    /// What the paths of its requests begin with, such as `/v1`; empty for nothing.
    pub base_path: &'static str,
    /// The provider with good credentials.
    pub provider: ProviderInstance,
    /// The same provider with credentials that the cloud refuses.
    pub stranger: ProviderInstance,
    /// All objects of the account, one line for each.
    pub inventory: fn(&SimServer) -> Vec<String>,
    /// Ends what the cloud still does by itself, as time would. Nothing, by default.
    pub settle: fn(&SimServer),
    /// Whether a request makes no object although its method could: a search by POST, or content
    /// that is stored under its own hash before an object refers to it. A lost answer of it need not
    /// be ambiguous, and it comes before the creating request. None, by default.
    pub prepares: fn(&SimRequest) -> bool,
    /// The credentials of both providers, which no text may show. None, by default.
    pub credentials: Vec<String>,
}

impl Bench {
    /// A bench.
    pub fn new(
        server: SimServer,
        base_path: &'static str,
        provider: ProviderInstance,
        stranger: ProviderInstance,
        inventory: fn(&SimServer) -> Vec<String>,
    ) -> Self {
        Self {
            server,
            base_path,
            provider,
            stranger,
            inventory,
            settle: |_| (),
            prepares: |_| false,
            credentials: Vec::new(),
        }
    }

    /// Adds a credential, to be searched for in everything that is said.
    #[must_use]
    pub fn credential(mut self, text: impl Into<String>) -> Self {
        self.credentials.push(text.into());
        self
    }

    /// Sets which requests make no object although their method could.
    #[must_use]
    pub fn prepares(mut self, prepares: fn(&SimRequest) -> bool) -> Self {
        self.prepares = prepares;
        self
    }

    /// Sets how the cloud ends what it still does by itself.
    #[must_use]
    pub fn settle(mut self, settle: fn(&SimServer)) -> Self {
        self.settle = settle;
        self
    }
}

/// Makes benches.
#[async_trait]
pub trait Lab: Send + Sync {
    /// An empty account without limits that matter. What takes time in the real cloud SHOULD take
    /// more than one look here.
    async fn bench(&self) -> Bench;

    /// An empty account that may have no object of this type; `None` if the API has no such limit.
    async fn full_bench(&self, type_token: &str) -> Option<Bench>;
}
