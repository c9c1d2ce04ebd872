//! Owns the checks of data sources. Knows no resource.
use super::lab::{Bench, Lab};
use super::report::{Failure, Report};
use super::tape::Tape;
use super::work::{PROJECT, STACK, told};
use iac_core::provider::Reader;
use iac_core::{DataSource, ErrorKind, ProviderInstance, Urn, Value};
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;

/// Longest time of one read.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// A data source with a query that finds something and one that finds nothing.
#[must_use]
pub struct DataCase {
    pub(super) type_token: &'static str,
    query: Json,
    expected: Json,
    missing: Json,
    always_there: Option<&'static str>,
}

impl DataCase {
    /// A query for data of the type `D`, and fields that the answer has.
    pub fn of<D: DataSource>(query: Json, expected: Json) -> Self {
        Self { type_token: D::TYPE, query, expected, missing: Json::Null, always_there: None }
    }

    /// A query that nothing matches.
    pub fn missing(mut self, query: Json) -> Self {
        self.missing = query;
        self
    }

    /// Leaves out the query that nothing matches: the data is always there.
    pub fn always_there(mut self, reason: &'static str) -> Self {
        self.always_there = Some(reason);
        self
    }

    pub(super) async fn run(&self, lab: &dyn Lab, report: &mut Report) -> Bench {
        let bench = lab.bench().await;
        for (check, outcome) in [
            ("read", self.reads(&bench).await),
            ("missing data", self.misses(&bench).await),
            ("wrong credentials", self.refused(&bench).await),
        ] {
            match outcome {
                Ok(()) => report.passed += 1,
                Err(message) => report.failures.push(Failure::new(self.type_token, check, message)),
            }
        }
        bench
    }

    async fn read(&self, provider: &ProviderInstance, query: &Json) -> Result<Value, iac_core::Error> {
        let internal = |message: String| iac_core::Error::internal(message);
        let reader: Arc<dyn Reader> = provider
            .types()
            .readers()
            .find(|reader| reader.type_token() == self.type_token)
            .cloned()
            .ok_or_else(|| internal("the provider does not register it".into()))?;
        let urn = Urn::new(PROJECT, STACK, self.type_token, &[], "data");
        let urn = urn.map_err(|error| internal(error.to_string()))?;
        let query = Value::from_json(query).map_err(|error| internal(error.to_string()))?;
        let cx = provider.context(&urn, "", Arc::new(Tape::default()), READ_TIMEOUT)?;
        reader.read(&cx, &query).await
    }

    async fn reads(&self, bench: &Bench) -> Result<(), String> {
        let data = self.read(&bench.provider, &self.query).await.map_err(|error| told(&error))?;
        for (field, expected) in self.expected.as_object().into_iter().flatten() {
            let found = data.get(field).to_redacted_json();
            if found != *expected {
                return Err(format!("`{field}` is {found}, expected {expected}"));
            }
        }
        Ok(())
    }

    async fn misses(&self, bench: &Bench) -> Result<(), String> {
        if self.always_there.is_some() {
            return Ok(());
        }
        match self.read(&bench.provider, &self.missing).await {
            Ok(data) => Err(format!("{} finds {data:?}", self.missing)),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(format!("not `not_found`: {}", told(&error)))
            }
            Err(error) if error.way_out().is_none() => Err(format!("there is no hint: {}", told(&error))),
            Err(_) => Ok(()),
        }
    }

    async fn refused(&self, bench: &Bench) -> Result<(), String> {
        match self.read(&bench.stranger, &self.query).await {
            Ok(data) => Err(format!("wrong credentials read {data:?}")),
            Err(error) if error.kind() == ErrorKind::Unauthenticated => Ok(()),
            Err(error) => Err(format!("not `unauthenticated`: {}", told(&error))),
        }
    }
}
