//! Makes foreign text fit for an error message: redacted, on one line, short.
//! Knows nothing of HTTP.

use serde_json::Value;

use crate::redact::{REDACTED, Redactor};

/// The longest excerpt of a body in an error, in characters.
pub const EXCERPT_LENGTH_MAX: usize = 300;
/// The longest foreign message in an error, in characters.
pub const MESSAGE_LENGTH_MAX: usize = 1_000;

/// How much of a text is looked at, in bytes.
const WINDOW_LENGTH_MAX: usize = 64 * 1024;

/// A member of a JSON object with such a part in its name is masked: an answer can hold secrets
/// that this client never knew, a generated password for example.
const SECRET_NAME_PARTS: &[&str] =
    &["password", "passwd", "token", "secret", "private", "credential", "kubeconfig", "key"];

/// `text` redacted, without line breaks and control characters, cut to `length_max` characters.
pub(crate) fn clean_text(redactor: &Redactor, text: &str, length_max: usize) -> String {
    let mut window_end = text.len().min(WINDOW_LENGTH_MAX);
    while !text.is_char_boundary(window_end) {
        window_end -= 1;
    }
    let window = text.get(..window_end).unwrap_or_default();
    // The cut can go through a secret.
    let cleaned = redactor.clean(window, window_end < text.len());
    let words: Vec<&str> = cleaned
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= length_max {
        return line;
    }
    let mut short: String = line.chars().take(length_max).collect();
    short.push('…');
    short
}

/// The beginning of a body, for a person who has to find out what the vendor sent.
pub(crate) fn excerpt(redactor: &Redactor, body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            mask(&mut value);
            value.to_string()
        }
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    clean_text(redactor, &text, EXCERPT_LENGTH_MAX)
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.to_ascii_lowercase();
                if SECRET_NAME_PARTS.iter().any(|part| name.contains(part)) && !member.is_null() {
                    *member = Value::String(REDACTED.to_owned());
                } else {
                    mask(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// serde_json's text without the strings of the body that it quotes.
pub(crate) fn json_problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let Some((before, quoted)) = text.split_once("string \"") else { return text };
    match quoted.rsplit_once("\", expected") {
        Some((_, after)) => format!("{before}string, expected{after}"),
        None => format!("{before}string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    #[test]
    fn masks_unknown_secrets_by_name() {
        let redactor = Redactor::new([]);
        let body = br#"{"server":{"id":1,"root_password":"hunter2"},"user_token":null}"#;
        let text = excerpt(&redactor, body);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("\"id\":1"), "{text}");
    }

    #[test]
    fn a_cut_does_not_leave_a_part_of_a_secret() {
        let secret = "x".repeat(50);
        let redactor = Redactor::new([&SecretString::from(secret.as_str())]);
        let text = secret.repeat(WINDOW_LENGTH_MAX / 50 + 3);
        let cleaned = clean_text(&redactor, &text, usize::MAX);
        assert!(!cleaned.contains('x'), "{}", &cleaned[cleaned.len() - 60..]);
    }

    #[test]
    fn one_short_line() {
        let redactor = Redactor::new([]);
        assert_eq!(clean_text(&redactor, "a\n\u{1b}[31m\tb", 99), "a [31m b");
        assert_eq!(clean_text(&redactor, "äöü", 2), "äö…");
    }

    #[test]
    fn a_decode_error_quotes_no_string() {
        let error = serde_json::from_str::<u8>("\"hunter2\"").unwrap_err();
        assert!(error.to_string().contains("hunter2"));
        assert_eq!(json_problem(&error), "invalid type: string, expected u8 at line 1 column 9");
    }
}
