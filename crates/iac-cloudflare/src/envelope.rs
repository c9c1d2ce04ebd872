//! What every answer is wrapped in: `{"success", "errors", "messages", "result", "result_info"}`, and
//! both ways of paging. Knows nothing of any one kind of object.

use iac_core::{Error, ErrorKind, PageToken, Result};
use iac_http::Request;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// A success. A refusal never gets here: `decode` sees to that, also where its status is 200.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    result: Json,
    #[serde(default)]
    result_info: Option<ResultInfo>,
}

/// Where a listing stands, in either of its two forms.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct ResultInfo {
    #[serde(default)]
    page: u64,
    #[serde(default)]
    per_page: u64,
    #[serde(default)]
    total_count: Option<u64>,
    #[serde(default)]
    total_pages: Option<u64>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    cursors: Option<Cursors>,
}

#[derive(Debug, Default, Clone, Deserialize)]
struct Cursors {
    #[serde(default)]
    after: Option<String>,
}

impl ResultInfo {
    /// The number of the next page; `None` on the last.
    pub(crate) fn next_page(&self, items: usize) -> Option<u64> {
        let pages = self.total_pages.or_else(|| Some(self.total_count?.div_ceil(self.per_page.max(1))));
        match pages {
            Some(pages) => (self.page < pages).then_some(self.page + 1),
            // Nobody says how many there are: a full page may not be the last.
            None => (items > 0 && items as u64 >= self.per_page.max(1) && self.per_page > 0)
                .then_some(self.page + 1),
        }
    }

    /// The cursor of the next page; `None` on the last.
    pub(crate) fn next_cursor(&self) -> Option<String> {
        let after = self.cursors.as_ref().and_then(|cursors| cursors.after.clone());
        self.cursor.clone().or(after).filter(|cursor| !cursor.is_empty())
    }
}

/// Sends a request and reads its result.
///
/// # Errors
/// The vendor's, or [`ErrorKind::Internal`] for a result of another shape.
pub(crate) async fn send<T: DeserializeOwned>(request: Request) -> Result<T> {
    let answer = request.send::<Envelope>().await?.into_body();
    read(answer.result)
}

/// Sends a request for a listing whose items are inside an object, and reads that with where the
/// listing stands.
pub(crate) async fn send_with_info<T: DeserializeOwned>(request: Request) -> Result<(T, ResultInfo)> {
    let answer = request.send::<Envelope>().await?.into_body();
    Ok((read(answer.result)?, answer.result_info.unwrap_or_default()))
}

/// Sends a request whose result says nothing.
pub(crate) async fn send_empty(request: Request) -> Result<()> {
    request.send_empty().await.map(drop)
}

/// Sends a request that creates something. What it refers to and the vendor does not find is a
/// fault of the inputs, never the absence of the object itself; and a result that cannot be read
/// does not mean that nothing was created.
pub(crate) async fn create<T: DeserializeOwned>(request: Request) -> Result<T> {
    let answer = request.send::<Envelope>().await.map_err(missing_reference)?.into_body();
    read(answer.result).map_err(|error| error.with_kind(ErrorKind::Ambiguous))
}

/// For calls that make something: a `not_found` is then about what the inputs refer to.
pub(crate) fn missing_reference(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => error
            .with_kind(ErrorKind::InvalidInput)
            .hint("something that the inputs refer to does not exist in this account"),
        _ => error,
    }
}

/// Reads an object; `None` if it does not exist.
pub(crate) async fn get<T: DeserializeOwned>(request: Request) -> Result<Option<T>> {
    absent(send(request).await)
}

/// The same, with absence as `None`.
pub(crate) fn absent<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Deletes an object; gone already is success.
pub(crate) async fn delete(request: Request) -> Result<()> {
    absent(send_empty(request).await).map(drop)
}

/// The error of an object that is gone.
pub(crate) fn gone(what: &str, id: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::NotFound, format!("{what} {id} does not exist any more"))
        .hint("run again with a refresh: it was deleted by somebody else")
}

/// One page of a listing that counts its pages.
pub(crate) async fn page<T: DeserializeOwned>(
    request: Request,
    token: &PageToken,
    per_page: u32,
) -> Result<(Vec<T>, Option<PageToken>)> {
    let page = token.0.as_deref().unwrap_or("1");
    let request = request.query(&[("page", page)]).query(&[("per_page", per_page)]);
    let (items, info) = list(request).await?;
    let next = info.next_page(items.len());
    Ok((items, next.map(|next| PageToken(Some(next.to_string())))))
}

/// One page of a listing that goes on at a cursor. How long a page is, the caller's request says.
pub(crate) async fn cursor_page<T: DeserializeOwned>(
    request: Request,
    token: &PageToken,
) -> Result<(Vec<T>, Option<PageToken>)> {
    let request = request.query_opt("cursor", token.0.as_deref());
    let (items, info) = list(request).await?;
    Ok((items, info.next_cursor().map(|next| PageToken(Some(next)))))
}

/// A listing's items and where it stands.
pub(crate) async fn list<T: DeserializeOwned>(request: Request) -> Result<(Vec<T>, ResultInfo)> {
    let answer = request.send::<Envelope>().await?.into_body();
    // Some listings answer null for nothing.
    let items = if answer.result.is_null() { Vec::new() } else { read(answer.result)? };
    Ok((items, answer.result_info.unwrap_or_default()))
}

/// The message has the place and no part of the value: a result can hold a secret.
fn read<T: DeserializeOwned>(result: Json) -> Result<T> {
    serde_json::from_value(result).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "has other fields or types than expected",
            _ => "is no JSON value",
        };
        Error::internal(format!("the answer's `result` {what}"))
            .hint("report this as a defect of the provider crate")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(json: Json) -> ResultInfo {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_next_page_is_known_from_either_count() {
        let counted = info(serde_json::json!({ "page": 1, "per_page": 20, "total_count": 21 }));
        assert_eq!(counted.next_page(20), Some(2));
        let last =
            info(serde_json::json!({ "page": 2, "per_page": 20, "total_pages": 2, "total_count": 21 }));
        assert_eq!(last.next_page(1), None);
        assert_eq!(info(serde_json::json!({})).next_page(7), None);
        let uncounted = info(serde_json::json!({ "page": 3, "per_page": 5 }));
        assert_eq!((uncounted.next_page(5), uncounted.next_page(4)), (Some(4), None));
    }

    #[test]
    fn the_next_cursor_has_two_places_and_may_be_empty() {
        assert_eq!(info(serde_json::json!({ "cursor": "a" })).next_cursor().as_deref(), Some("a"));
        let after = info(serde_json::json!({ "cursors": { "after": "b" } }));
        assert_eq!(after.next_cursor().as_deref(), Some("b"));
        assert_eq!(info(serde_json::json!({ "cursor": "" })).next_cursor(), None);
    }
}
