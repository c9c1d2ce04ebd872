//! Removes known secrets from text before it can become part of an error.
//! Knows nothing of where the text came from.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// What stands in place of a secret.
pub const REDACTED: &str = "[secret]";

/// A secret shorter than this many bytes occurs in ordinary words; text that holds it is withheld
/// as a whole.
pub const SECRET_LENGTH_MIN: usize = 4;

/// A line of a secret of several lines (a private key) is a secret of its own from this length.
const SECRET_LINE_LENGTH_MIN: usize = 12;

/// An encoded piece shorter than this is not searched for.
const ENCODED_LENGTH_MIN: usize = 6;

const WITHHELD: &str = "[withheld: holds a secret]";

/// Finds secrets in every form in which a vendor or a library echoes them.
pub(crate) struct Redactor {
    /// Longest first, so that no part of a long form survives the removal of a short one.
    forms: Vec<String>,
    short: Vec<String>,
}

impl Redactor {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut forms = Vec::new();
        let mut short = Vec::new();
        for secret in secrets {
            let secret = secret.expose_secret();
            if secret.is_empty() {
                continue;
            }
            if secret.len() < SECRET_LENGTH_MIN {
                short.push(secret.to_owned());
                continue;
            }
            add_forms(secret, &mut forms);
            let trimmed = secret.trim();
            if trimmed != secret && trimmed.len() >= SECRET_LENGTH_MIN {
                add_forms(trimmed, &mut forms);
            }
            if trimmed.contains('\n') {
                let lines = trimmed.lines().map(str::trim);
                for line in lines.filter(|line| line.len() >= SECRET_LINE_LENGTH_MIN) {
                    add_forms(line, &mut forms);
                }
            }
        }
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self { forms, short }
    }

    /// `text` without any known secret.
    pub(crate) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.short.iter().any(|secret| text.contains(secret)) {
            return Cow::Borrowed(WITHHELD);
        }
        let mut text = Cow::Borrowed(text);
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form, REDACTED));
            }
        }
        text
    }

    /// The length in bytes of the longest form: how much of a cut text's end can be a part of one.
    pub(crate) fn form_length_max(&self) -> usize {
        self.forms.first().map_or(0, String::len)
    }
}

fn add_forms(secret: &str, forms: &mut Vec<String>) {
    forms.push(secret.to_owned());
    let mut encoded = vec![
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        // What a WHATWG URL makes of it in a query, and what a form makes of it.
        utf8_percent_encode(secret, URL_QUERY).to_string(),
        utf8_percent_encode(secret, UNRESERVED_KEPT).to_string(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
    ];
    let lower: Vec<String> = encoded.iter().map(|form| lower_percent(form)).collect();
    encoded.extend(lower);
    let json = serde_json::to_string(secret).expect("a string is always JSON");
    let json = json.trim_start_matches('"');
    let json = json.strip_suffix('"').unwrap_or(json);
    encoded.push(json.to_owned());
    encoded.push(json.replace('/', "\\/"));
    encoded.push(json_ascii(json));
    // Text that quotes text: JSON in JSON, and the Debug form in a library's message.
    encoded.push(json.replace('\\', "\\\\").replace('"', "\\\""));
    encoded.push(format!("{secret:?}").trim_matches('"').to_owned());
    encoded.push(secret.escape_debug().to_string());
    encoded.push(hex(secret));
    encoded.push(hex(secret).to_uppercase());
    encoded.extend(base64_forms(secret.as_bytes()));
    forms.extend(encoded.into_iter().filter(|form| form.len() >= ENCODED_LENGTH_MIN));
}

const UNRESERVED_KEPT: &percent_encoding::AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const URL_QUERY: &percent_encoding::AsciiSet =
    &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// The same with `%2f` for `%2F`.
fn lower_percent(encoded: &str) -> String {
    let mut after_percent = 0;
    encoded
        .chars()
        .map(|c| {
            if c == '%' {
                after_percent = 2;
                c
            } else if after_percent > 0 {
                after_percent -= 1;
                c.to_ascii_lowercase()
            } else {
                c
            }
        })
        .collect()
}

/// JSON with every character beyond ASCII as `\uXXXX`, as several vendors write it.
fn json_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

fn hex(secret: &str) -> String {
    secret.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The base64 of the secret alone and inside a longer text (`user:secret`), where it can begin at
/// any of three positions of a group.
fn base64_forms(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        forms.push(engine.encode(secret));
        for shift in 0..3_usize {
            let mut bytes = vec![0; shift];
            bytes.extend_from_slice(secret);
            let encoded = engine.encode(&bytes);
            // The characters that hold bits of the neighbours are not the secret's alone.
            let first = (shift * 8).div_ceil(6);
            let last = bytes.len() * 8 / 6;
            if let Some(inner) = encoded.get(first..last) {
                forms.push(inner.to_owned());
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(secret: &str, text: &str) -> String {
        Redactor::new([&SecretString::from(secret)]).clean(text).into_owned()
    }

    #[test]
    fn removes_every_form() {
        let secret = "ca/na+ry \"ü\"=1";
        let standard = base64::engine::general_purpose::STANDARD;
        for text in [
            secret.to_owned(),
            utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            lower_percent(&utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()),
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
            serde_json::to_string(secret).unwrap(),
            serde_json::to_string(&serde_json::to_string(secret).unwrap()).unwrap(),
            format!("{secret:?}"),
            standard.encode(secret),
        ] {
            let cleaned = clean(secret, &format!("<{text}>"));
            assert!(cleaned.contains(REDACTED), "{text} -> {cleaned}");
            assert!(!cleaned.contains("ry"), "{text} -> {cleaned}");
        }
    }

    #[test]
    fn removes_base64_inside_a_longer_text() {
        for prefix in ["", "a", "ab", "abc", "user:"] {
            let encoded =
                base64::engine::general_purpose::STANDARD.encode(format!("{prefix}correct-horse-battery"));
            let cleaned = clean("correct-horse-battery", &encoded);
            assert!(cleaned.contains(REDACTED), "{encoded} -> {cleaned}");
        }
    }

    #[test]
    fn a_short_secret_withholds_the_text() {
        assert_eq!(clean("a1", "code a1 is wrong"), WITHHELD);
        assert_eq!(clean("a1", "nothing here"), "nothing here");
    }

    #[test]
    fn a_line_of_a_key_is_a_secret() {
        let key = "-----BEGIN KEY-----\nMIIabcdefghijkl\nmnopqrstuvwxyz01\n-----END KEY-----\n";
        assert_eq!(clean(key, "bad line mnopqrstuvwxyz01!"), "bad line [secret]!");
    }
}
