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
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<usize> = None;
    let mut is_escaped = false;
    for (at, letter) in (1..).zip(expression.chars()) {
        if quote.is_some() {
            match letter {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => quote = None,
                _ => {}
            }
            continue;
        }
        match letter {
            '"' => quote = Some(at),
            '(' | '{' | '[' => open.push((at, letter)),
            ')' | '}' | ']' => match open.pop() {
                Some((_, opening)) if closes(opening, letter) => {}
                _ => return Some(format!("`{letter}` at character {at} closes nothing")),
            },
            _ => {}
        }
    }
    if let Some(at) = quote {
        return Some(format!("the text that begins at character {at} has no end"));
    }
    open.pop().map(|(at, opening)| format!("`{opening}` at character {at} is never closed"))
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
