//! Changes of a list's items, which the API carries out later: one at a time in an account. Knows
//! nothing of what the items are.

use iac_core::{Cx, Error, ErrorKind, Result};
use iac_http::{Polled, poll_until};

use super::wire::{Item, Operation, Started};
use crate::client::Cloudflare;
use crate::envelope;

/// Items on one page: the most that the API gives.
const PER_PAGE: u32 = 500;
/// Pages that are read at most: the longest list has twenty.
const PAGES_MAX: usize = 100;
/// Tries to begin while another change in the account is under way.
const ATTEMPTS_MAX: u32 = 60;

/// All items of a list.
pub(super) async fn read(cx: &Cx<'_, Cloudflare>, list: &str) -> Result<Vec<Item>> {
    let account = cx.client().account_id(cx).await?;
    let (mut items, mut page) = (Vec::new(), iac_core::PageToken::default());
    for _ in 0..PAGES_MAX {
        let request = cx
            .client()
            .http(cx)
            .get("/accounts/{account}/rules/lists/{list}/items")
            .segment("account", account)
            .segment("list", list)
            .query(&[("per_page", PER_PAGE)]);
        let (more, next) = envelope::cursor_page(request, &page).await?;
        items.extend(more);
        match next {
            Some(next) => page = next,
            None => return Ok(items),
        }
    }
    Err(Error::internal(format!("the list {list} has more than {PAGES_MAX} pages of items")))
}

/// Makes the items of a list those given, and waits until they are.
pub(super) async fn replace(cx: &Cx<'_, Cloudflare>, list: &str, items: &[Item]) -> Result<()> {
    let _turn = cx.client().list_turns.take(cx.deadline()).await?;
    let started = begin(cx, list, items).await?;
    finish(cx, list, &started.operation_id).await
}

/// Begins, if need be after what somebody else has begun in the account.
async fn begin(cx: &Cx<'_, Cloudflare>, list: &str, items: &[Item]) -> Result<Started> {
    let account = cx.client().account_id(cx).await?;
    let options = cx.client().wait(cx, format!("its turn to change list {list}"));
    let mut attempts = 0;
    poll_until(&options, || {
        attempts += 1;
        let is_last = attempts >= ATTEMPTS_MAX;
        let request = cx
            .client()
            .http(cx)
            .put("/accounts/{account}/rules/lists/{list}/items")
            .segment("account", account)
            .segment("list", list)
            .json_body(items);
        async move {
            match envelope::send(request).await {
                Ok(started) => Ok(Polled::Ready(started)),
                // This is how the API says that another change is under way.
                Err(error) if error.kind() == ErrorKind::RateLimited && !is_last => {
                    Ok(Polled::pending_in("another change of a list is under way"))
                }
                Err(error) => Err(error),
            }
        }
    })
    .await
}

async fn finish(cx: &Cx<'_, Cloudflare>, list: &str, operation: &str) -> Result<()> {
    let account = cx.client().account_id(cx).await?;
    let subject = format!("items of list {list}");
    let options = cx.client().wait(cx, subject.clone());
    poll_until(&options, || {
        let request = cx
            .client()
            .http(cx)
            .get("/accounts/{account}/rules/lists/bulk_operations/{operation}")
            .segment("account", account)
            .segment("operation", operation);
        let subject = &subject;
        async move {
            let now: Operation = envelope::send(request).await?;
            match now.status.as_str() {
                "completed" => Ok(Polled::Ready(())),
                "failed" => {
                    let reason = now.error.unwrap_or_else(|| "no reason is given".to_owned());
                    Err(Error::invalid("items", format!("the change of the list failed: {reason}"))
                        .hint("what was in the list before is still in it"))
                }
                status => {
                    cx.progress(subject.clone(), None);
                    Ok(Polled::pending_in(status))
                }
            }
        }
    })
    .await
}
