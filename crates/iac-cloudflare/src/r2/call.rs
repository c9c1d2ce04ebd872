//! The requests about a bucket. Knows nothing of inputs.

use iac_core::{Cx, Error, ErrorKind, PageToken, Result};
use iac_http::http::{HeaderName, HeaderValue};
use iac_http::{Client, Request};
use serde::de::DeserializeOwned;

use super::bucket::R2Jurisdiction;
use super::key::BucketKey;
use super::wire::{Bucket, Cors, Lifecycle, Lock, ManagedDomain, Rules};
use crate::client::Cloudflare;
use crate::envelope;

const JURISDICTION: HeaderName = HeaderName::from_static("cf-r2-jurisdiction");
/// Buckets on one page of a listing. More is asked about each on its own, so there are few.
const PER_PAGE: u32 = 20;
/// The jurisdictions that a listing looks into, in order. The others are there for certain contracts
/// only, and other accounts are refused.
const LISTED: [R2Jurisdiction; 2] = [R2Jurisdiction::Default, R2Jurisdiction::Eu];
/// A bucket without CORS rules.
const NO_CORS: &str = "10059";

/// A request below the buckets of the account; `path` is empty or begins with a slash.
pub(super) async fn request(
    cx: &Cx<'_, Cloudflare>,
    jurisdiction: R2Jurisdiction,
    method: impl FnOnce(&Client, String) -> Request,
    path: &str,
) -> Result<Request> {
    let account = cx.client().account_id(cx).await?;
    let request = method(&cx.client().http(cx), format!("/accounts/{{account}}/r2/buckets{path}"));
    let request = request.segment("account", account);
    Ok(match jurisdiction {
        R2Jurisdiction::Default => request,
        other => request.header(JURISDICTION, HeaderValue::from_static(other.as_str())),
    })
}

/// A request about one bucket; `path` is empty or begins with a slash.
pub(super) async fn about(
    cx: &Cx<'_, Cloudflare>,
    key: &BucketKey,
    method: impl FnOnce(&Client, String) -> Request,
    path: &str,
) -> Result<Request> {
    let path = format!("/{{bucket}}{path}");
    Ok(request(cx, key.jurisdiction, method, &path).await?.segment("bucket", &key.name))
}

/// Reads something of a bucket; `None` if the bucket, or it, does not exist.
pub(super) async fn get<T: DeserializeOwned>(
    cx: &Cx<'_, Cloudflare>,
    key: &BucketKey,
    path: &str,
) -> Result<Option<T>> {
    envelope::get(about(cx, key, |http, path| http.get(path), path).await?).await
}

/// One page of the account's buckets, with their jurisdiction: one jurisdiction after the other. The
/// page token is the jurisdiction's place and the cursor inside.
pub(super) async fn page<T: DeserializeOwned>(
    cx: &Cx<'_, Cloudflare>,
    token: &PageToken,
) -> Result<(R2Jurisdiction, T, Option<PageToken>)> {
    let (place, cursor) = place(token)?;
    let jurisdiction = LISTED.get(place).copied().unwrap_or_default();
    let request = request(cx, jurisdiction, |http, path| http.get(path), "").await?;
    let request = request.query(&[("per_page", PER_PAGE)]).query_opt("cursor", cursor);
    let (buckets, info) = envelope::send_with_info(request).await?;
    let next = match info.next_cursor() {
        Some(cursor) => Some(format!("{place}/{cursor}")),
        None => (place + 1 < LISTED.len()).then(|| format!("{}/", place + 1)),
    };
    Ok((jurisdiction, buckets, next.map(|next| PageToken(Some(next)))))
}

/// Where a listing goes on: the place among the jurisdictions, and the cursor inside.
fn place(token: &PageToken) -> Result<(usize, Option<&str>)> {
    let Some(text) = token.0.as_deref() else { return Ok((0, None)) };
    let place = text.split_once('/').and_then(|(place, cursor)| Some((place.parse().ok()?, cursor)));
    let (place, cursor) =
        place.ok_or_else(|| Error::internal(format!("`{text}` is no page token of buckets")))?;
    Ok((place, Some(cursor).filter(|cursor| !cursor.is_empty())))
}

/// A bucket with everything that is set on it.
pub(super) struct Whole {
    pub(super) bucket: Bucket,
    pub(super) cors: Vec<Cors>,
    pub(super) lifecycle: Vec<Lifecycle>,
    pub(super) lock: Vec<Lock>,
    pub(super) managed: ManagedDomain,
}

/// Reads a bucket; `None` if it does not exist.
pub(super) async fn whole(cx: &Cx<'_, Cloudflare>, key: &BucketKey) -> Result<Option<Whole>> {
    let Some(bucket) = get::<Bucket>(cx, key, "").await? else { return Ok(None) };
    let request = about(cx, key, |http, path| http.get(path), "/cors").await?;
    let cors = match envelope::send(request).await {
        Ok(Rules { rules }) => rules,
        Err(error) if error.api_code() == Some(NO_CORS) => Vec::new(),
        // Deleted between two requests.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let lifecycle = get::<Rules<Lifecycle>>(cx, key, "/lifecycle").await?;
    let lock = get::<Rules<Lock>>(cx, key, "/lock").await?;
    let managed = get::<ManagedDomain>(cx, key, "/domains/managed").await?;
    let (Some(lifecycle), Some(lock), Some(managed)) = (lifecycle, lock, managed) else { return Ok(None) };
    Ok(Some(Whole { bucket, cors, lifecycle: lifecycle.rules, lock: lock.rules, managed }))
}

/// The error with the kind, field and hint that its code stands for.
pub(super) fn explained(error: Error) -> Error {
    match error.api_code() {
        Some("10004" | "10073") => error
            .with_kind(ErrorKind::AlreadyExists)
            .field("name")
            .hint("the account has a bucket of this name: choose another name, or import it"),
        Some("10005") => error.with_kind(ErrorKind::InvalidInput).field("name"),
        Some("10008") => error.with_kind(ErrorKind::Conflict).hint(
            "the bucket holds objects: delete them first (an S3 client or a lifecycle rule can), or retain it",
        ),
        Some("10009") => error.with_kind(ErrorKind::QuotaExceeded),
        Some("10042") => error
            .with_kind(ErrorKind::PermissionDenied)
            .hint("the account has no R2 subscription: enable R2 in the dashboard, once"),
        _ => error,
    }
}
