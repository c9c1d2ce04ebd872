//! Which lines of two texts differ. Knows nothing of how they are shown.

use std::convert::Infallible;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{ChangeTag, DiffOp};

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineKind {
    /// In the old text alone.
    Removed,
    /// In the new text alone.
    Added,
    /// In both, beside a change.
    Kept,
}

/// One line of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line<'a> {
    /// Where it stands.
    pub kind: LineKind,
    /// The line with its line feed; a last line may have none.
    pub text: &'a str,
}

/// The lines that differ between two texts, with up to `context` lines around them, in groups: between two
/// groups are lines that are the same. Of moved lines, the shortest edit is shown.
///
/// ```
/// use iac_report::{LineKind, changed_lines};
///
/// let groups = changed_lines("a\nb\nc\nd\n", "a\nb\nC\nd\n", 1);
/// let marks: Vec<_> = groups[0].iter().map(|line| (line.kind, line.text)).collect();
/// assert_eq!(
///     marks,
///     [
///         (LineKind::Kept, "b\n"),
///         (LineKind::Removed, "c\n"),
///         (LineKind::Added, "C\n"),
///         (LineKind::Kept, "d\n"),
///     ]
/// );
/// ```
pub fn changed_lines<'a>(old: &'a str, new: &'a str, context: usize) -> Vec<Vec<Line<'a>>> {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    // One algorithm by its name: `TextDiff` brings all of them, half a megabyte of every program.
    let mut hook = Compact::new(Replace::new(Capture::new()), &old[..], &new[..]);
    let found: Result<(), Infallible> =
        myers::diff(&mut hook, &old[..], 0..old.len(), &new[..], 0..new.len());
    let Ok(()) = found;
    let groups = hook.into_inner().into_inner().into_grouped_ops(context);
    let line = |tag: ChangeTag, text| Line {
        kind: match tag {
            ChangeTag::Delete => LineKind::Removed,
            ChangeTag::Insert => LineKind::Added,
            ChangeTag::Equal => LineKind::Kept,
        },
        text,
    };
    let lines =
        |op: &DiffOp| op.iter_changes(&old[..], &new[..]).map(|one| line(one.tag(), one.value())).collect();
    groups.iter().map(|group| group.iter().flat_map(|op| -> Vec<Line<'a>> { lines(op) }).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str, context: usize) -> String {
        let mark = |line: &Line<'_>| match line.kind {
            LineKind::Removed => format!("-{}", line.text),
            LineKind::Added => format!("+{}", line.text),
            LineKind::Kept => format!(" {}", line.text),
        };
        let group = |lines: &Vec<Line<'_>>| lines.iter().map(mark).collect::<String>();
        changed_lines(old, new, context).iter().map(group).collect::<Vec<_>>().join("~\n")
    }

    #[test]
    fn far_changes_are_groups_of_their_own() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = "1\ntwo\n3\n4\n5\n6\n7\n8\n9\n10\n";
        assert_eq!(shown(old, new, 1), " 1\n-2\n+two\n 3\n~\n 9\n+10\n");
    }

    #[test]
    fn texts_that_are_the_same_have_no_groups() {
        assert_eq!(changed_lines("a\n", "a\n", 3), Vec::<Vec<Line<'_>>>::new());
        assert_eq!(changed_lines("", "", 3), Vec::<Vec<Line<'_>>>::new());
    }

    #[test]
    fn a_missing_line_feed_at_the_end_is_a_difference() {
        assert_eq!(shown("a\nb", "a\nb\n", 1), " a\n-b+b\n");
    }

    #[test]
    fn an_empty_text_gains_and_loses_every_line() {
        assert_eq!(shown("", "a\nb\n", 3), "+a\n+b\n");
        assert_eq!(shown("a\nb\n", "", 3), "-a\n-b\n");
    }

    #[test]
    fn a_repeated_line_is_added_where_a_reader_expects_it() {
        assert_eq!(shown("{\n}\n", "{\n}\n{\n}\n", 1), " }\n+{\n+}\n");
    }
}
