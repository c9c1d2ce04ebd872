//! Owns reading a request's fields one by one, and how a field that cannot be used is refused.
//! Knows no resources.
use super::error::{error, invalid_input};
use super::label::{self, Labels};
use iac_testkit::sim::{SimRequest, SimResponse};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

const MISSING: &str = "Missing data for required field.";

/// A field that cannot be used: status 422, code `invalid_input`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidField {
    /// The field, with dots and indexes for inner ones.
    pub(crate) name: String,
    /// Why.
    pub(crate) message: String,
}

impl From<InvalidField> for SimResponse {
    fn from(invalid: InvalidField) -> Self {
        invalid_input(&invalid.name, invalid.message)
    }
}

/// A request's body, which must be a JSON object.
pub(crate) fn body(request: &SimRequest) -> Result<Value, SimResponse> {
    match request.json() {
        Ok(body @ Value::Object(_)) => Ok(body),
        _ => Err(error(400, "json_error", "invalid JSON input in the request body", Value::Null)),
    }
}

/// The fields of one JSON object. A field that is `null` counts as absent.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    fields: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// The fields of a request's body.
    pub(crate) fn of(body: &'a Value) -> Result<Self, InvalidField> {
        Self::at(body, String::new())
    }

    fn at(value: &'a Value, path: String) -> Result<Self, InvalidField> {
        match value.as_object() {
            Some(fields) => Ok(Self { fields, path }),
            None => Err(InvalidField { name: path, message: "must be an object".to_owned() }),
        }
    }

    /// A refusal of a field.
    pub(crate) fn invalid(&self, field: &str, message: impl Into<String>) -> InvalidField {
        InvalidField { name: self.name(field), message: message.into() }
    }

    /// A refusal of a field that is not there.
    pub(crate) fn missing(&self, field: &str) -> InvalidField {
        self.invalid(field, MISSING)
    }

    /// The value of a field that must be there.
    pub(crate) fn require<T>(&self, field: &str, value: Option<T>) -> Result<T, InvalidField> {
        value.ok_or_else(|| self.missing(field))
    }

    /// Whether the field is there, also as `null`.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// A field's value.
    pub(crate) fn value(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// A whole number.
    pub(crate) fn integer(
        &self,
        field: &str,
        allowed: RangeInclusive<u64>,
    ) -> Result<Option<u64>, InvalidField> {
        let Some(value) = self.value(field) else {
            return Ok(None);
        };
        let number = value.as_u64().ok_or_else(|| self.invalid(field, "Not a valid integer."))?;
        if allowed.contains(&number) {
            return Ok(Some(number));
        }
        let (least, most) = (allowed.start(), allowed.end());
        let message = format!("Must be greater than or equal to {least} and less than or equal to {most}.");
        Err(self.invalid(field, message))
    }

    /// An id.
    pub(crate) fn id(&self, field: &str) -> Result<Option<u64>, InvalidField> {
        /// The largest whole number that a double holds exactly.
        const ID_MAX: u64 = 9_007_199_254_740_991;
        self.integer(field, 1..=ID_MAX)
    }

    /// A port.
    pub(crate) fn port(&self, field: &str) -> Result<Option<u16>, InvalidField> {
        let number = self.integer(field, 1..=u64::from(u16::MAX))?;
        Ok(number.map(|number| u16::try_from(number).expect("the range ends at the largest u16")))
    }

    /// True or false.
    pub(crate) fn boolean(&self, field: &str) -> Result<Option<bool>, InvalidField> {
        let read = |value: &Value| value.as_bool().ok_or_else(|| self.invalid(field, "Not a valid boolean."));
        self.value(field).map(read).transpose()
    }

    /// A text.
    pub(crate) fn text(&self, field: &str) -> Result<Option<&'a str>, InvalidField> {
        let read =
            |value: &'a Value| value.as_str().ok_or_else(|| self.invalid(field, "Not a valid string."));
        self.value(field).map(read).transpose()
    }

    /// A text of a length within bounds.
    pub(crate) fn text_within(
        &self,
        field: &str,
        chars: RangeInclusive<usize>,
    ) -> Result<Option<&'a str>, InvalidField> {
        let text = self.text(field)?;
        match text.map(|text| text.chars().count()) {
            Some(length) if length < *chars.start() => Err(self.invalid(field, "is too short")),
            Some(length) if length > *chars.end() => Err(self.invalid(field, "is too long")),
            _ => Ok(text),
        }
    }

    /// One of a few words.
    pub(crate) fn choice(&self, field: &str, words: &[&str]) -> Result<Option<&'a str>, InvalidField> {
        match self.text(field)? {
            Some(word) if !words.contains(&word) => {
                Err(self.invalid(field, format!("Must be one of: {}.", words.join(", "))))
            }
            word => Ok(word),
        }
    }

    /// An id or a name: a number, or a text.
    pub(crate) fn id_or_name(&self, field: &str) -> Result<Option<String>, InvalidField> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            Some(_) => Err(self.invalid(field, "Not a valid ID or name.")),
        }
    }

    /// The labels.
    pub(crate) fn labels(&self) -> Result<Option<Labels>, SimResponse> {
        self.value("labels").map(|value| label::read(&self.name("labels"), value)).transpose()
    }

    /// An object.
    pub(crate) fn object(&self, field: &str) -> Result<Option<Self>, InvalidField> {
        self.value(field).map(|value| Self::at(value, self.name(field))).transpose()
    }

    /// A list of objects.
    pub(crate) fn objects(&self, field: &str) -> Result<Option<Vec<Self>>, InvalidField> {
        let Some(list) = self.list(field)? else {
            return Ok(None);
        };
        let items = list.iter().enumerate();
        let items: Result<Vec<Self>, InvalidField> =
            items.map(|(index, item)| Self::at(item, format!("{}.{index}", self.name(field)))).collect();
        items.map(Some)
    }

    /// A list of texts.
    pub(crate) fn texts(&self, field: &str) -> Result<Option<Vec<String>>, InvalidField> {
        self.items(field, |item| item.as_str().map(str::to_owned), "Not a valid string.")
    }

    /// A list of ids.
    pub(crate) fn ids(&self, field: &str) -> Result<Option<Vec<u64>>, InvalidField> {
        self.items(field, Value::as_u64, "Not a valid integer.")
    }

    fn items<T>(
        &self,
        field: &str,
        read: impl Fn(&Value) -> Option<T>,
        message: &str,
    ) -> Result<Option<Vec<T>>, InvalidField> {
        let Some(list) = self.list(field)? else {
            return Ok(None);
        };
        let items = list.iter().enumerate().map(|(index, item)| {
            let name = || format!("{}.{index}", self.name(field));
            read(item).ok_or_else(|| InvalidField { name: name(), message: message.to_owned() })
        });
        items.collect::<Result<Vec<T>, InvalidField>>().map(Some)
    }

    fn list(&self, field: &str) -> Result<Option<&'a Vec<Value>>, InvalidField> {
        let read =
            |value: &'a Value| value.as_array().ok_or_else(|| self.invalid(field, "Not a valid list."));
        self.value(field).map(read).transpose()
    }

    fn name(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }
}
