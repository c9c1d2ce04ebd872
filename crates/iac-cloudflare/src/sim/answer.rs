//! Owns the envelope of all answers, and pages of lists. Decides nothing.
use iac_testkit::sim::{SimRequest, SimResponse};
use serde_json::{Value, json};
use std::time::Duration;

/// What a handler answers; a refusal is an answer too.
pub(crate) type Answer = Result<SimResponse, SimResponse>;

/// 200 with a result.
pub(crate) fn ok(result: Value) -> Answer {
    Ok(SimResponse::json(200, json!({ "success": true, "errors": [], "messages": [], "result": result })))
}

/// 200 with a list and what says where it stands.
fn listed(result: Vec<Value>, info: Value) -> Answer {
    let body =
        json!({ "success": true, "errors": [], "messages": [], "result": result, "result_info": info });
    Ok(SimResponse::json(200, body))
}

/// An error.
pub(crate) fn error(status: u16, code: u64, message: impl Into<String>) -> SimResponse {
    refusal(status, json!({ "code": code, "message": message.into() }))
}

/// An error about one field of the body, named by its JSON pointer.
pub(crate) fn error_at(status: u16, code: u64, message: impl Into<String>, pointer: &str) -> SimResponse {
    refusal(status, json!({ "code": code, "message": message.into(), "source": { "pointer": pointer } }))
}

/// An error inside of a general one.
pub(crate) fn chained(status: u16, outer: (u64, &str), inner: (u64, &str)) -> SimResponse {
    let chain = json!([{ "code": inner.0, "message": inner.1 }]);
    refusal(status, json!({ "code": outer.0, "message": outer.1, "error_chain": chain }))
}

fn refusal(status: u16, error: Value) -> SimResponse {
    SimResponse::json(status, json!({ "success": false, "errors": [error], "messages": [], "result": null }))
}

/// 404 for a path that the API does not have.
pub(crate) fn no_route(request: &SimRequest) -> SimResponse {
    let message = format!("Could not route to {}, perhaps your object identifier is invalid?", request.path);
    error(404, 7003, message)
}

/// 405 for a method that the path does not have.
pub(crate) fn method_not_allowed() -> SimResponse {
    error(405, 10_405, "Method not allowed for this authentication scheme")
}

/// 429: too many requests in five minutes.
pub(crate) fn rate_limited(left: Duration) -> SimResponse {
    error(429, 971, "Please wait and consider throttling your request speed")
        .with_header("retry-after", left.as_millis().div_ceil(1_000).max(1))
}

/// One page of a listing that counts its pages. `sizes` are the smallest, the default and the
/// largest page.
pub(crate) fn page<T>(
    request: &SimRequest,
    sizes: (u64, u64, u64),
    items: &[T],
    view: impl FnMut(&T) -> Value,
) -> Answer {
    let (least, default, most) = sizes;
    let page = number(request, "page", 1, 1..=u64::MAX)?;
    let per_page = number(request, "per_page", default, least..=most)?;
    let total = items.len() as u64;
    let skip = usize::try_from((page - 1).saturating_mul(per_page)).unwrap_or(usize::MAX);
    let take = usize::try_from(per_page).unwrap_or(usize::MAX);
    let shown: Vec<Value> = items.iter().skip(skip).take(take).map(view).collect();
    let info = json!({
        "page": page,
        "per_page": per_page,
        "count": shown.len(),
        "total_count": total,
        "total_pages": total.div_ceil(per_page),
    });
    listed(shown, info)
}

/// One page of a listing that goes on at a cursor, which is a number here and may be anything
/// there. `size` is how many items a page has.
pub(crate) fn cursor_page<T>(
    request: &SimRequest,
    size: u64,
    items: &[T],
    view: impl FnMut(&T) -> Value,
) -> Answer {
    let from = match request.query("cursor") {
        None | Some("") => 0,
        Some(cursor) => cursor
            .strip_prefix("after-")
            .and_then(|number| number.parse::<usize>().ok())
            .ok_or_else(|| error(400, 10_006, "cursor is not valid"))?,
    };
    let take = usize::try_from(size).unwrap_or(usize::MAX);
    let shown: Vec<Value> = items.iter().skip(from).take(take).map(view).collect();
    let end = from + shown.len();
    let next = if end < items.len() { format!("after-{end}") } else { String::new() };
    let info = json!({ "count": shown.len(), "cursor": next });
    listed(shown, info)
}

/// A number of the query within bounds.
pub(crate) fn number(
    request: &SimRequest,
    name: &str,
    default: u64,
    allowed: std::ops::RangeInclusive<u64>,
) -> Result<u64, SimResponse> {
    let Some(text) = request.query(name) else { return Ok(default) };
    text.parse().ok().filter(|number| allowed.contains(number)).ok_or_else(|| {
        let (least, most) = (allowed.start(), allowed.end());
        error(400, 9_400, format!("Invalid value for {name}: it must be a number from {least} to {most}"))
    })
}
