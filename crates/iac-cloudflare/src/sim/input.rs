//! Owns the reading of request bodies into structs. Knows no resources. A struct that refuses
//! unknown fields (`#[serde(deny_unknown_fields)]`) makes a misspelled field be found.
use super::answer::error;
use iac_testkit::sim::{SimRequest, SimResponse};
use serde::de::DeserializeOwned;

/// The code of a body that is no JSON.
const MALFORMED: u64 = 6007;
/// The code of a body with other fields or types than expected.
const UNREADABLE: u64 = 9207;

/// The body as a `T`.
pub(crate) fn read<T: DeserializeOwned>(request: &SimRequest) -> Result<T, SimResponse> {
    read_as(request, UNREADABLE)
}

/// The body as a `T`, where a wrong one has a code of its own.
pub(crate) fn read_as<T: DeserializeOwned>(request: &SimRequest, code: u64) -> Result<T, SimResponse> {
    let json = request.json().map_err(|_| error(400, MALFORMED, "Malformed JSON in request body"))?;
    serde_json::from_value(json)
        .map_err(|problem| error(400, code, format!("Request body is invalid: {problem}")))
}
