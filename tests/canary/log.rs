//! The log of everything in this process at the most verbose level, in memory.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

/// A stream that can be read while somebody else writes it.
#[derive(Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Vec<u8>>>);

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tape {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

static PANICS: LazyLock<Tape> = LazyLock::new(|| {
    let tape = Tape::default();
    let writer = tape.clone();
    let before = std::panic::take_hook();
    // Everything that a panic hook gets to see, as the default one prints it.
    std::panic::set_hook(Box::new(move |info| {
        let _ = writeln!(writer.clone(), "{info}");
        before(info);
    }));
    tape
});

static LOG: LazyLock<Tape> = LazyLock::new(|| {
    let tape = Tape::default();
    let writer = tape.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    tape
});

/// Starts the log, once in a process, and gives what it holds.
pub(crate) fn log() -> &'static Tape {
    LazyLock::force(&PANICS);
    &LOG
}

/// What panics print, unless a hook that came later keeps it to itself.
pub(crate) fn panics() -> &'static Tape {
    &PANICS
}
