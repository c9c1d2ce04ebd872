//! The requests about a project, and what its error codes mean. Knows nothing of inputs.

use iac_core::{Cx, Error, ErrorKind, Id, Result};
use iac_http::{Client, Request};

use super::project::PagesProject;
use crate::client::Cloudflare;

/// The project does not exist.
const NO_PROJECT: &str = "8000007";

/// A request below the projects of the account; `path` is empty or begins with a slash.
pub(super) async fn request(
    cx: &Cx<'_, Cloudflare>,
    method: impl FnOnce(&Client, String) -> Request,
    path: &str,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    let request = method(&cx.client().http(cx), format!("/accounts/{{account}}/pages/projects{path}"));
    Ok(request.segment("account", account))
}

/// A request about one project; `path` is empty or begins with a slash.
pub(super) async fn about(
    cx: &Cx<'_, Cloudflare>,
    project: &Id<PagesProject>,
    method: impl FnOnce(&Client, String) -> Request,
    path: &str,
) -> Result<Request> {
    Ok(request(cx, method, &format!("/{{project}}{path}")).await?.segment("project", project))
}

/// The error with the kind, field and hint that its code stands for.
pub(super) fn explained(error: Error) -> Error {
    match error.api_code() {
        Some("8000002") => error
            .with_kind(ErrorKind::AlreadyExists)
            .field("name")
            .hint("the account has a project of this name: choose another name, or import it"),
        Some("8000009") => error.with_kind(ErrorKind::InvalidInput).field("name"),
        Some("8000018") => error.with_kind(ErrorKind::AlreadyExists).field("domain").hint(
            "a project has this domain already: import it, or remove it there (Workers & Pages, Custom domains)",
        ),
        Some("8000027") => error.with_kind(ErrorKind::QuotaExceeded),
        _ => error,
    }
}

/// The error of a call that adds something to a project: a missing project is a fault of the inputs.
pub(super) fn in_project(error: Error) -> Error {
    match error.api_code() {
        Some(NO_PROJECT) => error
            .with_kind(ErrorKind::InvalidInput)
            .field("project")
            .hint("the account has no project of this name: declare it in this stack, or give its name"),
        _ => explained(error),
    }
}
