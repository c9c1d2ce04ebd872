//! The scheduler against a model: random plans, limits, failures and moments to drain.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::Scheduler;
use crate::plan::{Op, Step, StepIndex};
use crate::urn::Urn;
use crate::value::Value;

/// A random plan and what happens to it.
#[derive(Debug, Clone)]
struct World {
    steps: Vec<ModelStep>,
    running_max: usize,
    lane_max: [usize; LANES],
    /// Which running step ends next, one draw for each end.
    ends: Vec<usize>,
    /// After how many ends nothing new is started, if ever.
    drain_after: Option<usize>,
}

#[derive(Debug, Clone)]
struct ModelStep {
    after: BTreeSet<usize>,
    lane: usize,
    weight: u64,
    fails: bool,
}

const LANES: usize = 3;
const STEPS_MAX: usize = 24;
const CASES: u32 = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Done,
    Failed,
    Skipped,
}

fn world() -> impl Strategy<Value = World> {
    (0..=STEPS_MAX).prop_flat_map(|count| {
        let step = (
            proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
            0..LANES,
            0..5u64,
            prop::bool::weighted(0.15),
        );
        (
            proptest::collection::vec(step, count),
            1..6usize,
            [1..4usize, 1..4usize, 1..4usize],
            proptest::collection::vec(any::<usize>(), count),
            prop::option::weighted(0.2, 0..=count),
        )
            .prop_map(|(steps, running_max, lane_max, ends, drain_after)| World {
                steps: steps
                    .into_iter()
                    .enumerate()
                    .map(|(at, (after, lane, weight, fails))| ModelStep {
                        after: after.iter().filter(|_| at > 0).map(|on| on.index(at.max(1))).collect(),
                        lane,
                        weight,
                        fails,
                    })
                    .collect(),
                running_max,
                lane_max,
                ends,
                drain_after,
            })
    })
}

fn plan_step(index: usize, model: &ModelStep) -> Step {
    let urn = Urn::new("project", "dev", "cloud:thing", &[], &index.to_string()).unwrap();
    Step {
        index: index as StepIndex,
        type_token: urn.type_token().to_owned(),
        urn,
        provider: model.lane.to_string(),
        op: Op::Create,
        replace_order: None,
        forced: false,
        reasons: Vec::new(),
        hook: None,
        diff: Vec::new(),
        inputs: Value::Null,
        after: model.after.iter().map(|on| *on as StepIndex).collect(),
        read_at: None,
        prior: None,
    }
}

/// The weight of the longest path from each step to the end, by plain recursion over the model.
fn longest_path(steps: &[ModelStep], from: usize) -> u64 {
    let later = (0..steps.len()).filter(|at| steps[*at].after.contains(&from));
    steps[from].weight.max(1) + later.map(|at| longest_path(steps, at)).max().unwrap_or(0)
}

/// Everything that needs a step in `roots`, directly or not.
fn dependants(steps: &[ModelStep], roots: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for (at, step) in steps.iter().enumerate() {
        if step.after.iter().any(|on| roots.contains(on) || found.contains(on)) {
            found.insert(at);
        }
    }
    found
}

struct Model<'a> {
    world: &'a World,
    states: Vec<State>,
    paths: Vec<u64>,
}

impl Model<'_> {
    fn running(&self) -> Vec<usize> {
        (0..self.states.len()).filter(|at| self.states[*at] == State::Running).collect()
    }

    fn lane_is_free(&self, lane: usize) -> bool {
        let running = self.running().iter().filter(|at| self.world.steps[**at].lane == lane).count();
        running < self.world.lane_max[lane]
    }

    /// The step that must start next: the longest path among those that may, then the first.
    fn next(&self) -> Option<usize> {
        if self.running().len() >= self.world.running_max {
            return None;
        }
        (0..self.states.len())
            .filter(|at| self.states[*at] == State::Waiting)
            .filter(|at| self.world.steps[*at].after.iter().all(|on| self.states[*on] == State::Done))
            .filter(|at| self.lane_is_free(self.world.steps[*at].lane))
            .max_by_key(|at| (self.paths[*at], std::cmp::Reverse(*at)))
    }
}

