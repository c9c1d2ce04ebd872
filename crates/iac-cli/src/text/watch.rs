//! [`RunWatch`]: what goes on in a run, as lines to draw and lines to log. Knows no clock and no
//! terminal.

use iac_core::state::TimestampMs;
use iac_core::{Event, Plan};

use super::style::Look;
use crate::canvas::Size;
use crate::layout::Page;
use crate::watch::{Board, Log, Moment, Tally, look};

/// What is known of a run: it is fed with the run's events, and tells how that looks. Nothing is drawn or
/// written, and no clock is read.
///
/// ```
/// use iac_cli::{OutcomeText, RunWatch};
/// use iac_core::random::RandomToken;
/// use iac_core::state::MemoryBackend;
/// use iac_core::{ApplyOptions, Engine, Event, NoReporter, PlanOptions, Stack};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let stack = Stack::new("philotes", "dev")?;
/// # stack.add("token", RandomToken::args().bytes(16u32))?;
/// # let graph = stack.freeze()?;
/// # let engine = Engine::builder().backend(MemoryBackend::new()).build();
/// # let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
/// let mut watch = RunWatch::new(&plan);
/// let mut log = String::new();
/// let mut drawn = Vec::new();
/// let mut report = |event: &Event| {
///     log.push_str(&watch.take(event, engine.now_ms()));
///     drawn = watch.lines(engine.now_ms(), 80, 24);
/// };
/// let outcome = engine.apply(&graph, &plan, ApplyOptions::new(), &mut report).await?;
/// assert!(log.contains("random:token token: created"));
/// assert!(drawn.is_empty(), "the run is over");
/// let end = OutcomeText::new(&plan, &outcome, &watch).to_string();
/// assert!(end.contains("Done: 1 created."));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RunWatch {
    board: Board,
    log: Log,
    look: Look,
}

impl RunWatch {
    /// A watch over the apply of `plan`: log lines of 100 columns, no colours.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        Self { board: Board::of_plan(plan), log: Log::default(), look: Look::default() }
    }

    /// Wraps log lines at so many columns.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.look.width = columns;
        self
    }

    /// Whether lines have colours, as escape codes of terminals.
    #[must_use]
    pub fn color(mut self, color: bool) -> Self {
        self.look.color = color;
        self
    }

    /// Takes one event that is seen at `now` (milliseconds since 1970), and gives the lines that a log
    /// has of it, each with its time and a line feed; empty where it says nothing new.
    pub fn take(&mut self, event: &Event, now: TimestampMs) -> String {
        self.board.take(event, now);
        let mut page = Page::new(self.look.width);
        self.log.event(&mut page, event, moment(now));
        self.look.text(&page.finish())
    }

    /// What a log says at `now` of steps that have long been silent, so that it does not look dead. To be
    /// asked now and then; empty most of the time.
    pub fn beat(&mut self, now: TimestampMs) -> String {
        let mut page = Page::new(self.look.width);
        self.log.beat(&mut page, &self.board, moment(now));
        self.look.text(&page.finish())
    }

    /// The lines to draw at `now` on a terminal of this size, without line feeds: what runs, what it waits
    /// for, the totals. None is as wide as the terminal, there are fewer than rows, and there are none
    /// before and after the run.
    #[must_use]
    pub fn lines(&self, now: TimestampMs, columns: usize, rows: usize) -> Vec<String> {
        let lines = look(&self.board, now, Size { columns, rows });
        lines.iter().map(|line| self.look.text(line.styled())).collect()
    }

    pub(super) fn tally(&self) -> Tally {
        self.board.tally()
    }
}

/// Silence is measured by the same clock, which may be set while the run goes on: then a line comes too
/// early or too late.
fn moment(now: TimestampMs) -> Moment {
    Moment { at: now, uptime_ms: u64::try_from(now).unwrap_or(0) }
}
