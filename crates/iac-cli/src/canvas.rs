//! [`Canvas`]: the lines at the bottom of a terminal that are drawn again and again, as the bytes that
//! draw them. Knows nothing of what they say, and writes nothing itself.
//!
//! Between two drawings the cursor stands below the lines and is visible: whatever ends the process, the
//! terminal is as it should be, and the shell's prompt comes after what was drawn last.

use crate::columns::Line;

/// A terminal that does not know this draws without it; others show the drawing at once.
const TOGETHER: &str = "\x1b[?2026h";
const TOGETHER_END: &str = "\x1b[?2026l";
/// The cursor would be seen jumping.
const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
/// Line by line: of a screen that is erased at once tmux keeps a copy in what has scrolled away.
const UP_AND_ERASE: &str = "\x1b[1A\x1b[2K";
/// Rows of a terminal that does not say.
const ROWS_DEFAULT: usize = 24;

/// How large a terminal is, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl Size {
    /// So many columns, and rows as terminals have them as a rule.
    pub(crate) fn of_columns(columns: usize) -> Self {
        Self { columns, rows: ROWS_DEFAULT }
    }
}

/// What stands at the bottom of the terminal now.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    /// The columns of each line.
    drawn: Vec<usize>,
}

impl Canvas {
    /// Takes away what is drawn, then writes `above`, which stays, and draws `lines` below it. A
    /// terminal that has become narrower since wraps what was drawn, and that is taken away whole.
    pub(crate) fn draw(&mut self, above: &str, lines: &[Line], size: Size) -> String {
        if self.drawn.is_empty() && lines.is_empty() {
            return above.to_owned();
        }
        let mut text = format!("{TOGETHER}{HIDE_CURSOR}{}{above}", self.take_away(size));
        for line in lines {
            text.push_str(line.styled());
            text.push('\n');
        }
        self.drawn = lines.iter().map(Line::columns).collect();
        text.push_str(SHOW_CURSOR);
        text.push_str(TOGETHER_END);
        text
    }

    /// Takes away what is drawn, so that something else can be written in its place.
    pub(crate) fn clear(&mut self, size: Size) -> String {
        let text = self.take_away(size);
        self.drawn.clear();
        text
    }

    /// Whether anything is drawn.
    pub(crate) fn is_drawn(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// Leaves what is drawn where it stands: something else was written below it.
    pub(crate) fn leave(&mut self) {
        self.drawn.clear();
    }

    fn take_away(&self, size: Size) -> String {
        let width = size.columns.max(1);
        let rows: usize = self.drawn.iter().map(|columns| columns.div_ceil(width).max(1)).sum();
        match rows {
            0 => String::new(),
            // Keys that were pressed may stand in the cursor's own line.
            rows => format!("\r\x1b[2K{}", UP_AND_ERASE.repeat(rows)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;
    use crate::layout::PLAIN;

    const SIZE: Size = Size { columns: 20, rows: 6 };

    fn line(text: &str) -> Line {
        let mut line = Line::new(SIZE.columns - 1);
        line.push(PLAIN, text);
        line
    }

    /// What a terminal shows after `texts`, without empty lines at its end, and whether its cursor shows.
    fn shown(size: Size, texts: &[String]) -> (String, bool) {
        let side = |length: usize| NonZero::new(length as u16).expect("a terminal has a size");
        let mut terminal = vt100::Parser::new(side(size.rows), side(size.columns), 0);
        for text in texts {
            // A terminal's driver adds the carriage returns.
            terminal.process(text.replace('\n', "\r\n").as_bytes());
        }
        (terminal.screen().contents().trim_end().to_owned(), !terminal.screen().hide_cursor())
    }

    #[test]
    fn what_stays_goes_up_and_what_is_drawn_again_stays_below() {
        let mut canvas = Canvas::default();
        let mut texts = vec!["$ up\n".to_owned()];
        texts.push(canvas.draw("", &[line("a 0s"), line("b 0s")], SIZE));
        assert_eq!(shown(SIZE, &texts), ("$ up\na 0s\nb 0s".to_owned(), true));
        texts.push(canvas.draw("a done\n", &[line("b 1s")], SIZE));
        assert_eq!(shown(SIZE, &texts), ("$ up\na done\nb 1s".to_owned(), true));
        texts.push(canvas.draw("b done\n", &[], SIZE));
        texts.push("Done.\n".to_owned());
        assert_eq!(shown(SIZE, &texts), ("$ up\na done\nb done\nDone.".to_owned(), true));
    }

    #[test]
    fn at_the_bottom_the_finished_lines_scroll_away_one_by_one() {
        let mut canvas = Canvas::default();
        let mut texts = Vec::new();
        for number in 0..40 {
            texts.push(canvas.draw(&format!("done {number}\n"), &[line("x"), line("totals")], SIZE));
        }
        assert_eq!(shown(SIZE, &texts).0, "done 37\ndone 38\ndone 39\nx\ntotals");
    }

    #[test]
    fn a_narrower_terminal_is_cleared_of_the_wrapped_lines() {
        let mut canvas = Canvas::default();
        let _ = canvas.draw("", &[line("0123456789012345678"), line("short")], SIZE);
        // 19 columns take three rows of nine.
        let text = canvas.draw("", &[line("new")], Size { columns: 9, rows: 6 });
        assert_eq!(text.matches(UP_AND_ERASE).count(), 4, "{text:?}");
    }

    #[test]
    fn something_else_takes_the_place_of_what_was_drawn() {
        let mut canvas = Canvas::default();
        let mut texts = vec![canvas.draw("", &[line("drawn")], SIZE)];
        texts.push(canvas.clear(SIZE));
        texts.push("note\n".to_owned());
        texts.push(canvas.draw("", &[line("drawn")], SIZE));
        assert_eq!(shown(SIZE, &texts), ("note\ndrawn".to_owned(), true));
        canvas.leave();
        assert_eq!(canvas.clear(SIZE), "");
    }
}
