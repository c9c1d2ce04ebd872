//! Calls that name a script which was uploaded a moment ago: the API may not know it everywhere yet.
//! Knows nothing of what the calls do.

use std::future::Future;

use iac_core::{Cx, Error, ErrorKind, Id, Result};
use iac_http::{Polled, poll_until};

use super::observe::exists;
use super::script::WorkerScript;
use crate::client::Cloudflare;

/// Attempts of a call that names a script which exists and is not found.
const ATTEMPTS_MAX: u32 = 8;

/// Repeats `attempt` while it is refused because the script is not known, although it exists.
/// `is_unknown` reads that from a refusal.
pub(super) async fn known<T, F, Fut>(
    cx: &Cx<'_, Cloudflare>,
    script: &Id<WorkerScript>,
    is_unknown: fn(&Error) -> bool,
    mut attempt: F,
) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let options = cx.client().wait(cx, format!("the Worker `{}` to be known", script.as_str()));
    let mut attempts = 0;
    poll_until(&options, || {
        attempts += 1;
        let last = attempts == ATTEMPTS_MAX;
        let attempt = attempt();
        async move {
            match attempt.await {
                Ok(value) => Ok(Polled::Ready(value)),
                Err(error) if !is_unknown(&error) => Err(error),
                Err(error) if last || !exists(cx, script.as_str()).await? => Err(missing(error, script)),
                Err(_) => Ok(Polled::pending_in("its upload")),
            }
        }
    })
    .await
}

fn missing(error: Error, script: &Id<WorkerScript>) -> Error {
    error
        .with_kind(ErrorKind::InvalidInput)
        .field("script")
        .hint(format!("there is no Worker `{}` in this account", script.as_str()))
}
