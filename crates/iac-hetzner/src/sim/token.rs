//! Owns who may call. Knows no routes.
use super::config::SimConfig;
use super::error::error;
use iac_testkit::sim::{Method, SimRequest, SimResponse};
use serde_json::Value;

/// Refuses a request whose token is missing, unknown or only for reading.
pub(crate) fn check(config: &SimConfig, request: &SimRequest) -> Result<(), SimResponse> {
    let refuse = |code: &str, message: &str| Err(error(401, code, message, Value::Null));
    let token = request.header("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return refuse("unauthorized", "token is required");
    };
    let named = |tokens: &[String]| tokens.iter().any(|known| known == token);
    if named(&config.read_only_tokens) {
        if request.method == Method::GET {
            return Ok(());
        }
        return refuse("token_readonly", "the token is only allowed to perform GET requests");
    }
    if config.tokens.is_empty() || named(&config.tokens) {
        return Ok(());
    }
    refuse("unauthorized", "unable to authenticate")
}
