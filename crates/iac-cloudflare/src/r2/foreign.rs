//! What other tools' resources about buckets are here. Knows nothing of files or of requests.

use iac_core::Resource as _;
use iac_core::provider::{ForeignClaim, ForeignObject};

use super::bucket::R2Bucket;
use super::custom_domain::R2CustomDomain;
use super::key::bucket_id;
use crate::foreign::claim;

/// The id of the bucket whose name is in the attribute `name`.
fn bucket_of(object: &ForeignObject<'_>, name: &str) -> Option<String> {
    let jurisdiction = object.text("jurisdiction");
    Some(bucket_id(&object.text(name)?, jurisdiction.as_deref()).as_str().to_owned())
}

pub(crate) fn bucket(object: &ForeignObject<'_>) -> Vec<ForeignClaim> {
    let id = bucket_of(object, "name");
    id.map(|id| claim::<R2Bucket>(id, [("name", object.text("name"))])).into_iter().collect()
}

/// Here it is a field of the bucket.
pub(crate) fn cors(object: &ForeignObject<'_>) -> Vec<ForeignClaim> {
    field(object, "cors")
}

/// Here it is a field of the bucket.
pub(crate) fn lifecycle(object: &ForeignObject<'_>) -> Vec<ForeignClaim> {
    field(object, "lifecycle")
}

/// Here it is a field of the bucket.
pub(crate) fn lock(object: &ForeignObject<'_>) -> Vec<ForeignClaim> {
    field(object, "lock")
}

/// Here it is a field of the bucket.
pub(crate) fn managed_domain(object: &ForeignObject<'_>) -> Vec<ForeignClaim> {
    field(object, "public_access")
}

fn field(object: &ForeignObject<'_>, field: &'static str) -> Vec<ForeignClaim> {
    let id = bucket_of(object, "bucket_name");
    id.map(|id| ForeignClaim::field(R2Bucket::TYPE, id, field)).into_iter().collect()
}

pub(crate) fn custom_domain(object: &ForeignObject<'_>) -> Vec<ForeignClaim> {
    let (Some(bucket), Some(domain)) = (bucket_of(object, "bucket_name"), object.text("domain")) else {
        return Vec::new();
    };
    let id = format!("{bucket}/{domain}");
    let keys = [("bucket", Some(bucket)), ("zone", object.text("zone_id")), ("domain", Some(domain))];
    vec![claim::<R2CustomDomain>(id, keys)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_id_becomes_one_of_this_provider() {
        let domain = json!({ "bucket_name": "files", "jurisdiction": "eu", "zone_id": "17",
                             "domain": "files.example.com" });
        let told = |claims: Vec<ForeignClaim>| match claims.into_iter().next() {
            Some(ForeignClaim::Object { type_token, id, .. }) => format!("{type_token} {id}"),
            Some(ForeignClaim::Field { type_token, id, field }) => format!("{type_token} {id} {field}"),
            other => format!("{other:?}"),
        };
        let object =
            |attributes: serde_json::Value| told(bucket(&ForeignObject::new("files", &attributes, &[])));
        assert_eq!(object(json!({ "name": "files" })), "cloudflare:r2_bucket files");
        let eu = json!({ "name": "files", "jurisdiction": "eu" });
        assert_eq!(object(eu), "cloudflare:r2_bucket files/eu");
        assert_eq!(
            object(json!({ "name": "files", "jurisdiction": "default" })),
            "cloudflare:r2_bucket files"
        );
        let foreign = ForeignObject::new("", &domain, &[]);
        assert_eq!(told(custom_domain(&foreign)), "cloudflare:r2_custom_domain files/eu/files.example.com");
        assert_eq!(told(cors(&foreign)), "cloudflare:r2_bucket files/eu cors");
        assert_eq!(told(cors(&ForeignObject::new("", &json!({}), &[]))), "None");
    }
}
