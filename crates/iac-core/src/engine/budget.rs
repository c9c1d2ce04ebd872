//! [`Budget`]: how much one apply may change, for callers that act without a person. Knows nothing of
//! how steps are run.

use std::collections::BTreeSet;
use std::time::Duration;

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
    /// Longest time from the first step on. Then nothing new is started and running steps end.
    pub fn duration_max(mut self, limit: Duration) -> Self {
        self.duration_max = Some(limit);
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
        beyond
    }
}
