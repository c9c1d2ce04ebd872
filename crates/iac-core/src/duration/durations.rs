//! [`Durations`]: what is known of how long the steps of a plan take, and where that comes from. Pure.
//! Knows nothing of the order of steps.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::Serialize;

use crate::graph::Graph;
use crate::plan::{Op, Step};
use crate::state::{DurationQuery, DurationRecord};
use crate::urn::Urn;

/// Guesses where nobody knows anything. Only their relation matters, until there is a history.
const CREATE_GUESS_MS: u64 = 5000;
const UPDATE_GUESS_MS: u64 = 2000;
const DELETE_GUESS_MS: u64 = 2000;
const READ_GUESS_MS: u64 = 500;
const HOOK_GUESS_MS: u64 = 5000;

/// Where an expected duration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// The median of what the same call for the same resource took.
    Resource {
        /// In so many earlier runs.
        runs: usize,
    },
    /// The median over other resources of the type.
    Type {
        /// So many of them.
        resources: usize,
    },
    /// What the type says of itself.
    Declared,
    /// A guess by the kind of step.
    Guess,
    /// It calls nobody.
    StateOnly,
}

impl Origin {
    /// Whether it was measured.
    pub fn is_measured(self) -> bool {
        matches!(self, Self::Resource { .. } | Self::Type { .. } | Self::StateOnly)
    }
}

/// How long a step is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// For so long.
    pub duration: Duration,
    /// Where that comes from.
    pub origin: Origin,
}

/// How long earlier calls took, as far as a plan's steps are concerned. Made by
/// [`Engine::durations`](crate::Engine::durations), or from rows.
///
/// ```
/// use std::time::Duration;
/// use iac_core::duration::{Durations, Origin};
/// use iac_core::random::RandomToken;
/// use iac_core::state::DurationRecord;
/// use iac_core::{PlanOptions, Snapshot, Stack, StackError, plan};
///
/// let stack = Stack::new("philotes", "dev")?;
/// let token = stack.add("token", RandomToken::args().bytes(16u32))?;
/// let graph = stack.freeze()?;
/// let plan = plan(&graph, &Snapshot::default(), &PlanOptions::new()).unwrap();
///
/// let recent_ms = vec![900, 40_000, 1_100];
/// let row = DurationRecord { urn: token.urn().clone(), op: "create".into(), run: 7, recent_ms };
/// let estimate = Durations::new([row]).of(&graph, &plan.steps[0]);
/// assert_eq!(estimate.duration, Duration::from_millis(1_100));
/// assert_eq!(estimate.origin, Origin::Resource { runs: 3 });
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Durations {
    /// By kind of call and resource: the median and how many it is of.
    own: HashMap<String, HashMap<Urn, (u64, usize)>>,
    /// By kind of call and type: the median over resources, and how many these are.
    of_type: HashMap<String, HashMap<String, (u64, usize)>>,
}

impl Durations {
    /// From rows of the state.
    pub fn new(records: impl IntoIterator<Item = DurationRecord>) -> Self {
        let mut durations = Self::default();
        let mut by_type: HashMap<(String, String), Vec<u64>> = HashMap::new();
        for DurationRecord { urn, op, mut recent_ms, .. } in records {
            let runs = recent_ms.len();
            let Some(ms) = median(&mut recent_ms) else { continue };
            by_type.entry((op.clone(), urn.type_token().to_owned())).or_default().push(ms);
            durations.own.entry(op).or_default().insert(urn, (ms, runs));
        }
        for ((op, type_token), mut medians) in by_type {
            let resources = medians.len();
            if let Some(ms) = median(&mut medians) {
                durations.of_type.entry(op).or_default().insert(type_token, (ms, resources));
            }
        }
        durations
    }

