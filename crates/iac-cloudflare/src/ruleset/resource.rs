//! The resource type of rulesets. Knows nothing of what a rule is made of; `wire` does.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use super::check;
use super::key::{Key, Scope, entry_point};
use super::phase::RulesetPhase;
use super::rule::RulesetRule;
use super::wire::{RuleAnswer, RuleBody, from_wire, to_wire};
use crate::client::Cloudflare;
use crate::zone::Zone;
use crate::{change, cost, envelope, marked, zone};

/// The name of every entry point, as the dashboard gives it.
const NAME: &str = "default";
/// The page token of the first zone.
const FIRST_ZONE: &str = "0/";
/// Pages of one zone's rulesets that are read at most: it has one for each phase.
const PAGES_MAX: usize = 20;
/// What the API answers where a phase has an entry point already.
const ENTRY_POINT_EXISTS: &str = "20217";

/// The rules of one phase of a zone, or of the account: its entry point.
///
/// All rules of the phase are in it, in their order, so that there is one of these for each phase. A
/// phase that has rules already, made by hand or by another program, is not taken over: import it.
///
/// ```
/// use iac_cloudflare::{RateLimit, RuleAction, Ruleset, RulesetPhase, RulesetRule, Zone};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "prod")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// let intake = RulesetRule::args()
///     .reference("intake")
///     .expression(r#"http.host eq "intake.example.com" and http.request.method eq "POST""#)
///     .action(RuleAction::Block)
///     .ratelimit(RateLimit::args().period(60u32).requests_per_period(100u32).mitigation_timeout(60u32));
/// stack.add("limits", Ruleset::args().zone(&zone).phase(RulesetPhase::HttpRatelimit).rules([intake]))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Ruleset;

/// Inputs of a [`Ruleset`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Ruleset)]
pub struct RulesetInputs {
    /// The zone. Left out, the rules are those of the account.
    #[field(replace)]
    pub zone: Option<Id<Zone>>,
    /// The phase.
    #[field(replace)]
    pub phase: RulesetPhase,
    /// What the rules are for.
    pub description: Option<String>,
    /// The rules, in the order in which they are looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RulesetRule>,
}

/// Outputs of a [`Ruleset`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct RulesetOutputs {
    /// The ruleset's own id.
    #[field(stable)]
    pub ruleset_id: String,
    /// The ids of the rules, by their `reference`.
    pub rule_ids: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    kind: &'a str,
    phase: RulesetPhase,
    description: &'a str,
    rules: Vec<RuleBody<'a>>,
}

#[derive(Serialize)]
struct Put<'a> {
    description: &'a str,
    rules: Vec<RuleBody<'a>>,
}

#[derive(Deserialize)]
struct Body {
    id: String,
    kind: String,
    phase: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    rules: Vec<RuleAnswer>,
}

/// A ruleset in a listing, which leaves the rules out.
#[derive(Deserialize)]
struct Listed {
    id: String,
    kind: String,
    phase: String,
}

