//! [`Mode`]: which of the displays a run has. Knows nothing of how they look.

use clap::ValueEnum;

/// What `--progress` may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wanted {
    /// In place on a terminal, as lines elsewhere
    Auto,
    /// Drawn in place, wherever standard output goes
    Live,
    /// Lines with times: one at the start of a step, one at its end, one now and then between
    Plain,
    /// Nothing but notes, failures and the end
    None,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Drawn in place.
    Live,
    /// As lines.
    Plain,
    /// Not at all.
    Quiet,
}

/// What decides where nothing is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings {
    /// Whether standard output is a terminal that can move its cursor.
    pub(crate) terminal: bool,
    /// Whether a build machine runs the program: its log keeps every line.
    pub(crate) ci: bool,
    /// Whether log lines go to the same terminal, which would tear the drawing.
    pub(crate) logs: bool,
}

impl Mode {
    pub(crate) fn choose(wanted: Wanted, around: Surroundings) -> Self {
        match wanted {
            Wanted::Live => Self::Live,
            Wanted::Plain => Self::Plain,
            Wanted::None => Self::Quiet,
            Wanted::Auto if around.terminal && !around.ci && !around.logs => Self::Live,
            Wanted::Auto => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_drawn_only_where_a_person_looks_unless_it_is_asked_for() {
        let mode = |wanted, terminal, ci, logs| Mode::choose(wanted, Surroundings { terminal, ci, logs });
        assert_eq!(mode(Wanted::Auto, true, false, false), Mode::Live);
        for (terminal, ci, logs) in [(false, false, false), (true, true, false), (true, false, true)] {
            assert_eq!(mode(Wanted::Auto, terminal, ci, logs), Mode::Plain);
            assert_eq!(mode(Wanted::Live, terminal, ci, logs), Mode::Live);
        }
        assert_eq!(mode(Wanted::Plain, true, false, false), Mode::Plain);
        assert_eq!(mode(Wanted::None, true, false, false), Mode::Quiet);
    }
}
