//! Owns which parts of an exchange are credentials and must not be recorded. Knows no vendor's
//! scheme in particular: it goes by names.
use super::request::decode_form;
use super::{Body, SimRequest};
use bytes::Bytes;
use http::HeaderMap;
use iac_core::__private::Scrub;
use serde_json::{Map, Value};

/// What stands in place of a credential.
pub const REDACTED: &str = "[redacted]";

/// Parts of a header's name that mark its value as a credential or a proof made with one.
const HEADER_MARKS: [&str; 9] =
    ["auth", "token", "secret", "key", "cookie", "signature", "password", "credential", "x-ovh-consumer"];

/// Names of query parameters, form fields and JSON fields that carry the caller's credentials.
const CREDENTIAL_FIELDS: [&str; 9] = [
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "api_key",
    "apikey",
    "consumer_key",
    "consumerkey",
    "signature",
];

/// Names that carry secrets of the user's resources: kept in memory, where tests check bodies
/// against schemas, but not written to a file.
const SECRET_FIELDS: [&str; 7] =
    ["password", "root_password", "secret", "private_key", "user_data", "token", "secret_key"];

/// How the `type` of an object begins whose other fields, besides its name, are a secret:
/// `{"type": "secret_text", "name": "KEY", "text": "..."}`.
const SECRET_TYPE: &str = "secret";
/// The fields of such an object that are none.
const SHOWN_FIELDS: [&str; 2] = ["name", "type"];

/// A shorter text occurs in ordinary answers, where tests look for it.
const REPEATED_LENGTH_MIN: usize = 8;

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Headers as names and values, credentials replaced.
pub(super) fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let redacted = |name: &str, value: &http::HeaderValue| {
        if HEADER_MARKS.iter().any(|mark| name.contains(mark)) {
            REDACTED.to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        }
    };
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), redacted(name.as_str(), value))).collect()
}

/// Query or form pairs, credentials replaced.
pub(super) fn pairs(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let redacted = |name: &str, value: &str| {
        let hide = is_one_of(name, &CREDENTIAL_FIELDS) || is_one_of(name, &["password"]);
        if hide { REDACTED.to_owned() } else { value.to_owned() }
    };
    pairs.iter().map(|(name, value)| (name.clone(), redacted(name, value))).collect()
}

/// The texts of a request that must not stand in a file, wherever an answer or a fault repeats them.
pub(super) fn secrets(request: &SimRequest) -> Vec<String> {
    let headers = request.headers.iter();
    let headers = headers.filter(|(name, _)| HEADER_MARKS.iter().any(|mark| name.as_str().contains(mark)));
    let mut secrets = Vec::new();
    for text in headers.filter_map(|(_, value)| value.to_str().ok()) {
        // Without the scheme: `Bearer TOKEN`.
        secrets.push(text.rsplit(' ').next().unwrap_or(text).to_owned());
    }
    if let Ok(body) = request.json() {
        strings_of(&body, false, &mut secrets);
    }
    secrets.retain(|secret| secret.len() >= REPEATED_LENGTH_MIN);
    secrets
}

/// Takes what `scrub` knows out of every string.
pub(super) fn quotes(value: &mut Value, scrub: &Scrub) {
    match value {
        Value::String(text) => scrub.clean(text),
        Value::Array(items) => items.iter_mut().for_each(|item| quotes(item, scrub)),
        Value::Object(fields) => fields.values_mut().for_each(|field| quotes(field, scrub)),
        _ => {}
    }
}

fn strings_of(value: &Value, inside: bool, into: &mut Vec<String>) {
    match value {
        Value::String(text) if inside => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings_of(item, inside, into)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let inside = is_one_of(name, &SECRET_FIELDS)
                || is_one_of(name, &CREDENTIAL_FIELDS)
                || is_of_secret(fields, name);
            strings_of(value, inside, into);
        }),
        _ => {}
    }
}

/// Whether the field `name` of an object is what its `type` says is a secret.
fn is_of_secret(fields: &Map<String, Value>, name: &str) -> bool {
    let kind = fields.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.starts_with(SECRET_TYPE)) && !is_one_of(name, &SHOWN_FIELDS)
}

/// A body with the caller's credentials replaced.
pub(super) fn body(body: Body, content_type: &str) -> Body {
    match body {
        Body::Json(value) => Body::Json(json(value, &CREDENTIAL_FIELDS)),
        Body::Bytes(bytes) if content_type.starts_with("application/x-www-form-urlencoded") => {
            let form = pairs(&decode_form(&String::from_utf8_lossy(&bytes)));
            let text: Vec<String> = form.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            Body::Bytes(Bytes::from(text.join("&")))
        }
        other => other,
    }
}

/// A recorded body with the secrets of the user's resources replaced as well, for a file. Of a form with
/// several parts, which can hold anything, only the length is told.
pub(super) fn body_for_file(body: &Body, content_type: Option<&str>) -> Body {
    match body {
        Body::Json(value) => Body::Json(json(value.clone(), &SECRET_FIELDS)),
        Body::Bytes(bytes) if content_type.is_some_and(|kind| kind.starts_with("multipart/")) => {
            Body::Bytes(Bytes::from(format!("[a form of {} bytes]", bytes.len())))
        }
        other => other.clone(),
    }
}

fn json(value: Value, names: &[&str]) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .clone()
                .into_iter()
                .map(|(name, value)| {
                    let own = names == SECRET_FIELDS && is_of_secret(&fields, &name);
                    let hide = own || (value.is_string() && is_one_of(&name, names));
                    let value = if hide { Value::from(REDACTED) } else { json(value, names) };
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(|item| json(item, names)).collect(),
        other => other,
    }
}
