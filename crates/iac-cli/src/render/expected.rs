//! How long a plan will take and a run took, as text. Knows no clock.

use iac_core::Expected;

use super::time::duration;
use super::words::counted;
use crate::layout::{FAINT, PLAIN, Page};

/// Shorter times are not worth telling.
const TOLD_MS_MIN: u64 = 1000;

/// "Expected duration: about 3 min 20 s (from 4 earlier runs)."; nothing where no earlier run tells.
pub(crate) fn expected_line(expected: &Expected, width: usize) -> String {
    let mut page = Page::new(width);
    if let Some(total_ms) = expected.total_ms.filter(|ms| *ms >= TOLD_MS_MIN) {
        let guessed = match expected.guessed {
            0 => String::new(),
            steps => format!("; {} guessed", counted(steps, "step")),
        };
        let runs = counted(expected.runs, "earlier run");
        let text = format!("Expected duration: about {} (from {runs}{guessed}).", duration(total_ms));
        page.line(0, PLAIN, &text);
    }
    page.finish()
}

/// "Took 3 min 5 s, expected 3 min 20 s."; nothing of a run that was over at once.
pub(crate) fn took_line(took_ms: u64, expected_ms: Option<u64>, width: usize) -> String {
    let mut page = Page::new(width);
    if took_ms >= TOLD_MS_MIN {
        let expected = expected_ms.filter(|ms| *ms >= TOLD_MS_MIN);
        let expected = expected.map(|ms| format!(", expected {}", duration(ms))).unwrap_or_default();
        page.line(0, FAINT, &format!("Took {}{expected}.", duration(took_ms)));
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_with_what_was_expected_of_it() {
        let plain = |text: String| anstream::adapter::strip_str(&text).to_string();
        assert_eq!(plain(took_line(185_000, Some(200_000), 80)), "Took 3 min 5 s, expected 3 min 20 s.\n");
        assert_eq!(plain(took_line(185_000, None, 80)), "Took 3 min 5 s.\n");
        assert_eq!(plain(took_line(999, Some(200_000), 80)), "");
    }
}
