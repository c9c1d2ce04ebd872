//! [`parse`]: the text of a settings file to values with positions. Pure: reads no file, knows no
//! schema.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fault::Fault;
use crate::node::{Content, Node};
use crate::origin::{FilePosition, Origin};

/// Longest text of one settings file, in bytes.
pub const SETTINGS_BYTES_MAX: usize = 1024 * 1024;

/// What some editors put before a text to say that it is UTF-8.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// The table of a file that holds the key to its sealed values.
pub(crate) const SEALING_TABLE: &str = "sealing";
/// What the parser says of a key that it knows already.
const DUPLICATE_KEY: &str = "duplicate key";
/// The key in it.
pub(crate) const SEALING_KEY: &str = "key";

/// A settings file that was read: its values, and the envelope of the key to its sealed values.
pub struct Document {
    pub(crate) root: Node,
    pub(crate) envelope: Option<Arc<str>>,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Its values are not checked yet: any of them may be a secret in the wrong place.
        f.debug_struct("Document").field("origin", &self.root.origin).finish_non_exhaustive()
    }
}

/// Reads the text of a settings file called `name`. Every fault has a position, and what could be
/// read in spite of the faults is answered too.
///
/// It never panics, whatever the text; it is the entry point to test that with random texts.
///
/// ```
/// let (_, faults) = iac_settings::parse("settings/dev.toml", "workers = \nregion = nbg1\n");
/// assert_eq!(faults.len(), 2);
/// assert_eq!(faults[0].origin.as_ref().unwrap().to_string(), "settings/dev.toml:1:11");
/// ```
pub fn parse(name: &str, text: &str) -> (Document, Vec<Fault>) {
    parse_as(name, text, false)
}

pub(crate) fn parse_as(name: &str, text: &str, compiled_in: bool) -> (Document, Vec<Fault>) {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let places = Places::new(name, text, compiled_in);
    if text.len() > SETTINGS_BYTES_MAX {
        let fault = Fault::new("", format!("the file is longer than {SETTINGS_BYTES_MAX} bytes"));
        let root = Node::table(places.origin(0));
        return (Document { root, envelope: None }, vec![fault.at(&places.origin(0))]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut faults: Vec<Fault> = errors
        .iter()
        .map(|error| {
            let at = error.span().map_or(0, |span| span.start);
            malformed(error, text).at(&places.origin(at))
        })
        .collect();
    let mut root = Node { content: places.table(table.get_ref(), &mut faults), origin: places.origin(0) };
    let envelope = take_envelope(&mut root, &mut faults);
    faults.sort_by(|a, b| a.origin.cmp(&b.origin));
    (Document { root, envelope }, faults)
}

/// What the parser found wrong in a text.
fn malformed(error: &toml::de::Error, text: &str) -> Fault {
    let found = error.span().and_then(|span| text.get(span));
    let key = found.map(|key| key.trim_matches(['"', '\''])).filter(|key| !key.is_empty());
    if let (DUPLICATE_KEY, Some(key)) = (error.message(), key) {
        return Fault::new(key, "stands there twice, and a key has one value")
            .way_out("remove one of the two; of a table that stands there twice, join the content");
    }
    // The message alone: the error's Display quotes the line, which may hold a secret.
    let message = format!("the text is not TOML: {}", error.message());
    Fault::new("", message).way_out("text stands in quotes; see https://toml.io")
}

/// Takes the table `sealing` out: it belongs to the file, not to the settings.
fn take_envelope(root: &mut Node, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let Content::Table(entries) = &mut root.content else { return None };
    let sealing = entries.remove(SEALING_TABLE)?;
    let key = match &sealing.content {
        Content::Table(entries) if entries.len() == 1 => entries.get(SEALING_KEY),
        _ => None,
    };
    if let Some(Node { content: Content::String(envelope), .. }) = key {
        return Some(envelope.as_str().into());
    }
    faults.push(
        Fault::new(
            SEALING_TABLE,
            "must be the table with the one text `key` that `config set --secret` wrote",
        )
        .at(&sealing.origin)
        .way_out("restore it from the file's history: without it the sealed values cannot be read"),
    );
    None
}

/// Byte offsets to lines and columns.
struct Places<'a> {
    name: Arc<str>,
    text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
    /// How many bytes before each offset continue a character; empty where no byte does.
    inside: Vec<u32>,
    compiled_in: bool,
}

impl<'a> Places<'a> {
    fn new(name: &str, text: &'a str, compiled_in: bool) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let mut inside = Vec::new();
        if !text.is_ascii() {
            let mut count = 0;
            inside.push(count);
            inside.extend(text.bytes().map(|byte| {
                count += u32::from(is_inside_character(byte));
                count
            }));
        }
        let lines = std::iter::once(0).chain(after_breaks).collect();
        Self { name: name.into(), text, lines, inside, compiled_in }
    }

    fn origin(&self, offset: usize) -> Origin {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let inside = |at: usize| self.inside.get(at).copied().unwrap_or(0) as usize;
        let column = (offset - start.min(offset)) - (inside(offset) - inside(start.min(offset)));
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Origin::File(FilePosition {
            file: Arc::clone(&self.name),
            line: number(line),
            column: number(column + 1),
            compiled_in: self.compiled_in,
        })
    }

    fn table(&self, table: &DeTable<'_>, faults: &mut Vec<Fault>) -> Content {
        let entries = table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), self.node(value, key.span(), faults)));
        Content::Table(entries.collect::<BTreeMap<_, _>>())
    }

    fn node(&self, value: &Spanned<DeValue<'_>>, at: Range<usize>, faults: &mut Vec<Fault>) -> Node {
        let origin = self.origin(at.start);
        let content = match value.get_ref() {
            DeValue::String(text) => Content::String(text.to_string()),
            DeValue::Boolean(value) => Content::Bool(*value),
            DeValue::Datetime(date) => Content::Datetime(date.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Content::Integer(number),
                Err(_) => {
                    let fault = Fault::new("", "the number does not fit 64 bits");
                    faults.push(fault.at(&self.origin(value.span().start)));
                    Content::Integer(0)
                }
            },
            DeValue::Float(number) => Content::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Array(items) => {
                Content::List(items.iter().map(|item| self.node(item, item.span(), faults)).collect())
            }
            DeValue::Table(table) => self.table(table, faults),
        };
        Node { content, origin }
    }
}

