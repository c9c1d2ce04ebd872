//! [`Console`]: everything of the process that the runner touches. Knows nothing of what is written.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};

use crate::canvas::Size;

/// Columns where there is no terminal to ask.
const WIDTH_DEFAULT: usize = 100;
/// Narrower terminals get lines of this length.
const WIDTH_MIN: usize = 24;

/// The streams, the width and the environment that a run works with.
///
/// [`Console::process`] is the real one. A test or an embedder makes its own, and nothing of the
/// process is read then.
pub struct Console {
    pub(crate) stdin: Box<dyn BufRead + Send>,
    pub(crate) stdout: Box<dyn Write + Send>,
    pub(crate) stderr: Box<dyn Write + Send>,
    pub(crate) interactive: bool,
    pub(crate) terminal: Option<Terminal>,
    pub(crate) width: usize,
    pub(crate) color_stdout: bool,
    pub(crate) color_stderr: bool,
    pub(crate) signals: bool,
    pub(crate) environment: Environment,
}

/// A terminal that can be drawn on: where its size is to be found.
pub(crate) enum Terminal {
    /// The one of the process; asked each time, because it can be resized.
    Process,
    Given(Size),
}

impl Terminal {
    pub(crate) fn size(&self) -> Option<Size> {
        match self {
            Self::Given(size) => Some(*size),
            Self::Process => terminal_size::terminal_size()
                .map(|(columns, rows)| Size { columns: columns.0.into(), rows: rows.0.into() })
                // Some terminals say nothing, in this way.
                .filter(|size| size.columns > 0 && size.rows > 0),
        }
    }
}

/// Where variables come from.
pub(crate) enum Environment {
    Process,
    Given(BTreeMap<String, OsString>),
}

impl Environment {
    /// The variable, unless it is unset, empty or not UTF-8.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.raw(name)?.into_string().ok().filter(|value| !value.is_empty())
    }

    /// Whether the variable is set to something that is not UTF-8. Who needs it must not take that for
    /// a variable that is unset.
    pub(crate) fn is_unreadable(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|value| value.to_str().is_none())
    }

    fn raw(&self, name: &str) -> Option<OsString> {
        match self {
            Self::Process => std::env::var_os(name),
            Self::Given(variables) => variables.get(name).cloned(),
        }
    }
}

impl Console {
    /// The process's own streams and environment. Colours follow `NO_COLOR`, `CLICOLOR`,
    /// `CLICOLOR_FORCE` and whether a stream is a terminal. Signals stop a run. Progress is drawn where
    /// standard output is a terminal that understands escape codes, which `TERM=dumb` denies.
    pub fn process() -> Self {
        #[cfg(windows)]
        let understands = anstyle_query::windows::enable_ansi_colors().unwrap_or(false);
        #[cfg(not(windows))]
        let understands = anstyle_query::term_supports_ansi_color();
        let width = terminal_size::terminal_size().map_or(WIDTH_DEFAULT, |(columns, _)| columns.0.into());
        let colored = |choice: ColorChoice| choice != ColorChoice::Never;
        let mut console = Self::new(BufReader::new(io::stdin()), io::stdout(), io::stderr());
        console.interactive = io::stdin().is_terminal() && io::stdout().is_terminal();
        console.color_stdout = colored(AutoStream::choice(&io::stdout()));
        console.color_stderr = colored(AutoStream::choice(&io::stderr()));
        console.terminal = (io::stdout().is_terminal() && understands).then_some(Terminal::Process);
        console.signals = true;
        console.environment = Environment::Process;
        console.width(width)
    }

    /// A console on the given streams: no terminal, no colours, 100 columns, no variables, no
    /// signals.
    pub fn new(
        stdin: impl BufRead + Send + 'static,
        stdout: impl Write + Send + 'static,
        stderr: impl Write + Send + 'static,
    ) -> Self {
        Self {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
            interactive: false,
            terminal: None,
            width: WIDTH_DEFAULT,
            color_stdout: false,
            color_stderr: false,
            signals: false,
            environment: Environment::Given(BTreeMap::new()),
        }
    }

    /// Whether somebody sits there who can be asked.
    #[must_use]
    pub fn interactive(mut self, interactive: bool) -> Self {
        self.interactive = interactive;
        self
    }

    /// Standard output is a terminal of this size that understands escape codes: progress is drawn on
    /// it in place, and lines may have so many columns. Unless it is said, progress is shown as lines.
    #[must_use]
    pub fn terminal(mut self, columns: usize, rows: usize) -> Self {
        self.terminal = Some(Terminal::Given(Size { columns: columns.max(WIDTH_MIN), rows: rows.max(1) }));
        self.width(columns)
    }

    /// How many columns a line may have; at least 24.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns.max(WIDTH_MIN);
        self
    }

    /// Whether to write colours.
    #[must_use]
    pub fn color(mut self, color: bool) -> Self {
        self.color_stdout = color;
        self.color_stderr = color;
        self
    }

    /// Sets a variable in place of the process's environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let mut variables = match self.environment {
            Environment::Given(variables) => variables,
            Environment::Process => BTreeMap::new(),
        };
        variables.insert(name.to_owned(), value.as_ref().to_owned());
        self.environment = Environment::Given(variables);
        self
    }
}
