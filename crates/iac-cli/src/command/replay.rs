//! `replay`: a past run once more, from the history or from a file of JSON lines, through the reporter
//! that shows runs while they happen.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use iac_core::state::TimestampMs;
use iac_core::{Event, StepFailure};
use serde_json::Value as Json;

use super::work::Look;
use crate::arguments_replay::Replaying;
use crate::exit::{EXIT_DONE, EXIT_FAILED};
use crate::failure::Failure;
use crate::layout::{HINT, Page};
use crate::render;
use crate::report::Progress;
use crate::screen::Screen;
use crate::text::JSON_LINES_VERSION;
use crate::watch::{Board, Mode};

/// Longest line that is read; the longest are plans.
const LINE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Most events of one file.
const EVENTS_MAX: usize = 5_000_000;
/// Longest pause between two events: a time that makes no sense must not stop everything.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Shows a run of the history once more.
pub(crate) async fn replay_run(look: &Look<'_>, replaying: &Replaying) -> Result<u8, Failure> {
    let number = replaying.run.unwrap_or_default();
    let action = format!("replay run {number} of {}", look.stack);
    let failed = |error| Failure::engine(&action, error);
    let run = look.engine.run(look.stack, number).await.map_err(failed)?;
    let past = look.engine.run_events(look.stack, number).await.map_err(failed)?;
    let (Some(run), Some(past)) = (run, past) else {
        let newest = look.engine.runs(look.stack, 1).await.map_err(failed)?;
        let last = newest.first().map_or(0, |newest| newest.run);
        let failure = Failure::new(&action, format!("there is no such run; the last one is {last}"));
        return Err(failure.hint("`history` lists the runs"));
    };
    look.screen.out(&render::runs(std::slice::from_ref(&run), look.screen.width));
    play(look.screen, look.mode, replaying.speed, &past.events).await;
    if !past.complete {
        let text = "this is what the steps' records tell; what else was said during the run is not recorded";
        note(look.screen, text);
    }
    Ok(EXIT_DONE)
}

/// Shows the runs of a recorded file. Needs neither stack nor state.
pub(crate) async fn replay_file(
    screen: &Screen,
    mode: Mode,
    path: &Path,
    speed: Option<f64>,
) -> Result<u8, Failure> {
    let action = format!("replay {}", path.display());
    let file = File::open(path).map_err(|error| {
        Failure::new(&action, error).hint("name a file of JSON lines, as `up --json > FILE` writes it")
    })?;
    let recorded = read(&mut BufReader::new(file)).map_err(|why| {
        let failure = Failure::new(&action, why);
        failure.hint("give it what `--json` wrote to standard output, and nothing else")
    })?;
    let is_begin = |event: &Event| matches!(event, Event::RunStarted { .. });
    let mut rest = recorded.events.as_slice();
    while !rest.is_empty() {
        // Up to the begin of the next run.
        let next = rest.iter().skip(1).position(is_begin).map_or(rest.len(), |at| at + 1);
        let (run, later) = rest.split_at(next);
        play(screen, mode, speed, run).await;
        rest = later;
    }
    if recorded.unknown > 0 {
        let events = render::counted(recorded.unknown, "event");
        note(screen, &format!("left out {events} of kinds that a newer version of this program knows"));
    }
    if recorded.is_cut {
        note(screen, "the record ends in the middle of a line");
    }
    if recorded.events.is_empty() {
        note(screen, "there are no events in it");
    }
    Ok(EXIT_DONE)
}

/// What a file has.
#[derive(Default)]
struct Recorded {
    events: Vec<Event>,
    /// Events of kinds that this version does not know.
    unknown: usize,
    /// Whether its writer was killed in the middle of a line.
    is_cut: bool,
}

fn read(reader: &mut impl BufRead) -> Result<Recorded, String> {
    let mut recorded = Recorded::default();
    for number in 1usize.. {
        let Some(line) = read_line(reader).map_err(|error| format!("line {number}: {error}"))? else { break };
        match parse(&line) {
            Ok(Line::Event(event)) => recorded.events.push(*event),
            Ok(Line::Unknown) => recorded.unknown += 1,
            Ok(Line::Other) => {}
            Err(_) if !line.ends_with(b"\n") => recorded.is_cut = true,
            Err(why) => return Err(format!("line {number} {why}")),
        }
        if recorded.events.len() > EVENTS_MAX {
            return Err(format!("it has more than {EVENTS_MAX} events"));
        }
    }
    Ok(recorded)
}

/// What a recorded line is.
enum Line {
    Event(Box<Event>),
    /// An event of a kind that this version does not know.
    Unknown,
    /// Something else: a plan, outputs.
    Other,
}

