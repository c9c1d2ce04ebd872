//! The resource type of API tokens. Knows nothing of how policies are written; `wire` does.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Secret, Value,
};
use iac_http::{Client, Request};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::policy::TokenPolicy;
use super::wire::{Answer, Body, Condition, Group, GroupId, PolicyBody, RequestIp};
use super::{check, permission, wire};
use crate::check::required_name;
use crate::client::Cloudflare;
use crate::{change, cost, envelope, marked, search};

/// Tokens on one page of a listing.
const PER_PAGE: u32 = 50;
/// Pages that are read at most in one search.
const PAGES_MAX: usize = 100;
/// The statuses of a token that can be set.
const STATUSES: [&str; 2] = ["disabled", "active"];

/// An API token of the account, with just the permissions that somebody needs.
///
/// The value is a secret that the API tells once, when the token is made; it is kept in the state. Where
/// that answer is lost, the value is made anew. The name ends with a marker, `iac:` and 32 hexadecimal
/// digits, by which the token is found again. To change the value, replace the token.
///
/// The token of the provider needs the permission `Account API Tokens Write`.
///
/// ```
/// use iac_cloudflare::{ApiToken, TokenPolicy, Zone};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "prod")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// let acme = ApiToken::args()
///     .policies([TokenPolicy::dns_challenge(&zone)])
///     .allowed_ips(["198.51.100.7/32"])
///     .expires_on("2027-12-31T00:00:00Z");
/// let acme = stack.add("acme", acme)?;
/// stack.export("acme_token", &acme.value)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ApiToken;

/// Inputs of an [`ApiToken`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = ApiToken)]
pub struct ApiTokenInputs {
    /// A name for people; several tokens may have the same.
    #[field(auto_name(63))]
    pub name: Option<String>,
    /// What the token may do.
    #[field(set)]
    pub policies: Vec<TokenPolicy>,
    /// Networks from which it can be used alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set, eq = cidr)]
    pub allowed_ips: Vec<String>,
    /// Networks from which it cannot be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set, eq = cidr)]
    pub denied_ips: Vec<String>,
    /// Until when it is good, such as `2027-01-31T00:00:00Z`. By default for ever.
    pub expires_on: Option<String>,
    /// From when on it is good.
    pub not_before: Option<String>,
    /// Whether it is not good for the time being.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// Outputs of an [`ApiToken`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ApiTokenOutputs {
    /// The token itself.
    #[field(stable, write_only)]
    #[serde(default, serialize_with = "told", deserialize_with = "possibly")]
    pub value: Secret<String>,
}

/// Nothing stands for a value that is not told.
fn told<S: Serializer>(value: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    if value.expose().is_empty() { serializer.serialize_none() } else { value.serialize(serializer) }
}

fn possibly<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    Option::<Secret<String>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[async_trait]
impl Resource for ApiToken {
    const TYPE: &'static str = "cloudflare:api_token";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Cloudflare;
    type Inputs = ApiTokenInputs;
    type Outputs = ApiTokenOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: ApiTokenInputs) -> Result<Created<Self>> {
        let name = marked::with(cx.marker(), required_name(&inputs.name)?);
        let body = body(cx, &inputs, &name).await?;
        let request = collection(cx, |http, path| http.post(path)).await?;
        let made: Answer = envelope::create(request.sensitive_response().json_body(&body)).await?;
        let id = Id::new(made.id.as_str());
        cx.checkpoint(&id).await?;
        let value = made.value.filter(|value| !value.is_empty()).map(Secret::new);
        let value = value.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the answer to the create has no value of the token")
        })?;
        if inputs.disabled {
            put(cx, &id, &Body { status: Some(status(true)), ..body }).await?;
        }
        Ok(Created::new(id, ApiTokenOutputs { value }))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let request = one(cx, id, |http, path| http.get(path), "").await?;
        match envelope::get::<Answer>(request).await? {
            Some(answer) => observed(cx, answer).await.map(Some),
            None => Ok(None),
        }
    }

    async fn update(cx: &Cx<'_, Cloudflare>, id: &Id<Self>, change: Change<Self>) -> Result<ApiTokenOutputs> {
        let name = marked::with(cx.marker(), required_name(&change.new.name)?);
        let body = body(cx, &change.new, &name).await?;
        put(cx, id, &Body { status: Some(status(change.new.disabled)), ..body }).await?;
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        envelope::delete(one(cx, id, |http, path| http.delete(path), "").await?).await
    }

    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let request = collection(cx, |http, path| http.get(path)).await?;
        let (answers, next) = envelope::page::<Answer>(request, &page, PER_PAGE).await?;
        let mut items = Vec::with_capacity(answers.len());
        for answer in answers {
            items.push(observed(cx, answer).await?);
        }
        Ok(Page::new(items, next))
    }

    /// The value of what is found was in the answer that is lost: it is made anew, and told by the next
    /// read.
    async fn find(cx: &Cx<'_, Cloudflare>, _: &ApiTokenInputs) -> Result<Vec<Id<Self>>> {
        let found = search::patiently(cx, "a token that may have been made", || marked_ones(cx)).await?;
        for id in &found {
            let request = one(cx, id, |http, path| http.put(path), "/value").await?;
            let request = request.sensitive_response().json_body(&serde_json::Map::new());
            let value: String = envelope::send(request).await?;
            cx.client().rolled_tokens.put(id.as_str(), Secret::new(value));
        }
        Ok(found)
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        check::faults(inputs)
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "API token")
    }
}

