//! How a run looks on a terminal: a pure function of what is known, the time and the size. Knows
//! nothing of how it gets there.

use anstyle::Style;
use iac_core::StepIndex;
use iac_core::state::TimestampMs;

use super::board::{Board, Held, Running, WAITERS_COUNTED_MAX, elapsed, held};
use crate::canvas::Size;
use crate::columns::{Line, columns, cut_end, cut_start};
use crate::layout::{BAD, CHANGE, FAINT, HINT, PLAIN, STRONG};
use crate::render::{name, words};

/// Shorter predictions are not worth telling.
const EXPECTED_TOLD_MS_MIN: u64 = 1000;
/// Narrower lines do not say how long a step is expected to take.
const EXPECTED_COLUMNS_MIN: usize = 60;
/// Rows for what is drawn in place, of each three that the terminal has: the rest is for what is done.
const ROWS_OF_THREE: usize = 2;
/// Rows below which only the totals are drawn.
const ROWS_MIN: usize = 4;
/// Columns of the symbol.
const MARK_COLUMNS: usize = 2;
/// Columns of a name, of each hundred that the line has.
const NAME_PERCENT: usize = 45;
/// Names are not cut below so many columns.
const NAME_COLUMNS_MIN: usize = 10;
/// Columns that are left for what a step waits for before the steps behind it are told, too.
const DETAIL_COLUMNS_MIN: usize = 18;

/// The lines to draw; none where there is nothing to tell. No line is as wide as the terminal, so that
/// none wraps, and together they leave room for lines above.
pub(crate) fn look(board: &Board, now: TimestampMs, size: Size) -> Vec<Line> {
    let room = size.columns.saturating_sub(1).max(1);
    let mut lines = Vec::new();
    if let Some(aside) = board.aside() {
        let mut line = Line::new(room);
        let so_far = format!(" {}", time(elapsed(aside.since, now)));
        line.push(HINT, &cut_end(&capital(&aside.what), room.saturating_sub(columns(&so_far))));
        line.push(FAINT, &so_far);
        if let Some(held) = held(&aside.held, now) {
            line.push(CHANGE, &format!(", {}", held_text(held, now)));
        }
        lines.push(line);
    }
    let Some(since) = board.goes_on_since() else { return lines };
    let rows_max = if size.rows < ROWS_MIN { 1 } else { size.rows * ROWS_OF_THREE / 3 };
    let free = rows_max.saturating_sub(lines.len() + 1);
    steps(&mut lines, board, now, room, free);
    lines.push(totals(board, since, now, room));
    lines
}

fn steps(lines: &mut Vec<Line>, board: &Board, now: TimestampMs, room: usize, rows: usize) {
    let running = board.running();
    let (shown, more) = match running.len() {
        all if all <= rows => (all, 0),
        all => (rows.saturating_sub(1), all - rows.saturating_sub(1)),
    };
    let names_room = (room * NAME_PERCENT / 100).max(NAME_COLUMNS_MIN);
    let shown: Vec<_> = running.into_iter().take(shown).collect();
    let names = names(&shown, names_room);
    let names_columns = names.iter().map(|name| columns(name)).max().unwrap_or(0);
    let times: Vec<String> = shown.iter().map(|(_, running)| step_time(running, now, room)).collect();
    let times_columns = times.iter().map(|time| columns(time)).max().unwrap_or(0);
    for (((step, running), name), time) in shown.into_iter().zip(names).zip(times) {
        let mut line = Line::new(room);
        let word = words(running.op);
        line.push(word.style, &format!("{:<MARK_COLUMNS$}", word.mark));
        line.push(PLAIN, &format!("{name}{:1$}", "", names_columns - columns(&name)));
        line.push(FAINT, &format!(" {time:>times_columns$}"));
        detail(&mut line, board, step, running, now);
        lines.push(line);
    }
    if more > 0 && rows > 0 {
        let mut line = Line::new(room);
        line.push(FAINT, &format!("{:MARK_COLUMNS$}... and {more} more running", ""));
        lines.push(line);
    }
}

/// How long the step has run, of how long it is expected to where there is room.
fn step_time(running: &Running, now: TimestampMs, room: usize) -> String {
    let so_far = time(elapsed(running.began_at, now));
    match running.expected_ms.filter(|expected| *expected >= EXPECTED_TOLD_MS_MIN) {
        Some(expected) if room >= EXPECTED_COLUMNS_MIN => format!("{so_far}/{}", time(expected)),
        _ => so_far,
    }
}