fn parse(line: &[u8]) -> Result<Line, String> {
    if line.trim_ascii().is_empty() {
        return Ok(Line::Other);
    }
    let content: Json = serde_json::from_slice(line).map_err(|error| format!("is not JSON: {error}"))?;
    match content.get("v").and_then(Json::as_u64) {
        Some(version) if version == u64::from(JSON_LINES_VERSION) => {}
        Some(version) => {
            return Err(format!("has version {version}; this program reads {JSON_LINES_VERSION}"));
        }
        None => return Err("is no line of `--json`: it has no version `v`".to_owned()),
    }
    if content.get("type").and_then(Json::as_str) != Some("event") {
        return Ok(Line::Other);
    }
    let kind = content.get("event").and_then(Json::as_str).unwrap_or_default();
    if !Event::KINDS.contains(&kind) {
        return Ok(Line::Unknown);
    }
    let event = serde_json::from_value(content).map_err(|error| format!("is a damaged event: {error}"))?;
    Ok(Line::Event(Box::new(event)))
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let length = reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    if length as u64 == LINE_BYTES_MAX {
        return Err(io::Error::other(format!("a line is longer than {LINE_BYTES_MAX} bytes")));
    }
    Ok((length > 0).then_some(line))
}

/// Shows the events of one run at a pace, and how it ended.
async fn play(screen: &Screen, mode: Mode, speed: Option<f64>, events: &[Event]) {
    let time = Time { speed, last: Mutex::new(None) };
    let progress = Progress::at(screen, mode, Board::default(), || time.now());
    let shown = async {
        for event in events {
            if let Some(at) = event.at() {
                let pause = pause(time.last(), at, speed);
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                time.reaches(at);
            }
            progress.take(event);
        }
    };
    progress.during(shown).await;
    if screen.json {
        return;
    }
    let failures: Vec<StepFailure> = events.iter().filter_map(StepFailure::of_event).collect();
    Failure::steps(&failures, EXIT_FAILED).print(screen);
    if let Some(Event::RunFinished { status, failed, skipped, .. }) = events.last() {
        let done = progress.tally().finished;
        screen.out(&render::replayed(*status, &done, *failed, *skipped, screen.size().columns));
    }
}

/// The time that is replayed: that of the last event, and what passed since at the speed.
struct Time {
    speed: Option<f64>,
    last: Mutex<Option<(TimestampMs, Instant)>>,
}

impl Time {
    /// Two numbers are whole at every moment.
    fn state(&self) -> MutexGuard<'_, Option<(TimestampMs, Instant)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> Option<TimestampMs> {
        self.state().map(|(at, _)| at)
    }

    fn reaches(&self, at: TimestampMs) {
        *self.state() = Some((at, Instant::now()));
    }

    fn now(&self) -> TimestampMs {
        let Some((at, since)) = *self.state() else { return 0 };
        let passed = self.speed.map_or(Duration::ZERO, |speed| {
            Duration::try_from_secs_f64(since.elapsed().as_secs_f64() * speed).unwrap_or(PAUSE_MAX)
        });
        at.saturating_add(TimestampMs::try_from(passed.as_millis()).unwrap_or(TimestampMs::MAX))
    }
}

/// How long to wait before an event of `at`; nothing without a speed, and where time stands or goes
/// back.
fn pause(last: Option<TimestampMs>, at: TimestampMs, speed: Option<f64>) -> Duration {
    let (Some(last), Some(speed)) = (last, speed) else { return Duration::ZERO };
    let passed = Duration::from_millis(u64::try_from(at.saturating_sub(last)).unwrap_or_default());
    Duration::try_from_secs_f64(passed.as_secs_f64() / speed).unwrap_or(PAUSE_MAX).min(PAUSE_MAX)
}

fn note(screen: &Screen, text: &str) {
    let mut page = Page::new(screen.width);
    page.item(0, "note:", HINT, text, 2);
    screen.err(&page.finish());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_as_long_as_they_were_by_the_speed() {
        assert_eq!(pause(Some(1_000), 21_000, Some(10.0)), Duration::from_secs(2));
        assert_eq!(pause(Some(1_000), 2_000, Some(0.5)), Duration::from_secs(2));
        assert_eq!(pause(Some(1_000), 21_000, None), Duration::ZERO);
        assert_eq!(pause(None, 21_000, Some(1.0)), Duration::ZERO);
        assert_eq!(pause(Some(5), 1, Some(1.0)), Duration::ZERO);
        assert_eq!(pause(Some(0), TimestampMs::MAX, Some(1e-300)), PAUSE_MAX);
    }

    #[test]
    fn only_lines_of_this_version_are_read() {
        assert!(matches!(parse(b"{\"v\":1,\"type\":\"plan\"}\n"), Ok(Line::Other)));
        assert!(matches!(parse(b"\n"), Ok(Line::Other)));
        let refreshing =
            b"{\"v\":1,\"type\":\"event\",\"event\":\"refreshing\",\"resources\":4,\"more\":1}\n";
        assert!(matches!(parse(refreshing), Ok(Line::Event(_))));
        assert!(matches!(parse(b"{\"v\":1,\"type\":\"event\",\"event\":\"later\"}"), Ok(Line::Unknown)));
        for (line, why) in [
            (&b"{\"v\":2,\"type\":\"event\"}"[..], "version 2; this program reads 1"),
            (b"{\"type\":\"event\"}", "no version"),
            (b"{\"v\":1,\"type\":\"event\",\"event\":\"refreshing\"}", "damaged event"),
            (b"plan", "not JSON"),
        ] {
            let Err(error) = parse(line) else { panic!("accepted") };
            assert!(error.contains(why), "{error}");
        }
    }
}
