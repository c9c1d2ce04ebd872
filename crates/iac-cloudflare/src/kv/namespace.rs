//! KV namespaces. Knows nothing of what is in them.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use iac_http::{Client, Request};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Cloudflare;
use crate::{change, cost, envelope};

/// Longest title.
const TITLE_LENGTH_MAX: usize = 512;
/// Namespaces on one page of a listing.
const PER_PAGE: u32 = 100;
/// Pages that a search by title reads at most.
const PAGES_MAX: usize = 100;

/// A KV namespace: keys and values that Workers read everywhere, and write with a delay.
///
/// ```
/// use iac_cloudflare::KvNamespace;
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let sessions = stack.add("sessions", KvNamespace::args())?;
/// stack.export("sessions", &sessions.title)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct KvNamespace;

/// Inputs of a [`KvNamespace`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = KvNamespace)]
pub struct KvNamespaceInputs {
    /// The name for people, unique in the account. Renames in place.
    #[field(unique, auto_name(128))]
    pub title: Option<String>,
}

/// Outputs of a [`KvNamespace`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct KvNamespaceOutputs {
    /// The name for people.
    pub title: String,
}

#[derive(Deserialize)]
pub(super) struct Body {
    pub(super) id: String,
    pub(super) title: String,
}

#[derive(Serialize)]
struct Title<'a> {
    title: &'a str,
}

#[async_trait]
impl Resource for KvNamespace {
    const TYPE: &'static str = "cloudflare:kv_namespace";
    const RECOVERY: Recovery = Recovery::UniqueName;
    const HOLDS_DATA: bool = true;
    type Provider = Cloudflare;
    type Inputs = KvNamespaceInputs;
    type Outputs = KvNamespaceOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: KvNamespaceInputs) -> Result<Created<Self>> {
        let title = required_title(&inputs)?;
        let request = namespaces(cx, |http, path| http.post(path), "").await?;
        let made: Body = envelope::create(request.json_body(&Title { title })).await.map_err(explained)?;
        let id = Id::new(made.id.as_str());
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, KvNamespaceOutputs { title: made.title }))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let request = namespaces(cx, |http, path| http.get(path), "/{namespace}").await?;
        Ok(envelope::get(request.segment("namespace", id)).await?.map(observed))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<KvNamespaceOutputs> {
        let title = required_title(&change.new)?;
        let request = namespaces(cx, |http, path| http.put(path), "/{namespace}").await?;
        let request = request.segment("namespace", id).json_body(&Title { title });
        envelope::send_empty(request).await.map_err(explained)?;
        Ok(KvNamespaceOutputs { title: title.to_owned() })
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let request = namespaces(cx, |http, path| http.delete(path), "/{namespace}").await?;
        envelope::delete(request.segment("namespace", id)).await
    }

    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let (found, next) = listed(cx, &page).await?;
        Ok(Page::new(found.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &KvNamespaceInputs) -> Result<Vec<Id<Self>>> {
        let title = required_title(inputs)?;
        let (mut found, mut page) = (Vec::new(), PageToken::default());
        for _ in 0..PAGES_MAX {
            let (namespaces, next) = listed(cx, &page).await?;
            found.extend(
                namespaces.into_iter().filter(|body| body.title == title).map(|body| Id::new(body.id)),
            );
            match next {
                Some(next) => page = next,
                None => return Ok(found),
            }
        }
        Err(Error::internal(format!("the account has more than {PAGES_MAX} pages of namespaces")))
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs).text("title", check::length(1..=TITLE_LENGTH_MAX)).finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "KV namespace")
    }
}

/// A request about the account's namespaces; `part` is empty or begins with a slash.
pub(super) async fn namespaces(
    cx: &Cx<'_, Cloudflare>,
    method: impl FnOnce(&Client, String) -> Request,
    part: &str,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    let path = format!("/accounts/{{account}}/storage/kv/namespaces{part}");
    Ok(method(&cx.client().http(cx), path).segment("account", account))
}

async fn listed(cx: &Cx<'_, Cloudflare>, page: &PageToken) -> Result<(Vec<Body>, Option<PageToken>)> {
    let request = namespaces(cx, |http, path| http.get(path), "").await?;
    envelope::page(request, page, PER_PAGE).await
}

fn required_title(inputs: &KvNamespaceInputs) -> Result<&str> {
    inputs.title.as_deref().ok_or_else(|| Error::invalid("title", "the namespace needs a title"))
}

/// The codes of this product alone: elsewhere they mean something else.
fn explained(error: Error) -> Error {
    match error.api_code() {
        Some("10014") => error
            .with_kind(ErrorKind::AlreadyExists)
            .field("title")
            .hint("import the namespace that has this title, or choose another title"),
        Some("10019") => error.with_kind(ErrorKind::InvalidInput).field("title"),
        _ => error,
    }
}

fn observed(body: Body) -> Observed<KvNamespace> {
    let inputs = KvNamespaceInputs { title: Some(body.title.clone()) };
    Observed::new(Id::new(body.id), inputs, KvNamespaceOutputs { title: body.title })
}
