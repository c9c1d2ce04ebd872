//! Owns the table of routes about buckets. Knows no handler's inside.
use super::super::routes::Routes;
use super::{bucket, domain, object, rule};

const BUCKETS: &str = "/accounts/{account_id}/r2/buckets";
const BUCKET: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}";
const DOMAIN: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/domains/custom/{domain}";
const OBJECT: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/objects/{object_key}";

pub(in super::super) fn routes(router: Routes) -> Routes {
    router
        .route(&format!("GET {BUCKETS}"), bucket::list)
        .route(&format!("POST {BUCKETS}"), bucket::create)
        .route(&format!("GET {BUCKET}"), bucket::get)
        .route(&format!("PATCH {BUCKET}"), bucket::patch)
        .route(&format!("DELETE {BUCKET}"), bucket::delete)
        .route(&format!("GET {BUCKET}/cors"), rule::get_cors)
        .route(&format!("PUT {BUCKET}/cors"), rule::put_cors)
        .route(&format!("DELETE {BUCKET}/cors"), rule::delete_cors)
        .route(&format!("GET {BUCKET}/lifecycle"), rule::get_lifecycle)
        .route(&format!("PUT {BUCKET}/lifecycle"), rule::put_lifecycle)
        .route(&format!("GET {BUCKET}/lock"), rule::get_lock)
        .route(&format!("PUT {BUCKET}/lock"), rule::put_lock)
        .route(&format!("GET {BUCKET}/domains/managed"), domain::get_managed)
        .route(&format!("PUT {BUCKET}/domains/managed"), domain::put_managed)
        .route(&format!("GET {BUCKET}/domains/custom"), domain::list)
        .route(&format!("POST {BUCKET}/domains/custom"), domain::create)
        .route(&format!("GET {DOMAIN}"), domain::get)
        .route(&format!("PUT {DOMAIN}"), domain::put)
        .route(&format!("DELETE {DOMAIN}"), domain::delete)
        .route(&format!("GET {BUCKET}/objects"), object::list)
        .route(&format!("PUT {OBJECT}"), object::put)
        .route(&format!("GET {OBJECT}"), object::get)
        .route(&format!("DELETE {OBJECT}"), object::delete)
}
