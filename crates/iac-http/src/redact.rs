//! Removes known secrets from text before it can become part of an error.
//! Knows nothing of where the text came from, nor of the ways in which a text writes a secret: these are
//! the engine's.

use iac_core::__private::{MARK, SECRET_LENGTH_MIN as LENGTH_MIN, Scrub};
use secrecy::{ExposeSecret, SecretString};

/// What stands in place of a secret.
pub const REDACTED: &str = MARK;

/// A secret shorter than this many bytes occurs in ordinary words; text that holds it is withheld
/// as a whole.
pub const SECRET_LENGTH_MIN: usize = LENGTH_MIN;

const WITHHELD: &str = "[withheld: holds a secret]";

/// Finds secrets in every form in which a vendor or a library echoes them.
pub(crate) struct Redactor {
    scrub: Scrub,
    short: Vec<String>,
}

impl Redactor {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let secrets: Vec<&str> = secrets.into_iter().map(ExposeSecret::expose_secret).collect();
        let is_short = |secret: &&&str| !secret.is_empty() && secret.len() < SECRET_LENGTH_MIN;
        let short = secrets.iter().filter(is_short).map(ToString::to_string).collect();
        Self { scrub: Scrub::new(&secrets), short }
    }

    /// `text` without any known secret. If its end was cut off, it may end within one.
    pub(crate) fn clean(&self, text: &str, is_cut: bool) -> String {
        if self.short.iter().any(|secret| text.contains(secret)) {
            return WITHHELD.to_owned();
        }
        let mut text = text.to_owned();
        match is_cut {
            true => self.scrub.clean_cut(&mut text),
            false => self.scrub.clean(&mut text),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(secret: &str, text: &str) -> String {
        Redactor::new([&SecretString::from(secret)]).clean(text, false)
    }

    #[test]
    fn a_secret_is_removed_in_the_forms_of_urls_and_json() {
        let secret = "ca/na+ry \"ü\"=1";
        let form = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let json = serde_json::to_string(secret).unwrap();
        let mut query = url::Url::parse("https://vendor.example").unwrap();
        query.query_pairs_mut().append_pair("q", secret);
        for text in [secret.to_owned(), form, json, query.to_string()] {
            let cleaned = clean(secret, &format!("<{text}>"));
            assert!(cleaned.contains(REDACTED) && !cleaned.contains("ry"), "{text} -> {cleaned}");
        }
    }

    #[test]
    fn a_short_secret_withholds_the_text() {
        assert_eq!(clean("a1", "code a1 is wrong"), WITHHELD);
        assert_eq!(clean("a1", "nothing here"), "nothing here");
        assert_eq!(clean("", "nothing here"), "nothing here");
    }
}
