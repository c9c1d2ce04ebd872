//! Single entries of a KV namespace: configuration that a Worker reads. Knows nothing of namespaces but
//! their ids.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::{Client, Idempotency, Multipart, Polled, Request, poll_until};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::namespace::{KvNamespace, namespaces};
use crate::check::Checker;
use crate::client::Cloudflare;
use crate::{change, cost, envelope};

/// Longest key, in bytes.
const KEY_LENGTH_MAX: usize = 512;
/// Longest value, in bytes.
const VALUE_LENGTH_MAX: usize = 25 << 20;
/// Longest metadata, in bytes of JSON.
const METADATA_LENGTH_MAX: usize = 1024;

/// An entry of a [`KvNamespace`]: a text that Workers read by its key.
///
/// It is for configuration. What Workers write themselves is data, and does not belong in a program;
/// what is secret belongs in the secrets of the script, since everybody who may read the namespace can
/// read its values.
///
/// ```
/// use iac_cloudflare::{KvEntry, KvNamespace};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let settings = stack.add("settings", KvNamespace::args())?;
/// stack.add("banner", KvEntry::args().namespace(&settings).key("banner").value("Sale until Sunday"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct KvEntry;

/// Inputs of a [`KvEntry`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = KvEntry)]
pub struct KvEntryInputs {
    /// The namespace.
    #[field(replace)]
    pub namespace: Id<KvNamespace>,
    /// The key, up to 512 bytes.
    #[field(replace)]
    pub key: String,
    /// The value, up to 25 MiB.
    pub value: String,
    /// JSON that is kept with the value and comes with it in listings, up to 1024 bytes.
    pub metadata: Option<Json>,
}

/// Outputs of a [`KvEntry`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct KvEntryOutputs {
    /// The key.
    #[field(stable)]
    pub key: String,
}

/// What identifies an entry.
struct Key {
    namespace: String,
    key: String,
}

impl Key {
    fn of(inputs: &KvEntryInputs) -> Self {
        Self { namespace: inputs.namespace.as_str().to_owned(), key: inputs.key.clone() }
    }

    fn parse(id: &Id<KvEntry>) -> Result<Self> {
        match id.as_str().split_once('/') {
            Some((namespace, key)) if !namespace.is_empty() && !key.is_empty() => {
                Ok(Self { namespace: namespace.to_owned(), key: key.to_owned() })
            }
            _ => {
                let text =
                    format!("`{}` is no id of an entry; it has the form `<namespace id>/<key>`", id.as_str());
                Err(Error::invalid("id", text))
            }
        }
    }

    fn id(&self) -> Id<KvEntry> {
        Id::new(format!("{}/{}", self.namespace, self.key))
    }

    async fn request(
        &self,
        cx: &Cx<'_, Cloudflare>,
        method: impl FnOnce(&Client, String) -> Request,
        what: &str,
    ) -> Result<Request> {
        let request = namespaces(cx, method, &format!("/{{namespace}}/{what}/{{key}}")).await?;
        Ok(request.segment("namespace", &self.namespace).segment("key", &self.key))
    }

    /// The value and the metadata; `None` if there is no such entry.
    async fn read(&self, cx: &Cx<'_, Cloudflare>) -> Result<Option<(String, Option<Json>)>> {
        let request = self.request(cx, |http, path| http.get(path), "values").await?;
        let Some(value) = envelope::absent(request.send_bytes().await)? else { return Ok(None) };
        let request = self.request(cx, |http, path| http.get(path), "metadata").await?;
        let Some(metadata) = envelope::get::<Option<Json>>(request).await? else { return Ok(None) };
        let value = String::from_utf8_lossy(&value.into_body()).into_owned();
        Ok(Some((value, metadata.filter(|metadata| !metadata.is_null()))))
    }

    async fn write(&self, cx: &Cx<'_, Cloudflare>, inputs: &KvEntryInputs) -> Result<()> {
        let mut form = Multipart::new().text("value", inputs.value.as_str());
        if let Some(metadata) = &inputs.metadata {
            form = form.text("metadata", metadata.to_string());
        }
        let request = self.request(cx, |http, path| http.put(path), "values").await?;
        let request = request.multipart_body(&form).idempotency(Idempotency::NotIdempotent);
        envelope::send_empty(request).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => error
                .with_kind(ErrorKind::InvalidInput)
                .field("namespace")
                .hint("the namespace does not exist in this account"),
            _ => error,
        })
    }
}

