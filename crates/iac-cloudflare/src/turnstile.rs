//! Turnstile widgets: challenges in forms. Knows nothing of the sites that they are on.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Fault, FieldChange, FieldType, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Secret, Value,
};
use iac_http::{Client, Request};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker, length, required_name};
use crate::client::Cloudflare;
use crate::{change, cost, envelope, marked, search};

/// Longest name, with its marker.
const NAME_LENGTH_MAX: usize = 254;
/// What of it a program may use.
const OWN_NAME_LENGTH_MAX: usize = NAME_LENGTH_MAX - marked::LENGTH;
/// Domains of one widget at most.
const DOMAINS_MAX: usize = 200;
/// Widgets on one page of a listing.
const PER_PAGE: u32 = 25;

/// How a widget shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TurnstileMode {
    /// The vendor decides whether a visitor has to do something.
    Managed,
    /// It shows, and nobody has to do anything.
    NonInteractive,
    /// It does not show.
    Invisible,
}

/// What a passed widget spares a visitor on a proxied site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TurnstileClearance {
    /// Nothing.
    #[default]
    NoClearance,
    /// Challenges that a browser solves.
    #[serde(rename = "jschallenge")]
    JsChallenge,
    /// The same, and managed challenges.
    Managed,
    /// The same, and challenges that a person solves.
    Interactive,
}

/// Where a widget can be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TurnstileRegion {
    /// Everywhere but in China.
    #[default]
    World,
    /// In China; needs an Enterprise plan.
    China,
}

/// A Turnstile widget: a challenge in a form that tells people from programs.
///
/// The site key goes into the page, the secret to the server that verifies answers. Its name ends with
/// a marker, `iac:` and 32 hexadecimal digits, by which it is found again after a lost answer.
///
/// ```
/// use iac_cloudflare::{TurnstileMode, TurnstileWidget};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "prod")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let widget = TurnstileWidget::args().domains(["example.com"]).mode(TurnstileMode::Managed);
/// let widget = stack.add("sign-up", widget)?;
/// stack.export("site_key", &widget.sitekey)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TurnstileWidget;

/// Inputs of a [`TurnstileWidget`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = TurnstileWidget)]
pub struct TurnstileWidgetInputs {
    /// A name for people; several widgets may have the same.
    #[field(auto_name(63))]
    pub name: Option<String>,
    /// The domains whose pages it is in; subdomains are included.
    #[field(set, eq = dns_name)]
    pub domains: Vec<String>,
    /// How it shows itself.
    pub mode: TurnstileMode,
    /// What a passed widget spares a visitor on a proxied site. Default nothing.
    #[serde(default)]
    pub clearance_level: TurnstileClearance,
    /// Where it can be used. Default `World`.
    #[serde(default)]
    #[field(replace)]
    pub region: TurnstileRegion,
    /// Whether bots get expensive challenges; needs an Enterprise plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bot_fight_mode: bool,
    /// Whether verified answers tell an ephemeral id of the visitor; needs an Enterprise plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ephemeral_id: bool,
    /// Whether it shows no brand; needs an Enterprise plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offlabel: bool,
}

/// Outputs of a [`TurnstileWidget`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct TurnstileWidgetOutputs {
    /// The key that the page has; everybody can see it.
    #[field(stable)]
    pub sitekey: String,
    /// The key with which the server verifies answers.
    #[field(stable)]
    pub secret: Secret<String>,
}

#[derive(Serialize)]
struct Put<'a> {
    name: &'a str,
    domains: &'a [String],
    mode: TurnstileMode,
    clearance_level: TurnstileClearance,
    bot_fight_mode: bool,
    ephemeral_id: bool,
    offlabel: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<TurnstileRegion>,
}

// Not `Debug`: it has the secret.
#[derive(Deserialize)]
struct Body {
    sitekey: String,
    secret: String,
    name: String,
    domains: Vec<String>,
    mode: TurnstileMode,
    #[serde(default)]
    clearance_level: TurnstileClearance,
    #[serde(default)]
    region: TurnstileRegion,
    #[serde(default)]
    bot_fight_mode: bool,
    #[serde(default)]
    ephemeral_id: bool,
    #[serde(default)]
    offlabel: bool,
}

/// A widget in a listing, which leaves the secret out.
#[derive(Deserialize)]
struct Listed {
    sitekey: String,
    name: String,
}