#[async_trait]
impl Resource for Ruleset {
    const TYPE: &'static str = "cloudflare:ruleset";
    const RECOVERY: Recovery = Recovery::Label;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Cloudflare;
    type Inputs = RulesetInputs;
    type Outputs = RulesetOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: RulesetInputs) -> Result<Created<Self>> {
        let scope = Scope::of(inputs.zone.as_ref());
        let description = marked::with(cx.marker(), inputs.description.as_deref().unwrap_or_default());
        let rules = inputs.rules.iter().map(to_wire).collect();
        let request = entry_point(cx, &scope, inputs.phase, |http, path| http.get(path)).await?;
        let made: Body = match envelope::get::<Body>(request).await? {
            Some(present) if !present.rules.is_empty() => {
                return Err(taken(inputs.phase, &Key::id(&scope, &present.id)));
            }
            // Nobody's rules are in it: taking it over loses nothing.
            Some(empty) => {
                let request = scope.request(cx, |http, path| http.put(path), "/{ruleset}").await?;
                let body = Put { description: &description, rules };
                envelope::create(request.segment("ruleset", &empty.id).json_body(&body)).await?
            }
            None => {
                let (name, kind) = (NAME, scope.kind());
                let body = Create { name, kind, phase: inputs.phase, description: &description, rules };
                let request = scope.request(cx, |http, path| http.post(path), "").await?;
                let made = envelope::create(request.json_body(&body)).await;
                made.map_err(|error| explained(error, inputs.phase))?
            }
        };
        let id = Key::id(&scope, &made.id);
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, outputs(&made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = Key::parse(id);
        let request = key.request(cx, |http, path| http.get(path)).await?;
        match envelope::get::<Body>(request).await? {
            Some(body) if body.kind == key.scope.kind() => observed(&key.scope, &body).map(Some),
            _ => Ok(None),
        }
    }

    async fn update(cx: &Cx<'_, Cloudflare>, id: &Id<Self>, change: Change<Self>) -> Result<RulesetOutputs> {
        let new = &change.new;
        let description = marked::with(cx.marker(), new.description.as_deref().unwrap_or_default());
        // Rules that keep their `ref` keep their id.
        let body = Put { description: &description, rules: new.rules.iter().map(to_wire).collect() };
        let request = Key::parse(id).request(cx, |http, path| http.put(path)).await?;
        Ok(outputs(&envelope::send(request.json_body(&body)).await?))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let request = Key::parse(id).request(cx, |http, path| http.delete(path)).await?;
        envelope::delete(request).await
    }

    /// The account's entry points first, then those of one zone after the other.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        if page.0.is_none() {
            let items = entry_points(cx, &Scope::Account).await?;
            return Ok(Page::new(items, Some(PageToken(Some(FIRST_ZONE.into())))));
        }
        let Some(stop) = zone::stop(cx, &page).await? else { return Ok(Page::new(Vec::new(), None)) };
        let listed = entry_points(cx, &Scope::Zone(stop.zone.clone())).await;
        stop.page(listed.map(|items| (items, None)))
    }

    /// The phase finds the entry point, and its description tells whether this create made it.
    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &RulesetInputs) -> Result<Vec<Id<Self>>> {
        let scope = Scope::of(inputs.zone.as_ref());
        let request = entry_point(cx, &scope, inputs.phase, |http, path| http.get(path)).await?;
        let found = envelope::get::<Body>(request).await?;
        let is_ours =
            |body: &Body| marked::is_of(cx.marker(), body.description.as_deref().unwrap_or_default());
        Ok(found.filter(is_ours).map(|body| Key::id(&scope, &body.id)).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        check::faults(inputs)
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "ruleset")
    }
}

fn taken(phase: RulesetPhase, id: &Id<Ruleset>) -> Error {
    Error::new(ErrorKind::AlreadyExists, format!("the phase `{}` has rules already", phase.word()))
        .field("phase")
        .hint(format!("import them as {id}, or delete them first"))
}

fn explained(error: Error, phase: RulesetPhase) -> Error {
    if error.api_code() != Some(ENTRY_POINT_EXISTS) {
        return error;
    }
    error
        .with_kind(ErrorKind::AlreadyExists)
        .field("phase")
        .hint(format!("the phase `{}` got its entry point just now: import it", phase.word()))
}

/// All entry points of a scope, with their rules.
async fn entry_points(cx: &Cx<'_, Cloudflare>, scope: &Scope) -> Result<Vec<Observed<Ruleset>>> {
    let mut items = Vec::new();
    let mut page = PageToken::default();
    for _ in 0..PAGES_MAX {
        let request = scope.request(cx, |http, path| http.get(path), "").await?;
        let (listed, next) = envelope::cursor_page::<Listed>(request, &page).await?;
        let ours = |one: &Listed| one.kind == scope.kind() && RulesetPhase::parse(&one.phase).is_some();
        for one in listed.into_iter().filter(ours) {
            let request = scope.request(cx, |http, path| http.get(path), "/{ruleset}").await?;
            let body = envelope::get::<Body>(request.segment("ruleset", &one.id)).await?;
            // One that cannot be told in this crate's words is nobody's here.
            items.extend(body.and_then(|body| observed(scope, &body).ok()));
        }
        match next {
            Some(next) => page = next,
            None => break,
        }
    }
    Ok(items)
}

fn outputs(body: &Body) -> RulesetOutputs {
    let rule_ids = body.rules.iter().map(|rule| (rule.reference().to_owned(), rule.id.clone())).collect();
    RulesetOutputs { ruleset_id: body.id.clone(), rule_ids }
}

fn observed(scope: &Scope, body: &Body) -> Result<Observed<Ruleset>> {
    let unknown = |what: &str| {
        Error::new(ErrorKind::Unsupported, format!("the ruleset {} has {what}", body.id))
            .hint("it is newer than this crate: use a newer release, or leave the ruleset to others")
    };
    let phase =
        RulesetPhase::parse(&body.phase).ok_or_else(|| unknown(&format!("the phase `{}`", body.phase)))?;
    let rules: Option<Vec<RulesetRule>> = body.rules.iter().map(from_wire).collect();
    let inputs = RulesetInputs {
        zone: scope.zone(),
        phase,
        description: marked::own(body.description.as_deref()),
        rules: rules.ok_or_else(|| unknown("a rule with an unknown action"))?,
    };
    Ok(Observed::new(Key::id(scope, &body.id), inputs, outputs(body)))
}
