//! Reads a secret that people keep in Doppler.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Error, ErrorKind, Inputs, Outputs, Result, Secret};
use serde::{Deserialize, Serialize};

use super::client::{self, Doppler, Shown};

/// A secret of a config, with references to others followed.
#[derive(Debug)]
pub(crate) struct DopplerValue;

/// What selects a [`DopplerValue`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = DopplerValue)]
pub(crate) struct DopplerValueQuery {
    /// The project.
    pub(crate) project: String,
    /// The config, for example `prd`.
    pub(crate) config: String,
    /// The secret's name.
    pub(crate) name: String,
}

/// What is known of a [`DopplerValue`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct DopplerValueData {
    /// The value.
    pub(crate) value: Secret<String>,
}

#[async_trait]
impl DataSource for DopplerValue {
    const TYPE: &'static str = "doppler:value";
    type Provider = Doppler;
    type Query = DopplerValueQuery;
    type Data = DopplerValueData;

    async fn read(cx: &Cx<'_, Doppler>, query: DopplerValueQuery) -> Result<DopplerValueData> {
        let DopplerValueQuery { project, config, name } = &query;
        let request = client::at(cx.client().http(cx).get("/configs/config/secret"), project, config, name);
        let found: Shown = request
            .sensitive_response()
            .send()
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => {
                    error.hint(format!("set {name} in the config {config} of {project}, or in the settings"))
                }
                _ => error,
            })?
            .into_body();
        let value = found.value.computed.ok_or_else(|| {
            let text = format!("{name} in {project}/{config} is restricted");
            Error::new(ErrorKind::PermissionDenied, text).hint("use a service token of the config")
        })?;
        Ok(DopplerValueData { value: Secret::new(value) })
    }
}
