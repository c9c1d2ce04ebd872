//! Owns which parts of an exchange are credentials and must not be recorded. Knows no vendor's
//! scheme in particular: it goes by names.
use super::request::decode_form;
use super::{Body, SimRequest};
use bytes::Bytes;
use http::HeaderMap;
use iac_core::__private::Scrub;
use serde_json::Value;

/// What stands in place of a credential.
pub const REDACTED: &str = "[redacted]";

/// Parts of a header's name that mark its value as a credential or a proof made with one.
const HEADER_MARKS: [&str; 9] =
    ["auth", "token", "secret", "key", "cookie", "signature", "password", "credential", "x-ovh-consumer"];

/// Names of query parameters, form fields and JSON fields that carry the caller's credentials.
const CREDENTIAL_FIELDS: [&str; 10] = [
    "access_token",
    "jwt",
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
const SECRET_FIELDS: [&str; 8] =
    ["password", "root_password", "secret", "private_key", "user_data", "token", "secret_key", "tsig_key"];

/// The field that says what its neighbours are, and what it says of those that are a secret: some APIs
/// have `{"type": "secret_text", "value": …}` beside `{"type": "plain_text", "value": …}`.
const KIND_FIELD: &str = "type";
const SECRET_KINDS: [&str; 1] = ["secret_text"];
/// The fields beside it that are public all the same.
const PUBLIC_FIELDS: [&str; 2] = [KIND_FIELD, "name"];

/// A shorter text occurs in ordinary answers, where tests look for it.
const REPEATED_LENGTH_MIN: usize = 8;

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Whether an object says of itself that what it holds is a secret.
fn is_secret_kind(fields: &serde_json::Map<String, Value>) -> bool {
    let kind = fields.get(KIND_FIELD).and_then(Value::as_str);
    kind.is_some_and(|kind| SECRET_KINDS.contains(&kind))
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
    for body in json_bodies(request) {
        strings_of(&body, false, &mut secrets);
    }
    secrets.retain(|secret| secret.len() >= REPEATED_LENGTH_MIN);
    secrets
}

/// The body as JSON, or what of a form with several parts is JSON.
fn json_bodies(request: &SimRequest) -> Vec<Value> {
    if !request.header("content-type").unwrap_or_default().starts_with("multipart/") {
        return request.json().into_iter().collect();
    }
    // A part ends where the next line begins with two hyphens; its head ends with an empty line.
    let text = String::from_utf8_lossy(&request.body);
    let contents = text.split("\r\n--").filter_map(|part| part.split_once("\r\n\r\n"));
    contents.filter_map(|(_, content)| serde_json::from_str(content).ok()).collect()
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
        Value::Object(fields) => {
            let is_secret = is_secret_kind(fields);
            fields.iter().for_each(|(name, value)| {
                let named = is_one_of(name, &SECRET_FIELDS) || is_one_of(name, &CREDENTIAL_FIELDS);
                strings_of(value, named || (is_secret && !is_one_of(name, &PUBLIC_FIELDS)), into);
            });
        }
        _ => {}
    }
}

/// A body with the caller's credentials replaced.
pub(super) fn body(body: Body, content_type: &str) -> Body {
    match body {
        Body::Json(value) => Body::Json(json(value, &CREDENTIAL_FIELDS, false)),
        Body::Bytes(bytes) if content_type.starts_with("application/x-www-form-urlencoded") => {
            let form = pairs(&decode_form(&String::from_utf8_lossy(&bytes)));
            let text: Vec<String> = form.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            Body::Bytes(Bytes::from(text.join("&")))
        }
        other => other,
    }
}

/// A recorded body with the secrets of the user's resources replaced as well, for a file.
pub(super) fn body_for_file(body: &Body) -> Body {
    match body {
        Body::Json(value) => Body::Json(json(value.clone(), &SECRET_FIELDS, true)),
        other => other.clone(),
    }
}

/// `by_kind` also hides what an object says of itself that it is a secret.
fn json(value: Value, names: &[&str], by_kind: bool) -> Value {
    match value {
        Value::Object(fields) => {
            let is_secret = by_kind && is_secret_kind(&fields);
            let hidden =
                |name: &str| is_one_of(name, names) || (is_secret && !is_one_of(name, &PUBLIC_FIELDS));
            let fields = fields.into_iter().map(|(name, value)| {
                let hide = value.is_string() && hidden(&name);
                let value = if hide { Value::from(REDACTED) } else { json(value, names, by_kind) };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.into_iter().map(|item| json(item, names, by_kind)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_says_that_it_is_a_secret_is_in_no_file() {
        let vars = json!({ "A": { "type": "plain_text", "value": "seen" },
                           "B": { "type": "secret_text", "name": "B", "value": "canary-text" } });
        let body = body_for_file(&Body::Json(vars.clone()));
        let shown = body.as_json().cloned().unwrap_or_default();
        assert_eq!(shown["A"]["value"], "seen");
        assert_eq!(shown["B"], json!({ "type": "secret_text", "name": "B", "value": REDACTED }));
        let request = SimRequest::new(http::Method::POST, "/x").with_json(&vars);
        assert_eq!(secrets(&request), ["canary-text"]);
    }
}
