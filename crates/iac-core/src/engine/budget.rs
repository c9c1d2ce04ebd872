//! [`Budget`]: how much one apply may change, for callers that act without a person. Knows nothing of
//! how steps are run.

use std::collections::BTreeSet;
use std::time::Duration;

use super::expected::Expected;
use crate::cost::{Cost, Money, PlanCost, Total, Vat};
use crate::plan::{Op, Plan};

/// What one apply may do at most. A plan beyond it is refused before anything is done; an apply that
/// takes longer ends as if it were cancelled.
///
/// ```
/// use std::time::Duration;
/// use iac_core::{ApplyOptions, Budget};
///
/// let budget = Budget::new().deletes_max(0).replaces_max(1).duration_max(Duration::from_secs(900));
/// let options = ApplyOptions::new().budget(budget);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
#[must_use]
pub struct Budget {
    pub(super) creates_max: Option<usize>,
    pub(super) updates_max: Option<usize>,
    pub(super) replaces_max: Option<usize>,
    pub(super) deletes_max: Option<usize>,
    pub(super) types: Option<BTreeSet<String>>,
    pub(super) keeps_data: bool,
    pub(super) duration_max: Option<Duration>,
    monthly_increase_max: Option<Money>,
    allows_unpriced: bool,
}

impl Budget {
    /// No limits.
    pub fn new() -> Self {
        Self::default()
    }
    /// Most resources that are created.
    pub fn creates_max(mut self, resources: usize) -> Self {
        self.creates_max = Some(resources);
        self
    }
    /// Most resources that are changed in place.
    pub fn updates_max(mut self, resources: usize) -> Self {
        self.updates_max = Some(resources);
        self
    }
    /// Most resources that are replaced.
    pub fn replaces_max(mut self, resources: usize) -> Self {
        self.replaces_max = Some(resources);
        self
    }
    /// Most resources that are deleted, without those replaced.
    pub fn deletes_max(mut self, resources: usize) -> Self {
        self.deletes_max = Some(resources);
        self
    }
    /// The only types, by token, whose objects may be created, changed or deleted.
    pub fn types<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.types = Some(types.into_iter().map(Into::into).collect());
        self
    }
    /// Refuses what loses data that nothing can make again.
    pub fn keeps_data(mut self) -> Self {
        self.keeps_data = true;
        self
    }
    /// Longest time from the first step on. Then nothing new is started and running steps end. A plan
    /// that earlier runs let expect to take longer is refused before anything is done, because an apply
    /// that ends halfway leaves more to clear up than one that was not begun.
    pub fn duration_max(mut self, limit: Duration) -> Self {
        self.duration_max = Some(limit);
        self
    }
    /// Most that the stack's monthly cost, without tax, may grow by. A plan that creates or changes what
    /// has no monthly price is then refused as well, unless [`allow_unpriced`](Self::allow_unpriced).
    ///
    /// ```
    /// use iac_core::Budget;
    ///
    /// let budget = Budget::new().monthly_increase_max("25 EUR".parse()?);
    /// # let _ = budget;
    /// # Ok::<(), iac_core::cost::MoneyError>(())
    /// ```
    pub fn monthly_increase_max(mut self, amount: Money) -> Self {
        self.monthly_increase_max = Some(amount);
        self
    }
    /// Counts what has no monthly price as nothing.
    pub fn allow_unpriced(mut self) -> Self {
        self.allows_unpriced = true;
        self
    }

    /// What of `plan` is beyond the budget, one sentence each.
    pub fn exceeded_by(&self, plan: &Plan) -> Vec<String> {
        let counts = &plan.summary;
        let limits = [
            ("creates", counts.create, self.creates_max),
            ("updates", counts.update, self.updates_max),
            ("replaces", counts.replace, self.replaces_max),
            ("deletes", counts.delete, self.deletes_max),
        ];
        let mut beyond = Vec::new();
        for (what, count, limit) in limits {
            if let Some(limit) = limit.filter(|limit| count > *limit) {
                beyond.push(format!("it {what} {count}, and the budget is {limit}"));
            }
        }
        if let Some(types) = &self.types {
            let changes = plan.steps.iter().filter(|step| {
                !matches!(step.op, Op::Record | Op::Read | Op::Forget | Op::Hook)
                    && !types.contains(&step.type_token)
            });
            let urns: BTreeSet<&str> = changes.map(|step| step.urn.as_str()).collect();
            beyond.extend(
                urns.into_iter().map(|urn| format!("it changes {urn}, whose type the budget leaves out")),
            );
        }
        let lost = plan.warnings.iter().filter(|warning| self.keeps_data && warning.loses_data);
        beyond.extend(lost.map(|warning| match &warning.urn {
            Some(urn) => format!("it {} ({urn}), and the budget keeps data", warning.message),
            None => format!("it {}, and the budget keeps data", warning.message),
        }));
        if let Some(limit) = self.monthly_increase_max {
            self.cost_beyond(&plan.cost, limit, &mut beyond);
        }
        beyond
    }

    /// Why an apply that takes as long as `expected` would be cut off, if it would. What no earlier run
    /// has done is not foretold, and then nothing is said.
    pub fn outlasted_by(&self, expected: &Expected) -> Option<String> {
        let (limit, total) = (self.duration_max?, expected.total()?);
        let runs = expected.runs;
        (total > limit).then(|| {
            format!(
                "it is expected to take {} s, going by {runs} earlier run{}, and the budget is {} s: it would be \
                 stopped on the way",
                total.as_secs_f64().ceil(),
                if runs == 1 { "" } else { "s" },
                limit.as_secs()
            )
        })
    }

    fn cost_beyond(&self, cost: &PlanCost, limit: Money, beyond: &mut Vec<String>) {
        for Total { monthly, vat, .. } in cost.differences() {
            let over = match monthly.minus(limit) {
                Some(over) if vat == Vat::Net => over > Money::zero(limit.currency()),
                // Nobody knows how much that is in the budget's currency, or without tax.
                _ => monthly > Money::zero(monthly.currency()),
            };
            if over {
                beyond.push(format!(
                    "it adds {} {} {vat} to the monthly cost, and the budget is {} {} net",
                    monthly.exact(),
                    monthly.currency(),
                    limit.exact(),
                    limit.currency()
                ));
            }
        }
        let changed = cost.resources.iter().filter(|resource| resource.changes && !self.allows_unpriced);
        beyond.extend(changed.filter_map(|resource| {
            let why = resource.then.as_ref().and_then(Cost::open)?;
            let urn = &resource.urn;
            Some(format!(
                "it changes {urn}, which has no monthly price ({why}), and the budget allows none such"
            ))
        }));
    }
}
