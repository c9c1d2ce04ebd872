//! [`Progress`]: shows what happens during one call of the engine, in the way that was chosen, and
//! knows afterwards what was done. Knows nothing of what comes next.

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use iac_core::Event;
use iac_core::state::TimestampMs;
use tokio::time::{MissedTickBehavior, interval};

use crate::canvas::Size;
use crate::columns::Line;
use crate::command::Work;
use crate::layout::Page;
use crate::render::to_json;
use crate::screen::Screen;
use crate::signals::Resumed;
use crate::watch::{Board, Lane, Log, Mode, Moment, Said, Tally, look, note};

/// How often a terminal is drawn anew at most, however much happens.
const FRAME: Duration = Duration::from_millis(100);
/// How often lines for a log are thought about that no event brings.
const BEAT: Duration = Duration::from_secs(1);

/// Shows the events of one call of the engine.
pub(crate) struct Progress<'a> {
    screen: &'a Screen,
    now: Box<dyn Fn() -> TimestampMs + Send + Sync + 'a>,
    mode: Mode,
    since: Instant,
    shown: Mutex<Shown>,
}

struct Shown {
    board: Board,
    log: Log,
    said: Said,
    /// What is to stay on the terminal and was not written yet.
    above: String,
    /// What is drawn on it, and for which size.
    drawn: Vec<Line>,
    size: Option<Size>,
}

impl<'a> Progress<'a> {
    /// For a call that applies no plan.
    pub(crate) fn new(work: &Work<'a>) -> Self {
        Self::on(work, Board::default())
    }

    /// For a call whose plan `board` knows.
    pub(crate) fn on(work: &Work<'a>, board: Board) -> Self {
        let engine = work.engine;
        Self::at(work.screen, work.mode, board, move || engine.now_ms())
    }

    /// For events that come from somewhere else, at the times that `now` tells.
    pub(crate) fn at(
        screen: &'a Screen,
        mode: Mode,
        board: Board,
        now: impl Fn() -> TimestampMs + Send + Sync + 'a,
    ) -> Self {
        let (log, said) = (Log::default(), Said::default());
        let shown = Shown { board, log, said, above: String::new(), drawn: Vec::new(), size: None };
        let (since, shown) = (Instant::now(), Mutex::new(shown));
        Self { screen, now: Box::new(now), mode, since, shown }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What takes the engine's events.
    pub(crate) fn reporter(&self) -> impl FnMut(&Event) + Send {
        |event| self.take(event)
    }

    /// Does `work`, and shows meanwhile what goes on even where no event comes.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let every = match self.mode {
            _ if self.screen.json => return work.await,
            Mode::Quiet => return work.await,
            Mode::Live => FRAME,
            Mode::Plain => BEAT,
        };
        // Whether it ends, is given up or panics.
        let _end = End(self);
        let mut work = pin!(work);
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut resumed = Resumed::listen();
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = resumed.next() => self.screen.leave_drawing(),
                _ = ticks.tick() => self.tick(),
            }
        }
    }

    /// What was done.
    pub(crate) fn tally(&self) -> Tally {
        self.shown().board.tally()
    }

    pub(crate) fn take(&self, event: &Event) {
        let now = (self.now)();
        let mut shown = self.shown();
        shown.board.take(event, now);
        if self.screen.json {
            return self.screen.json_line("event", to_json(event));
        }
        let mut page = Page::new(self.screen.size().columns);
        match self.mode {
            Mode::Plain => {
                let lane = shown.log.event(&mut page, event, self.moment(now));
                self.write(lane, &page.finish());
            }
            _ if note(&mut page, event) => {
                shown.draw(self.screen, Vec::new());
                self.screen.err(&page.finish());
            }
            Mode::Live => {
                if let Event::RunStarted { .. } = event {
                    page.gap();
                }
                shown.said.end(&mut page, None, event);
                shown.above.push_str(&page.finish());
            }
            Mode::Quiet => {}
        }
    }

    fn tick(&self) {
        let now = (self.now)();
        let mut shown = self.shown();
        match self.mode {
            Mode::Live => {
                let size = self.screen.size();
                let lines = look(&shown.board, now, size);
                let is_drawn = lines == shown.drawn && shown.size == Some(size) && self.screen.is_drawn();
                if !(is_drawn || lines.is_empty() && shown.drawn.is_empty()) || !shown.above.is_empty() {
                    shown.draw(self.screen, lines);
                    shown.size = Some(size);
                }
            }
            Mode::Plain => {
                let mut page = Page::new(self.screen.size().columns);
                let Shown { board, log, .. } = &mut *shown;
                let lane = log.beat(&mut page, board, self.moment(now));
                self.write(lane, &page.finish());
            }
            Mode::Quiet => {}
        }
    }

    fn moment(&self, at: TimestampMs) -> Moment {
        let uptime_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        Moment { at, uptime_ms }
    }

    fn write(&self, lane: Lane, text: &str) {
        match lane {
            Lane::Out => self.screen.out(text),
            Lane::Err => self.screen.err(text),
        }
    }
}

impl Shown {
    fn draw(&mut self, screen: &Screen, lines: Vec<Line>) {
        screen.draw(&std::mem::take(&mut self.above), &lines);
        self.drawn = lines;
    }
}

/// The end of what is shown: nothing drawn is left, and nothing that stays is lost.
struct End<'a>(&'a Progress<'a>);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let Progress { screen, mode, .. } = self.0;
        if *mode == Mode::Live {
            if std::thread::panicking() {
                // The message of the panic stands below the drawing.
                screen.leave_drawing();
            }
            self.0.shown().draw(screen, Vec::new());
        }
    }
}
