//! [`Scrub`]: takes known secrets out of text that others wrote, in every spelling in which such text
//! repeats them. Knows nothing of where secrets or text come from.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::hash::hex;
use crate::spelled::{readings, stops_within};

/// What stands in the place of a secret.
pub const MARK: &str = "[secret]";
/// Shorter texts are left alone: they occur everywhere, and hide nothing.
pub const SECRET_LENGTH_MIN: usize = 4;
/// A line of a secret of several lines (a private key) is a secret of its own from this length.
const LINE_LENGTH_MIN: usize = 12;
/// An encoded secret that is shorter than this occurs in ordinary text.
const ENCODED_LENGTH_MIN: usize = 6;

/// Some secrets, each as it is, in hexadecimal digits and in base64. A text may write each character of
/// these as JSON, `Debug` or a URL would, once or several times over.
pub struct Scrub {
    plain: Patterns,
    hex: Patterns,
    base64: Patterns,
}

/// Texts to search for, by their first characters.
struct Patterns {
    /// Makes one of all characters that stand for the same.
    fold: fn(char) -> char,
    by_first: HashMap<char, Vec<Vec<char>>>,
}

impl std::fmt::Debug for Scrub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count: usize = self.plain.by_first.values().map(Vec::len).sum();
        write!(f, "Scrub({count} secrets)")
    }
}

impl Scrub {
    /// Knows `secrets`.
    pub fn new<S: AsRef<str>>(secrets: &[S]) -> Self {
        let mut scrub = Self {
            plain: Patterns::new(|c| c),
            hex: Patterns::new(|c| c.to_ascii_lowercase()),
            base64: Patterns::new(standard_base64),
        };
        for secret in secrets.iter().map(AsRef::as_ref) {
            let trimmed = secret.trim();
            scrub.add(trimmed);
            if trimmed.contains('\n') {
                let lines = trimmed.lines().map(str::trim).filter(|line| line.len() >= LINE_LENGTH_MIN);
                lines.for_each(|line| scrub.add(line));
            }
        }
        scrub
    }

    fn add(&mut self, secret: &str) {
        if secret.len() < SECRET_LENGTH_MIN {
            return;
        }
        self.plain.add(secret);
        let encoded = |text: &String| text.len() >= ENCODED_LENGTH_MIN;
        self.hex.add(&hex(secret.as_bytes()));
        base64(secret.as_bytes()).iter().filter(|text| encoded(text)).for_each(|text| self.base64.add(text));
    }

    /// Puts a mark in the place of every secret.
    pub fn clean(&self, text: &mut String) {
        self.replace(text, false);
    }

    /// The same for a text whose end was cut off: what it ends with may be the beginning of a secret.
    pub fn clean_cut(&self, text: &mut String) {
        self.replace(text, true);
    }

    fn replace(&self, text: &mut String, is_cut: bool) {
        let mut clean = String::new();
        let mut done = 0;
        for (start, end) in self.found(text, is_cut) {
            clean.push_str(text.get(done..start).unwrap_or_default());
            clean.push_str(MARK);
            done = end;
        }
        if done > 0 {
            clean.push_str(text.get(done..).unwrap_or_default());
            *text = clean;
        }
    }

    /// Where secrets stand, in order. Those that overlap are one: whichever was taken out first would
    /// leave a part of the other.
    fn found(&self, text: &str, is_cut: bool) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (start, _) in text.char_indices() {
            let ends = [&self.plain, &self.hex, &self.base64].map(|one| one.end_at(text, start, is_cut));
            let Some(end) = ends.into_iter().flatten().max() else { continue };
            match found.last_mut() {
                Some(last) if start < last.1 => last.1 = last.1.max(end),
                _ => found.push((start, end)),
            }
        }
        found
    }
}

impl Patterns {
    fn new(fold: fn(char) -> char) -> Self {
        Self { fold, by_first: HashMap::new() }
    }

    fn add(&mut self, text: &str) {
        let mut pattern: Vec<char> = text.chars().map(self.fold).collect();
        // A run of backslashes in a text is read as any number of them.
        pattern.dedup_by(|a, b| *a == '\\' && *b == '\\');
        let Some(first) = pattern.first() else { return };
        self.by_first.entry(*first).or_default().push(pattern);
    }

    /// Where the longest one ends that begins at `start`.
    fn end_at(&self, text: &str, start: usize, is_cut: bool) -> Option<usize> {
        let firsts = readings(text, start).map(|(c, _)| (self.fold)(c));
        let here = firsts.filter_map(|first| self.by_first.get(&first)).flatten();
        here.filter_map(|pattern| self.end_of(pattern, text, start, is_cut)).max()
    }

