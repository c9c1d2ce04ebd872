//! Finds the one object of a name. Knows nothing of any one kind.

use iac_core::{Cx, Error, ErrorKind, Result};
use serde::de::DeserializeOwned;

use crate::client::Hetzner;

/// The object of `path` that is named `name`. `many` is the key of the list in the answer, `what`
/// names the kind in messages.
pub(super) async fn by_name<T: DeserializeOwned>(
    cx: &Cx<'_, Hetzner>,
    (path, many, what): (&'static str, &'static str, &'static str),
    name: &str,
    hint: &'static str,
) -> Result<T> {
    let request = cx.client().http(cx).get(path).query(&[("name", name)]);
    let mut body = request.send::<serde_json::Map<String, serde_json::Value>>().await?.into_body();
    let found = items::<T>(body.remove(many).unwrap_or_default(), many)?;
    found.into_iter().next().ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no {what} named `{name}`")).field("name").hint(hint)
    })
}

/// The items of a list in an answer.
pub(super) fn items<T: DeserializeOwned>(value: serde_json::Value, key: &str) -> Result<Vec<T>> {
    serde_json::from_value(value).map_err(|error| {
        Error::internal(format!("the answer's `{key}` cannot be read: {error}"))
            .hint("report this as a defect of the provider crate")
    })
}
