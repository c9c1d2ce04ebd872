//! Looking for what a lost create left behind, where nothing would refuse a second one. Knows no kind
//! of object.

use iac_core::{Cx, Id, Result};
use iac_http::{Polled, poll_until};

use crate::client::Cloudflare;

/// Looks until nothing counts as nothing; with the default waits they take about five seconds.
const LOOKS_MAX: u32 = 4;

/// What `look` finds, which is asked again for a short time while it finds nothing: a listing may show
/// a new object late, and a name that others may have, too, stops no second one.
pub(crate) async fn patiently<R, F, Fut>(
    cx: &Cx<'_, Cloudflare>,
    subject: &'static str,
    mut look: F,
) -> Result<Vec<Id<R>>>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Vec<Id<R>>>>,
{
    let options = cx.client().wait(cx, subject);
    let mut looks = 0;
    poll_until(&options, || {
        looks += 1;
        let is_last = looks >= LOOKS_MAX;
        let look = look();
        async move {
            let found = look.await?;
            if found.is_empty() && !is_last { Ok(Polled::pending()) } else { Ok(Polled::Ready(found)) }
        }
    })
    .await
}
