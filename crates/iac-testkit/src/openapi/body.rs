//! Owns the check of one value against one schema and of a body against its media types.
//! Knows no HTTP and no operations.
use super::reference::follow;
use super::schema::{Direction, to_json_schema};
use crate::sim::Body;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::Value;

const MESSAGE_CHARS_MAX: usize = 400;

/// A place below a value (a JSON pointer) and what is wrong there.
pub(super) type Finding = (String, String);

/// Compiles an OpenAPI schema.
pub(super) fn compile(document: &Value, schema: &Value, direction: Direction) -> Result<Validator, String> {
    let schema = to_json_schema(document, schema, direction);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| error.to_string())
}

/// All findings of a value, each at the field it is about.
pub(super) fn findings(validator: &Validator, value: &Value) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for error in validator.iter_errors(value) {
        let place = error.instance_path().as_str().to_owned();
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                found.push((child(&place, name), "is required".to_owned()));
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let unknown = |name: &String| (child(&place, name), "is not described".to_owned());
                found.extend(unexpected.iter().map(unknown));
            }
            ValidationErrorKind::FalseSchema => {
                found.push((place, "must not be sent (read-only)".to_owned()));
            }
            _ => found.push((place, describe(&error))),
        }
    }
    // The vendor's own closing and the translation's may name the same field.
    found.sort();
    found.dedup();
    found
}

fn child(place: &str, name: &str) -> String {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn describe(error: &ValidationError<'_>) -> String {
    let mut message: String = error.to_string().chars().take(MESSAGE_CHARS_MAX).collect();
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) =
        error.kind()
    else {
        return message;
    };
    let closest = context.iter().filter(|errors| !errors.is_empty()).min_by_key(|errors| errors.len());
    if let Some(error) = closest.and_then(|errors| errors.first()) {
        let reason: String = error.to_string().chars().take(MESSAGE_CHARS_MAX).collect();
        message.push_str("; closest alternative: at ");
        message.push_str(error.instance_path().as_str());
        message.push_str(": ");
        message.push_str(&reason);
    }
    message
}

/// The media types of one body with their schemas.
#[derive(Debug, Default)]
pub(super) struct Contents(Vec<(String, Option<Validator>)>);

impl Contents {
    /// Reads a `content` map; a schema that cannot be compiled is told to `problem`.
    pub(super) fn compile(
        document: &Value,
        node: &Value,
        direction: Direction,
        mut problem: impl FnMut(String),
    ) -> Self {
        let content = node.get("content").and_then(Value::as_object);
        let compile_one = |(media_type, media): (&String, &Value)| {
            let schema = follow(document, media).get("schema").filter(|_| is_json(media_type));
            let validator = schema.and_then(|schema| {
                compile(document, schema, direction)
                    .map_err(|reason| problem(format!("schema of {media_type}: {reason}")))
                    .ok()
            });
            (media_type.clone(), validator)
        };
        Self(content.into_iter().flatten().map(compile_one).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings of a body that is there. `content_type` is what its sender called it, if
    /// anything.
    pub(super) fn findings(&self, body: &Body, content_type: Option<&str>) -> Vec<Finding> {
        let sent = content_type.map(|text| text.split(';').next().unwrap_or_default().trim());
        let declared = match sent {
            Some(sent) => self.0.iter().find(|(declared, _)| media_matches(declared, sent)),
            None => self.0.iter().find(|(declared, _)| is_json(declared)).or(self.0.first()),
        };
        let Some((media_type, validator)) = declared else {
            let known: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
            let sent = sent.unwrap_or("no media type");
            return vec![(String::new(), format!("{sent} is none of {}", known.join(", ")))];
        };
        match (validator, body.as_json()) {
            (Some(validator), Some(value)) => findings(validator, value),
            (Some(_), None) => vec![(String::new(), format!("is not {media_type}"))],
            (None, _) => Vec::new(),
        }
    }
}

fn is_json(media_type: &str) -> bool {
    let bare = media_type.split(';').next().unwrap_or_default().trim();
    bare == "*/*" || bare == "application/*" || bare.ends_with("/json") || bare.ends_with("+json")
}

fn media_matches(declared: &str, sent: &str) -> bool {
    let declared = declared.split(';').next().unwrap_or_default().trim();
    declared == "*/*"
        || declared.eq_ignore_ascii_case(sent)
        || declared.strip_suffix("/*").is_some_and(|family| sent.split('/').next() == Some(family))
}
