//! When the steps of a run were done, and which of them made it take so long. Knows nothing of pages.

use std::collections::{BTreeMap, BTreeSet};

use iac_core::state::{StepRecord, TimestampMs};
use iac_core::{Snapshot, StepIndex, Urn};
use serde::Serialize;

use crate::action::Action;

/// One step on the chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Bar {
    /// The step's number in its run.
    pub(crate) step: u32,
    /// The position of its resource in the picture.
    pub(crate) resource: usize,
    /// What was done, as the history names it.
    pub(crate) op: String,
    pub(crate) action: Action,
    /// Milliseconds after the run began.
    pub(crate) from: i64,
    /// Milliseconds after the run began, never before `from`.
    pub(crate) to: i64,
    pub(crate) failed: bool,
    /// Whether it is one of the steps that nothing else could have waited less for.
    pub(crate) critical: bool,
}

/// The chart of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Timeline {
    /// How long the run took, in milliseconds.
    pub(crate) length: i64,
    /// By their begin.
    pub(crate) bars: Vec<Bar>,
    /// Positions of the critical bars, first to last.
    pub(crate) critical: Vec<usize>,
    /// How long the critical steps ran, in milliseconds.
    pub(crate) critical_length: i64,
    /// Whether resources of the run have no row any more, so that what they needed is not known.
    pub(crate) forgotten: bool,
}

/// The chart of `steps`. What they waited for is in `order`, or else in the dependencies that are
/// recorded now.
pub(crate) fn timeline(
    started_at: TimestampMs,
    ended_at: Option<TimestampMs>,
    steps: &[StepRecord],
    snapshot: &Snapshot,
    order: Option<&[Vec<StepIndex>]>,
    position: impl Fn(&Urn) -> usize,
) -> Timeline {
    let mut sorted: Vec<&StepRecord> = steps.iter().collect();
    sorted.sort_by_key(|step| (step.started_at, step.key));
    let last = sorted.iter().map(|step| step.ended_at).max().unwrap_or(started_at);
    let needs = needs(snapshot);
    let critical = match order {
        Some(order) => critical_in(&sorted, order),
        None => critical_now(&sorted, &needs),
    };
    let is_critical: BTreeSet<usize> = critical.iter().copied().collect();
    let bars: Vec<Bar> = sorted
        .iter()
        .enumerate()
        .map(|(index, step)| {
            let from = step.started_at.saturating_sub(started_at).max(0);
            Bar {
                step: step.key.step,
                resource: position(&step.urn),
                op: step.op.clone(),
                action: Action::of_recorded(&step.op),
                from,
                to: step.ended_at.saturating_sub(started_at).max(from),
                failed: step.error.is_some(),
                critical: is_critical.contains(&index),
            }
        })
        .collect();
    Timeline {
        length: ended_at.unwrap_or(last).max(last).saturating_sub(started_at).max(0),
        critical_length: bars.iter().filter(|bar| bar.critical).map(|bar| bar.to - bar.from).sum(),
        bars,
        critical,
        forgotten: order.is_none() && sorted.iter().any(|step| !needs.contains_key(&step.urn)),
    }
}

/// What each recorded resource needs. The two halves of a replacement count together.
fn needs(snapshot: &Snapshot) -> BTreeMap<&Urn, BTreeSet<&Urn>> {
    let rows = snapshot.resources.values().chain(&snapshot.pending_deletes).chain(&snapshot.gone);
    let mut needs: BTreeMap<&Urn, BTreeSet<&Urn>> = BTreeMap::new();
    for row in rows {
        needs.entry(&row.urn).or_default().extend(&row.dependencies);
    }
    needs
}

/// The critical chain by what each step of the plan waited for.
fn critical_in(steps: &[&StepRecord], order: &[Vec<StepIndex>]) -> Vec<usize> {
    let by_number: BTreeMap<StepIndex, usize> = steps.iter().map(|step| step.key.step).zip(0..).collect();
    critical(steps, |step| {
        let after = order.get(step.key.step as usize).into_iter().flatten();
        after.filter_map(|number| by_number.get(number).copied()).collect()
    })
}

/// The critical chain by what each recorded resource needs now.
fn critical_now(steps: &[&StepRecord], needs: &BTreeMap<&Urn, BTreeSet<&Urn>>) -> Vec<usize> {
    let mut by_urn: BTreeMap<&Urn, Vec<usize>> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        by_urn.entry(&step.urn).or_default().push(index);
    }
    let mut needed_by: BTreeMap<&Urn, BTreeSet<&Urn>> = BTreeMap::new();
    for (urn, needed) in needs {
        for needed in needed {
            needed_by.entry(needed).or_default().insert(urn);
        }
    }
    critical(steps, |step| {
        let edges = if Action::of_recorded(&step.op) == Action::Delete { &needed_by } else { needs };
        waited_for(&step.urn, edges, &by_urn)
    })
}