/// Whether a byte continues a character of UTF-8.
fn is_inside_character(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Reads one TOML value, for texts from variables and the command line.
pub(crate) fn parse_value(text: &str, origin: &Origin) -> Option<Node> {
    if text.len() > SETTINGS_BYTES_MAX {
        return None;
    }
    let value = DeValue::parse(text).ok()?;
    let mut faults = Vec::new();
    let node = Places::new("", text, false).node(&value, 0..0, &mut faults);
    faults.is_empty().then(|| placed(node, origin))
}

/// The node and all in it with another origin.
fn placed(node: Node, origin: &Origin) -> Node {
    let content = match node.content {
        Content::List(items) => Content::List(items.into_iter().map(|item| placed(item, origin)).collect()),
        Content::Table(entries) => {
            Content::Table(entries.into_iter().map(|(key, node)| (key, placed(node, origin))).collect())
        }
        other => other,
    };
    Node { content, origin: origin.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_count_characters_and_every_error_is_told() {
        let (_, faults) = parse("a.toml", "x = 1\n\"äö\" = 1\n\"äöü\" = y\nz = [1\n");
        let places: Vec<String> =
            faults.iter().map(|fault| fault.origin.as_ref().unwrap().to_string()).collect();
        assert!(places.len() >= 2 && places[0] == "a.toml:3:9", "{places:?}");
    }

    #[test]
    fn a_key_that_stands_there_twice_is_named() {
        let (_, faults) = parse("a.toml", "region = \"a\"\n\"region\" = \"b\"\n[database]\n[database]\n");
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let twice = "stands there twice, and a key has one value";
        assert_eq!(
            told,
            [format!("a.toml:2:1: `region` {twice}"), format!("a.toml:4:2: `database` {twice}")]
        );
    }

    #[test]
    fn what_other_systems_write_around_a_text_changes_no_place() {
        let (_, faults) = parse("a.toml", "\u{feff}a = 1\r\nb =\r\n");
        let places: Vec<String> =
            faults.iter().map(|fault| fault.origin.as_ref().unwrap().to_string()).collect();
        assert_eq!(places, ["a.toml:2:4"]);
        let (document, faults) = parse("a.toml", "\u{feff}a = 1\r\n");
        assert!(faults.is_empty(), "{faults:?}");
        let Content::Table(entries) = &document.root.content else { panic!("a file is a table") };
        assert_eq!(entries["a"].origin.to_string(), "a.toml:1:1");
    }

    #[test]
    fn a_text_that_is_too_long_or_too_deep_is_refused() {
        let (_, faults) = parse("a.toml", &" ".repeat(SETTINGS_BYTES_MAX + 1));
        assert!(faults[0].message.contains("longer than"), "{faults:?}");
        let (_, faults) = parse("a.toml", &format!("x = {}", "[".repeat(5_000)));
        assert!(!faults.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(13), ..ProptestConfig::default() })]

        #[test]
        fn arbitrary_text_never_panics_and_every_fault_has_a_position(text in any::<String>()) {
            positioned(&text)?;
        }

        #[test]
        fn text_that_looks_like_toml_neither(
            text in "([a-z\\[\\]{}=.,\"'#\\\\ \n0-9ä-]|\\[\\[|\"\"\"|sealing|key = )*"
        ) {
            positioned(&text)?;
        }
    }

    fn positioned(text: &str) -> Result<(), TestCaseError> {
        let lines = u32::try_from(text.split('\n').count()).unwrap();
        for fault in parse("a.toml", text).1 {
            let place = fault.origin.as_ref().and_then(Origin::position).cloned();
            let place = place.ok_or_else(|| TestCaseError::fail("no position"))?;
            prop_assert!(place.line >= 1 && place.line <= lines && place.column >= 1, "{place:?} of {lines}");
        }
        Ok(())
    }
}
