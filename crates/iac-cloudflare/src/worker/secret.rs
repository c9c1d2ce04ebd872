//! Secrets of a Worker that are not part of its script. Knows nothing of uploads.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Secret, Value,
};
use iac_http::{Client, Idempotency, Request};
use serde::{Deserialize, Serialize};

use super::check::{binding_name, shown};
use super::script::{WorkerScript, listed};
use super::wire::of_script;
use crate::check::Checker;
use crate::client::Cloudflare;
use crate::{change, cost, envelope};

/// The kind of secrets that are texts.
const SECRET_TEXT: &str = "secret_text";

/// A secret of a Worker whose script is not managed here, or whose secrets change apart from it.
///
/// A script of this stack has its secrets in [`secrets`](crate::WorkerScriptInputs::secrets): they go
/// up with the code, so that no version runs without them. Uploads of a
/// [`WorkerScript`](crate::WorkerScript) leave secrets alone that are set in this way. Do not give one
/// in both.
///
/// The API never gives the value back: a change made elsewhere is not seen, and after a crash a secret
/// of this name is taken for this one.
///
/// ```
/// use iac_cloudflare::{WorkerScript, WorkerSecret};
/// use iac_core::{Id, Secret, Stack};
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// stack.add(
///     "mail-key",
///     WorkerSecret::args()
///         .script(Id::<WorkerScript>::new("mailer"))
///         .name("MAIL_KEY")
///         .value(Secret::new(String::from("…"))),
/// )?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WorkerSecret;

/// Inputs of a [`WorkerSecret`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = WorkerSecret)]
pub struct WorkerSecretInputs {
    /// The Worker.
    #[field(replace)]
    pub script: Id<WorkerScript>,
    /// The name in the code.
    #[field(replace)]
    pub name: String,
    /// The value. Changing it makes a new version of the Worker.
    #[field(write_only)]
    pub value: Secret<String>,
}

/// Outputs of a [`WorkerSecret`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct WorkerSecretOutputs {
    /// The name in the code.
    #[field(stable)]
    pub name: String,
}

#[derive(Deserialize)]
struct Body {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

// Not `Debug`: it is a secret.
#[derive(Serialize)]
struct Put<'a> {
    name: &'a str,
    text: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// What identifies a secret.
struct Key {
    script: String,
    name: String,
}

impl Key {
    fn of(inputs: &WorkerSecretInputs) -> Self {
        Self { script: inputs.script.as_str().to_owned(), name: inputs.name.clone() }
    }

    fn parse(id: &Id<WorkerSecret>) -> Result<Self> {
        match id.as_str().split_once('/') {
            Some((script, name)) if !script.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { script: script.to_owned(), name: name.to_owned() })
            }
            _ => {
                let text =
                    format!("`{}` is no id of a secret; it has the form `<Worker>/<name>`", id.as_str());
                Err(Error::invalid("id", text))
            }
        }
    }

    fn id(&self) -> Id<WorkerSecret> {
        Id::new(format!("{}/{}", self.script, self.name))
    }

    async fn request(
        &self,
        cx: &Cx<'_, Cloudflare>,
        method: impl FnOnce(&Client, String) -> Request,
    ) -> Result<Request> {
        let request = of_script(cx, method, &self.script, "/secrets/{secret}").await?;
        Ok(request.segment("secret", &self.name))
    }

    async fn read(&self, cx: &Cx<'_, Cloudflare>) -> Result<Option<Body>> {
        envelope::get(self.request(cx, |http, path| http.get(path)).await?).await
    }

    fn observed(&self) -> Observed<WorkerSecret> {
        let inputs = WorkerSecretInputs {
            script: Id::new(self.script.as_str()),
            name: self.name.clone(),
            value: Secret::new(String::new()),
        };
        Observed::new(self.id(), inputs, WorkerSecretOutputs { name: self.name.clone() })
    }
}

#[async_trait]
impl Resource for WorkerSecret {
    const TYPE: &'static str = "cloudflare:worker_secret";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Cloudflare;
    type Inputs = WorkerSecretInputs;
    type Outputs = WorkerSecretOutputs;

    /// Looks first, because the API would replace a secret of the same name without a word.
    async fn create(cx: &Cx<'_, Cloudflare>, inputs: WorkerSecretInputs) -> Result<Created<Self>> {
        let key = Key::of(&inputs);
        if key.read(cx).await?.is_some() {
            let text = format!("the Worker `{}` has a secret `{}` already", key.script, key.name);
            return Err(Error::new(ErrorKind::AlreadyExists, text)
                .field("name")
                .hint(format!("import it (its id is `{}`), or delete it there", key.id().as_str())));
        }
        put(cx, &inputs).await?;
        cx.checkpoint(&key.id()).await?;
        Ok(Created::new(key.id(), WorkerSecretOutputs { name: key.name }))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = Key::parse(id)?;
        Ok(key.read(cx).await?.map(|_| key.observed()))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<WorkerSecretOutputs> {
        put(cx, &change.new).await?;
        Ok(WorkerSecretOutputs { name: Key::parse(id)?.name })
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        envelope::delete(Key::parse(id)?.request(cx, |http, path| http.delete(path)).await?).await
    }

    /// One Worker after the other.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let at: usize = page.0.as_deref().and_then(|at| at.parse().ok()).unwrap_or_default();
        let scripts = listed(cx).await?;
        let Some(script) = scripts.get(at) else { return Ok(Page::new(Vec::new(), None)) };
        let next = (at + 1 < scripts.len()).then(|| PageToken(Some((at + 1).to_string())));
        let request = of_script(cx, |http, path| http.get(path), &script.id, "/secrets").await?;
        let secrets = envelope::absent(envelope::list::<Body>(request).await)?;
        let secrets = secrets.map(|(secrets, _)| secrets).unwrap_or_default().into_iter();
        let key = |body: Body| Key { script: script.id.clone(), name: body.name };
        let items = secrets.filter(|body| body.kind == SECRET_TEXT).map(|body| key(body).observed());
        Ok(Page::new(items.collect(), next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &WorkerSecretInputs) -> Result<Vec<Id<Self>>> {
        let key = Key::of(inputs);
        Ok(key.read(cx).await?.map(|_| key.id()).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let empty = shown(inputs.get("value")).as_str() == Some("");
        Checker::new(inputs)
            .text("name", binding_name)
            .fault_if(empty, "value", "a secret is not empty; to remove it, remove the resource")
            .finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "Worker secret")
    }
}

async fn put(cx: &Cx<'_, Cloudflare>, inputs: &WorkerSecretInputs) -> Result<()> {
    let text = inputs.value.expose();
    let body = Put { name: &inputs.name, text, kind: SECRET_TEXT };
    let request = of_script(cx, |http, path| http.put(path), inputs.script.as_str(), "/secrets").await?;
    let request = request.json_body(&body).sensitive(text.as_str()).idempotency(Idempotency::NotIdempotent);
    envelope::send_empty(request).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => error
            .with_kind(ErrorKind::InvalidInput)
            .field("script")
            .hint(format!("there is no Worker `{}` in this account", inputs.script.as_str())),
        _ => error,
    })
}
