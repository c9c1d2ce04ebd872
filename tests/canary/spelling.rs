//! [`Hunt`]: known secrets in every spelling, and the search for them in bytes. Knows nothing of where
//! the bytes come from.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Every spelling is found by its first bytes; a shorter one is not searched for.
const HEAD: usize = 8;
/// A line of a secret of several lines is searched for by itself from this length.
const LINE_LENGTH_MIN: usize = 16;

struct Spelling {
    what: String,
    bytes: Vec<u8>,
}

/// Secrets to search for.
#[derive(Default)]
pub(crate) struct Hunt {
    by_head: HashMap<[u8; HEAD], Vec<Spelling>>,
    /// Which first two bytes any spelling has; empty while there is none. Rules out most places.
    starts: Vec<bool>,
    planted: usize,
    searched: usize,
}

impl Hunt {
    /// Searches for `secret` from now on, and for each of its lines and its longest plain part.
    pub(crate) fn plant(&mut self, name: &str, secret: &str) {
        self.planted += 1;
        assert!(secret.len() >= HEAD, "{name} is too short to be told from other text");
        let plain = secret.split(|c: char| !c.is_ascii_alphanumeric()).max_by_key(|part| part.len());
        let lines = secret
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= LINE_LENGTH_MIN && !line.starts_with("-----"));
        let parts = [secret].into_iter().chain(plain.filter(|part| part.len() >= LINE_LENGTH_MIN));
        for part in parts.chain(lines) {
            for (how, bytes) in spellings(part) {
                let Some(head) = bytes.first_chunk::<HEAD>() else { continue };
                self.starts.resize(usize::from(u16::MAX) + 1, false);
                self.starts[start(head)] = true;
                let known = self.by_head.entry(*head).or_default();
                if !known.iter().any(|other| other.bytes == bytes) {
                    known.push(Spelling { what: format!("{name} ({how})"), bytes });
                }
            }
        }
    }

    /// What of the planted secrets stands in `bytes`.
    pub(crate) fn found(&mut self, bytes: &[u8]) -> Vec<String> {
        self.searched += bytes.len();
        let mut found = Vec::new();
        for (at, head) in bytes.windows(HEAD).enumerate() {
            if self.starts.is_empty() || !self.starts[start(head)] {
                continue;
            }
            let Ok(head) = <&[u8; HEAD]>::try_from(head) else { continue };
            let Some(known) = self.by_head.get(head) else { continue };
            let here = known.iter().filter(|spelling| bytes[at..].starts_with(&spelling.bytes));
            for spelling in here {
                let from = at.saturating_sub(90);
                let to = (at + spelling.bytes.len() + 30).min(bytes.len());
                let around = String::from_utf8_lossy(&bytes[from..to]).into_owned();
                found.push(format!("{} at byte {at}: …{around}…", spelling.what));
            }
        }
        found
    }

    /// Fails if any planted secret stands in `bytes`.
    #[track_caller]
    pub(crate) fn search(&mut self, place: &str, bytes: impl AsRef<[u8]>) {
        let found = self.found(bytes.as_ref());
        assert!(
            found.is_empty(),
            "{place} holds {} secrets:\n{}",
            found.len(),
            found[..found.len().min(5)].join("\n")
        );
    }

    /// Searches every file under `directory`, but those whose names are `left_out`.
    #[track_caller]
    pub(crate) fn search_files(&mut self, directory: &Path, left_out: &[&str]) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                self.search_files(&path, left_out);
            } else if !left_out.contains(&name.as_str()) {
                // SQLite's own files come and go.
                let Ok(bytes) = std::fs::read(&path) else { continue };
                self.search(&path.display().to_string(), bytes);
                self.search("the name of a file", &name);
            }
        }
    }

    /// How many secrets were searched for in how many bytes.
    pub(crate) fn tally(&self) -> String {
        format!("{} secrets, {} bytes searched, no hit", self.planted, self.searched)
    }
}

fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// Everything that a text can be written as.
fn spellings(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::to_string(secret).unwrap();
    let json = json[1..json.len() - 1].to_owned();
    let percent = |kept: &str, upper: bool| -> String {
        let one = |byte: &u8| match char::from(*byte) {
            c if c.is_ascii_alphanumeric() || kept.contains(c) => c.to_string(),
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        bytes.iter().map(one).collect()
    };
    let mut texts = vec![
        ("raw", secret.to_owned()),
        ("JSON", json.clone()),
        ("JSON with slashes", json.replace('/', "\\/")),
        ("JSON in JSON", json.replace('\\', "\\\\").replace('"', "\\\"")),
        ("Debug", secret.escape_debug().to_string()),
        ("ASCII", secret.escape_default().to_string()),
        ("hex", hex.clone()),
        ("HEX", hex.to_uppercase()),
        ("URL", percent("", true)),
        ("URL component", percent("-_.~", true)),
        ("form", percent("-_.*", true).replace("%20", "+")),
        ("url", percent("-_.~", false)),
        ("url of all", percent("", false)),
    ];
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        texts.push(("base64", engine.encode(bytes)));
    }
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for shift in 0..3 {
            let moved = [vec![0; shift], bytes.to_vec()].concat();
            let encoded = engine.encode(&moved);
            texts.push(("base64 inside", encoded[(shift * 8).div_ceil(6)..moved.len() * 8 / 6].to_owned()));
        }
    }
    let utf16 = |order: fn(u16) -> [u8; 2]| secret.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let wide = [("UTF-16 LE", utf16(u16::to_le_bytes)), ("UTF-16 BE", utf16(u16::to_be_bytes))];
    texts.into_iter().map(|(how, text)| (how, text.into_bytes())).chain(wide).collect()
}

/// A secret as vendors and libraries repeat it, for failures that quote one.
pub(crate) fn quoted(secret: &str) -> String {
    if secret.is_empty() {
        return "nothing".to_owned();
    }
    let texts = spellings(secret).into_iter().filter(|(how, _)| !how.starts_with("UTF-16"));
    let texts = texts.map(|(how, bytes)| format!("{how} {}", String::from_utf8(bytes).unwrap()));
    texts.collect::<Vec<_>>().join(", ")
}

/// Those of `secrets` that stand in a request's body, alone or as a part of it in JSON.
pub(crate) fn carried(secrets: &[String], body: &[u8]) -> Vec<String> {
    let body = String::from_utf8_lossy(body);
    let stands = |secret: &&String| {
        let json = serde_json::to_string(secret).unwrap();
        body.contains(&json[1..json.len() - 1])
    };
    secrets.iter().filter(stands).cloned().collect()
}

/// A secret with characters that every spelling writes otherwise, and a part that all leave alone.
pub(crate) fn canary(name: &str) -> String {
    format!("cn/{name}+-_.\"ü\"=7f3a91CANARY{name}d20c58?")
}

#[test]
fn every_spelling_is_found_wherever_it_stands() {
    let secret = canary("teeth");
    for (how, bytes) in spellings(&secret) {
        let mut hunt = Hunt::default();
        hunt.plant("teeth", &secret);
        let around = [b"{\"a\":\"".as_slice(), &bytes, b"\"}"].concat();
        assert!(!hunt.found(&around).is_empty(), "{how} was not found");
    }
    let mut hunt = Hunt::default();
    hunt.plant("teeth", &secret);
    for prefix in ["", "a", "ab", "user:"] {
        for engine in [&STANDARD, &URL_SAFE] {
            let encoded = engine.encode(format!("{prefix}{secret}!"));
            assert!(!hunt.found(encoded.as_bytes()).is_empty(), "{encoded}");
        }
    }
    // What a removal leaves over is found as well.
    assert!(!hunt.found(&secret.as_bytes()[8..]).is_empty());
    assert_eq!(hunt.found(b"nothing of the kind is written here"), [""; 0]);
}
