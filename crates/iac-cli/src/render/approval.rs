//! What is shown and asked before a plan is applied, as text. Knows nothing of who answers.

use iac_core::Urn;

use super::words::name;
use crate::layout::{BAD, FAINT, HINT, PLAIN, Page, STRONG};

/// From a heading to its lines.
const INDENT: usize = 2;

/// The question with its answers; the cursor stays behind it.
pub(crate) fn prompt(question: &str, wanted: &str, width: usize) -> String {
    let text = match wanted {
        "yes" => format!("{question} (yes, no, d for details, ? for help):"),
        name => {
            format!("{question} Type the stack's name, {name}, to go on (no, d for details, ? for help):")
        }
    };
    let mut page = Page::new(width);
    page.gap();
    page.line(0, PLAIN, &text);
    with_cursor(page)
}

/// What has to be typed before data is lost.
pub(crate) fn loss_question(lost: &[&Urn], wanted: &str, width: usize) -> String {
    let mut page = Page::new(width);
    page.gap();
    page.line(0, BAD, "This loses data that nothing can make again:");
    lost.iter().for_each(|urn| page.line(INDENT, PLAIN, &name(urn)));
    let whose = if lost.len() == 1 { "its name" } else { "the stack's name" };
    page.line(0, PLAIN, &format!("Type {whose}, {wanted}, to go on:"));
    with_cursor(page)
}

/// What can be answered.
pub(crate) fn answers(wanted: &str, width: usize) -> String {
    let mut page = Page::new(width);
    page.line(0, STRONG, "Answers");
    let rest = [
        (wanted, "apply the plan"),
        ("no", "change nothing; so does Enter alone"),
        ("d, details", "every step in full: nothing is cut, and each says what it waits for"),
        ("RESOURCE", "the same of one resource, by its name, path or URN"),
        ("?, help", "this"),
    ];
    for (answer, what) in rest {
        page.item(INDENT, &format!("{answer:10}"), HINT, what, 11);
    }
    page.finish()
}

/// An answer that means nothing here.
pub(crate) fn not_understood(answer: &str, wanted: &str, width: usize) -> String {
    let mut page = Page::new(width);
    let text = format!("{answer:?} is no answer and no resource of this plan; only `{wanted}` goes on");
    page.line(0, FAINT, &text);
    page.finish()
}

/// A name that several resources have.
pub(crate) fn which_of(name: &str, urns: &[&Urn], width: usize) -> String {
    let mut page = Page::new(width);
    page.line(0, FAINT, &format!("several resources are called {name:?}:"));
    urns.iter().for_each(|urn| page.line(INDENT, PLAIN, urn.as_str()));
    page.finish()
}

/// A blank in place of the last line's end: there the person types.
fn with_cursor(page: Page) -> String {
    let text = page.finish();
    format!("{} ", text.trim_end_matches('\n'))
}