fn status(disabled: bool) -> &'static str {
    let [off, on] = STATUSES;
    if disabled { off } else { on }
}

async fn collection(
    cx: &Cx<'_, Cloudflare>,
    method: impl FnOnce(&Client, &'static str) -> Request + Send,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    Ok(method(&cx.client().http(cx), "/accounts/{account}/tokens").segment("account", account))
}

async fn one(
    cx: &Cx<'_, Cloudflare>,
    id: &Id<ApiToken>,
    method: impl FnOnce(&Client, String) -> Request + Send,
    rest: &str,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    let request = method(&cx.client().http(cx), format!("/accounts/{{account}}/tokens/{{token}}{rest}"));
    Ok(request.segment("account", account).segment("token", id))
}

async fn put(cx: &Cx<'_, Cloudflare>, id: &Id<ApiToken>, body: &Body<'_>) -> Result<()> {
    let request = one(cx, id, |http, path| http.put(path), "").await?;
    envelope::send_empty(request.json_body(body)).await
}

/// The tokens that carry the marker of this call.
async fn marked_ones(cx: &Cx<'_, Cloudflare>) -> Result<Vec<Id<ApiToken>>> {
    let (mut found, mut page) = (Vec::new(), PageToken::default());
    for _ in 0..PAGES_MAX {
        let request = collection(cx, |http, path| http.get(path)).await?;
        let (tokens, next) = envelope::page::<Answer>(request, &page, PER_PAGE).await?;
        let ours = tokens.into_iter().filter(|token| marked::is_of(cx.marker(), &token.name));
        found.extend(ours.map(|token| Id::new(token.id)));
        match next {
            Some(next) => page = next,
            None => break,
        }
    }
    Ok(found)
}

async fn body<'a>(cx: &Cx<'_, Cloudflare>, inputs: &'a ApiTokenInputs, name: &'a str) -> Result<Body<'a>> {
    let account = cx.client().account_id(cx).await?;
    let all = permission::all(cx).await?;
    let mut policies = Vec::with_capacity(inputs.policies.len());
    for (index, policy) in inputs.policies.iter().enumerate() {
        let names = policy.permissions.iter();
        let ids: Result<Vec<GroupId>> =
            names.map(|name| Ok(GroupId { id: permission::id_of(&all, policy, index, name)? })).collect();
        policies.push(PolicyBody {
            effect: policy.effect,
            permission_groups: ids?,
            resources: wire::resources(policy, account),
        });
    }
    let request_ip = RequestIp { allowed: inputs.allowed_ips.clone(), denied: inputs.denied_ips.clone() };
    let limited = !request_ip.allowed.is_empty() || !request_ip.denied.is_empty();
    Ok(Body {
        name,
        policies,
        condition: limited.then_some(Condition { request_ip }),
        expires_on: inputs.expires_on.as_deref(),
        not_before: inputs.not_before.as_deref(),
        status: None,
    })
}

/// The token as a program would write it. Names of permissions that an answer leaves out are looked up.
async fn observed(cx: &Cx<'_, Cloudflare>, answer: Answer) -> Result<Observed<ApiToken>> {
    let account = cx.client().account_id(cx).await?;
    let has_names = answer.policies.iter().all(|policy| policy.permission_groups.iter().all(has_name));
    let all = if has_names { Vec::new() } else { permission::all(cx).await? };
    let name_of = |group: &Group| -> String {
        let known = || all.iter().find(|one| one.id == group.id)?.name.clone();
        group.name.clone().or_else(known).unwrap_or_else(|| group.id.clone())
    };
    let policies = answer
        .policies
        .iter()
        .map(|policy| wire::policy(policy, account, policy.permission_groups.iter().map(name_of).collect()));
    let ips = answer.condition.clone().unwrap_or_default().request_ip;
    let inputs = ApiTokenInputs {
        name: marked::own(Some(&answer.name)),
        policies: policies.collect(),
        allowed_ips: ips.allowed,
        denied_ips: ips.denied,
        expires_on: answer.expires_on,
        not_before: answer.not_before,
        disabled: answer.status.as_deref() == Some(status(true)),
    };
    let value = cx.client().rolled_tokens.get(&answer.id).unwrap_or_default();
    Ok(Observed::new(Id::new(answer.id), inputs, ApiTokenOutputs { value }))
}

fn has_name(group: &Group) -> bool {
    group.name.is_some()
}
