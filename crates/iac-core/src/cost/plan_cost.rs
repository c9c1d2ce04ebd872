//! [`PlanCost`]: what a stack costs now, and what it will cost when a plan is applied. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::list::{PriceList, Prices};
use super::money::{Currency, Money};
use super::price::{Cost, Vat};
use crate::caught::hushed;
use crate::field::FieldSpec;
use crate::graph::Graph;
use crate::plan::{Op, Plan, Step};
use crate::provider::Driver;
use crate::snapshot::Snapshot;
use crate::state::ResourceRecord;
use crate::urn::Urn;
use crate::value::Value;

/// The monthly prices of one currency and tax, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Total {
    /// The sum.
    pub monthly: Money,
    /// Whether value added tax is in it.
    pub vat: Vat,
}

impl Total {
    /// The monthly prices among `costs`, added up: one total for each currency and tax.
    pub fn sum<'a>(costs: impl IntoIterator<Item = &'a Cost>) -> Vec<Self> {
        let mut sums = Sums::default();
        costs.into_iter().for_each(|cost| sums.add_cost(Some(cost)));
        sums.totals()
    }
}

/// What one resource costs before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResourceCost {
    /// The resource.
    pub urn: Urn,
    /// Before; none if it does not exist yet.
    pub now: Option<Cost>,
    /// After; none if it does not exist any more.
    pub then: Option<Cost>,
    /// Whether the plan creates it or changes it.
    pub changes: bool,
    /// Whether the stack forgets it: it stays in the cloud and goes on costing.
    pub forgotten: bool,
}

impl ResourceCost {
    /// Why there is no monthly amount for it, if there is none.
    pub fn open(&self) -> Option<String> {
        let of = |cost: &Option<Cost>| cost.as_ref().and_then(Cost::open);
        of(&self.then).or_else(|| of(&self.now))
    }

    fn is_changed(&self) -> bool {
        self.changes || self.forgotten || self.now != self.then
    }
}

/// A price list that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ListUsed {
    /// The provider instance.
    pub provider: String,
    /// Who says so.
    pub source: String,
    /// The day the source said so.
    pub date: String,
    /// The currency.
    pub currency: Currency,
    /// Whether value added tax is in the prices.
    pub vat: Vat,
}

/// What a stack costs a month, before and after a plan.
///
/// Both totals are of the whole stack, one for each currency and tax; what is unpriced or goes by use
/// is not in them, and is counted. During a replacement that creates first both halves cost, which is
/// in neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanCost {
    /// Before.
    pub now: Vec<Total>,
    /// After.
    pub then: Vec<Total>,
    /// How many resources have no monthly amount.
    pub unpriced: usize,
    /// The resources, by URN: of a [`Plan`] those that it changes, else all.
    pub resources: Vec<ResourceCost>,
    /// The price lists behind it.
    pub lists: Vec<ListUsed>,
}

/// Which resources to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Those that the plan changes.
    Changes,
    /// Every one.
    All,
}

impl PlanCost {
    /// What the stack costs before and after `plan`, resource by resource. `prices` take the place of
    /// the providers' own lists. Pure.
    ///
    /// ```
    /// use iac_core::cost::{PlanCost, Prices};
    /// use iac_core::{PlanOptions, Snapshot, Stack, StackError, plan, random::RandomToken};
    ///
    /// let stack = Stack::new("philotes", "dev")?;
    /// stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let (graph, snapshot) = (stack.freeze()?, Snapshot::default());
    /// let plan = plan(&graph, &snapshot, &PlanOptions::new()).unwrap();
    /// let cost = PlanCost::of(&graph, &snapshot, &plan, &Prices::new());
    /// // What lives in the state alone is free.
    /// assert_eq!((cost.resources.len(), cost.unpriced), (1, 0));
    /// # Ok::<(), StackError>(())
    /// ```
    pub fn of(graph: &Graph, snapshot: &Snapshot, plan: &Plan, prices: &Prices) -> Self {
        Self::with_detail(graph, snapshot, &plan.steps, prices, Detail::All)
    }

    /// What the stack costs as it is recorded: before and after are the same. `prices` take the place of
    /// the providers' own lists. Pure.
    ///
    /// ```
    /// use iac_core::cost::{PlanCost, Prices};
    /// use iac_core::{Snapshot, Stack, StackError};
    ///
    /// let graph = Stack::new("philotes", "dev")?.freeze()?;
    /// let cost = PlanCost::of_state(&graph, &Snapshot::default(), &Prices::new());
    /// assert_eq!((cost.now.len(), cost.resources.len()), (0, 0));
    /// # Ok::<(), StackError>(())
    /// ```
    pub fn of_state(graph: &Graph, snapshot: &Snapshot, prices: &Prices) -> Self {
        Self::with_detail(graph, snapshot, &[], prices, Detail::All)
    }

