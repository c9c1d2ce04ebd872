//! [`Scrub`]: takes known secrets out of text that others wrote, in every spelling in which such text
//! repeats them. Knows nothing of where secrets or text come from.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::hash::hex;

/// What stands in the place of a secret.
const MARK: &str = "[secret]";
/// Shorter texts are left alone: they occur everywhere, and hide nothing.
const SECRET_LENGTH_MIN: usize = 4;
/// A line of a secret of several lines (a private key) is a secret of its own from this length.
const LINE_LENGTH_MIN: usize = 12;
/// An encoded spelling shorter than this occurs in ordinary text.
const SPELLING_LENGTH_MIN: usize = 6;

/// What a URL leaves as it is.
const UNRESERVED_KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The spellings of some secrets.
pub struct Scrub {
    /// Longest first, so that no part of a long one survives the removal of a short one.
    spellings: Vec<String>,
}

impl std::fmt::Debug for Scrub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scrub({} spellings)", self.spellings.len())
    }
}

impl Scrub {
    /// The spellings of `secrets`.
    pub fn new(secrets: &[String]) -> Self {
        let mut spellings = Vec::new();
        for secret in secrets {
            add(secret, &mut spellings);
            if secret.contains('\n') {
                let lines = secret.lines().map(str::trim).filter(|line| line.len() >= LINE_LENGTH_MIN);
                lines.for_each(|line| add(line, &mut spellings));
            }
        }
        spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        spellings.dedup();
        Self { spellings }
    }

    /// Puts a mark in the place of every secret.
    pub fn clean(&self, text: &mut String) {
        for spelling in &self.spellings {
            if text.contains(spelling.as_str()) {
                *text = text.replace(spelling.as_str(), MARK);
            }
        }
    }
}

fn add(secret: &str, spellings: &mut Vec<String>) {
    if secret.len() < SECRET_LENGTH_MIN {
        return;
    }
    let url = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let unreserved = utf8_percent_encode(secret, UNRESERVED_KEPT).to_string();
    let form = unreserved.replace("%20", "+");
    let json = serde_json::Value::from(secret).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
    let hex = hex(secret.as_bytes());
    let mut encoded = vec![
        lower_percent(&url),
        lower_percent(&unreserved),
        lower_percent(&form),
        url,
        unreserved,
        form,
        json.replace('/', "\\/"),
        // JSON in JSON.
        json.replace('\\', "\\\\").replace('"', "\\\""),
        json,
        secret.escape_debug().to_string(),
        secret.escape_default().to_string(),
        hex.to_uppercase(),
        hex,
    ];
    encoded.extend(base64(secret.as_bytes()));
    spellings.push(secret.to_owned());
    spellings.extend(encoded.into_iter().filter(|spelling| spelling.len() >= SPELLING_LENGTH_MIN));
}

/// The same with `%2f` for `%2F`.
fn lower_percent(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.push('%');
        lower.push_str(&digits.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}

/// Base64 of the secret alone and inside a longer text (`user:secret`), where it begins at any of
/// three places of a group.
fn base64(secret: &[u8]) -> Vec<String> {
    let mut spellings = Vec::new();
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        spellings.push(engine.encode(secret));
        for shift in 0..3_usize {
            let mut bytes = vec![0; shift];
            bytes.extend_from_slice(secret);
            // The characters that hold bits of the neighbours are not the secret's alone.
            let (first, last) = ((shift * 8).div_ceil(6), bytes.len() * 8 / 6);
            spellings.extend(engine.encode(&bytes).get(first..last).map(str::to_owned));
        }
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(secrets: &[&str], text: &str) -> String {
        let secrets: Vec<String> = secrets.iter().map(ToString::to_string).collect();
        let mut text = text.to_owned();
        Scrub::new(&secrets).clean(&mut text);
        text
    }

    #[test]
    fn every_spelling_is_removed() {
        let secret = "ca/na+ry \"ü\"=1";
        for text in [
            secret.to_owned(),
            utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            lower_percent(&utf8_percent_encode(secret, UNRESERVED_KEPT).to_string()),
            serde_json::to_string(secret).unwrap(),
            serde_json::to_string(&serde_json::to_string(secret).unwrap()).unwrap(),
            format!("{secret:?}"),
            hex(secret.as_bytes()),
            base64::engine::general_purpose::STANDARD.encode(secret),
            base64::engine::general_purpose::URL_SAFE.encode(format!("user:{secret}")),
        ] {
            let clean = cleaned(&[secret], &format!("<{text}>"));
            assert!(clean.contains(MARK), "{text} -> {clean}");
            assert!(!clean.contains("ry"), "{text} -> {clean}");
        }
    }

    #[test]
    fn a_secret_that_begins_another_leaves_nothing_of_it() {
        assert_eq!(cleaned(&["hunter", "hunter-two"], "no hunter-two here"), "no [secret] here");
    }

    #[test]
    fn a_line_of_a_key_is_a_secret_and_a_short_word_is_none() {
        let key = "-----BEGIN KEY-----\nMIIabcdefghijkl\nmnopqrstuvwxyz01\n-----END KEY-----\n";
        assert_eq!(cleaned(&[key], "bad line mnopqrstuvwxyz01!"), "bad line [secret]!");
        assert_eq!(cleaned(&["abc"], "abc is wrong"), "abc is wrong");
    }
}
