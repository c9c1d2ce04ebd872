//! Fields and how they differ: aligned lines, and line diffs of longer texts.

use iac_core::{FieldDiff, Value};
use iac_report::{LineKind, changed_lines};

use super::value::{line, pair, whole_line};
use crate::layout::{BAD, CHANGE, FAINT, GOOD, PLAIN, Page};

/// Lines around a change that are shown with it.
const CONTEXT_LINES: usize = 3;
/// Lines of one text that are shown at most.
const TEXT_LINES_MAX: usize = 60;
/// Lines of a new text that are shown at most.
pub(super) const NEW_TEXT_LINES_MAX: usize = 12;
/// Longer field names do not push the others to the right.
const NAME_COLUMNS_MAX: usize = 24;
/// Narrower pages do not align values.
const ALIGN_WIDTH_MIN: usize = 60;
/// From a field to the lines of its text.
const TEXT_INDENT: usize = 4;

/// The fields of a new or recorded resource; longer texts up to `text_lines_max` lines.
pub(super) fn fields(page: &mut Page, indent: usize, inputs: &Value, text_lines_max: usize) {
    let Some(entries) = inputs.as_map() else { return };
    let column = column(page, entries.keys().map(|key| key.chars().count()));
    for (key, value) in entries.iter() {
        match text_of(value) {
            Some(text) => {
                page.item(indent, &format!("{key}:"), PLAIN, &line_count(text), TEXT_INDENT);
                whole_text(page, indent + TEXT_INDENT, text, text_lines_max);
            }
            None => {
                let name = format!("{key}:");
                let text = shown(page, value);
                page.item(indent, &format!("{name:column$}"), PLAIN, &text, hang(column));
            }
        }
    }
}

/// The fields that differ.
pub(super) fn differences(page: &mut Page, indent: usize, diff: &[FieldDiff]) {
    let column = column(page, diff.iter().map(|field| field.path.to_string().chars().count()));
    for field in diff {
        let (mark, style) = match (&field.old, &field.new) {
            (Value::Null, _) => ("+", GOOD),
            (_, Value::Null) => ("-", BAD),
            _ => ("~", CHANGE),
        };
        let name = format!("{}:", field.path);
        let note = if field.replaces { " (forces replacement)" } else { "" };
        if let (Some(old), Some(new)) = (text_of_either(&field.old), text_of_either(&field.new))
            && (old.contains('\n') || new.contains('\n'))
        {
            page.item(indent, mark, style, &format!("{name}{note}"), TEXT_INDENT);
            line_diff(page, indent + TEXT_INDENT, old, new);
            continue;
        }
        let values = match (&field.old, &field.new) {
            (Value::Null, new) => shown(page, new),
            (old, Value::Null) => shown(page, old),
            (Value::Secret(_), Value::Secret(new)) if !new.has_unknown() => {
                "[secret] -> [secret] changed".to_owned()
            }
            (old, new) if page.is_whole() => format!("{} -> {}", whole_line(old), whole_line(new)),
            (old, new) => {
                let (old, new) = pair(old, new);
                format!("{old} -> {new}")
            }
        };
        page.item(
            indent,
            mark,
            style,
            &format!("{name:column$} {values}{note}"),
            mark.len() + 1 + hang(column),
        );
    }
}

/// A value on one line, as much of it as the page shows.
fn shown(page: &Page, value: &Value) -> String {
    if page.is_whole() { whole_line(value) } else { line(value) }
}

/// How wide the column of names is, with the colon.
fn column(page: &Page, names: impl Iterator<Item = usize>) -> usize {
    if page.width() < ALIGN_WIDTH_MIN {
        return 0;
    }
    names.map(|name| name + 1).filter(|name| *name <= NAME_COLUMNS_MAX).max().unwrap_or(0)
}

/// Where a value goes on that does not fit its line.
fn hang(column: usize) -> usize {
    if column == 0 { TEXT_INDENT - 2 } else { column + 1 }
}

/// A text of several lines.
fn text_of(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| text.trim_end_matches('\n').contains('\n'))
}

/// A text, or the empty one where there is nothing.
fn text_of_either(value: &Value) -> Option<&str> {
    match value {
        Value::Null => Some(""),
        other => other.as_str(),
    }
}

fn line_count(text: &str) -> String {
    format!("{} lines", text.lines().count())
}

fn whole_text(page: &mut Page, indent: usize, text: &str, lines_max: usize) {
    for shown in text.lines().take(lines_max) {
        page.item(indent, "|", FAINT, &visible_end(shown), 2);
    }
    let more = text.lines().count().saturating_sub(lines_max);
    if more > 0 {
        page.line(indent, FAINT, &format!("... {more} more lines"));
    }
}

fn line_diff(page: &mut Page, indent: usize, old: &str, new: &str) {
    let lines_max = if page.is_whole() { usize::MAX } else { TEXT_LINES_MAX };
    let mut shown = 0;
    let mut hidden = 0;
    for (number, group) in changed_lines(old, new, CONTEXT_LINES).iter().enumerate() {
        if number > 0 && shown < lines_max {
            page.line(indent, FAINT, "...");
        }
        for line in group {
            if shown == lines_max {
                hidden += 1;
                continue;
            }
            shown += 1;
            let (mark, style) = match line.kind {
                LineKind::Removed => ("-", BAD),
                LineKind::Added => ("+", GOOD),
                _ => ("|", FAINT),
            };
            let text = line.text;
            let ends = text.ends_with('\n') || line.kind == LineKind::Kept;
            let note = if ends { "" } else { " (no line feed at the end)" };
            let text = text.strip_suffix('\n').unwrap_or(text);
            page.item(indent, mark, style, &format!("{}{note}", visible_end(text)), 2);
        }
    }
    if hidden > 0 {
        page.line(indent, FAINT, &format!("... {hidden} more lines"));
    }
}

/// A blank at the end of a line may be all that differs, and would not be seen.
fn visible_end(line: &str) -> String {
    match line.strip_suffix(' ') {
        Some(before) => format!("{before}\\x20"),
        None => line.to_owned(),
    }
}
