//! The resource type of lists. Knows nothing of how items are changed; `bulk` does.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use iac_http::{Client, Request};
use serde::{Deserialize, Serialize};

use super::item::{ListItem, ListKind};
use super::wire::{Body, Create, Describe, Item, from_wire, to_wire};
use super::{bulk, check};
use crate::client::Cloudflare;
use crate::{change, cost, envelope, marked};

/// What the API answers when rules use a list.
const IN_USE: &str = "10031";

/// What is in the API's message about a name that another list has.
const EXISTS: &str = "already exists";

/// A list that rules of all zones of the account can refer to: `ip.src in $office`.
///
/// ```
/// use iac_cloudflare::{List, ListItem, ListKind, RuleAction, Ruleset, RulesetPhase, RulesetRule, Zone};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "prod")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// let office = ListItem::args().ip("198.51.100.0/24").comment("the office");
/// let admins = stack.add("admins", List::args().name("admins").kind(ListKind::Ip).items([office]))?;
/// let strangers = admins.name.map(|name: String| {
///     format!(r#"http.host eq "admin.example.com" and not ip.src in ${name}"#)
/// });
/// let rule = RulesetRule::args().reference("strangers").expression(strangers).action(RuleAction::Block);
/// stack.add("waf", Ruleset::args().zone(&zone).phase(RulesetPhase::HttpRequestFirewallCustom).rules([rule]))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct List;

/// Inputs of a [`List`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = List)]
pub struct ListInputs {
    /// The name, as rules write it after a `$`: up to 50 letters, digits and `_`, unique in the account.
    #[field(replace, unique)]
    pub name: String,
    /// What is in it.
    #[field(replace)]
    pub kind: ListKind,
    /// What it is for.
    pub description: Option<String>,
    /// The items, at most 10000. Changed in place, all at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub items: Vec<ListItem>,
}

/// Outputs of a [`List`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ListOutputs {
    /// The name. A rule that takes it from here waits until the list is there.
    #[field(stable)]
    pub name: String,
}

#[async_trait]
impl Resource for List {
    const TYPE: &'static str = "cloudflare:list";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Cloudflare;
    type Inputs = ListInputs;
    type Outputs = ListOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: ListInputs) -> Result<Created<Self>> {
        let description = marked::with(cx.marker(), inputs.description.as_deref().unwrap_or_default());
        let body = Create { name: &inputs.name, kind: inputs.kind, description: &description };
        let request = collection(cx, |http, path| http.post(path)).await?.json_body(&body);
        let made: Body = match envelope::create(request).await {
            Ok(made) => made,
            Err(error) => return Err(explained(cx, error, &inputs.name).await),
        };
        let id = Id::new(made.id.as_str());
        cx.checkpoint(&id).await?;
        if !inputs.items.is_empty() {
            bulk::replace(cx, id.as_str(), &bodies(&inputs.items)).await?;
        }
        Ok(Created::new(id, ListOutputs { name: made.name }))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let request = one(cx, id, |http, path| http.get(path)).await?;
        let Some(body) = envelope::get::<Body>(request).await? else { return Ok(None) };
        observed(cx, body).await
    }

    async fn update(cx: &Cx<'_, Cloudflare>, id: &Id<Self>, change: Change<Self>) -> Result<ListOutputs> {
        if change.touches("description") {
            let text = change.new.description.as_deref().unwrap_or_default();
            let body = Describe { description: &marked::with(cx.marker(), text) };
            let request = one(cx, id, |http, path| http.put(path)).await?;
            envelope::send_empty(request.json_body(&body)).await?;
        }
        if change.touches("items") {
            bulk::replace(cx, id.as_str(), &bodies(&change.new.items)).await?;
        }
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        // The description of the API asks for a body, which says nothing.
        let body = serde_json::Map::new();
        let request = one(cx, id, |http, path| http.delete(path)).await?.json_body(&body);
        envelope::delete(request).await.map_err(|error| match error.api_code() {
            Some(IN_USE) => error
                .with_kind(ErrorKind::Conflict)
                .hint("rules use the list: take it out of them first; another program may have made them"),
            _ => error,
        })
    }

    async fn list(cx: &Cx<'_, Cloudflare>, _: PageToken) -> Result<Page<Self>> {
        let mut items = Vec::new();
        for body in all(cx).await? {
            items.extend(observed(cx, body).await?);
        }
        Ok(Page::new(items, None))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &ListInputs) -> Result<Vec<Id<Self>>> {
        let is_ours = |list: &Body| {
            list.name == inputs.name
                && marked::is_of(cx.marker(), list.description.as_deref().unwrap_or_default())
        };
        Ok(all(cx).await?.into_iter().filter(is_ours).map(|list| Id::new(list.id)).collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        check::faults(inputs)
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "list")
    }
}

/// A request to all lists of the account.
async fn collection(
    cx: &Cx<'_, Cloudflare>,
    method: impl FnOnce(&Client, &'static str) -> Request + Send,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    Ok(method(&cx.client().http(cx), "/accounts/{account}/rules/lists").segment("account", account))
}

/// A request to one list.
async fn one(
    cx: &Cx<'_, Cloudflare>,
    id: &Id<List>,
    method: impl FnOnce(&Client, &'static str) -> Request + Send,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    let request = method(&cx.client().http(cx), "/accounts/{account}/rules/lists/{list}");
    Ok(request.segment("account", account).segment("list", id))
}

/// All lists of the account, without their items. The API gives them at once.
async fn all(cx: &Cx<'_, Cloudflare>) -> Result<Vec<Body>> {
    let request = collection(cx, |http, path| http.get(path)).await?;
    Ok(envelope::list(request).await?.0)
}

/// A refused name, if another list has it. The vendor publishes no code for that, so that the message
/// and a look at all lists decide; a listing may be behind.
async fn explained(cx: &Cx<'_, Cloudflare>, error: Error, name: &str) -> Error {
    if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Conflict) {
        return error;
    }
    // Whatever comes of looking, the refusal is the one to tell.
    let lists = all(cx).await.unwrap_or_default();
    let holder = lists.into_iter().find(|list| list.name == name);
    if holder.is_none() && !error.message().contains(EXISTS) {
        return error;
    }
    let error = error.with_kind(ErrorKind::AlreadyExists).field("name");
    match holder {
        Some(list) => error.hint(format!("import the list as {}, or choose another name", list.id)),
        None => error.hint("import the existing list, or choose another name"),
    }
}

fn bodies(items: &[ListItem]) -> Vec<Item> {
    items.iter().map(to_wire).collect()
}

/// The list with its items; `None` if it went away meanwhile, or is of a kind of tomorrow.
async fn observed(cx: &Cx<'_, Cloudflare>, body: Body) -> Result<Option<Observed<List>>> {
    let Some(kind) = ListKind::parse(&body.kind) else { return Ok(None) };
    let Some(items) = envelope::absent(bulk::read(cx, &body.id).await)? else { return Ok(None) };
    let inputs = ListInputs {
        name: body.name.clone(),
        kind,
        description: marked::own(body.description.as_deref()),
        items: items.into_iter().map(from_wire).collect(),
    };
    Ok(Some(Observed::new(Id::new(body.id), inputs, ListOutputs { name: body.name })))
}
