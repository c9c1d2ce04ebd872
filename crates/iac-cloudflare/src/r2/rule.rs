//! The rules of a bucket as a program gives them: who may read it from a browser, what becomes of old
//! objects, what nobody may delete. Knows nothing of requests.

use iac_core::{FieldType, Inputs};
use serde::{Deserialize, Serialize};

/// A method that a browser may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum R2CorsMethod {
    /// `GET`.
    Get,
    /// `PUT`.
    Put,
    /// `POST`.
    Post,
    /// `DELETE`.
    Delete,
    /// `HEAD`.
    Head,
}

/// Lets pages of other origins use a bucket (CORS).
///
/// ```
/// use iac_cloudflare::{R2CorsMethod, R2CorsRule};
///
/// let rule = R2CorsRule::args()
///     .allowed_origins(["https://shop.example.com"])
///     .allowed_methods([R2CorsMethod::Get])
///     .max_age_seconds(3600u32);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct R2CorsRule {
    /// A name of the rule.
    #[field(default_from_api)]
    pub id: Option<String>,
    /// The origins, such as `https://example.com`, or `*` for all.
    #[field(set)]
    pub allowed_origins: Vec<String>,
    /// The methods.
    #[field(set)]
    pub allowed_methods: Vec<R2CorsMethod>,
    /// Headers that requests may have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set, eq = case_insensitive)]
    pub allowed_headers: Vec<String>,
    /// Headers of answers that scripts may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set, eq = case_insensitive)]
    pub expose_headers: Vec<String>,
    /// How long browsers may keep the answer to their question, in seconds, at most 86400.
    pub max_age_seconds: Option<u32>,
}

/// What becomes of old objects, and of uploads that never ended.
///
/// At least one of the times is given. An object is deleted, or moved, at an age or on a date.
///
/// ```
/// use iac_cloudflare::R2LifecycleRule;
///
/// const DAY: u64 = 86_400;
/// let rule = R2LifecycleRule::args().id("logs").prefix("logs/").delete_after_seconds(30 * DAY);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct R2LifecycleRule {
    /// A name, unique in the bucket.
    pub id: String,
    /// Whether it is in effect. Default true.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Only objects whose keys begin with this; without it all.
    pub prefix: Option<String>,
    /// Delete at this age, in seconds.
    pub delete_after_seconds: Option<u64>,
    /// Delete on this date, such as `2027-01-01T00:00:00Z`.
    pub delete_on: Option<String>,
    /// Move to infrequent access at this age, in seconds.
    pub infrequent_access_after_seconds: Option<u64>,
    /// Move to infrequent access on this date, such as `2027-01-01T00:00:00Z`.
    pub infrequent_access_on: Option<String>,
    /// Give up multipart uploads that have not ended at this age, in seconds.
    pub abort_multipart_after_seconds: Option<u64>,
}

/// Objects that nobody may delete or overwrite: for a time, until a date, or for ever.
///
/// ```
/// use iac_cloudflare::R2LockRule;
///
/// const YEAR: u64 = 365 * 86_400;
/// let rule = R2LockRule::args().id("invoices").prefix("invoices/").retain_seconds(10 * YEAR);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct R2LockRule {
    /// A name, unique in the bucket.
    pub id: String,
    /// Whether it is in effect. Default true.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Only objects whose keys begin with this; without it all.
    pub prefix: Option<String>,
    /// For how long after an object was written, in seconds.
    pub retain_seconds: Option<u64>,
    /// Until this date, such as `2027-01-01T00:00:00Z`.
    pub retain_until: Option<String>,
    /// For ever.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indefinitely: bool,
}

fn on() -> bool {
    true
}
