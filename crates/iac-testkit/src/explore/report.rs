//! [`Exploration`]: what was explored and what did not come together. Knows nothing of how.

use std::collections::BTreeMap;
use std::fmt;

use super::boundary::{Boundary, BoundaryKind};
use super::trouble::Trouble;

/// The result of [`explore`](super::explore).
#[derive(Debug, Clone)]
#[must_use = "an exploration fails only where it is asserted"]
#[non_exhaustive]
pub struct Exploration {
    /// Its name.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// What was done in each phase.
    pub phases: Vec<PhaseReport>,
    /// What did not come together, in the order of the phases and their runs.
    pub failures: Vec<Failure>,
    /// Why nothing was explored, if that was asked for.
    pub skipped: Option<String>,
}

/// What was done in one phase.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PhaseReport {
    /// Its name, such as `up` or `change-2`.
    pub name: String,
    /// The boundaries of the run that nothing befell; the number of a cut is an index here.
    pub boundaries: Vec<Boundary>,
    /// The requests of that run; the number of a trouble is an index here.
    pub requests: Vec<String>,
    /// How many runs were cut off, by the kind of boundary.
    pub cuts: BTreeMap<BoundaryKind, usize>,
    /// How many runs were cut off twice.
    pub second_cuts: usize,
    /// In how many runs what went wrong with a request.
    pub troubles: BTreeMap<Trouble, usize>,
    /// After how many of all these the next run stopped and named candidates, where
    /// [`Explore::uncertain_may_stop`](super::Explore::uncertain_may_stop) allows that.
    pub stops: usize,
}

impl PhaseReport {
    /// How many runs were cut off once.
    pub fn cut_count(&self) -> usize {
        self.cuts.values().sum()
    }

    /// How many runs had trouble with a request.
    pub fn trouble_count(&self) -> usize {
        self.troubles.values().sum()
    }
}

/// A run after which things did not come together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The phase.
    pub phase: String,
    /// What befell the run.
    pub place: String,
    /// What is wrong.
    pub faults: Vec<String>,
    /// What runs exactly this again: for `IAC_EXPLORE` or [`Explore::only`](super::Explore::only).
    pub reproduction: String,
    /// What each process passed last, where this run alone was asked for.
    pub processes: Vec<Vec<String>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.phase, self.place)?;
        for (number, process) in self.processes.iter().enumerate() {
            writeln!(f, "  process {}:", number + 1)?;
            for line in process {
                writeln!(f, "    {line}")?;
            }
        }
        for fault in &self.faults {
            writeln!(f, "  {fault}")?;
        }
        write!(f, "  again: IAC_EXPLORE='{}'", self.reproduction)
    }
}

impl Exploration {
    /// How many runs were cut off once, in all phases.
    pub fn cuts(&self) -> usize {
        self.phases.iter().map(PhaseReport::cut_count).sum()
    }

    /// How many runs were cut off twice.
    pub fn second_cuts(&self) -> usize {
        self.phases.iter().map(|phase| phase.second_cuts).sum()
    }

    /// How many runs had trouble with a request.
    pub fn troubles(&self) -> usize {
        self.phases.iter().map(PhaseReport::trouble_count).sum()
    }

    /// The phase of this name.
    pub fn phase(&self, name: &str) -> Option<&PhaseReport> {
        self.phases.iter().find(|phase| phase.name == name)
    }

    /// Prints what was done, and panics with every failure if there is one.
    ///
    /// # Panics
    /// When something did not come together, and when nothing was explored although nobody asked
    /// for that.
    pub fn assert(&self) {
        assert!(self.failures.is_empty(), "{self}");
        let explored = self.cuts() + self.second_cuts() + self.troubles();
        assert!(
            explored > 0 || self.skipped.is_some(),
            "{self}\nnothing was explored: add a phase and a cloud"
        );
        println!("{self}");
    }
}

impl fmt::Display for Exploration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, seed {}: ", self.name, self.seed)?;
        if let Some(reason) = &self.skipped {
            return write!(f, "skipped: {reason}");
        }
        match self.failures.len() {
            0 => f.write_str("everything came together")?,
            1 => f.write_str("1 run did not come together")?,
            count => write!(f, "{count} runs did not come together")?,
        }
        for phase in &self.phases {
            write!(
                f,
                "\n{:>10}: {} cuts at {} boundaries, {} second cuts, {} troubles with {} requests",
                phase.name,
                phase.cut_count(),
                phase.boundaries.len(),
                phase.second_cuts,
                phase.trouble_count(),
                phase.requests.len(),
            )?;
            if phase.stops > 0 {
                write!(f, ", {} stops to ask", phase.stops)?;
            }
            let cuts = phase.cuts.iter().map(|(kind, count)| format!("{} {count}", kind.name()));
            let troubles = phase.troubles.iter().map(|(trouble, count)| format!("{trouble} {count}"));
            let counts: Vec<String> = cuts.chain(troubles).collect();
            if !counts.is_empty() {
                write!(f, "\n{:>10}  {}", "", counts.join(", "))?;
            }
        }
        for failure in &self.failures {
            write!(f, "\n{failure}")?;
        }
        Ok(())
    }
}
