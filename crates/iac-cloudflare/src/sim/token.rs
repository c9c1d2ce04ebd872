//! Owns who may call. Knows no routes but those that need nobody, and those that ask about the
//! token itself.
use super::answer::{chained, error};
use super::config::SimConfig;
use iac_testkit::sim::{Method, SimRequest, SimResponse};

/// The routes that anybody may ask.
const PUBLIC: [&str; 1] = ["/client/v4/ips"];
const VERIFY: &str = "/tokens/verify";
/// The routes that take a token of their own, and look at it themselves.
const WITH_OWN_TOKEN: &str = "/client/v4/pages/assets/";

/// Refuses a request whose token is missing, malformed, unknown or only for reading.
pub(crate) fn check(config: &SimConfig, request: &SimRequest) -> Result<(), SimResponse> {
    let Some(header) = request.header("authorization") else {
        if PUBLIC.contains(&request.path.as_str()) {
            return Ok(());
        }
        return Err(error(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"));
    };
    if request.path.starts_with(WITH_OWN_TOKEN) {
        return Ok(());
    }
    let token = header.strip_prefix("Bearer ").map(str::trim).unwrap_or_default();
    if token.is_empty() || token.contains(char::is_whitespace) {
        let inner = (6111, "Invalid format for Authorization header");
        return Err(chained(400, (6003, "Invalid request headers"), inner));
    }
    let named = |tokens: &[String]| tokens.iter().any(|known| known == token);
    if named(&config.read_only_tokens) {
        return match request.method {
            Method::GET => Ok(()),
            _ => Err(error(403, 10_000, "Authentication error")),
        };
    }
    if named(&config.tokens) || (config.tokens.is_empty() && config.read_only_tokens.is_empty()) {
        return Ok(());
    }
    if request.path.ends_with(VERIFY) {
        return Err(error(401, 1000, "Invalid API Token"));
    }
    Err(error(403, 9109, "Invalid access token"))
}
