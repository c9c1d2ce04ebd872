//! Providers as the engine sees them: a client, the drivers of its types, and the context of one
//! call.

mod checker;
mod context;
mod deferred;
mod delay;
pub mod dns;
mod driver;
mod foreign;
mod probe;
mod typed;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::cost::PriceList;
use crate::error::{Error, ErrorKind, Result};
use crate::field::FieldType;
use crate::output::Output;

pub use checker::Checker;
pub use context::{Context, Cx, Marker, Progress, StepPort};
pub use delay::{Delay, Delays};
pub use driver::{Driver, DriverChange, Observation, ObservationPage, Reader, TypeSpec};
pub use foreign::{ForeignClaim, ForeignObject, ForeignType};
pub use probe::Probe;
pub use typed::{driver, reader};

pub use crate::resource::checked;

pub(crate) use deferred::{Deferred, Source};

/// Most calls of one provider instance at once, unless it says otherwise.
pub const PROVIDER_PARALLELISM_DEFAULT: usize = 10;

/// A cloud account that resources live in: an HTTP client with credentials.
///
/// ```no_run
/// # use std::sync::Arc;
/// use iac_core::provider::{Provider, Types};
///
/// struct Example { /* an HTTP client */ }
///
/// #[async_trait::async_trait]
/// impl Provider for Example {
///     const NAME: &'static str = "example";
///     fn types() -> Types {
///         Types::new() // .resource::<Server>().data::<Image>()
///     }
///     async fn account(&self) -> iac_core::Result<String> {
///         Ok("project-17".into()) // ask the API whose credentials these are
///     }
/// }
/// ```
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The name that type tokens start with.
    const NAME: &'static str;

    /// Every type of this provider. A resource whose line left the program still needs its driver
    /// to be deleted, so all are listed, used or not.
    fn types() -> Types;

    /// Checks the credentials and answers a stable, non-secret name of the account they belong to.
    /// State remembers it, so that a run with other credentials cannot touch the wrong account.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] for bad credentials.
    async fn account(&self) -> Result<String>;

    /// What the vendor asks today, from its API; `today` (`2026-01-31`) is the date of the list.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where the API gives no prices; the list of [`Types::prices`] is all
    /// there is then.
    async fn prices(&self, today: &str) -> Result<PriceList> {
        let _ = today;
        Err(Error::new(ErrorKind::Unsupported, format!("provider {} asks for no prices", Self::NAME)))
    }

    /// Asks the API one cheap question that changes nothing, for whoever wants to know whether it can be
    /// reached, how fast it answers and what time it has there (`doctor`). By default what
    /// [`account`](Provider::account) tells; a provider whose client sees the answer's headers SHOULD
    /// tell endpoint, latency and the server's time, too.
    ///
    /// # Errors
    /// As [`account`](Provider::account).
    async fn probe(&self) -> Result<Probe> {
        Ok(Probe::new(self.account().await?))
    }

    /// Most calls at once.
    fn parallelism_max(&self) -> usize {
        PROVIDER_PARALLELISM_DEFAULT
    }
}

/// The types a provider registers.
#[derive(Clone, Default)]
pub struct Types {
    pub(crate) drivers: BTreeMap<&'static str, Arc<dyn Driver>>,
    pub(crate) readers: BTreeMap<&'static str, Arc<dyn Reader>>,
    pub(crate) foreign: Vec<ForeignType>,
    prices: Option<Arc<PriceList>>,
}

impl Types {
    /// No types yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a resource type.
    #[must_use]
    pub fn resource<R: crate::Resource>(mut self) -> Self {
        self.drivers.insert(R::TYPE, driver::<R>());
        self
    }

    /// Adds a data source.
    #[must_use]
    pub fn data<D: crate::DataSource>(mut self) -> Self {
        self.readers.insert(D::TYPE, reader::<D>());
        self
    }

    /// Adds a driver written by hand, for example a mock.
    #[must_use]
    pub fn driver(mut self, driver: Arc<dyn Driver>) -> Self {
        self.drivers.insert(driver.spec().type_token, driver);
        self
    }

    /// Adds a reader written by hand, for example a mock.
    #[must_use]
    pub fn reader(mut self, reader: Arc<dyn Reader>) -> Self {
        self.readers.insert(reader.type_token(), reader);
        self
    }

    /// Adds what other tools call this provider's types, so that their state can be adopted.
    #[must_use]
    pub fn foreign(mut self, types: impl IntoIterator<Item = ForeignType>) -> Self {
        self.foreign.extend(types);
        self
    }

    /// What other tools call this provider's types.
    pub fn foreign_types(&self) -> &[ForeignType] {
        &self.foreign
    }

    /// Sets what the types cost where nobody asks the API: a list with source and date.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use iac_core::Types;
    /// use iac_core::cost::{Currency, PriceList, Vat};
    ///
    /// let list = PriceList::new(Currency::EUR, Vat::Net, "https://example.org/prices", "2026-01-31");
    /// let types = Types::new().prices(Arc::new(list.price("machine/small", "4.90")?));
    /// assert_eq!(types.price_list().map(|list| list.len()), Some(1));
    /// # Ok::<(), iac_core::cost::MoneyError>(())
    /// ```
    #[must_use]
    pub fn prices(mut self, list: Arc<PriceList>) -> Self {
        self.prices = Some(list);
        self
    }