/// The chain of steps that ends with the last one, each the latest that the next had to wait for.
fn critical(steps: &[&StepRecord], before: impl Fn(&StepRecord) -> BTreeSet<usize>) -> Vec<usize> {
    let mut chain = Vec::new();
    let mut taken = BTreeSet::new();
    let mut at = (0..steps.len()).max_by_key(|index| (steps.get(*index).map(|step| step.ended_at), *index));
    while let Some(index) = at {
        chain.push(index);
        taken.insert(index);
        let Some(step) = steps.get(index) else { break };
        // A begin in the same millisecond as an end came after it if its number is higher, so a chain
        // never runs in a circle.
        let earlier = before(step).into_iter().filter(|other| {
            let Some(other) = steps.get(*other) else { return false };
            (other.ended_at, other.key.step) < (step.started_at, step.key.step)
                && other.ended_at <= step.started_at
        });
        at = earlier
            .max_by_key(|other| steps.get(*other).map(|other| (other.ended_at, other.key.step)))
            .filter(|other| !taken.contains(other));
    }
    chain.reverse();
    chain
}

/// The steps of the same resource, and those of the nearest resources along `edges` that have any.
fn waited_for(
    urn: &Urn,
    edges: &BTreeMap<&Urn, BTreeSet<&Urn>>,
    by_urn: &BTreeMap<&Urn, Vec<usize>>,
) -> BTreeSet<usize> {
    let mut found: BTreeSet<usize> = by_urn.get(urn).into_iter().flatten().copied().collect();
    let mut seen: BTreeSet<&Urn> = BTreeSet::new();
    let mut open: Vec<&Urn> = edges.get(urn).into_iter().flatten().copied().collect();
    while let Some(next) = open.pop() {
        if !seen.insert(next) {
            continue;
        }
        match by_urn.get(next) {
            Some(steps) => found.extend(steps),
            // A resource that was left alone passes the order on.
            None => open.extend(edges.get(next).into_iter().flatten()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use iac_core::state::JournalKey;

    use super::*;

    fn urn(name: &str) -> Urn {
        Urn::new("shop", "dev", "fake:node", &[], name).unwrap()
    }

    fn step(number: u32, name: &str, op: &str, started_at: i64, ended_at: i64) -> StepRecord {
        StepRecord {
            key: JournalKey { run: 1, step: number },
            urn: urn(name),
            op: op.to_owned(),
            started_at,
            ended_at,
            error: None,
            before: None,
            after: None,
        }
    }

    fn names(chain: &[usize], steps: &[&StepRecord]) -> Vec<String> {
        chain.iter().map(|index| steps[*index].urn.name().to_owned()).collect()
    }

    fn chain(steps: &[StepRecord], edges: &[(&str, &[&str])]) -> Vec<String> {
        let owned: Vec<(Urn, Vec<Urn>)> = edges
            .iter()
            .map(|(name, needs)| (urn(name), needs.iter().map(|needed| urn(needed)).collect()))
            .collect();
        let needs = owned.iter().map(|(urn, needs)| (urn, needs.iter().collect())).collect();
        let steps: Vec<&StepRecord> = steps.iter().collect();
        names(&critical_now(&steps, &needs), &steps)
    }

    #[test]
    fn the_critical_path_ends_with_the_last_step_and_takes_the_latest_before() {
        let steps = [
            step(0, "fast", "create", 0, 10),
            step(1, "slow", "create", 0, 50),
            step(2, "apart", "create", 0, 60),
            step(3, "web", "create", 50, 80),
        ];
        assert_eq!(chain(&steps, &[("web", &["fast", "slow"])]), ["slow", "web"]);
    }

    #[test]
    fn what_a_plan_recorded_counts_without_any_row() {
        let steps = [step(0, "web", "delete", 0, 30), step(1, "apart", "delete", 0, 35)];
        let last = step(2, "network", "delete", 30, 40);
        let steps: Vec<&StepRecord> = steps.iter().chain([&last]).collect();
        assert_eq!(names(&critical_in(&steps, &[vec![], vec![], vec![0]]), &steps), ["web", "network"]);
        let chart =
            timeline(0, Some(40), std::slice::from_ref(&last), &Snapshot::default(), Some(&[]), |_| 0);
        assert!(!chart.forgotten);
        assert!(
            timeline(0, Some(40), std::slice::from_ref(&last), &Snapshot::default(), None, |_| 0).forgotten
        );
    }

    #[test]
    fn deletes_wait_the_other_way_round_and_unchanged_resources_pass_the_order_on() {
        let steps = [step(0, "web", "delete", 0, 30), step(1, "network", "delete", 30, 40)];
        assert_eq!(chain(&steps, &[("web", &["network"])]), ["web", "network"]);
        let steps = [step(0, "a", "update", 0, 5), step(1, "c", "update", 5, 9)];
        assert_eq!(chain(&steps, &[("c", &["b"]), ("b", &["a"])]), ["a", "c"]);
    }

    #[test]
    fn steps_in_one_millisecond_form_no_circle() {
        let steps = [step(0, "a", "create", 0, 0), step(1, "b", "create", 0, 0)];
        assert_eq!(chain(&steps, &[("b", &["a"]), ("a", &["b"])]), ["a", "b"]);
        assert!(chain(&[], &[]).is_empty());
    }
}
