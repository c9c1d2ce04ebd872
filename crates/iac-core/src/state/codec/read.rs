//! Text to a value, in one pass. Knows nothing of rows.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::key::{DataKey, NONCE_LENGTH, TAG_LENGTH, decrypt};
use super::place::{Place, Segment};
use super::{CodecError, FLOAT_MARKER, NESTED_MARKER, SECRET_FORMAT, SECRET_MARKER, UNKNOWN_MARKER};
use crate::value::{Value, ValueMap};

/// The value of a stored text.
pub(super) fn stored(place: &Place<'_>, key: Option<&DataKey>, text: &str) -> Result<Value, CodecError> {
    Opening { place, key, inside: false, unknowns: false, failure: RefCell::default() }
        .read(text.as_bytes(), &Segment::Root)
}

/// The value of the text inside a whole.
pub(super) fn whole(place: &Place<'_>, text: &[u8]) -> Result<Value, CodecError> {
    Opening { place, key: None, inside: true, unknowns: true, failure: RefCell::default() }
        .read(text, &Segment::Root)
}

struct Opening<'a> {
    place: &'a Place<'a>,
    key: Option<&'a DataKey>,
    /// Whether the text was inside a ciphertext.
    inside: bool,
    /// Whether a value may be unknown.
    unknowns: bool,
    /// The precise error: serde's own could only carry its text.
    failure: RefCell<Option<CodecError>>,
}

impl Opening<'_> {
    fn read(&self, text: &[u8], at: &Segment<'_>) -> Result<Value, CodecError> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        Node { opening: self, at }
            .deserialize(&mut reader)
            .and_then(|value| reader.end().map(|()| value))
            .map_err(|error| {
                // The error's own text may quote content.
                self.failure.take().unwrap_or_else(|| {
                    let reason = format!("not the expected JSON at byte {} of its text", error.column());
                    self.place.malformed(at, reason)
                })
            })
    }

    fn fail<E: serde::de::Error>(&self, error: CodecError) -> E {
        *self.failure.borrow_mut() = Some(error);
        E::custom("")
    }

    fn secret(&self, text: &str, at: &Segment<'_>) -> Result<Value, CodecError> {
        let place = self.place;
        let (format, body) = text
            .split_once('.')
            .and_then(|(text, body)| Some((text, text.parse::<u32>().ok()?, body)))
            // One spelling only: what can be written in two ways is not what was sealed.
            .filter(|(text, format, _)| *text == format.to_string())
            .map(|(_, format, body)| (format, body))
            .ok_or_else(|| place.malformed(at, "the secret has no format number"))?;
        if format > SECRET_FORMAT {
            return Err(place.error(at, |urn, field| CodecError::Newer { urn, field, found: format }));
        }
        if format != SECRET_FORMAT {
            return Err(place.malformed(at, "the secret has a format number that never existed"));
        }
        let sealed =
            BASE64.decode(body).map_err(|_| place.malformed(at, "the secret is cut short or not base64"))?;
        if sealed.len() < NONCE_LENGTH + TAG_LENGTH {
            return Err(place.malformed(at, "the secret is cut short"));
        }
        let key =
            self.key.ok_or_else(|| place.error(at, |urn, field| CodecError::KeyMissing { urn, field }))?;
        let plain = decrypt(key, &place.associated(at), &sealed)
            .ok_or_else(|| place.error(at, |urn, field| CodecError::Rejected { urn, field }))?;
        Opening { place, key: self.key, inside: true, unknowns: false, failure: RefCell::default() }
            .read(&plain, at)
            .map(Value::secret)
    }
}

/// One value and its place.
#[derive(Clone, Copy)]
struct Node<'a> {
    opening: &'a Opening<'a>,
    at: &'a Segment<'a>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value)
            .map(Value::Int)
            .map_err(|_| self.opening.fail(self.opening.place.malformed(self.at, "an integer is too large")))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items
            .next_element_seed(Node { opening: self.opening, at: &Segment::Index(self.at, list.len()) })?
        {
            list.push(item);
        }
        Ok(Value::List(Arc::new(list)))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = ValueMap::new();
        while let Some(name) = entries.next_key_seed(Name)? {
            let key = match name {
                EntryName::Plain(key) => key,
                EntryName::Marker(marker) if map.is_empty() => return self.marked(&marker, entries),
                EntryName::Marker(_) => {
                    return Err(self.fail("a marker stands among plain entries"));
                }
            };
            let value =
                entries.next_value_seed(Node { opening: self.opening, at: &Segment::Key(self.at, &key) })?;
            map.insert(key, value);
        }
        Ok(Value::Map(Arc::new(map)))
    }
}

impl Node<'_> {
    fn fail<E: serde::de::Error>(&self, reason: &str) -> E {
        self.opening.fail(self.opening.place.malformed(self.at, reason))
    }

    fn marked<'de, A: MapAccess<'de>>(self, marker: &str, mut entries: A) -> Result<Value, A::Error> {
        let value = match marker {
            SECRET_MARKER if !self.opening.inside => {
                let text: String = entries.next_value()?;
                self.opening.secret(&text, self.at).map_err(|error| self.opening.fail::<A::Error>(error))?
            }
            NESTED_MARKER if self.opening.inside => Value::secret(entries.next_value_seed(self)?),
            UNKNOWN_MARKER if self.opening.unknowns => {
                entries.next_value::<bool>()?;
                Value::Unknown
            }
            FLOAT_MARKER => {
                let text: String = entries.next_value()?;
                let number = text.parse().map_err(|_| self.fail::<A::Error>("a number is unreadable"))?;
                Value::Float(number)
            }
            _ => return Err(self.fail("it has a marker that this program never writes here")),
        };
        match entries.next_key_seed(Name)? {
            None => Ok(value),
            Some(_) => Err(self.fail("a marker does not stand alone")),
        }
    }
}

/// Reads the name of a map's entry.
struct Name;

enum EntryName {
    Plain(Arc<str>),
    Marker(String),
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = EntryName;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EntryName, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = EntryName;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<EntryName, E> {
        Ok(match name.strip_prefix('$') {
            None => EntryName::Plain(name.into()),
            Some(escaped) if escaped.starts_with('$') => EntryName::Plain(escaped.into()),
            Some(_) => EntryName::Marker(name.to_owned()),
        })
    }
}