    /// What the types cost where nobody asks the API.
    pub fn price_list(&self) -> Option<&PriceList> {
        self.prices.as_deref()
    }

    /// The drivers, by type token.
    pub fn drivers(&self) -> impl Iterator<Item = &Arc<dyn Driver>> {
        self.drivers.values()
    }

    /// The readers, by type token.
    pub fn readers(&self) -> impl Iterator<Item = &Arc<dyn Reader>> {
        self.readers.values()
    }
}

/// One configured provider of a stack.
#[derive(Clone)]
pub struct ProviderInstance {
    pub(crate) name: Arc<str>,
    pub(crate) types: Types,
    pub(crate) source: Source,
    pub(crate) parallelism_max: usize,
}

impl ProviderInstance {
    /// An instance of a real provider under its default name.
    pub fn new<P: Provider>(provider: P) -> Self {
        let parallelism_max = provider.parallelism_max().max(1);
        Self {
            name: P::NAME.into(),
            types: P::types(),
            source: Source::Ready(Arc::new(ClientOf(provider))),
            parallelism_max,
        }
    }

    /// An instance of a provider behind other drivers: how a mock stands in for a cloud.
    pub fn with_types<P: Provider>(provider: P, types: Types, name: &str) -> Self {
        Self { name: name.into(), types, ..Self::new(provider) }
    }

    /// An instance that is configured by resources of the stack: `build` makes the provider from
    /// `config` once that is known, which may be in the middle of the very apply that creates them.
    ///
    /// Its resources are created after those that `config` comes from, and deleted before them. Where
    /// one of those is made anew, so are they.
    ///
    /// ```
    /// # use iac_core::provider::{Provider, Types};
    /// # use iac_core::{ProviderInstance, Secret, Stack, StackError, random::RandomToken};
    /// # struct Cluster { token: Secret<String> }
    /// # #[async_trait::async_trait]
    /// # impl Provider for Cluster {
    /// #     const NAME: &'static str = "cluster";
    /// #     fn types() -> Types { Types::new() }
    /// #     async fn account(&self) -> iac_core::Result<String> { Ok("c".into()) }
    /// # }
    /// # fn program(stack: &Stack) -> Result<(), StackError> {
    /// let token = stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let inside = ProviderInstance::deferred(&token.hex, |token: Secret<String>| Ok(Cluster { token }));
    /// stack.provider_instance(inside)?;
    /// # Ok(())
    /// # }
    /// # program(&Stack::new("philotes", "dev")?)?;
    /// # Ok::<(), StackError>(())
    /// ```
    pub fn deferred<P: Provider, T: FieldType>(
        config: &Output<T>,
        build: impl Fn(T) -> Result<P> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: P::NAME.into(),
            types: P::types(),
            source: Source::Deferred(Arc::new(Deferred::new(config.expr.clone(), build))),
            parallelism_max: PROVIDER_PARALLELISM_DEFAULT,
        }
    }

    /// Renames the instance: a second account of the same cloud.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// A context for calling this instance's drivers without the engine: conformance tests.
    ///
    /// `timeout` bounds the call; checkpoints and progress go to `port`.
    ///
    /// # Errors
    /// The instance is [`deferred`](Self::deferred): it has no client without an engine.
    pub fn context(
        &self,
        urn: &crate::Urn,
        token: &str,
        port: Arc<dyn StepPort>,
        timeout: std::time::Duration,
    ) -> Result<Context> {
        match &self.source {
            Source::Ready(client) => Ok(Context::new(urn, token, Arc::clone(client), port, timeout)),
            Source::Deferred(_) => {
                let text = format!("provider instance {:?} has no client outside of an engine", self.name);
                Err(Error::new(ErrorKind::Unsupported, text))
            }
        }
    }

    /// How it is configured by resources of the stack, if it is.
    pub(crate) fn deferred_source(&self) -> Option<&Deferred> {
        match &self.source {
            Source::Ready(_) => None,
            Source::Deferred(deferred) => Some(deferred),
        }
    }

    /// The types it registers.
    pub fn types(&self) -> &Types {
        &self.types
    }

    /// The name that resources and state refer to it by.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for ProviderInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderInstance").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A provider with its type erased.
#[async_trait]
pub(crate) trait Client: Send + Sync {
    fn as_any(&self) -> &(dyn Any + Send + Sync);
    async fn account(&self) -> Result<String>;
    async fn prices(&self, today: &str) -> Result<PriceList>;
    async fn probe(&self) -> Result<Probe>;
}

struct ClientOf<P>(P);

#[async_trait]
impl<P: Provider> Client for ClientOf<P> {
    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        &self.0
    }
    async fn account(&self) -> Result<String> {
        self.0.account().await
    }
    async fn prices(&self, today: &str) -> Result<PriceList> {
        self.0.prices(today).await
    }
    async fn probe(&self) -> Result<Probe> {
        self.0.probe().await
    }
}
