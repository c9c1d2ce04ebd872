//! How long to wait for what the vendor does by itself: certificates, deployments. Knows no kind of it.

use std::time::Duration;

use iac_core::Cx;
use iac_http::WaitOptions;

use crate::client::Cloudflare;

/// Longest wait. What takes longer waits for somebody: a registrar, a DNS record.
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// How to wait for `subject`, within the call's deadline.
pub(crate) fn options(cx: &Cx<'_, Cloudflare>, subject: impl Into<String>) -> WaitOptions {
    cx.client().wait(cx, subject).wait_max(WAIT_MAX)
}
