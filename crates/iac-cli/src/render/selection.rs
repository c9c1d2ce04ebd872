//! What targets and excludes draw in and leave out, as text.

use iac_core::{Part, Selected};

use super::words::{counted, name};
use crate::layout::{FAINT, PLAIN, Page, STRONG};

/// From the heading to a resource.
const INDENT: usize = 2;
/// Resources of one part that are named one by one; the rest is counted.
const SHOWN_MAX: usize = 20;

/// Both parts, each under its heading; nothing for a plan of the whole stack.
pub(super) fn selection(page: &mut Page, selected: &[Selected]) {
    for (part, title) in [(Part::DrawnIn, "Drawn in"), (Part::LeftOut, "Left as it is")] {
        let of_part: Vec<&Selected> = selected.iter().filter(|one| one.part == part).collect();
        if of_part.is_empty() {
            continue;
        }
        page.line(0, STRONG, title);
        page.gap();
        for one in of_part.iter().take(SHOWN_MAX) {
            page.line(INDENT, PLAIN, &format!("{}: {}", name(&one.urn), one.why));
        }
        let more = of_part.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            page.line(INDENT, FAINT, &format!("... and {} more", counted(more, "resource")));
        }
        page.gap();
    }
}