fn check(world: &World) -> Result<(), TestCaseError> {
    let steps: Vec<Step> = world.steps.iter().enumerate().map(|(at, step)| plan_step(at, step)).collect();
    let weight = |step: &Step| world.steps[step.index as usize].weight;
    let lane_max = |lane: &str| world.lane_max[lane.parse::<usize>().unwrap()];
    let mut scheduler = Scheduler::new(&steps, world.running_max, weight, lane_max);
    let paths = (0..steps.len()).map(|at| longest_path(&world.steps, at)).collect();
    let mut model = Model { world, states: vec![State::Waiting; steps.len()], paths };
    let mut draining = false;
    let mut ends = 0;
    loop {
        if world.drain_after == Some(ends) {
            scheduler.drain();
            draining = true;
        }
        // Dependencies, both limits and the order are all in what the model allows next.
        loop {
            let expected = if draining { None } else { model.next() };
            let started = scheduler.start_next().map(|index| index as usize);
            prop_assert_eq!(started, expected);
            match started {
                Some(at) => model.states[at] = State::Running,
                None => break,
            }
        }
        let running = model.running();
        prop_assert_eq!(scheduler.is_running(), !running.is_empty());
        if running.is_empty() {
            break;
        }
        let at = running[world.ends[ends] % running.len()];
        ends += 1;
        let failed = world.steps[at].fails;
        let skipped: Vec<usize> =
            scheduler.finish(at as StepIndex, !failed).into_iter().map(|index| index as usize).collect();
        prop_assert!(scheduler.finish(at as StepIndex, true).is_empty(), "a second end changes nothing");
        model.states[at] = if failed { State::Failed } else { State::Done };
        let mut expected = if failed { dependants(&world.steps, &[at].into()) } else { BTreeSet::new() };
        expected.retain(|at| model.states[*at] == State::Waiting);
        prop_assert_eq!(&skipped, &expected.into_iter().collect::<Vec<_>>());
        skipped.into_iter().for_each(|at| model.states[at] = State::Skipped);
    }
    at_the_end(&model, draining, &scheduler)
}

/// Every step is done, failed, skipped because of a failure, or was not tried because of a drain.
fn at_the_end(model: &Model<'_>, draining: bool, scheduler: &Scheduler) -> Result<(), TestCaseError> {
    let with = |state| -> BTreeSet<usize> {
        (0..model.states.len()).filter(|at| model.states[*at] == state).collect()
    };
    let untried: BTreeSet<usize> = scheduler.untried().into_iter().map(|index| index as usize).collect();
    prop_assert_eq!(&untried, &with(State::Waiting));
    prop_assert!(draining || untried.is_empty());
    prop_assert_eq!(with(State::Skipped), dependants(&model.world.steps, &with(State::Failed)));
    let ended: BTreeSet<usize> = with(State::Done).union(&with(State::Failed)).copied().collect();
    for at in ended {
        let mut before = model.world.steps[at].after.iter();
        prop_assert!(before.all(|on| model.states[*on] == State::Done));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_step_starts_in_its_turn_and_ends_in_one_way(world in world()) {
        check(&world)?;
    }
}

#[test]
fn a_limit_of_zero_still_lets_one_step_run() {
    let step = ModelStep { after: BTreeSet::new(), lane: 0, weight: 0, fails: false };
    let steps = [plan_step(0, &step), plan_step(1, &step)];
    let mut scheduler = Scheduler::new(&steps, 0, |_| 0, |_| 0);
    assert_eq!(scheduler.start_next(), Some(0));
    assert_eq!(scheduler.start_next(), None);
    assert!(scheduler.finish(0, true).is_empty());
    assert_eq!(scheduler.start_next(), Some(1));
}
