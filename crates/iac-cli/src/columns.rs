//! How many columns a text takes on a terminal, cutting it to fit, and [`Line`], which never grows
//! beyond its room. Knows nothing of what the text says.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::UnicodeWidthChar as _;

use crate::layout::printable;

/// What stands for the part that was cut; one column.
const CUT: char = '…';

/// The columns that `text` takes. Control characters count as none.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// The columns that one character takes.
pub(crate) fn columns_of(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// The beginning of `text`, marked if that is not all of it.
pub(crate) fn cut_end(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut left = room.saturating_sub(1);
    for character in text.chars() {
        match left.checked_sub(columns_of(character)) {
            Some(less) => left = less,
            None => break,
        }
        kept.push(character);
    }
    if room > 0 {
        kept.push(CUT);
    }
    kept
}

/// The end of `text`, marked if that is not all of it: of a path the end says most.
pub(crate) fn cut_start(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let mut from = text.len();
    for (at, character) in text.char_indices().rev() {
        match left.checked_sub(columns_of(character)) {
            Some(less) => left = less,
            None => break,
        }
        from = at;
    }
    // A mark that belongs to the character before it must not stand alone.
    let kept = text.get(from..).unwrap_or_default().trim_start_matches(|first| columns_of(first) == 0);
    if room > 0 { format!("{CUT}{kept}") } else { String::new() }
}

/// A styled line of at most so many columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    styled: String,
    columns: usize,
    room: usize,
}

impl Line {
    pub(crate) fn new(room: usize) -> Self {
        Self { styled: String::new(), columns: 0, room }
    }

    /// Adds `text`, cut at the end of the line.
    pub(crate) fn push(&mut self, style: Style, text: &str) {
        let text = cut_end(&printable(text), self.left());
        if !text.is_empty() {
            self.columns += columns(&text);
            // Writing to a text cannot fail.
            let _ = write!(self.styled, "{style}{text}{style:#}");
        }
    }

    /// Adds another line, which must fit.
    pub(crate) fn append(&mut self, other: Self) {
        self.columns += other.columns;
        self.styled.push_str(&other.styled);
    }

    /// The columns that are left.
    pub(crate) fn left(&self) -> usize {
        self.room.saturating_sub(self.columns)
    }

    /// The columns that it takes.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The same line without colours.
    pub(crate) fn without_style(&self) -> Self {
        Self { styled: anstream::adapter::strip_str(&self.styled).to_string(), ..self.clone() }
    }

    /// The text with its styles.
    pub(crate) fn styled(&self) -> &str {
        &self.styled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::PLAIN;

    #[test]
    fn texts_are_cut_by_columns_and_not_by_characters() {
        assert_eq!(columns("日本語"), 6);
        assert_eq!(cut_end("日本語", 6), "日本語");
        assert_eq!(cut_end("日本語", 5), "日本…");
        assert_eq!(cut_end("日本語", 4), "日…");
        assert_eq!(cut_start("edge/日本語", 5), "…本語");
        assert_eq!(cut_start("edge/日本語", 4), "…語");
        assert_eq!((cut_end("abc", 1), cut_end("abc", 0)), ("…".to_owned(), String::new()));
        assert_eq!((cut_start("abc", 1), cut_start("abc", 0)), ("…".to_owned(), String::new()));
    }

    #[test]
    fn a_mark_goes_with_the_character_before_it() {
        let accented = "cafe\u{301}s";
        assert_eq!(columns(accented), 5);
        assert_eq!(cut_end(accented, 4), "caf…");
        assert_eq!(cut_start(accented, 2), "…s");
    }

    #[test]
    fn a_line_keeps_to_its_room_and_spells_out_control_characters() {
        let mut line = Line::new(9);
        line.push(PLAIN, "a\u{1b}b");
        line.push(PLAIN, " and more");
        assert_eq!((line.columns(), line.left()), (9, 0));
        assert_eq!(line.styled(), "a\\u{1b}b…");
    }
}
