//! Owns the reading of request bodies: types and bounds of single fields, and how a field that
//! cannot be used is refused. Knows no resources.
use super::error::{error, invalid_input};
use super::label::{self, Labels};
use iac_testkit::sim::{SimRequest, SimResponse};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// The largest whole number that a double holds exactly.
const ID_MAX: u64 = 9_007_199_254_740_991;
const NOT_ID_OR_NAME: &str = "Not a valid ID or name.";

type Read<T> = Result<T, SimResponse>;

/// A JSON object of a request with its place in the body. Unknown fields are ignored, as the real
/// API does; a field that is `null` counts as not given.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    place: String,
    fields: Map<String, Value>,
}

impl Input {
    /// The body, which must be a JSON object.
    pub(crate) fn read(request: &SimRequest) -> Read<Self> {
        match request.json() {
            Ok(Value::Object(fields)) => Ok(Self { place: String::new(), fields }),
            Ok(_) => Err(error(400, "json_error", "the body is not a JSON object", Value::Null)),
            Err(_) => Err(error(400, "json_error", "Invalid JSON in request", Value::Null)),
        }
    }

    /// The body; an empty one counts as `{}`.
    pub(crate) fn read_optional(request: &SimRequest) -> Read<Self> {
        if request.body.is_empty() {
            return Ok(Self { place: String::new(), fields: Map::new() });
        }
        Self::read(request)
    }

    /// The same object in which a field that is not given has this value.
    pub(crate) fn with_default(mut self, field: &str, value: Value) -> Self {
        if !self.is_given(field) {
            self.fields.insert(field.to_owned(), value);
        }
        self
    }

    /// The field's place in the body: `rules.0.port`.
    pub(crate) fn path(&self, field: &str) -> String {
        if self.place.is_empty() { field.to_owned() } else { format!("{}.{field}", self.place) }
    }

    /// 422 about one field of this object.
    pub(crate) fn refuse(&self, field: &str, reason: impl Into<String>) -> SimResponse {
        invalid_input(&self.path(field), reason)
    }

    /// 422: the field is missing.
    pub(crate) fn missing(&self, field: &str) -> SimResponse {
        self.refuse(field, "Missing data for required field.")
    }

    /// The value of a field that must be there.
    pub(crate) fn require<T>(&self, field: &str, value: Option<T>) -> Read<T> {
        value.ok_or_else(|| self.missing(field))
    }

    /// Whether the field is there, be it `null`.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Whether the field is there and not `null`.
    pub(crate) fn is_given(&self, field: &str) -> bool {
        self.value(field).is_some()
    }

