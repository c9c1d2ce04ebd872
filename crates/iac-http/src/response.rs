//! A success: status, headers and the decoded body.
//! Knows nothing of failures.

use std::fmt;
use std::time::SystemTime;

use http::HeaderMap;

use crate::classify::request_id;
use crate::quota::Quota;

/// A successful answer.
pub struct Response<T> {
    status: u16,
    headers: HeaderMap,
    quota: Option<Quota>,
    /// The decoded body.
    pub body: T,
}

impl<T> Response<T> {
    pub(crate) fn new(status: u16, headers: HeaderMap, clock: SystemTime, body: T) -> Self {
        let quota = Quota::from_headers(&headers, clock);
        Self { status, headers, quota, body }
    }

    /// The HTTP status, 200 to 299.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header as text, for example `etag`, `location` or `x-total-count`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The vendor's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }

    /// The vendor's request quota after this answer.
    pub fn quota(&self) -> Option<Quota> {
        self.quota
    }

    /// The time on the vendor's clock when it answered, in whole seconds: its `Date`.
    pub fn server_time(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header("date")?).ok()
    }

    /// The body alone.
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A body can be a password that the vendor generated.
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}