    fn end_of(&self, pattern: &[char], text: &str, start: usize, is_cut: bool) -> Option<usize> {
        // A character can be read in several ways: every place that may be reached so far.
        let (mut reached, mut next) = (vec![start], Vec::new());
        for (matched, wanted) in pattern.iter().enumerate() {
            for at in reached.drain(..) {
                if is_cut && matched >= SECRET_LENGTH_MIN && stops_within(text, at) {
                    return Some(text.len());
                }
                let fitting = readings(text, at).filter(|(c, _)| (self.fold)(*c) == *wanted);
                next.extend(fitting.map(|(_, end)| end));
            }
            next.sort_unstable();
            next.dedup();
            std::mem::swap(&mut reached, &mut next);
            if reached.is_empty() {
                return None;
            }
        }
        reached.last().copied()
    }
}

/// The characters of base64 for URLs as those of standard base64.
fn standard_base64(c: char) -> char {
    match c {
        '-' => '+',
        '_' => '/',
        other => other,
    }
}

/// Base64 of the secret inside a longer text (`user:secret`), where it begins at any of three places of
/// a group, and so alone as well.
fn base64(secret: &[u8]) -> Vec<String> {
    let at = |shift: usize| {
        let mut bytes = vec![0; shift];
        bytes.extend_from_slice(secret);
        // The characters that hold bits of the neighbours are not the secret's alone.
        let (first, last) = ((shift * 8).div_ceil(6), bytes.len() * 8 / 6);
        STANDARD_NO_PAD.encode(&bytes).get(first..last).map(str::to_owned)
    };
    (0..3).filter_map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(secrets: &[&str], text: &str) -> String {
        let mut text = text.to_owned();
        Scrub::new(secrets).clean(&mut text);
        text
    }

    fn twice(text: &str) -> String {
        serde_json::to_string(&serde_json::to_string(text).unwrap()).unwrap()
    }

    #[test]
    fn every_spelling_is_removed() {
        let secret = "ca/na+ry \"ü\"=1\\2\\\n3~*'";
        let url = "ca%2Fna%2Bry%20%22%C3%BC%22%3D1%5C2%5C%0A3~*'";
        let hexadecimal = hex(secret.as_bytes());
        for text in [
            secret.to_owned(),
            url.to_owned(),
            url.replace("%20", "+").to_ascii_lowercase().replace("%c3%bc", "%C3%BC"),
            url.replace('~', "%7E").replace('*', "%2A").replace("%20", "+"),
            serde_json::to_string(secret).unwrap(),
            serde_json::to_string(secret).unwrap().replace('/', "\\/").replace('ü', "\\u00fc"),
            twice(secret),
            twice(&serde_json::to_string(secret).unwrap()),
            format!("{secret:?}"),
            secret.escape_default().to_string(),
            hexadecimal.clone(),
            hexadecimal.to_uppercase(),
            base64::engine::general_purpose::STANDARD.encode(secret),
            base64::engine::general_purpose::URL_SAFE.encode(format!("user:{secret}")),
            base64::engine::general_purpose::STANDARD.encode(format!("u:{secret}")).replace('/', "%2F"),
        ] {
            let clean = cleaned(&[secret], &format!("<{text}>"));
            assert!(clean.contains(MARK), "{text} -> {clean}");
            assert!(!clean.contains("ry") && clean.len() < MARK.len() + 24, "{text} -> {clean}");
        }
    }

    #[test]
    fn secrets_that_overlap_leave_nothing_of_either() {
        assert_eq!(cleaned(&["hunter", "hunter-two"], "no hunter-two here"), "no [secret] here");
        assert_eq!(cleaned(&["first-mid", "mid-dle-last"], "a first-mid-dle-last b"), "a [secret] b");
        assert_eq!(cleaned(&["hunter"], "hunterhunter"), "[secret][secret]");
    }

    #[test]
    fn a_line_of_a_key_is_a_secret_and_a_short_word_is_none() {
        let key = "-----BEGIN KEY-----\nMIIabcdefghijkl\nmnopqrstuvwxyz01\n-----END KEY-----\n";
        assert_eq!(cleaned(&[key], "bad line mnopqrstuvwxyz01!"), "bad line [secret]!");
        assert_eq!(cleaned(&["abc"], "abc is wrong"), "abc is wrong");
        assert_eq!(cleaned(&[" token\n"], "the token: bad"), "the [secret]: bad");
    }

    #[test]
    fn a_beginning_is_taken_from_the_end_of_a_text_that_was_cut() {
        let cut = |text: &str| {
            let mut text = text.to_owned();
            Scrub::new(&["correct/horse"]).clean_cut(&mut text);
            text
        };
        assert_eq!(cut("no correct/hor"), "no [secret]");
        assert_eq!(cut("no correct%2"), "no [secret]");
        assert_eq!(cut("no correct\\"), "no [secret]");
        assert_eq!(cut("it is not corr"), "it is not [secret]");
        assert_eq!(cut("it is not cor"), "it is not cor");
        assert_eq!(cut("no correct thing"), "no correct thing");
        assert_eq!(cleaned(&["correct/horse"], "no correct/hor"), "no correct/hor");
    }
}