    pub(crate) fn with_detail(
        graph: &Graph,
        snapshot: &Snapshot,
        steps: &[Step],
        prices: &Prices,
        detail: Detail,
    ) -> Self {
        let pricing = Pricing { graph, prices };
        let mut count = Count { detail, ..Count::default() };
        let mut by_row: HashMap<&str, Vec<&Step>> = HashMap::new();
        for step in steps {
            if let Some(prior) = &step.prior {
                by_row.entry(&prior.token).or_default().push(step);
            }
        }
        let rows = snapshot.resources.values().chain(&snapshot.pending_deletes);
        for row in rows.filter(|row| !row.missing) {
            count.uses(&row.provider);
            let steps = by_row.get(row.token.as_str()).map(Vec::as_slice).unwrap_or_default();
            pricing.row(row, steps, &mut count);
        }
        for step in steps.iter().filter(|step| step.op == Op::Create) {
            count.uses(&step.provider);
            let then = Some(pricing.cost(&step.provider, &step.type_token, &step.inputs));
            let urn = step.urn.clone();
            count.add(ResourceCost { urn, now: None, then, changes: true, forgotten: false });
        }
        count.finish(&pricing)
    }

    /// Whether there is anything to tell: a price list was used, or something has a price.
    pub fn is_known(&self) -> bool {
        !self.lists.is_empty() || !self.now.is_empty() || !self.then.is_empty()
    }

    /// The change of each total.
    pub fn differences(&self) -> Vec<Total> {
        let mut sums = Sums::default();
        self.then.iter().for_each(|total| sums.add(*total));
        let mut differences = Vec::new();
        for total in &self.now {
            sums.0
                .entry((total.monthly.currency(), total.vat))
                .or_insert(Money::zero(total.monthly.currency()));
        }
        for ((currency, vat), then) in sums.0 {
            let was = self.now.iter().find(|now| now.monthly.currency() == currency && now.vat == vat);
            let was = was.map_or(Money::zero(currency), |total| total.monthly);
            differences.extend(then.minus(was).map(|monthly| Total { monthly, vat }));
        }
        differences
    }
}

/// Where costs come from.
struct Pricing<'a> {
    graph: &'a Graph,
    prices: &'a Prices,
}

impl<'a> Pricing<'a> {
    fn list(&self, instance: &str) -> Option<&'a PriceList> {
        let own = || self.graph.providers.get(instance).and_then(|one| one.types.price_list());
        self.prices.get(instance).or_else(own)
    }

    /// Without a list a type may still know that it is free.
    fn priced(&self, driver: &dyn Driver, instance: &str, inputs: &Value) -> Cost {
        hushed("a cost", inputs.has_secret(), || match self.list(instance) {
            Some(list) => driver.cost(inputs, list),
            None => driver.cost(inputs, &PriceList::none()),
        })
    }

    fn cost(&self, instance: &str, type_token: &str, inputs: &Value) -> Cost {
        let driver = self.graph.providers.get(instance).and_then(|one| one.types.drivers.get(type_token));
        match driver {
            Some(driver) if driver.spec().local => Cost::Free,
            Some(driver) => self.priced(&**driver, instance, inputs),
            None => Cost::unpriced(format!("no provider instance {instance:?} knows {type_token}")),
        }
    }

    fn fields(&self, instance: &str, type_token: &str) -> &'static [FieldSpec] {
        let driver = self.graph.providers.get(instance).and_then(|one| one.types.drivers.get(type_token));
        driver.map(|driver| driver.spec().inputs).unwrap_or_default()
    }

    /// An object that exists, and what becomes of it.
    fn row(&self, row: &ResourceRecord, steps: &[&Step], count: &mut Count) {
        let fields = self.fields(&row.provider, &row.type_token);
        let inputs = match &row.observed {
            Some(observed) => as_it_is(fields, &row.inputs, observed, true),
            None => row.inputs.clone(),
        };
        let now = self.cost(&row.provider, &row.type_token, &inputs);
        let mut cost = ResourceCost {
            urn: row.urn.clone(),
            then: Some(now.clone()),
            now: Some(now),
            changes: false,
            forgotten: false,
        };
        let mut replacement = None;
        for step in steps {
            match step.op {
                Op::Delete | Op::DeleteReplaced => cost.then = None,
                Op::Forget => cost.forgotten = true,
                Op::Update => {
                    cost.urn = step.urn.clone();
                    let inputs = with_choices(fields, &step.inputs, &inputs);
                    cost.then = Some(self.cost(&step.provider, &step.type_token, &inputs));
                    cost.changes = true;
                }
                Op::Record => cost.urn = step.urn.clone(),
                Op::CreateReplacement => replacement = Some(*step),
                _ => {}
            }
        }
        let Some(step) = replacement else { return count.add(cost) };
        count.uses(&step.provider);
        let urn = step.urn.clone();
        let then = Some(self.cost(&step.provider, &step.type_token, &step.inputs));
        if cost.forgotten {
            count.add(cost);
            count.add(ResourceCost { urn, now: None, then, changes: true, forgotten: false });
        } else {
            count.add(ResourceCost { urn, then, changes: true, ..cost });
        }
    }
}

