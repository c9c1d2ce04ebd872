//! A desk with a terminal that records what it is shown, on one cloud and one state.

use std::io::{self, Cursor, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use iac_cli::{Console, ProgramError, RunContext, Runner};
use iac_core::state::{MemoryBackend, RawKey, TimestampMs};
use iac_core::{BuildId, Cancel, Clock, Stack};

use crate::cloud::Cloud;

/// A clock that stands still but for what the cloud takes: 2026-11-21 12:38:08 UTC.
pub(crate) const NOW: TimestampMs = 1_795_264_688_000;

struct Still(TimestampMs, Arc<AtomicI64>);

impl Clock for Still {
    fn now_ms(&self) -> TimestampMs {
        self.0 + self.1.load(Ordering::Relaxed)
    }
}

/// A stream that can be read while somebody else writes it.
#[derive(Clone, Default)]
pub(crate) struct Tape(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder panicked").write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tape {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no holder panicked").clone())
            .expect("the runner writes UTF-8")
    }
}

/// What a program declares.
pub(crate) type Program = fn(&Stack) -> Result<(), ProgramError>;

/// One project on one cloud and one state, run again and again.
pub(crate) struct Desk {
    pub(crate) cloud: Cloud,
    pub(crate) backend: MemoryBackend,
    pub(crate) width: usize,
    pub(crate) color: bool,
    /// How high the terminal is that progress is drawn on, if there is one; what it shows at the end is
    /// what the transcript has.
    pub(crate) rows: Option<usize>,
    /// What is typed; `None` where there is no terminal.
    pub(crate) typed: Option<&'static str>,
    pub(crate) now: TimestampMs,
    pub(crate) cancel: Cancel,
    /// The build of the program.
    pub(crate) build: &'static str,
    pub(crate) transcript: String,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            cloud: Cloud::default(),
            backend: MemoryBackend::new(),
            width: 100,
            color: false,
            rows: None,
            typed: None,
            now: NOW,
            cancel: Cancel::new(),
            build: "the first build",
            transcript: String::new(),
        }
    }
}

/// What one run answered.
pub(crate) struct Answer {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    /// Runs `line` and writes the transcript on.
    pub(crate) fn run(&mut self, line: &str, program: Program) -> Answer {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let typed = self.typed.unwrap_or_default();
        let console = Console::new(Cursor::new(typed), stdout.clone(), stderr.clone())
            .interactive(self.typed.is_some())
            .width(self.width)
            .color(self.color);
        let console = match self.rows {
            Some(rows) => console.terminal(self.width, rows),
            None => console,
        };
        let cloud = self.cloud.clone();
        let parts: Vec<&str> = std::iter::once("shop").chain(line.split_whitespace()).collect();
        let code = self.runner().run_with(
            parts,
            console,
            async |_: &RunContext, stack: &Stack| -> Result<(), ProgramError> {
                stack.provider_instance(cloud.instance())?;
                program(stack)
            },
        );
        let stdout = match self.rows {
            Some(_) => shown(&stdout.text(), self.width),
            None => stdout.text(),
        };
        let answer = Answer { code, stdout, stderr: stderr.text() };
        if line.split_whitespace().any(|part| part == "--json") {
            crate::wire::check(&answer.stdout);
        }
        self.transcript.push_str(&format!("$ shop {line}\n{}", answer.stdout));
        if !answer.stderr.is_empty() {
            self.transcript.push_str(&format!("--- standard error\n{}", answer.stderr));
        }
        self.transcript.push_str(&format!("--- exit code {code}\n\n"));
        answer
    }

    pub(crate) fn runner(&self) -> Runner {
        Runner::new("shop")
            .about("A shop")
            .version("1.2.3")
            .stacks(["dev", "staging", "production"])
            .default_stack("dev")
            .backend(Arc::new(self.backend.clone()))
            .clock(Still(self.now, Arc::clone(&self.cloud.passed_ms)))
            .keyring(RawKey::new("the key of this test", [7; 32]))
            .build_id(BuildId::named(self.build))
            .cancel(self.cancel.clone())
    }

    /// Compares the transcript with the stored one. With `UPDATE_SNAPSHOTS=1` it is stored.
    pub(crate) fn matches(&self, name: &str) {
        let path = format!("{}/tests/snapshots/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        // The prompt ends with a blank, because there the person types.
        let lines = self.transcript.lines().enumerate();
        for (number, line) in lines.filter(|(_, line)| !line.starts_with("$ ") && !line.ends_with(": ")) {
            assert_eq!(line, line.trim_end(), "{name}: line {} ends with a blank", number + 1);
        }
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(std::path::Path::new(&path).parent().expect("it has a directory"))
                .expect("the directory can be made");
            std::fs::write(&path, &self.transcript).expect("the directory is there");
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == self.transcript,
            "{name}: the transcript differs; run with UPDATE_SNAPSHOTS=1 and look at the change\n{}",
            first_difference(&stored, &self.transcript)
        );
    }
}

/// Rows of the terminal that a transcript is read from: all of a run, so that nothing scrolls away.
const TRANSCRIPT_ROWS: u16 = 400;

/// What a terminal shows after `text`.
pub(crate) fn shown(text: &str, columns: usize) -> String {
    let side = |length: usize| NonZero::new(length as u16).expect("a terminal has a size");
    let mut terminal = vt100::Parser::new(side(TRANSCRIPT_ROWS.into()), side(columns), 0);
    terminal.process(text.replace('\n', "\r\n").as_bytes());
    assert!(!terminal.screen().hide_cursor(), "the cursor is hidden");
    let rows = terminal.screen().rows(0, columns as u16).map(|row| format!("{}\n", row.trim_end()));
    format!("{}\n", rows.collect::<String>().trim_end())
}

fn first_difference(stored: &str, now: &str) -> String {
    let (mut old, mut new) = (stored.lines(), now.lines());
    loop {
        match (old.next(), new.next()) {
            (None, None) => return String::new(),
            (old, new) if old != new => return format!("stored: {old:?}\nnow:    {new:?}"),
            _ => {}
        }
    }
}