#[async_trait]
impl Resource for TurnstileWidget {
    const TYPE: &'static str = "cloudflare:turnstile_widget";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Cloudflare;
    type Inputs = TurnstileWidgetInputs;
    type Outputs = TurnstileWidgetOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: TurnstileWidgetInputs) -> Result<Created<Self>> {
        let name = marked::with(cx.marker(), required_name(&inputs.name)?);
        let body = Put { region: Some(inputs.region), ..put(&inputs, &name) };
        let request = collection(cx, |http, path| http.post(path)).await?;
        let made: Body = envelope::create(request.sensitive_response().json_body(&body)).await?;
        let id = Id::new(made.sitekey.as_str());
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, outputs(made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let request = one(cx, id.as_str(), |http, path| http.get(path)).await?;
        Ok(envelope::get(request.sensitive_response()).await?.map(observed))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<TurnstileWidgetOutputs> {
        let name = marked::with(cx.marker(), required_name(&change.new.name)?);
        let request = one(cx, id.as_str(), |http, path| http.put(path)).await?;
        let body = put(&change.new, &name);
        Ok(outputs(envelope::send(request.sensitive_response().json_body(&body)).await?))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let request = one(cx, id.as_str(), |http, path| http.delete(path)).await?;
        envelope::delete(request.sensitive_response()).await
    }

    /// A listing has no secrets, so that each widget is read on its own.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let request = collection(cx, |http, path| http.get(path)).await?;
        let (listed, next) = envelope::page::<Listed>(request, &page, PER_PAGE).await?;
        let mut items = Vec::with_capacity(listed.len());
        for widget in listed {
            let request = one(cx, &widget.sitekey, |http, path| http.get(path)).await?;
            items.extend(envelope::get(request.sensitive_response()).await?.map(observed));
        }
        Ok(Page::new(items, next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, _: &TurnstileWidgetInputs) -> Result<Vec<Id<Self>>> {
        search::patiently(cx, "a widget that may have been made", || marked_ones(cx)).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        let count = checker.value("domains").as_list().map(<[Value]>::len);
        checker
            .text("name", length(1..=OWN_NAME_LENGTH_MAX))
            .fault_if(
                count.is_some_and(|count| !(1..=DOMAINS_MAX).contains(&count)),
                "domains",
                "a widget has 1 to 10 domains, and up to 200 on an Enterprise plan",
            )
            .text("domains", check::hostname)
            .finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "Turnstile widget")
    }
}

async fn collection(
    cx: &Cx<'_, Cloudflare>,
    method: impl FnOnce(&Client, &'static str) -> Request + Send,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    Ok(method(&cx.client().http(cx), "/accounts/{account}/challenges/widgets").segment("account", account))
}

async fn one(
    cx: &Cx<'_, Cloudflare>,
    sitekey: &str,
    method: impl FnOnce(&Client, &'static str) -> Request + Send,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    let request = method(&cx.client().http(cx), "/accounts/{account}/challenges/widgets/{sitekey}");
    Ok(request.segment("account", account).segment("sitekey", sitekey))
}

/// The widgets that carry the marker of this call.
async fn marked_ones(cx: &Cx<'_, Cloudflare>) -> Result<Vec<Id<TurnstileWidget>>> {
    let request = collection(cx, |http, path| http.get(path)).await?;
    let request = request
        .query(&[("filter", format!("name:{}", cx.marker().token()))])
        .query(&[("per_page", PER_PAGE)]);
    let (listed, _) = envelope::list::<Listed>(request).await?;
    let ours = listed.into_iter().filter(|widget| marked::is_of(cx.marker(), &widget.name));
    Ok(ours.map(|widget| Id::new(widget.sitekey)).collect())
}

fn put<'a>(inputs: &'a TurnstileWidgetInputs, name: &'a str) -> Put<'a> {
    Put {
        name,
        domains: &inputs.domains,
        mode: inputs.mode,
        clearance_level: inputs.clearance_level,
        bot_fight_mode: inputs.bot_fight_mode,
        ephemeral_id: inputs.ephemeral_id,
        offlabel: inputs.offlabel,
        region: None,
    }
}

fn outputs(body: Body) -> TurnstileWidgetOutputs {
    TurnstileWidgetOutputs { sitekey: body.sitekey, secret: Secret::new(body.secret) }
}

fn observed(body: Body) -> Observed<TurnstileWidget> {
    let id = Id::new(body.sitekey.as_str());
    let inputs = TurnstileWidgetInputs {
        name: marked::own(Some(&body.name)),
        domains: body.domains.clone(),
        mode: body.mode,
        clearance_level: body.clearance_level,
        region: body.region,
        bot_fight_mode: body.bot_fight_mode,
        ephemeral_id: body.ephemeral_id,
        offlabel: body.offlabel,
    };
    Observed::new(id, inputs, outputs(body))
}