/// What the program gave, with what the cloud has in its place.
///
/// Of what the program left to the cloud a whole field counts (the location), and a part of one does
/// not: an address that came with a server is not an address of its own.
fn as_it_is(fields: &[FieldSpec], given: &Value, observed: &Value, whole: bool) -> Value {
    let mut known = given.clone();
    for field in fields {
        let (old, new) = (given.get(field.name), observed.get(field.name));
        let value = match new {
            _ if old == new => continue,
            Value::Map(_) if !field.fields.is_empty() => as_it_is(field.fields, old, new, false),
            _ if field.default_from_api && *old == Value::Null && !whole => continue,
            _ => new.clone(),
        };
        known = known.with(field.name, value);
    }
    known
}

/// What is wanted, with what the cloud has chosen where nothing is.
fn with_choices(fields: &[FieldSpec], wanted: &Value, known: &Value) -> Value {
    let open = fields.iter().filter(|field| field.default_from_api && *wanted.get(field.name) == Value::Null);
    open.fold(wanted.clone(), |inputs, field| inputs.with(field.name, known.get(field.name).clone()))
}

/// Sums by currency and tax.
#[derive(Default)]
struct Sums(BTreeMap<(Currency, Vat), Money>);

impl Sums {
    fn add(&mut self, total: Total) {
        let currency = total.monthly.currency();
        let sum = self.0.entry((currency, total.vat)).or_insert(Money::zero(currency));
        *sum = sum.plus(total.monthly).expect("sums are kept by currency");
    }

    fn add_cost(&mut self, cost: Option<&Cost>) {
        if let Some(price) = cost.and_then(Cost::price) {
            self.add(Total { monthly: price.amount, vat: price.vat });
        }
    }

    fn totals(self) -> Vec<Total> {
        self.0.into_iter().map(|((_, vat), monthly)| Total { monthly, vat }).collect()
    }
}

struct Count {
    detail: Detail,
    now: Sums,
    then: Sums,
    unpriced: usize,
    resources: Vec<ResourceCost>,
    /// The provider instances in use.
    lists: BTreeSet<String>,
}

impl Default for Count {
    fn default() -> Self {
        Self {
            detail: Detail::All,
            now: Sums::default(),
            then: Sums::default(),
            unpriced: 0,
            resources: Vec::new(),
            lists: BTreeSet::new(),
        }
    }
}

impl Count {
    fn uses(&mut self, instance: &str) {
        if !self.lists.contains(instance) {
            self.lists.insert(instance.to_owned());
        }
    }

    fn add(&mut self, cost: ResourceCost) {
        self.now.add_cost(cost.now.as_ref());
        self.then.add_cost(cost.then.as_ref());
        self.unpriced += usize::from(cost.open().is_some());
        if self.detail == Detail::All || cost.is_changed() {
            self.resources.push(cost);
        }
    }

    fn finish(mut self, pricing: &Pricing<'_>) -> PlanCost {
        self.resources.sort_by(|a, b| a.urn.cmp(&b.urn));
        let lists = self.lists.iter().filter_map(|instance| {
            let list = pricing.list(instance)?;
            Some(ListUsed {
                provider: instance.clone(),
                source: list.source().to_owned(),
                date: list.date().to_owned(),
                currency: list.currency(),
                vat: list.vat(),
            })
        });
        PlanCost {
            lists: lists.collect(),
            now: self.now.totals(),
            then: self.then.totals(),
            unpriced: self.unpriced,
            resources: self.resources,
        }
    }
}
