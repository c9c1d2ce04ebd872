//! R2: buckets for objects, and the domains that they are read under.

mod bucket;
mod call;
mod check;
mod custom_domain;
pub(crate) mod foreign;
mod key;
mod rule;
mod wire;

pub use bucket::{
    R2Bucket, R2BucketArgs, R2BucketAttributes, R2BucketInputs, R2BucketOutputs, R2Jurisdiction, R2Location,
    R2StorageClass,
};
pub use custom_domain::{
    R2CustomDomain, R2CustomDomainArgs, R2CustomDomainAttributes, R2CustomDomainInputs, R2CustomDomainOutputs,
};
pub(crate) use key::{bucket_id, bucket_name};
pub use rule::{
    R2CorsMethod, R2CorsRule, R2CorsRuleArgs, R2LifecycleRule, R2LifecycleRuleArgs, R2LockRule,
    R2LockRuleArgs,
};
