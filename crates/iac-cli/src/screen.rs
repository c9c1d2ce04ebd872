//! [`Screen`]: the one place that writes. A reader who goes away (`| head`) never stops a run.
//! Knows nothing of what is written.

use std::io::{self, BufRead, ErrorKind, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::adapter::strip_str;
use iac_core::Secret;
use serde_json::Value as Json;

use crate::canvas::{Canvas, Size};
use crate::columns::Line;
use crate::console::{Console, Terminal};

/// Longest answer read from a prompt.
const ANSWER_LENGTH_MAX: u64 = 4096;

/// Writes for people and for programs; shared by everything that runs.
pub(crate) struct Screen {
    /// Apart from the rest: while a person thinks about an answer, others may write.
    stdin: Mutex<Box<dyn BufRead + Send>>,
    streams: Mutex<Streams>,
    pub(crate) width: usize,
    terminal: Option<Terminal>,
    /// Whether somebody can be asked.
    pub(crate) interactive: bool,
    /// Whether standard output takes JSON lines only.
    pub(crate) json: bool,
}

struct Streams {
    stdout: Stream,
    stderr: Stream,
    /// What is drawn at the end of standard output.
    canvas: Canvas,
}

struct Stream {
    to: Box<dyn Write + Send>,
    color: bool,
    /// What went wrong first, other than a reader that went away.
    error: Option<io::Error>,
    closed: bool,
}

impl Stream {
    fn new(to: Box<dyn Write + Send>, color: bool) -> Self {
        Self { to, color, error: None, closed: false }
    }

    fn write(&mut self, text: &str) {
        if self.color { self.write_raw(text) } else { self.write_raw(&strip_str(text).to_string()) }
    }

    /// Writes escape codes, too.
    fn write_raw(&mut self, text: &str) {
        if self.closed || text.is_empty() {
            return;
        }
        if let Err(error) = self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()) {
            self.closed = true;
            if error.kind() != ErrorKind::BrokenPipe {
                self.error = Some(error);
            }
        }
    }
}

impl Screen {
    pub(crate) fn new(console: Console, json: bool) -> Self {
        let Console { stdin, stdout, stderr, interactive, width, .. } = console;
        let Console { color_stdout, color_stderr, terminal, .. } = console;
        let streams = Streams {
            stdout: Stream::new(stdout, color_stdout && !json),
            stderr: Stream::new(stderr, color_stderr),
            canvas: Canvas::default(),
        };
        Self {
            stdin: Mutex::new(stdin),
            streams: Mutex::new(streams),
            width,
            terminal,
            interactive: interactive && !json,
            json,
        }
    }

    /// The streams, to write to: nothing is drawn on the terminal any more.
    fn streams(&self) -> MutexGuard<'_, Streams> {
        let mut streams = self.drawn_streams();
        let taken_away = streams.canvas.clear(self.size());
        streams.stdout.write_raw(&taken_away);
        streams
    }

    fn drawn_streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether standard output is a terminal that can be drawn on.
    pub(crate) fn has_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// How large the terminal is now.
    pub(crate) fn size(&self) -> Size {
        let known = self.terminal.as_ref().and_then(Terminal::size);
        known.unwrap_or_else(|| Size::of_columns(self.width))
    }

    /// Writes `above`, and draws `lines` below it until something else is written.
    pub(crate) fn draw(&self, above: &str, lines: &[Line]) {
        let mut guard = self.drawn_streams();
        let Streams { stdout, canvas, .. } = &mut *guard;
        let size = self.size();
        if stdout.color {
            stdout.write_raw(&canvas.draw(above, lines, size));
        } else {
            let plain: Vec<Line> = lines.iter().map(Line::without_style).collect();
            stdout.write_raw(&canvas.draw(&strip_str(above).to_string(), &plain, size));
        }
    }

    /// Whether the drawing is still there: whatever else is written takes it away.
    pub(crate) fn is_drawn(&self) -> bool {
        self.drawn_streams().canvas.is_drawn()
    }

    /// What is drawn now stays where it is.
    pub(crate) fn leave_drawing(&self) {
        self.drawn_streams().canvas.leave();
    }

    /// Takes away what is drawn, unless somebody is writing just now: for a panic, which may have come
    /// in the middle of that.
    pub(crate) fn make_way(&self) {
        if let Ok(mut streams) = self.streams.try_lock() {
            let taken_away = streams.canvas.clear(self.size());
            streams.stdout.write_raw(&taken_away);
        }
    }

    /// Text on standard output, as it is; nothing where that takes JSON only.
    pub(crate) fn out(&self, text: &str) {
        if !self.json && !text.is_empty() {
            self.streams().stdout.write(text);
        }
    }

    /// Text on standard error, as it is.
    pub(crate) fn err(&self, text: &str) {
        if !text.is_empty() {
            self.streams().stderr.write(text);
        }
    }

    /// A JSON line on standard output, if that is wanted: the fields of `content`, the version and
    /// the type.
    pub(crate) fn json_line(&self, kind: &str, content: Json) {
        if !self.json {
            return;
        }
        let line = crate::text::line(kind, &content);
        self.streams().stdout.write(&line);
    }

    /// Asks on standard output and reads one line; empty at the end of the input. Blocks.
    pub(crate) fn ask(&self, question: &str) -> io::Result<String> {
        self.streams().stdout.write(question);
        let mut answer = String::new();
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        io::Read::take(&mut *stdin, ANSWER_LENGTH_MAX).read_line(&mut answer)?;
        if !answer.ends_with('\n') {
            // Nobody pressed Enter, so the cursor still stands behind the question.
            self.streams().stdout.write("\n");
        }
        Ok(answer.trim().to_owned())
    }

    /// Reads a secret from standard input: a line where somebody types, everything otherwise, at most
    /// `bytes_max` and one byte to tell that there is more. One line break at its end and a byte order mark at
    /// its beginning are left out.
    /// Blocks.
    pub(crate) fn read_secret(&self, question: &str, bytes_max: usize) -> io::Result<Secret<String>> {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        let mut content = String::new();
        let mut input = io::Read::take(&mut *stdin, bytes_max as u64 + 1);
        if self.interactive {
            self.streams().stdout.write(question);
            input.read_line(&mut content)?;
            self.streams().stdout.write("\n");
        } else {
            io::Read::read_to_string(&mut input, &mut content)?;
        }
        // What some editors and shells put before UTF-8 text.
        if content.starts_with('\u{feff}') {
            content.remove(0);
        }
        let end = content.strip_suffix('\n').map(|rest| rest.strip_suffix('\r').unwrap_or(rest).len());
        content.truncate(end.unwrap_or(content.len()));
        Ok(Secret::new(content))
    }

    /// What kept standard output from being written, if anything did.
    pub(crate) fn output_error(&self) -> Option<io::Error> {
        self.streams().stdout.error.take()
    }
}
