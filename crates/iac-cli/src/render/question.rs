//! A question that is asked: wrapped, and with the cursor behind it. Knows nothing of the answer.

use crate::layout::{PLAIN, Page};

/// `text` with its last line, which asks, wrapped; one blank stands before what is typed.
pub(crate) fn question(text: &str, width: usize) -> String {
    let (before, asks) = match text.trim_end().rsplit_once('\n') {
        Some((before, asks)) => (format!("{before}\n"), asks),
        None => (String::new(), text),
    };
    let mut page = Page::new(width);
    page.line(0, PLAIN, asks.trim_end());
    format!("{before}{} ", page.finish().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_that_asks_is_wrapped() {
        assert_eq!(question("Really? ", 40), "Really? ");
        assert_eq!(
            question("\n\x1b[31mLost\x1b[0m\nDo you want that? ", 12),
            "\n\x1b[31mLost\x1b[0m\nDo you want\n  that? "
        );
    }
}