    /// The field as sent, unless it is missing or `null`.
    fn value(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn typed<'a, T>(
        &'a self,
        field: &str,
        reason: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Read<Option<T>> {
        match self.value(field) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.refuse(field, reason)),
        }
    }

    /// A text.
    pub(crate) fn text(&self, field: &str) -> Read<Option<&str>> {
        self.typed(field, "Not a valid string.", Value::as_str)
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, field: &str) -> Read<&str> {
        self.require(field, self.text(field)?)
    }

    /// A text of a number of characters within bounds.
    pub(crate) fn text_within(&self, field: &str, characters: RangeInclusive<usize>) -> Read<Option<&str>> {
        let text = self.text(field)?;
        let (least, most) = characters.into_inner();
        match text.map(|text| text.chars().count()) {
            Some(count) if count < least => {
                Err(self.refuse(field, format!("Shorter than minimum length {least}.")))
            }
            Some(count) if count > most => {
                Err(self.refuse(field, format!("Longer than maximum length {most}.")))
            }
            _ => Ok(text),
        }
    }

    /// An id or another integer from 0.
    pub(crate) fn integer(&self, field: &str) -> Read<Option<u64>> {
        self.typed(field, "Not a valid integer.", Value::as_u64)
    }

    /// An integer that must be there.
    pub(crate) fn required_integer(&self, field: &str) -> Read<u64> {
        self.require(field, self.integer(field)?)
    }

    /// An integer within bounds.
    pub(crate) fn integer_within(&self, field: &str, allowed: RangeInclusive<u64>) -> Read<Option<u64>> {
        let number = self.integer(field)?;
        if number.is_none_or(|number| allowed.contains(&number)) {
            return Ok(number);
        }
        let (least, most) = allowed.into_inner();
        let reason = format!("Must be greater than or equal to {least} and less than or equal to {most}.");
        Err(self.refuse(field, reason))
    }

    /// An id, which is never 0.
    pub(crate) fn id(&self, field: &str) -> Read<Option<u64>> {
        self.integer_within(field, 1..=ID_MAX)
    }

    /// A port.
    pub(crate) fn port(&self, field: &str) -> Read<Option<u16>> {
        let number = self.integer_within(field, 1..=u64::from(u16::MAX))?;
        Ok(number.map(|number| u16::try_from(number).expect("the range ends at the largest u16")))
    }

    /// A truth value.
    pub(crate) fn boolean(&self, field: &str) -> Read<Option<bool>> {
        self.typed(field, "Not a valid boolean.", Value::as_bool)
    }

    /// An id, as number or text, or a name: as text.
    pub(crate) fn id_or_name(&self, field: &str) -> Read<Option<String>> {
        self.typed(field, NOT_ID_OR_NAME, as_id_or_name)
    }

    /// An id or a name that must be there.
    pub(crate) fn required_id_or_name(&self, field: &str) -> Read<String> {
        self.require(field, self.id_or_name(field)?)
    }

    /// One of the allowed texts.
    pub(crate) fn choice(&self, field: &str, allowed: &[&str]) -> Read<Option<&str>> {
        match self.text(field)? {
            Some(text) if !allowed.contains(&text) => {
                Err(self.refuse(field, format!("Must be one of: {}.", allowed.join(", "))))
            }
            other => Ok(other),
        }
    }

    /// The field `labels`.
    pub(crate) fn labels(&self) -> Read<Option<Labels>> {
        self.value("labels").map(|value| label::read(&self.path("labels"), value)).transpose()
    }

    /// A list of anything.
    fn list(&self, field: &str) -> Read<Option<&[Value]>> {
        self.typed(field, "Not a valid list.", |value| value.as_array().map(Vec::as_slice))
    }

    fn list_of<'a, T>(
        &'a self,
        field: &str,
        reason: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Read<Option<Vec<T>>> {
        let Some(list) = self.list(field)? else {
            return Ok(None);
        };
        let item =
            |(index, value)| read(value).ok_or_else(|| self.refuse(&format!("{field}.{index}"), reason));
        list.iter().enumerate().map(item).collect::<Read<_>>().map(Some)
    }

    /// A list of ids.
    pub(crate) fn integers(&self, field: &str) -> Read<Option<Vec<u64>>> {
        self.list_of(field, "Not a valid integer.", Value::as_u64)
    }

    /// A list of texts.
    pub(crate) fn texts(&self, field: &str) -> Read<Option<Vec<&str>>> {
        self.list_of(field, "Not a valid string.", Value::as_str)
    }

    /// A list of ids or names.
    pub(crate) fn ids_or_names(&self, field: &str) -> Read<Option<Vec<String>>> {
        self.list_of(field, NOT_ID_OR_NAME, as_id_or_name)
    }

    /// An object.
    pub(crate) fn object(&self, field: &str) -> Read<Option<Self>> {
        let fields = self.typed(field, "Invalid input type.", Value::as_object)?;
        Ok(fields.map(|fields| Self { place: self.path(field), fields: fields.clone() }))
    }

    /// A list of objects, each with its place.
    pub(crate) fn objects(&self, field: &str) -> Read<Option<Vec<Self>>> {
        let Some(list) = self.list(field)? else {
            return Ok(None);
        };
        let object = |(index, value): (usize, &Value)| {
            let place = format!("{}.{index}", self.path(field));
            match value.as_object() {
                Some(fields) => Ok(Self { place, fields: fields.clone() }),
                None => Err(invalid_input(&place, "Invalid input type.")),
            }
        };
        list.iter().enumerate().map(object).collect::<Read<_>>().map(Some)
    }
}

fn as_id_or_name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|id| id.to_string()),
        _ => None,
    }
}