/// Type and path where that fits for all of them, else the path, cut where it says least.
fn names(shown: &[(StepIndex, &Running)], room: usize) -> Vec<String> {
    let full: Vec<String> = shown.iter().map(|(_, running)| name(&running.urn)).collect();
    if full.iter().all(|name| columns(name) <= room) {
        return full;
    }
    shown.iter().map(|(_, running)| cut_start(running.urn.path(), room)).collect()
}

/// What the step waits for, and how many wait for it.
fn detail(line: &mut Line, board: &Board, step: StepIndex, running: &Running, now: TimestampMs) {
    let waiters = match board.waiters(step) {
        0 => String::new(),
        WAITERS_COUNTED_MAX => format!("  {WAITERS_COUNTED_MAX}+ wait for it"),
        1 => "  1 waits for it".to_owned(),
        count => format!("  {count} wait for it"),
    };
    let tells_waiters = line.left() >= DETAIL_COLUMNS_MIN + columns(&waiters);
    let room = line.left().saturating_sub(if tells_waiters { columns(&waiters) } else { 0 });
    let (style, text) = waits_for(running, now);
    let mut part = Line::new(room);
    part.push(style, &format!("  {text}"));
    line.append(part);
    if tells_waiters {
        line.push(FAINT, &waiters);
    }
}

fn waits_for(running: &Running, now: TimestampMs) -> (Style, String) {
    match (held(&running.held, now), &running.progress) {
        (Some(held), _) => (CHANGE, held_text(held, now)),
        (None, Some(progress)) => {
            // First what changes: the rest may be cut.
            let percent = progress.percent.map(|percent| format!("{percent}% ")).unwrap_or_default();
            (PLAIN, format!("{percent}{}", progress.what))
        }
        (None, None) => (PLAIN, words(running.op).doing.to_owned()),
    }
}

fn held_text(held: &Held, now: TimestampMs) -> String {
    let left = time(elapsed(now, held.until));
    match held.attempt {
        Some(attempt) => format!("attempt {attempt} in {left}: {}", held.why),
        None => format!("paused for {left}: {}", held.why),
    }
}

/// The last line: the longest of its forms that fits.
fn totals(board: &Board, since: TimestampMs, now: TimestampMs, room: usize) -> Line {
    let (steps, done, failed, skipped) = board.counts();
    let so_far = elapsed(since, now);
    let mut facts = vec![(PLAIN, format!("{} running", board.running_len()))];
    if board.waiting() > 0 && !board.is_stopping() {
        facts.push((PLAIN, format!("{} waiting", board.waiting())));
    }
    let held = board.held(now);
    let held = (held > 0).then(|| (CHANGE, format!("{held} held up")));
    let bad = (failed > 0).then(|| (BAD, format!("{failed} failed")));
    let skipped = (skipped > 0).then(|| (FAINT, format!("{skipped} not tried")));
    let told = |expected: &u64| *expected >= EXPECTED_TOLD_MS_MIN;
    let left = board.expected_ms().filter(told).map(|expected| (FAINT, remaining(expected, so_far)));
    let lead = if board.is_stopping() { "Stopping: " } else { "" };
    let head = |text: String| (STRONG, format!("{lead}{text}"));
    let elapsed = |text: String| (FAINT, text);
    let mut long = vec![head(format!("{done} of {steps} done"))];
    long.extend(facts.iter().cloned().chain(held).chain(bad.clone()).chain(skipped));
    long.push(elapsed(format!("{} elapsed", time(so_far))));
    let without_estimate = long.clone();
    long.extend(left);
    let mut short = vec![head(format!("{done}/{steps}"))];
    short.extend(facts.into_iter().chain(bad.clone()));
    let without_time = short.clone();
    short.push(elapsed(time(so_far)));
    let mut least = vec![head(format!("{done}/{steps}"))];
    least.extend(bad);
    least.push(elapsed(time(so_far)));
    let width = |parts: &[(Style, String)]| {
        parts.iter().map(|(_, text)| columns(text)).sum::<usize>() + 2 * parts.len().saturating_sub(1)
    };
    let forms = [long, without_estimate, short, without_time];
    let chosen = forms.into_iter().find(|parts| width(parts) <= room).unwrap_or(least);
    let mut line = Line::new(room);
    for (number, (style, text)) in chosen.into_iter().enumerate() {
        if number > 0 {
            line.push(PLAIN, ", ");
        }
        line.push(style, &text);
    }
    line
}

/// What is left of a prediction.
fn remaining(expected_ms: u64, so_far_ms: u64) -> String {
    match expected_ms.checked_sub(so_far_ms) {
        Some(left) if left > 0 => format!("about {} left", time(left)),
        _ => format!("expected {}", time(expected_ms)),
    }
}

/// `12s`, `3m05s`, `1h02m`.
fn time(ms: u64) -> String {
    let seconds = ms / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
