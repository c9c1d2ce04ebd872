//! [`Page`]: lines of text, wrapped at a width under a hanging indent, never with trailing blanks.
//! Knows nothing of what the lines say.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::columns::{columns, columns_of};

/// For what comes into being.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// For what changes.
pub(crate) const CHANGE: Style = AnsiColor::Yellow.on_default();
/// For what ends, and for errors.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// For hints and reads.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
/// For what may be overlooked.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// For headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// For everything else.
pub(crate) const PLAIN: Style = Style::new();

/// Columns that text gets at least, however deep it is indented.
const TEXT_WIDTH_MIN: usize = 12;

/// Text under construction.
pub(crate) struct Page {
    text: String,
    width: usize,
    /// Whether long texts and values are shown to their end.
    whole: bool,
}

impl Page {
    pub(crate) fn new(width: usize) -> Self {
        Self { text: String::new(), width, whole: false }
    }

    /// One on which nothing is cut.
    pub(crate) fn whole(width: usize) -> Self {
        Self { whole: true, ..Self::new(width) }
    }

    /// Whether long texts and values are shown to their end.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A styled line.
    pub(crate) fn line(&mut self, indent: usize, style: Style, text: &str) {
        let (first, width) = (self.room(indent), self.room(indent + 2));
        for (at, part) in wrap(&printable(text), first, width).iter().enumerate() {
            let indent = if at == 0 { indent } else { indent + 2 };
            let _ = writeln!(self.text, "{:indent$}{style}{part}{style:#}", "");
        }
    }

    /// A styled `lead`, then `text`; what does not fit goes on `hang` columns right of `indent`.
    pub(crate) fn item(&mut self, indent: usize, lead: &str, style: Style, text: &str, hang: usize) {
        self.led(indent, &format!("{style}{lead}{style:#}"), columns(lead), text, hang);
    }

    /// As [`Page::item`], with the time before it where there is one.
    pub(crate) fn timed(&mut self, time: Option<&str>, lead: &str, style: Style, text: &str, hang: usize) {
        let Some(time) = time else { return self.item(0, lead, style, text, hang) };
        let styled = format!("{FAINT}{time}{FAINT:#} {style}{lead}{style:#}");
        self.led(0, &styled, columns(time) + 1 + columns(lead), text, hang);
    }

    /// `lead` has its styles already, so how wide it is must be told.
    fn led(&mut self, indent: usize, lead: &str, lead_width: usize, text: &str, hang: usize) {
        let hang = indent + hang.min(self.width / 2);
        let parts = wrap(&printable(text), self.room(indent + lead_width + 1), self.room(hang));
        let mut parts = parts.iter();
        let first = parts.next().map(|part| format!(" {part}")).unwrap_or_default();
        let _ = writeln!(self.text, "{:indent$}{lead}{first}", "");
        for part in parts {
            let _ = writeln!(self.text, "{:hang$}{part}", "");
        }
    }

    fn room(&self, indent: usize) -> usize {
        self.width.saturating_sub(indent).max(TEXT_WIDTH_MIN)
    }
}

/// Text without control characters: what comes from a cloud must not steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => clean.push_str("    "),
            control if control.is_control() => clean.extend(control.escape_default()),
            other => clean.push(other),
        }
    }
    clean
}

/// Breaks at blanks where possible, in the middle of a word where not.
fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut left = text.trim_end();
    let mut room = first;
    while !left.is_empty() {
        let Some(end) = end_of(left, room) else {
            parts.push(left.to_owned());
            break;
        };
        let fits = left.get(..end).unwrap_or(left);
        let after = left.get(end..).unwrap_or_default();
        let cut = if after.starts_with(' ') {
            end
        } else {
            // A blank in front of everything is an indent, not a place to break.
            let text_from = fits.len() - fits.trim_start().len();
            fits.rfind(' ').filter(|at| *at > text_from).unwrap_or(end)
        };
        let (part, more) = left.split_at(cut);
        parts.push(part.trim_end().to_owned());
        left = more.trim_start();
        room = rest;
    }
    parts
}

/// Where the part of `text` ends that fits into `room` columns; none if all of it does.
fn end_of(text: &str, room: usize) -> Option<usize> {
    let mut taken = 0;
    for (at, character) in text.char_indices() {
        taken += columns_of(character);
        if taken > room {
            // A character that is wider than the room stands alone, so that there is an end.
            return Some(if at == 0 { character.len_utf8() } else { at });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_breaks_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 7, 5), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4, 3), ["abcd", "efg", "hij", "kl"]);
        assert_eq!(wrap("a bcdefgh", 4, 4), ["a", "bcde", "fgh"]);
        assert_eq!(wrap("äöü äöü", 3, 3), ["äöü", "äöü"]);
        assert_eq!(wrap("日本語 日本", 6, 4), ["日本語", "日本"]);
        assert_eq!(wrap("日本語", 3, 1), ["日", "本", "語"]);
        assert!(wrap("  ", 3, 3).is_empty());
    }

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(printable("a\u{1b}[31mb\tc"), "a\\u{1b}[31mb    c");
    }
}