/// Waits until a read shows what was written, or that nothing is left: the API shows a write with a
/// delay of up to a minute.
async fn settle(cx: &Cx<'_, Cloudflare>, key: &Key, wanted: Option<&KvEntryInputs>) -> Result<()> {
    let what = format!("the entry `{}` to be seen as it was written", key.key);
    poll_until(&cx.client().wait(cx, what), || async {
        let seen = key.read(cx).await?;
        let same = match (&seen, wanted) {
            (Some((value, metadata)), Some(wanted)) => *value == wanted.value && *metadata == wanted.metadata,
            (seen, wanted) => seen.is_none() && wanted.is_none(),
        };
        Ok(if same { Polled::Ready(()) } else { Polled::pending_in("an earlier value") })
    })
    .await
}

#[async_trait]
impl Resource for KvEntry {
    const TYPE: &'static str = "cloudflare:kv_entry";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Cloudflare;
    type Inputs = KvEntryInputs;
    type Outputs = KvEntryOutputs;

    /// Looks first, because the API would replace a value of the same key without a word.
    async fn create(cx: &Cx<'_, Cloudflare>, inputs: KvEntryInputs) -> Result<Created<Self>> {
        let key = Key::of(&inputs);
        if key.read(cx).await?.is_some() {
            let text = format!("the namespace has an entry `{}` already", key.key);
            return Err(Error::new(ErrorKind::AlreadyExists, text)
                .field("key")
                .hint(format!("import it (its id is `{}`), or delete it there", key.id().as_str())));
        }
        key.write(cx, &inputs).await?;
        cx.checkpoint(&key.id()).await?;
        settle(cx, &key, Some(&inputs)).await?;
        Ok(Created::new(key.id(), KvEntryOutputs { key: key.key }))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = Key::parse(id)?;
        Ok(key.read(cx).await?.map(|(value, metadata)| {
            let inputs = KvEntryInputs {
                namespace: Id::new(key.namespace.as_str()),
                key: key.key.clone(),
                value,
                metadata,
            };
            Observed::new(key.id(), inputs, KvEntryOutputs { key: key.key })
        }))
    }

    async fn update(cx: &Cx<'_, Cloudflare>, id: &Id<Self>, change: Change<Self>) -> Result<KvEntryOutputs> {
        let key = Key::parse(id)?;
        key.write(cx, &change.new).await?;
        settle(cx, &key, Some(&change.new)).await?;
        Ok(KvEntryOutputs { key: key.key })
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let key = Key::parse(id)?;
        envelope::delete(key.request(cx, |http, path| http.delete(path), "values").await?).await?;
        settle(cx, &key, None).await
    }

    /// The API lists keys without their values, and most of them are the Workers' own data.
    async fn list(_: &Cx<'_, Cloudflare>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "entries of a KV namespace are read one by one"))
    }

    /// The key identifies an entry; with another value it is somebody else's.
    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &KvEntryInputs) -> Result<Vec<Id<Self>>> {
        let key = Key::of(inputs);
        let ours = key.read(cx).await?.filter(|(value, _)| *value == inputs.value);
        Ok(ours.map(|_| key.id()).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let metadata = match inputs.get("metadata") {
            value if value.has_unknown() => 0,
            value => serde_json::to_string(value).map_or(0, |text| text.len()),
        };
        Checker::new(inputs)
            .text("key", key)
            .text("value", |text| {
                (text.len() > VALUE_LENGTH_MAX)
                    .then(|| format!("has {} bytes; {VALUE_LENGTH_MAX} at most", text.len()))
            })
            .fault_if(metadata > METADATA_LENGTH_MAX, "metadata", "it has more than 1024 bytes")
            .finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "KV entry")
    }
}

/// A rule for keys.
fn key(text: &str) -> Option<String> {
    if matches!(text, "." | "..") {
        return Some(format!("`{text}` cannot be a key"));
    }
    (!(1..=KEY_LENGTH_MAX).contains(&text.len()))
        .then(|| format!("a key has 1 to {KEY_LENGTH_MAX} bytes, and this has {}", text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_have_slashes() {
        let key = Key::parse(&Id::new("0f2a/a/b")).unwrap();
        assert_eq!((key.namespace.as_str(), key.key.as_str()), ("0f2a", "a/b"));
        assert_eq!(key.id().as_str(), "0f2a/a/b");
        for bad in ["0f2a", "0f2a/", "/a"] {
            assert!(Key::parse(&Id::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn check_knows_lengths() {
        let faults = |key: &str, metadata: Value| {
            let inputs = Value::map([("key", Value::from(key)), ("metadata", metadata)]);
            KvEntry::check(&inputs).into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert!(faults("banner", Value::Unknown).is_empty());
        assert_eq!(faults("..", Value::Null), ["key"]);
        assert_eq!(faults(&"x".repeat(513), Value::from("y".repeat(1025))), ["key", "metadata"]);
    }
}
