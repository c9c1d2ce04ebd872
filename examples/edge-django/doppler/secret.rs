//! The resource type of secrets that the stack puts into Doppler.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery,
    Resource, Result, Secret, Value,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{self, Doppler, Shown};

/// A secret of a config. It is restricted: programs read it at run time, people do not.
#[derive(Debug)]
pub(crate) struct DopplerSecret;

/// Inputs of a [`DopplerSecret`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = DopplerSecret)]
pub(crate) struct DopplerSecretInputs {
    /// The project.
    #[field(replace)]
    pub(crate) project: String,
    /// The config, for example `prd`.
    #[field(replace)]
    pub(crate) config: String,
    /// The name, in capital letters.
    #[field(replace)]
    pub(crate) name: String,
    /// The value. The API does not show it again, so a change made elsewhere is not seen.
    #[field(write_only)]
    pub(crate) value: Secret<String>,
}

/// Outputs of a [`DopplerSecret`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct DopplerSecretOutputs {
    /// The name.
    #[field(stable)]
    pub(crate) name: String,
}

#[async_trait]
impl Resource for DopplerSecret {
    const TYPE: &'static str = "doppler:secret";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    type Provider = Doppler;
    type Inputs = DopplerSecretInputs;
    type Outputs = DopplerSecretOutputs;

    async fn create(cx: &Cx<'_, Doppler>, inputs: DopplerSecretInputs) -> Result<Created<Self>> {
        // The API would overwrite what somebody else put there.
        if exists(cx, &inputs.project, &inputs.config, &inputs.name).await? {
            let text = format!("{}/{} has a secret {} already", inputs.project, inputs.config, inputs.name);
            return Err(Error::new(ErrorKind::AlreadyExists, text).hint("import it, or choose another name"));
        }
        set(cx, &inputs).await?;
        let id = Id::new(format!("{}/{}/{}", inputs.project, inputs.config, inputs.name));
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, DopplerSecretOutputs { name: inputs.name }))
    }

    async fn read(cx: &Cx<'_, Doppler>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let [project, config, name] = parts(id)?;
        if !exists(cx, project, config, name).await? {
            return Ok(None);
        }
        let (project, config, name) = (project.to_owned(), config.to_owned(), name.to_owned());
        let outputs = DopplerSecretOutputs { name: name.clone() };
        let inputs = DopplerSecretInputs { project, config, name, value: Secret::new(String::new()) };
        Ok(Some(Observed::new(id.clone(), inputs, outputs)))
    }

    async fn update(
        cx: &Cx<'_, Doppler>,
        _: &Id<Self>,
        change: Change<Self>,
    ) -> Result<DopplerSecretOutputs> {
        set(cx, &change.new).await?;
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Doppler>, id: &Id<Self>) -> Result<()> {
        let [project, config, name] = parts(id)?;
        let request = cx.client().http(cx).delete("/configs/config/secret");
        match client::at(request, project, config, name).send_empty().await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    async fn list(_: &Cx<'_, Doppler>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "the API lists the secrets of one config only"))
    }

    async fn find(cx: &Cx<'_, Doppler>, inputs: &DopplerSecretInputs) -> Result<Vec<Id<Self>>> {
        let found = exists(cx, &inputs.project, &inputs.config, &inputs.name).await?;
        let id = || Id::new(format!("{}/{}/{}", inputs.project, inputs.config, inputs.name));
        Ok(found.then(id).into_iter().collect())
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let is_wrong = |byte: u8| !byte.is_ascii_uppercase() && !byte.is_ascii_digit() && byte != b'_';
        let name = inputs.get("name").as_str().filter(|name| name.is_empty() || name.bytes().any(is_wrong));
        name.map(|_| Fault::new("name", "must have capital letters, digits and `_` only"))
            .into_iter()
            .collect()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

async fn exists(cx: &Cx<'_, Doppler>, project: &str, config: &str, name: &str) -> Result<bool> {
    let request = cx.client().http(cx).get("/configs/config/secret").sensitive_response();
    match client::at(request, project, config, name).send::<Shown>().await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

async fn set(cx: &Cx<'_, Doppler>, inputs: &DopplerSecretInputs) -> Result<()> {
    let value = inputs.value.expose();
    let body = json!({
        "project": inputs.project,
        "config": inputs.config,
        "change_requests": [{
            "name": inputs.name, "originalName": inputs.name, "value": value, "visibility": "restricted",
        }],
    });
    let request = cx.client().http(cx).post("/configs/config/secrets").json_body(&body);
    request.sensitive(value.clone()).sensitive_response().send_empty().await.map(drop)
}

fn parts(id: &Id<DopplerSecret>) -> Result<[&str; 3]> {
    let parts: Vec<&str> = id.as_str().splitn(3, '/').collect();
    let text = format!("`{}` is not of the form project/config/NAME", id.as_str());
    parts.try_into().map_err(|_| Error::invalid("id", text))
}
