//! Requests that start an action, sent and waited for: for paths and commands that `verb` has no
//! form of. Knows nothing of what the actions do.

use iac_core::{Cx, Result};
use iac_http::Request;
use serde::Deserialize;

use crate::action;
use crate::client::Hetzner;
use crate::verb::Noun;
use crate::wire::Action;

#[derive(Deserialize)]
struct Started {
    action: Option<Action>,
}

/// Sends a request and answers the action that it started.
pub(crate) async fn start(request: Request) -> Result<Vec<Action>> {
    Ok(request.send::<Started>().await?.into_body().action.into_iter().collect())
}

/// Sends a request and waits for the action that it starts.
pub(crate) async fn request(cx: &Cx<'_, Hetzner>, request: Request) -> Result<()> {
    action::finish(cx, start(request).await?).await
}

/// A command on an object, not sent yet.
pub(crate) fn command<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str, command: &str) -> Request {
    cx.client().http(cx).post(format!("{}/{{id}}/actions/{command}", T::PATH)).segment("id", id)
}

/// Runs a command that takes no body on an object.
pub(crate) async fn bare_command<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str, name: &str) -> Result<()> {
    request(cx, command::<T>(cx, id, name)).await
}
