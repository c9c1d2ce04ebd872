//! [`explore`]: which runs there are, who makes them, and what they add up to. Knows nothing of
//! what happens within a run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use iac_core::state::MemoryBackend;
use iac_core::{Stack, StackError};

use super::boundary::Boundary;
use super::options::{Explore, Goal, Program};
use super::report::{Exploration, Failure, PhaseReport};
use super::run::{Ran, Start, Target, run};
use super::schedule::{Reproduction, Schedule};
use super::trouble::Trouble;
use super::wire::RequestNote;
use crate::sim::SplitMix64;

/// The environment variable that asks for one run alone.
const ONLY: &str = "IAC_EXPLORE";
/// Boundaries shown of each process where a single run was asked for.
const SHOWN_MAX: usize = 40;

/// Runs `program` against simulated clouds, cuts it off at every boundary, lets every request go
/// wrong in every way, and checks after each that the next run brings everything together.
///
/// See the [module](super) for what it checks and how a failure is run again.
pub fn explore(
    program: impl Fn(&Stack) -> Result<(), StackError> + Send + Sync + 'static,
    options: Explore,
) -> Exploration {
    let named = || std::thread::current().name().unwrap_or("exploration").to_owned();
    let name = options.name.clone().unwrap_or_else(named);
    let mut exploration =
        Exploration { seed: options.seed, phases: Vec::new(), failures: Vec::new(), skipped: None, name };
    let asked = options.only.clone().or_else(|| std::env::var(ONLY).ok());
    let only = match asked.as_deref().map(str::parse::<Reproduction>).transpose() {
        Ok(only) => only,
        Err(reason) => {
            exploration.failures.push(Failure {
                phase: "none".to_owned(),
                place: format!("{ONLY} cannot be read"),
                faults: vec![reason],
                reproduction: asked.unwrap_or_default(),
                processes: Vec::new(),
            });
            return exploration;
        }
    };
    let mut options = options;
    if let Some(only) = &only {
        if only.exploration != exploration.name {
            exploration.skipped = Some(format!("{ONLY} asks for {}", only.exploration));
            return exploration;
        }
        options.seed = only.seed;
        exploration.seed = only.seed;
    }
    let mut explorer = Explorer { options, only, exploration };
    explorer.explore(Arc::new(program));
    explorer.exploration
}

struct Explorer {
    options: Explore,
    only: Option<Reproduction>,
    exploration: Exploration,
}

impl Explorer {
    fn explore(&mut self, program: Program) {
        let mut start = Start { sites: Vec::new(), backend: MemoryBackend::new(), now_ms: None };
        let mut latest = Arc::clone(&program);
        for (name, goal) in self.options.phases.clone() {
            let target = match goal {
                Goal::Up => Target { program: Arc::clone(&program), destroy: false },
                Goal::Change(other) => Target { program: other, destroy: false },
                Goal::Destroy => Target { program: Arc::clone(&latest), destroy: true },
            };
            latest = Arc::clone(&target.program);
            let wanted = self.only.as_ref().is_none_or(|only| only.phase == name);
            let Some(end) = self.phase(&name, &start, &target, wanted) else { return };
            start = end;
            let enough = self.exploration.failures.len() >= self.options.failures_max;
            if enough || (wanted && self.only.is_some()) {
                return;
            }
        }
        if let Some(only) = &self.only {
            self.exploration.skipped = Some(format!("there is no phase {:?}", only.phase));
        }
    }

