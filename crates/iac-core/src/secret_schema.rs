//! What a [`Secret`] is in a JSON schema. Knows nothing of where secrets come from: whoever reads the
//! schema says which forms stand for one.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::secret::Secret;

/// The keyword that marks a secret in a schema.
pub const SECRET_SCHEMA_KEYWORD: &str = "x-iac-secret";

impl<T> JsonSchema for Secret<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ SECRET_SCHEMA_KEYWORD: true, "writeOnly": true })
    }
}
