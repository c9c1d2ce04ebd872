//! Which step next: a plain state machine without IO. Knows dependencies, limits and priorities,
//! and nothing of what a step does.

use std::collections::{BTreeMap, BinaryHeap};

use crate::plan::{Step, StepIndex};

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Waits for so many steps.
    Waiting(u32),
    Ready,
    Running,
    Done,
    Skipped,
}

/// Hands out the steps of a plan within the limits, longest remaining path first.
#[derive(Debug)]
pub(crate) struct Scheduler {
    phases: Vec<Phase>,
    /// The steps that wait for each step.
    unblocks: Vec<Vec<StepIndex>>,
    /// The weight of the longest path from each step to the end.
    remaining: Vec<u64>,
    lanes: Vec<Lane>,
    lane_of: Vec<usize>,
    running: usize,
    running_max: usize,
    draining: bool,
}

/// The ready steps of one provider instance.
#[derive(Debug)]
struct Lane {
    ready: BinaryHeap<(u64, std::cmp::Reverse<StepIndex>)>,
    running: usize,
    running_max: usize,
}

impl Scheduler {
    /// `weight` is the expected cost of a step; `lane_max` the limit of a provider instance.
    pub(crate) fn new(
        steps: &[Step],
        running_max: usize,
        weight: impl Fn(&Step) -> u64,
        lane_max: impl Fn(&str) -> usize,
    ) -> Self {
        let mut unblocks: Vec<Vec<StepIndex>> = vec![Vec::new(); steps.len()];
        let mut phases = Vec::with_capacity(steps.len());
        let mut lanes: Vec<Lane> = Vec::new();
        let mut lane_ids: BTreeMap<&str, usize> = BTreeMap::new();
        let mut lane_of = Vec::with_capacity(steps.len());
        for step in steps {
            for earlier in &step.after {
                if let Some(list) = unblocks.get_mut(*earlier as usize) {
                    list.push(step.index);
                }
            }
            phases.push(Phase::Waiting(step.after.len() as u32));
            lane_of.push(*lane_ids.entry(&step.provider).or_insert_with(|| {
                let running_max = lane_max(&step.provider).max(1);
                lanes.push(Lane { ready: BinaryHeap::new(), running: 0, running_max });
                lanes.len() - 1
            }));
        }
        let mut remaining = vec![0; steps.len()];
        // A step comes after the ones it waits for, so the end of the list is known first.
        for step in steps.iter().rev() {
            let later = unblocks.get(step.index as usize).into_iter().flatten();
            let longest =
                later.filter_map(|index| remaining.get(*index as usize)).max().copied().unwrap_or(0);
            if let Some(slot) = remaining.get_mut(step.index as usize) {
                *slot = longest + weight(step).max(1);
            }
        }
        let mut scheduler = Self {
            phases,
            unblocks,
            remaining,
            lanes,
            lane_of,
            running: 0,
            running_max: running_max.max(1),
            draining: false,
        };
        for step in steps.iter().filter(|step| step.after.is_empty()) {
            scheduler.make_ready(step.index);
        }
        scheduler
    }

    fn make_ready(&mut self, index: StepIndex) {
        let at = index as usize;
        if let (Some(phase), Some(lane)) = (self.phases.get_mut(at), self.lane_of.get(at)) {
            *phase = Phase::Ready;
            let weight = self.remaining.get(at).copied().unwrap_or_default();
            if let Some(lane) = self.lanes.get_mut(*lane) {
                lane.ready.push((weight, std::cmp::Reverse(index)));
            }
        }
    }

    /// The next step to start, if any may start now.
    pub(crate) fn start_next(&mut self) -> Option<StepIndex> {
        if self.draining || self.running >= self.running_max {
            return None;
        }
        let best = self
            .lanes
            .iter_mut()
            .filter(|lane| lane.running < lane.running_max)
            .filter(|lane| !lane.ready.is_empty())
            .max_by_key(|lane| lane.ready.peek().copied())?;
        let (_, std::cmp::Reverse(index)) = best.ready.pop()?;
        best.running += 1;
        self.running += 1;
        if let Some(phase) = self.phases.get_mut(index as usize) {
            *phase = Phase::Running;
        }
        Some(index)
    }

    /// Marks a running step as done. After a failure the steps that need it, directly or not, are
    /// skipped and answered, in order.
    pub(crate) fn finish(&mut self, index: StepIndex, succeeded: bool) -> Vec<StepIndex> {
        let at = index as usize;
        match self.phases.get_mut(at) {
            Some(phase @ Phase::Running) => *phase = Phase::Done,
            _ => return Vec::new(),
        }
        self.running -= 1;
        if let Some(lane) = self.lane_of.get(at).and_then(|lane| self.lanes.get_mut(*lane)) {
            lane.running -= 1;
        }
        if !succeeded {
            return self.skip_dependants(index);
        }
        // A step ends once, so nobody asks for its list again.
        let later = self.unblocks.get_mut(at).map(std::mem::take).unwrap_or_default();
        for next in later {
            if let Some(Phase::Waiting(count)) = self.phases.get_mut(next as usize) {
                *count -= 1;
                if *count == 0 {
                    self.make_ready(next);
                }
            }
        }
        Vec::new()
    }

    fn skip_dependants(&mut self, index: StepIndex) -> Vec<StepIndex> {
        let mut skipped = Vec::new();
        let mut stack = vec![index];
        while let Some(at) = stack.pop() {
            for next in self.unblocks.get(at as usize).into_iter().flatten().copied() {
                if let Some(phase @ Phase::Waiting(_)) = self.phases.get_mut(next as usize) {
                    *phase = Phase::Skipped;
                    skipped.push(next);
                    stack.push(next);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    /// Starts nothing new of the provider instance that `index` belongs to.
    pub(crate) fn close_lane_of(&mut self, index: StepIndex) {
        let lane = self.lane_of.get(index as usize).and_then(|lane| self.lanes.get_mut(*lane));
        if let Some(lane) = lane {
            lane.running_max = 0;
        }
    }

    /// Starts nothing new from now on.
    pub(crate) fn drain(&mut self) {
        self.draining = true;
    }

    /// Whether steps are running.
    pub(crate) fn is_running(&self) -> bool {
        self.running > 0
    }

    /// The steps that were never tried.
    pub(crate) fn untried(&self) -> Vec<StepIndex> {
        (0..)
            .zip(&self.phases)
            .filter(|(_, phase)| matches!(phase, Phase::Waiting(_) | Phase::Ready))
            .map(|(index, _)| index)
            .collect()
    }
}

#[cfg(test)]
mod tests;