    /// Explores one phase, if that is wanted; what the next phase begins with.
    fn phase(&mut self, name: &str, start: &Start, target: &Target, wanted: bool) -> Option<Start> {
        let plain = run(&self.options, start, target, Schedule::Plain);
        if !plain.faults.is_empty() {
            let place = place(Schedule::Plain, &PhaseReport::default(), &plain);
            self.fail(name, place, plain, Schedule::Plain);
            return None;
        }
        let mut report = PhaseReport {
            name: name.to_owned(),
            requests: plain.requests.iter().map(|request| request.subject.clone()).collect(),
            boundaries: plain.process(0).to_vec(),
            ..PhaseReport::default()
        };
        if wanted {
            let first = match &self.only {
                Some(only) => vec![only.schedule],
                None => self.schedules(&report.boundaries, &plain.requests),
            };
            let created = plain.created;
            let recoveries = self.make_runs(&mut report, start, target, created, &first);
            if self.only.is_none() {
                let pairs = self.pairs(&recoveries);
                self.make_runs(&mut report, start, target, created, &pairs);
            }
        }
        self.exploration.phases.push(report);
        plain.end
    }

    /// Every cut and every trouble, as far as the options ask for them.
    fn schedules(&self, boundaries: &[Boundary], requests: &[RequestNote]) -> Vec<Schedule> {
        let cuts = (0..boundaries.len()).map(Schedule::Cut);
        let mut troubles = Vec::new();
        for (number, request) in requests.iter().enumerate() {
            let can = self.options.troubles.iter().copied().filter(|trouble| request.can.contains(trouble));
            if request.mutates {
                troubles.extend(can.map(|trouble| Schedule::Trouble(trouble, number)));
            } else {
                // Reads are many and alike: each gets one trouble, in turn.
                let can: Vec<Trouble> = can.filter(|trouble| trouble.befalls_reads()).collect();
                let turn = number.checked_rem(can.len()).and_then(|turn| can.get(turn));
                troubles.extend(turn.map(|trouble| Schedule::Trouble(*trouble, number)));
            }
        }
        let every = self.options.every;
        let offset = usize::try_from(self.options.seed).unwrap_or_default() % every;
        cuts.skip(offset).step_by(every).chain(troubles.into_iter().skip(offset).step_by(every)).collect()
    }