    /// What to ask a state for, to know of `steps`.
    pub fn queries(steps: &[Step]) -> Vec<DurationQuery> {
        let mut asked: BTreeMap<(Cow<'static, str>, &str), Vec<Urn>> = BTreeMap::new();
        for step in steps {
            if let Some(op) = timed_as(step) {
                asked.entry((op, &step.type_token)).or_default().push(step.urn.clone());
            }
        }
        let query = |((op, type_token), urns): ((Cow<'static, str>, &str), Vec<Urn>)| DurationQuery {
            op: op.into_owned(),
            type_token: type_token.to_owned(),
            urns,
        };
        asked.into_iter().map(query).collect()
    }

    /// How long `step` is expected to take.
    pub fn of(&self, graph: &Graph, step: &Step) -> Estimate {
        let Some(op) = timed_as(step) else { return estimate(0, Origin::StateOnly) };
        if let Some((ms, runs)) = self.own.get(&*op).and_then(|own| own.get(&step.urn)) {
            return estimate(*ms, Origin::Resource { runs: *runs });
        }
        if let Some((ms, resources)) = self.of_type.get(&*op).and_then(|types| types.get(&step.type_token)) {
            return estimate(*ms, Origin::Type { resources: *resources });
        }
        unseen(graph, step)
    }
}

fn estimate(ms: u64, origin: Origin) -> Estimate {
    Estimate { duration: Duration::from_millis(ms), origin }
}

/// A step of a kind that no run has done.
fn unseen(graph: &Graph, step: &Step) -> Estimate {
    let driver = graph.driver_for(&step.provider, &step.type_token);
    let spec = driver.as_ref().map(|driver| driver.spec());
    if step.op != Op::Hook && spec.is_some_and(|spec| spec.local) {
        return estimate(0, Origin::Declared);
    }
    let typical = spec.map(|spec| spec.typical);
    let (declared, guess_ms) = match step.op {
        Op::Create | Op::CreateReplacement => {
            (typical.and_then(|typical| typical.of_create()), CREATE_GUESS_MS)
        }
        Op::Update => (typical.and_then(|typical| typical.of_update()), UPDATE_GUESS_MS),
        Op::Delete | Op::DeleteReplaced => (typical.and_then(|typical| typical.of_delete()), DELETE_GUESS_MS),
        Op::Hook => (None, HOOK_GUESS_MS),
        _ => (None, READ_GUESS_MS),
    };
    match declared {
        Some(duration) => Estimate { duration, origin: Origin::Declared },
        None => estimate(guess_ms, Origin::Guess),
    }
}

/// The name under which the duration of a step is remembered; `None` where it calls nobody. The halves
/// of a replacement take as long as any create and delete.
pub(crate) fn timed_as(step: &Step) -> Option<Cow<'static, str>> {
    match step.op {
        Op::Create | Op::CreateReplacement => Some("create".into()),
        Op::Update => Some("update".into()),
        Op::Delete | Op::DeleteReplaced => Some("delete".into()),
        Op::Read => Some("read".into()),
        Op::Hook => step.hook.as_ref().map(|hook| hook.used.to_string().into()),
        Op::Record | Op::Import | Op::Forget | Op::Accept => None,
    }
}

/// The middle one; of two, their mean.
fn median(values: &mut [u64]) -> Option<u64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(lower + (upper - lower) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, op: &str, recent_ms: &[u64]) -> DurationRecord {
        let urn = Urn::new("p", "s", "test:thing", &[], name).unwrap();
        DurationRecord { urn, op: op.into(), run: 1, recent_ms: recent_ms.to_vec() }
    }

    #[test]
    fn the_median_is_not_moved_by_one_slow_day() {
        for (values, expected) in [
            (&mut [][..], None),
            (&mut [7], Some(7)),
            (&mut [9, 4], Some(6)),
            (&mut [5, 900_000, 7], Some(7)),
            (&mut [4, 2, 900_000, 8], Some(6)),
        ] {
            assert_eq!(median(values), expected);
        }
    }

    #[test]
    fn a_type_is_known_by_its_resources_and_each_kind_of_call_apart() {
        let rows = [
            row("a", "create", &[10]),
            row("b", "create", &[20, 30, 20]),
            row("c", "create", &[4000]),
            row("a", "delete", &[1]),
        ];
        let durations = Durations::new(rows);
        assert_eq!(durations.of_type["create"]["test:thing"], (20, 3));
        assert_eq!(durations.of_type["delete"]["test:thing"], (1, 1));
        let b = Urn::new("p", "s", "test:thing", &[], "b").unwrap();
        assert_eq!(durations.own["create"][&b], (20, 3));
    }
}
