//! Providers that are configured by the stack itself: a client that is built when its configuration
//! is known. Knows nothing of when that is.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::{Client, ClientOf, Probe, Provider};
use crate::caught::{catch, panicked};
use crate::cost::PriceList;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Expr, NodeRef};
use crate::field::FieldType;
use crate::value::{Value, from_value};

/// Clients kept for one instance: of the configuration there was, and of the one there is.
const CLIENTS_MAX: usize = 4;

type Build = dyn Fn(&Value) -> Result<Arc<dyn Client>> + Send + Sync;

/// Where an instance's client comes from.
#[derive(Clone)]
pub(crate) enum Source {
    /// It was there before the program.
    Ready(Arc<dyn Client>),
    /// It is built from what resources of the stack turn out to be.
    Deferred(Arc<Deferred>),
}

/// A client to be.
pub(crate) struct Deferred {
    config: Expr,
    build: Box<Build>,
    built: Mutex<Vec<(Value, Arc<dyn Client>)>>,
}

impl Deferred {
    pub(crate) fn new<P, T>(config: Expr, build: impl Fn(T) -> Result<P> + Send + Sync + 'static) -> Self
    where
        P: Provider,
        T: FieldType,
    {
        let build = move |value: &Value| -> Result<Arc<dyn Client>> {
            let config = from_value(value).map_err(|error| {
                Error::new(ErrorKind::InvalidInput, format!("its configuration: {error}"))
            })?;
            let account = OnceCell::new();
            Ok(Arc::new(AskedOnce { client: ClientOf(build(config)?), account }))
        };
        Self { config, build: Box::new(build), built: Mutex::default() }
    }

    /// The expression of the configuration.
    pub(crate) fn config(&self) -> &Expr {
        &self.config
    }

    /// The resources and reads that the configuration comes from.
    pub(crate) fn nodes(&self) -> Vec<NodeRef> {
        let mut nodes = Vec::new();
        self.config.visit_nodes(&mut |node| nodes.push(node.clone()));
        nodes
    }

    /// The client for a known configuration; the same configuration gives the same client.
    pub(crate) fn client(&self, config: &Value) -> Result<Arc<dyn Client>> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = built.iter().find(|(known, _)| known == config) {
            return Ok(Arc::clone(client));
        }
        let build = || (self.build)(config);
        let built_now = catch(build).unwrap_or_else(|text| Err(panicked(ErrorKind::InvalidInput, text)));
        let client = built_now.map_err(|error| {
            let mut secrets = Vec::new();
            config.secret_texts(&mut secrets);
            error.scrub(&secrets)
        })?;
        if built.len() == CLIENTS_MAX {
            built.remove(0);
        }
        built.push((config.clone(), Arc::clone(&client)));
        Ok(client)
    }
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred").field("from", &self.nodes()).finish_non_exhaustive()
    }
}

/// A client whose account is asked for once: every object it creates is recorded with it.
struct AskedOnce<P> {
    client: ClientOf<P>,
    account: OnceCell<String>,
}

#[async_trait]
impl<P: Provider> Client for AskedOnce<P> {
    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self.client.as_any()
    }
    async fn account(&self) -> Result<String> {
        self.account.get_or_try_init(|| self.client.account()).await.cloned()
    }
    async fn prices(&self, today: &str) -> Result<PriceList> {
        self.client.prices(today).await
    }
    async fn probe(&self) -> Result<Probe> {
        self.client.probe().await
    }
}
