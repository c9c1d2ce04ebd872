//! What can be seen to be wrong in an expression of the rules language without knowing its fields.

/// Longest expression of a rule, in characters.
const LENGTH_MAX: usize = 4096;

/// What is wrong with an expression: it is empty, too long, or its quotes and brackets do not close.
pub(crate) fn fault_of(expression: &str) -> Option<String> {
    if expression.trim().is_empty() {
        return Some("an expression is needed; `true` matches every request".to_owned());
    }
    let length = expression.chars().count();
    if length > LENGTH_MAX {
        return Some(format!("has {length} characters; {LENGTH_MAX} are possible"));
    }
    let letters: Vec<char> = expression.chars().collect();
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        let place = at + 1;
        match letter {
            '"' => match end_of_text(&letters, at) {
                Some(end) => at = end,
                None => return Some(format!("the text that begins at character {place} has no end")),
            },
            '(' | '{' | '[' => open.push((place, letter)),
            ')' | '}' | ']' => match open.pop() {
                Some((_, opening)) if closes(opening, letter) => {}
                _ => return Some(format!("`{letter}` at character {place} closes nothing")),
            },
            _ => {}
        }
        at += 1;
    }
    open.pop().map(|(place, opening)| format!("`{opening}` at character {place} is never closed"))
}

/// Where the text that begins with the quote at `start` ends: plain, or raw as `r"…"` or `r#"…"#`.
fn end_of_text(letters: &[char], start: usize) -> Option<usize> {
    let before = letters.get(..start).unwrap_or_default();
    let hashes = before.iter().rev().take_while(|letter| **letter == '#').count();
    let word = before.get(..before.len() - hashes).unwrap_or_default();
    let is_raw = matches!(word, [.., 'r'])
        && !matches!(word, [.., letter, 'r'] if letter.is_alphanumeric() || *letter == '_');
    let mut at = start + 1;
    loop {
        match letters.get(at)? {
            '\\' if !is_raw => at += 1,
            '"' if !is_raw => return Some(at),
            '"' if letters.get(at + 1..=at + hashes)?.iter().all(|letter| *letter == '#') => {
                return Some(at + hashes);
            }
            _ => {}
        }
        at += 1;
    }
}

fn closes(opening: char, closing: char) -> bool {
    matches!((opening, closing), ('(', ')') | ('{', '}') | ('[', ']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_brackets_must_close() {
        for good in [
            "true",
            r#"(http.user_agent eq "")"#,
            r##"http.request.uri.path matches r"^/api\(" or http.host matches r#"a"b("#"##,
            r#"http.request.headers["x-key"][0] eq "a\"(b" and ip.src in {10.0.0.0/8 192.0.2.1}"#,
        ] {
            assert_eq!(fault_of(good), None, "{good}");
        }
        for (bad, word) in [
            ("  ", "needed"),
            ("(http.host eq \"a\"", "never closed"),
            ("http.host eq \"a", "no end"),
            ("http.host eq \"a\")", "closes nothing"),
            ("ip.src in {10.0.0.0/8)", "closes nothing"),
        ] {
            assert!(fault_of(bad).unwrap().contains(word), "{bad}");
        }
        assert!(fault_of(&"x".repeat(LENGTH_MAX + 1)).unwrap().contains("4096"));
    }
}
