//! Waits for actions: the work that the API does after it has answered.
//! Knows nothing of what the actions do.

use iac_core::{Cx, Error, ErrorKind, Result};
use iac_http::{Polled, WaitOptions, poll_until};
use serde::Deserialize;

use crate::client::Hetzner;
use crate::decode::meaning;
use crate::wire::{Action, ActionStatus};

/// Actions asked for in one request: as many as the API puts on one page of this listing, which
/// takes no page size.
const BATCH_MAX: usize = 25;

#[derive(Deserialize)]
struct Actions {
    actions: Vec<Action>,
}

/// Waits until all `actions` are done. Give it an answer's `action`, `actions` and `next_actions`
/// together: an object is usable only after all of them.
///
/// # Errors
/// The error of the first failed action; [`ErrorKind::Timeout`] at the call's deadline.
pub(crate) async fn finish(cx: &Cx<'_, Hetzner>, actions: Vec<Action>) -> Result<()> {
    let mut running = running(&actions)?;
    let Some(first) = actions.iter().find(|action| action.status == ActionStatus::Running) else {
        return Ok(());
    };
    let subject = format!("action {} ({})", first.command, first.id);
    cx.progress(format!("action {}", first.command), Some(first.progress.min(100)));
    let options = WaitOptions::new(subject)
        .interval(cx.client().poll_interval)
        .interval_max(cx.client().poll_interval_max)
        .wait_max(cx.deadline().saturating_duration_since(tokio::time::Instant::now()))
        .deadline(cx.deadline());
    while !running.is_empty() {
        let batch: Vec<u64> = running.iter().take(BATCH_MAX).copied().collect();
        // A failed action is an answer, not a failed question, so that it is not asked again.
        let left = poll_until(&options, || ask(cx, &batch)).await??;
        running.retain(|id| !batch.contains(id) || left.contains(id));
    }
    Ok(())
}

/// Ready as soon as one of the batch is done, with those that are not.
async fn ask(cx: &Cx<'_, Hetzner>, batch: &[u64]) -> Result<Polled<Result<Vec<u64>>>> {
    let ids: Vec<(&str, u64)> = batch.iter().map(|id| ("id", *id)).collect();
    let request = cx.client().http(cx).get("/actions").query(&ids);
    let actions = request.send::<Actions>().await?.into_body().actions;
    let still = match running(&actions) {
        Ok(still) => still,
        Err(failed) => return Ok(Polled::Ready(Err(failed))),
    };
    let slowest = actions.iter().filter(|action| action.status == ActionStatus::Running);
    let slowest = slowest.min_by_key(|action| action.progress);
    if let Some(action) = slowest {
        cx.progress(format!("action {}", action.command), Some(action.progress.min(100)));
    }
    // An action that the answer leaves out is not known to be done.
    let known = |id: &u64| actions.iter().any(|action| action.id == *id);
    let left: Vec<u64> = batch.iter().filter(|id| still.contains(id) || !known(id)).copied().collect();
    if left.len() < batch.len() {
        return Ok(Polled::Ready(Ok(left)));
    }
    Ok(slowest.map_or_else(Polled::pending, |action| Polled::pending_at(action.progress.min(100))))
}

/// The ids of those that run; the error of the first that failed.
fn running(actions: &[Action]) -> Result<Vec<u64>> {
    if let Some(failed) = actions.iter().find(|action| action.status == ActionStatus::Error) {
        return Err(failure(failed));
    }
    let running = actions.iter().filter(|action| action.status == ActionStatus::Running);
    Ok(running.map(|action| action.id).collect())
}

/// A failed action is a verdict: what it should have done was not done. So a kind that leaves that
/// open (`Unavailable`) becomes `Conflict`, and the object counts as incomplete.
fn failure(action: &Action) -> Error {
    let (code, message) = match &action.error {
        Some(error) => (error.code.as_str(), error.message.as_str()),
        None => ("action_failed", "the vendor gives no reason"),
    };
    let meaning = meaning(code);
    let kind = match meaning.kind {
        None | Some(ErrorKind::Unavailable | ErrorKind::RateLimited) => ErrorKind::Conflict,
        Some(kind) => kind,
    };
    Error::new(kind, message)
        .operation(format!("action {} ({})", action.command, action.id))
        .code(code)
        .hint(meaning.hint.unwrap_or("look at the object in the console, and run again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(status: &str, error: Option<(&str, &str)>) -> Action {
        let error = error.map(|(code, message)| serde_json::json!({"code": code, "message": message}));
        serde_json::from_value(serde_json::json!({
            "id": 7, "command": "create_server", "status": status, "progress": 40,
            "started": "2026-01-01T00:00:00Z", "finished": null, "resources": [], "error": error,
        }))
        .unwrap()
    }

    #[test]
    fn a_failed_action_says_what_failed() {
        let stock = action("error", Some(("resource_unavailable", "no capacity")));
        let error = running(&[action("running", None), stock]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(error.to_string(), "action create_server (7) failed: no capacity (resource_unavailable)");
        assert!(error.way_out().unwrap().contains("another location"));
        let error = running(&[action("error", None)]).unwrap_err();
        assert_eq!(error.api_code(), Some("action_failed"));
    }

    #[test]
    fn only_running_actions_are_waited_for() {
        assert_eq!(running(&[action("success", None), action("running", None)]).unwrap(), [7]);
        assert!(running(&[]).unwrap().is_empty());
    }
}