    /// Pairs of cuts: a sample of the boundaries of the recovering processes.
    fn pairs(&self, recoveries: &[(usize, usize)]) -> Vec<Schedule> {
        let mut random = SplitMix64::new(self.options.seed);
        let below = |random: &mut SplitMix64, bound: usize| {
            usize::try_from(random.below(u64::try_from(bound).unwrap_or(u64::MAX))).unwrap_or_default()
        };
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for _ in 0..self.options.second_cuts_max {
            let Some(&(first, length)) = recoveries.get(below(&mut random, recoveries.len())) else { break };
            pairs.push((first, below(&mut random, length)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs.into_iter().map(|(first, second)| Schedule::CutTwice(first, second)).collect()
    }

    /// Makes the runs of a phase, on several threads. Answers, for each cut, its number and how many
    /// boundaries the recovering process had.
    fn make_runs(
        &mut self,
        report: &mut PhaseReport,
        start: &Start,
        target: &Target,
        created: usize,
        schedules: &[Schedule],
    ) -> Vec<(usize, usize)> {
        let failures_left = self.options.failures_max.saturating_sub(self.exploration.failures.len());
        let mut recoveries = Vec::new();
        let made = runs(&self.options, start, target, schedules, &report.boundaries, failures_left);
        for (schedule, mut ran) in made {
            if ran.stopped {
                report.stops += 1;
                if ran.created > created {
                    ran.faults.push(format!("{} objects were created instead of {created}", ran.created));
                }
            }
            match schedule {
                Schedule::Plain => {}
                Schedule::Cut(at) => {
                    recoveries.push((at, ran.process(1).len()));
                    if let Some(boundary) = report.boundaries.get(at) {
                        *report.cuts.entry(boundary.kind).or_default() += 1;
                    }
                }
                Schedule::CutTwice(..) => report.second_cuts += 1,
                Schedule::Trouble(trouble, _) => *report.troubles.entry(trouble).or_default() += 1,
            }
            if !ran.faults.is_empty() && self.exploration.failures.len() < self.options.failures_max {
                let place = place(schedule, report, &ran);
                self.fail(&report.name, place, ran, schedule);
            }
        }
        recoveries
    }

    fn fail(&mut self, phase: &str, place: String, ran: Ran, schedule: Schedule) {
        let reproduction = Reproduction {
            exploration: self.exploration.name.clone(),
            phase: phase.to_owned(),
            schedule,
            seed: self.exploration.seed,
        };
        let processes = self.only.as_ref().map(|_| ran.processes.iter().map(|log| last_of(log)).collect());
        self.exploration.failures.push(Failure {
            phase: phase.to_owned(),
            place,
            faults: ran.faults,
            reproduction: reproduction.to_string(),
            processes: processes.unwrap_or_default(),
        });
    }
}

/// The end of a log, with the numbers of its boundaries.
fn last_of(log: &[Boundary]) -> Vec<String> {
    let shown = log.iter().enumerate().skip(log.len().saturating_sub(SHOWN_MAX));
    shown.map(|(number, boundary)| format!("{number}: {boundary}")).collect()
}

/// What befell a run, in words.
fn place(schedule: Schedule, report: &PhaseReport, ran: &Ran) -> String {
    let boundary = |log: &[Boundary], at: usize| {
        log.get(at).map_or_else(|| "a boundary that was not reached".to_owned(), Boundary::to_string)
    };
    match schedule {
        Schedule::Plain => "nothing went wrong with this run".to_owned(),
        Schedule::Cut(at) => {
            format!("cut {at} of {}, {}", report.boundaries.len(), boundary(&report.boundaries, at))
        }
        Schedule::CutTwice(first, second) => format!(
            "cut {first} of {}, {}, and cut {second} of the next run, {}",
            report.boundaries.len(),
            boundary(&report.boundaries, first),
            boundary(ran.process(1), second),
        ),
        Schedule::Trouble(trouble, at) => {
            let request = report.requests.get(at).map_or("a request that was not sent", String::as_str);
            format!("{trouble} at request {at} of {}, {request}", report.requests.len())
        }
    }
}

/// Makes the runs and answers them in their order. Begins none after the failures that are left.
fn runs(
    options: &Explore,
    start: &Start,
    target: &Target,
    schedules: &[Schedule],
    plain: &[Boundary],
    failures_left: usize,
) -> Vec<(Schedule, Ran)> {
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(schedules.len()));
    let work = || {
        while failed.load(Ordering::SeqCst) < failures_left {
            let number = next.fetch_add(1, Ordering::SeqCst);
            let Some(schedule) = schedules.get(number) else { return };
            let mut ran = run(options, start, target, *schedule);
            ran.faults.extend(not_repeated(*schedule, plain, &ran));
            if !ran.faults.is_empty() {
                failed.fetch_add(1, Ordering::SeqCst);
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).push((number, *schedule, ran));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..options.threads.min(schedules.len()) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, ..)| *number);
    // Numbers are handed out in order, so that everything before the last failure that counts is
    // there; what some thread did beyond it is left out, so that reports repeat.
    let failures = done.iter().enumerate().filter(|(_, (.., ran))| !ran.faults.is_empty());
    let last = failures.map(|(place, _)| place).nth(failures_left.saturating_sub(1));
    done.truncate(last.map_or(done.len(), |last| last + 1));
    done.into_iter().map(|(_, schedule, ran)| (schedule, ran)).collect()
}

/// Whether a run that was cut off did something else before than the run that was not: numbers of
/// cuts would then mean nothing.
fn not_repeated(schedule: Schedule, plain: &[Boundary], ran: &Ran) -> Option<String> {
    let (Schedule::Cut(at) | Schedule::CutTwice(at, _)) = schedule else { return None };
    let expected = plain.iter().take(at + 1);
    let differs = expected.zip(ran.process(0)).enumerate().find(|(_, (expected, passed))| expected != passed);
    if let Some((number, (expected, passed))) = differs {
        return Some(format!(
            "the run does not repeat: boundary {number} was {expected}, and is {passed} now; does the program \
             depend on time, randomness or the order of a hash map?"
        ));
    }
    (!ran.died).then(|| format!("the run does not repeat: boundary {at} was not reached"))
}
