//! A value to text. Knows nothing of rows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::key::{DataKey, encrypt};
use super::place::{Place, Segment};
use super::{
    CodecError, FLOAT_MARKER, NESTED_MARKER, SECRET_FORMAT, SECRET_MARKER, UNKNOWN_MARKER, VALUE_DEPTH_MAX,
};
use crate::value::Value;

/// Deepest nesting of a value that is encrypted as one, its markers included: a stored value and what
/// holds it. The JSON reader stops at 128.
const WHOLE_DEPTH_MAX: usize = 120;

/// What to do about secrets and unknowns.
enum Door<'a> {
    /// For storage: secrets are encrypted, unknowns are refused.
    Stored(&'a Place<'a>, Option<&'a DataKey>),
    /// Inside a secret: further secrets are only marked, unknowns are refused.
    Inside(&'a Place<'a>),
    /// For a value that is encrypted as one: both are only marked.
    Whole(&'a Place<'a>),
    /// For a digest: both are only marked. Nothing is refused.
    Digest,
}

/// The text to store.
pub(super) fn stored(place: &Place<'_>, key: Option<&DataKey>, value: &Value) -> Result<String, CodecError> {
    let mut out = Vec::with_capacity(256);
    Door::Stored(place, key).write(value, &Segment::Root, 0, &mut out)?;
    Ok(String::from_utf8(out).expect("JSON is written from texts only"))
}

/// The text of a value that is encrypted as one, secrets in the open: only ever an input of a cipher.
pub(super) fn whole(place: &Place<'_>, value: &Value) -> Result<Zeroizing<Vec<u8>>, CodecError> {
    let mut out = Zeroizing::new(Vec::with_capacity(256));
    Door::Whole(place).write(value, &Segment::Root, 0, &mut out)?;
    Ok(out)
}

/// The same bytes for equal values, secrets in the open: only ever an input of a hash.
pub(super) fn canonical(value: &Value) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(256));
    Door::Digest.write(value, &Segment::Root, 0, &mut out).expect("a digest refuses nothing");
    out
}

impl Door<'_> {
    fn write(
        &self,
        value: &Value,
        at: &Segment<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let too_deep = match self {
            Self::Stored(place, _) | Self::Inside(place) if depth > VALUE_DEPTH_MAX => Some(place),
            Self::Whole(place) if depth > WHOLE_DEPTH_MAX => Some(place),
            _ => None,
        };
        if let Some(place) = too_deep {
            return Err(place.error(at, |urn, field| CodecError::TooDeep { urn, field }));
        }
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Float(number) => float(*number, out),
            Value::String(text) => string(text, out),
            Value::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.write(item, &Segment::Index(at, index), depth + 1, out)?;
                }
                out.push(b']');
            }
            Value::Map(entries) => {
                out.push(b'{');
                let mut first = true;
                for (key, entry) in entries.iter().filter(|(_, entry)| **entry != Value::Null) {
                    if !std::mem::take(&mut first) {
                        out.push(b',');
                    }
                    if key.starts_with('$') {
                        string(&format!("${key}"), out);
                    } else {
                        string(key, out);
                    }
                    out.push(b':');
                    self.write(entry, &Segment::Key(at, key), depth + 1, out)?;
                }
                out.push(b'}');
            }
            Value::Secret(inner) => self.secret(inner, at, depth, out)?,
            Value::Unknown => match self {
                Self::Stored(place, _) | Self::Inside(place) => {
                    return Err(place.error(at, |urn, field| CodecError::Unknown { urn, field }));
                }
                Self::Whole(_) | Self::Digest => {
                    marked(UNKNOWN_MARKER, out, |out| out.extend_from_slice(b"true"))
                }
            },
        }
        Ok(())
    }

    fn secret(
        &self,
        inner: &Value,
        at: &Segment<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let Self::Stored(place, key) = self else {
            let mut written = Ok(());
            marked(NESTED_MARKER, out, |out| written = self.write(inner, at, depth + 1, out));
            return written;
        };
        let key = key.ok_or_else(|| place.error(at, |urn, field| CodecError::KeyMissing { urn, field }))?;
        let mut plain = Zeroizing::new(Vec::with_capacity(256));
        Door::Inside(place).write(inner, at, 0, &mut plain)?;
        let sealed = encrypt(key, &place.associated(at), &mut plain)
            .map_err(|reason| place.error(at, |urn, field| CodecError::Random { urn, field, reason }))?;
        marked(SECRET_MARKER, out, |out| {
            string(&format!("{SECRET_FORMAT}.{}", BASE64.encode(sealed)), out);
        });
        Ok(())
    }
}

fn marked(marker: &str, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'{');
    string(marker, out);
    out.push(b':');
    content(out);
    out.push(b'}');
}

fn string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("text is written to memory");
}

/// An ordinary JSON number where it reads back as the same bits, a marked text otherwise.
fn float(number: f64, out: &mut Vec<u8>) {
    let text = format!("{number:?}");
    let survives = text.contains(['.', 'e'])
        && serde_json::from_str::<f64>(&text).is_ok_and(|read| read.to_bits() == number.to_bits());
    if survives {
        out.extend_from_slice(text.as_bytes());
    } else {
        marked(FLOAT_MARKER, out, |out| string(&text, out));
    }
}
