//! What Terraform's and Pulumi's providers `cloudflare` call the types of this one, and how their ids
//! become ids here. Knows nothing of files or of requests.
//!
//! Both generations of Terraform's provider are known: where version 5 renamed a type, both names are
//! here. Pulumi's provider is made from it and has the same ids.

use iac_core::provider::{ForeignClaim, ForeignObject, ForeignType};
use iac_core::{Resource, Value};

use crate::Zone;
use crate::pages::foreign as pages;
use crate::r2::foreign as r2;

type Claims = Vec<ForeignClaim>;

/// Every type of `cloudflare` that is something here.
pub(crate) const FOREIGN_TYPES: &[ForeignType] = &[
    // Zones and DNS.
    ForeignType::new("cloudflare_zone", "cloudflare:index/zone:Zone", zone),
    // Rules and credentials.
    // Workers.
    // Storage and sites.
    ForeignType::new("cloudflare_r2_bucket", "cloudflare:index/r2Bucket:R2Bucket", r2::bucket),
    ForeignType::new("cloudflare_r2_bucket_cors", "cloudflare:index/r2BucketCors:R2BucketCors", r2::cors),
    ForeignType::new(
        "cloudflare_r2_bucket_lifecycle",
        "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle",
        r2::lifecycle,
    ),
    ForeignType::new("cloudflare_r2_bucket_lock", "cloudflare:index/r2BucketLock:R2BucketLock", r2::lock),
    ForeignType::new(
        "cloudflare_r2_managed_domain",
        "cloudflare:index/r2ManagedDomain:R2ManagedDomain",
        r2::managed_domain,
    ),
    ForeignType::new(
        "cloudflare_r2_custom_domain",
        "cloudflare:index/r2CustomDomain:R2CustomDomain",
        r2::custom_domain,
    ),
    ForeignType::new(
        "cloudflare_pages_project",
        "cloudflare:index/pagesProject:PagesProject",
        pages::project,
    ),
    ForeignType::new("cloudflare_pages_domain", "cloudflare:index/pagesDomain:PagesDomain", pages::domain),
];

/// An object with the keys that the attributes say.
pub(crate) fn claim<R: Resource>(
    id: impl Into<String>,
    keys: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> ForeignClaim {
    let known = |(field, value): (&'static str, Option<String>)| Some((field, Value::from(value?)));
    ForeignClaim::object(R::TYPE, id, keys.into_iter().filter_map(known).collect())
}

/// An object in a zone, whose id here is `zone/object`; nothing if the attributes do not say which
/// zone.
pub(crate) fn in_zone<R: Resource>(object: &ForeignObject<'_>, id: &str) -> Claims {
    let Some(zone) = object.text("zone_id") else { return Vec::new() };
    vec![claim::<R>(format!("{zone}/{id}"), [("zone", Some(zone.clone()))])]
}

fn zone(object: &ForeignObject<'_>) -> Claims {
    // Version 4 of Terraform's provider calls the domain `zone`.
    let name = object.text("name").or_else(|| object.text("zone"));
    vec![claim::<Zone>(object.id, [("name", name)])]
}
