//! Firewalls and their rules. Which servers they protect is said by the servers, by
//! [`FirewallAttachment`](crate::FirewallAttachment)s, or here by label selectors.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page, PageToken,
    Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::firewall_rule::FirewallRule;
use crate::wire::AppliedTo;
use crate::{action, change, firewall_rule, label, rename, verb, wire};

/// Longest name.
const NAME_LENGTH_MAX: usize = 128;
/// Most rules of one firewall.
const RULES_MAX: usize = 50;

/// A firewall. What no rule allows is refused, for a direction that has a rule; outgoing traffic
/// without any rule for it is all allowed.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{Direction, Firewall, FirewallRule, Protocol};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let https = FirewallRule::args()
///     .direction(Direction::In)
///     .protocol(Protocol::Tcp)
///     .port("443")
///     .source_ips(["0.0.0.0/0", "::/0"]);
/// let firewall = stack.add("web", Firewall::args().rules([https]))?;
/// # let _ = firewall;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Firewall;

/// Inputs of a [`Firewall`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Firewall)]
pub struct FirewallInputs {
    /// The name, unique in the project, at most 128 characters. Renames in place.
    #[field(unique, auto_name(128))]
    pub name: Option<String>,
    /// The rules, at most 50. Changed in place, all at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub rules: Vec<FirewallRule>,
    /// Label selectors; the firewall protects every server that one of them matches, later ones
    /// too. A server whose `firewalls` are given must not be matched: it would drop the firewall.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub apply_to: Vec<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`Firewall`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct FirewallOutputs {
    /// The name.
    pub name: String,
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    rules: Vec<wire::Rule>,
    apply_to: Vec<AppliedTo>,
    labels: label::Labels,
}

#[derive(Serialize)]
struct SetRules {
    rules: Vec<wire::Rule>,
}

/// The body that applies a firewall.
#[derive(Serialize)]
pub(crate) struct Apply {
    pub(crate) apply_to: Vec<AppliedTo>,
}

/// The body that removes a firewall.
#[derive(Serialize)]
pub(crate) struct Remove {
    pub(crate) remove_from: Vec<AppliedTo>,
}

#[async_trait]
impl Resource for Firewall {
    const TYPE: &'static str = "hetzner:firewall";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ENTRY;
    type Provider = Hetzner;
    type Inputs = FirewallInputs;
    type Outputs = FirewallOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: FirewallInputs) -> Result<Created<Self>> {
        let body = Create {
            name: check::required_name(&inputs.name)?,
            rules: inputs.rules.iter().map(firewall_rule::to_wire).collect(),
            apply_to: inputs.apply_to.iter().map(|text| AppliedTo::selector(text)).collect(),
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let made = verb::create::<wire::Firewall>(cx, &body).await?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        action::finish(cx, made.actions).await?;
        Ok(Created::new(id, FirewallOutputs { name: made.object.name }))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(verb::get(cx, id.as_str()).await?.map(observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<FirewallOutputs> {
        let new = &change.new;
        if let Some(body) = rename::body(cx, &change, &new.name, &new.labels) {
            verb::put::<wire::Firewall>(cx, id.as_str(), &body).await?;
        }
        if change.touches("rules") {
            let body = SetRules { rules: new.rules.iter().map(firewall_rule::to_wire).collect() };
            verb::command::<wire::Firewall>(cx, id.as_str(), "set_rules", &body).await?;
        }
        let object: wire::Firewall = verb::require(cx, id.as_str()).await?;
        if change.touches("apply_to") {
            select(cx, &object, &new.apply_to).await?;
        }
        Ok(FirewallOutputs { name: object.name })
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        // A firewall that a selector applies to is in use.
        if let Some(object) = verb::get::<wire::Firewall>(cx, id.as_str()).await? {
            select(cx, &object, &[]).await?;
        }
        verb::delete_when_free::<wire::Firewall>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &FirewallInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<wire::Firewall, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        let same = change.field.name == "rules" && firewall_rule::same(change.old, change.new);
        if same { OnChange::Ignore } else { change::declared(change) }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let selector = |text: &str| {
            text.trim()
                .is_empty()
                .then(|| "an empty selector matches nothing; give one like `role==web`".to_owned())
        };
        Checker::new(inputs)
            .text("name", check::name(NAME_LENGTH_MAX))
            .items("rules", 0..=RULES_MAX)
            .nested("rules", firewall_rule::check)
            .text("apply_to", selector)
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

/// Makes the label selectors of a firewall those that are wanted. Servers are left alone.
async fn select(cx: &Cx<'_, Hetzner>, object: &wire::Firewall, wanted: &[String]) -> Result<()> {
    let present: BTreeSet<&str> = selectors(object).collect();
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let id = object.id.to_string();
    let apply_to: Vec<AppliedTo> =
        wanted.difference(&present).map(|text| AppliedTo::selector(text)).collect();
    if !apply_to.is_empty() {
        verb::command::<wire::Firewall>(cx, &id, "apply_to_resources", &Apply { apply_to }).await?;
    }
    let remove_from: Vec<AppliedTo> =
        present.difference(&wanted).map(|text| AppliedTo::selector(text)).collect();
    if !remove_from.is_empty() {
        verb::command::<wire::Firewall>(cx, &id, "remove_from_resources", &Remove { remove_from }).await?;
    }
    Ok(())
}

fn selectors(object: &wire::Firewall) -> impl Iterator<Item = &str> {
    object.applied_to.iter().filter_map(|target| match target {
        AppliedTo::LabelSelector { label_selector } => Some(label_selector.selector.as_str()),
        AppliedTo::Server { .. } | AppliedTo::Other => None,
    })
}

fn observed(object: wire::Firewall) -> Observed<Firewall> {
    let apply_to = selectors(&object).map(str::to_owned).collect();
    let inputs = FirewallInputs {
        name: Some(object.name.clone()),
        rules: object.rules.into_iter().map(firewall_rule::from_wire).collect(),
        apply_to,
        labels: label::stripped(object.labels),
    };
    Observed::new(wire::id(object.id), inputs, FirewallOutputs { name: object.name })
}
