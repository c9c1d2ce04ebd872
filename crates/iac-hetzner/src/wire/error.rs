//! The body of an answer that is not a success, and the error of a failed action.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ErrorBody {
    pub(crate) error: ErrorDetail,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ErrorDetail {
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
    /// Its shape depends on the code.
    #[serde(default)]
    details: Value,
}

impl ErrorDetail {
    /// The names of the fields that the error is about.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        let fields = self.details.get("fields").and_then(Value::as_array);
        fields.into_iter().flatten().filter_map(|field| field.get("name")?.as_str())
    }
}
