//! Owns the lists of what the published descriptions do not say. Knows no description and compares
//! nothing.

const NOBODY: &str = "null where there is none, as the API answers; the schema has only texts";

const NO_DEPLOYMENT: &str = "null for a project that shows nothing; the schema allows it in one half only";
const ASSETS: &str =
    "in the official Python client 5 (`resources/pages/assets.py`), and in Wrangler's sources";

const DEVIATIONS: &[(&str, &str, &str)] = &[
    // Zones and DNS.
    ("*", "/response/result/**/owner/id", NOBODY),
    ("*", "/response/result/**/tenant/id", NOBODY),
    ("*", "/response/result/**/tenant/name", NOBODY),
    ("*", "/response/result/**/tenant_unit/id", NOBODY),
    // Rules and credentials.
    // Workers.
    // Storage and sites.
    ("*", "/response/result/**/canonical_deployment", NO_DEPLOYMENT),
    ("*", "/response/result/**/latest_deployment", NO_DEPLOYMENT),
    (
        "*",
        "/response/result/**/source",
        "null for files that were uploaded, as the API answers; the schema has none",
    ),
    ("*", "/path/deployment_id", "the API gives UUIDs, which have 36 characters; the schema has 32"),
];

const UNDESCRIBED: &[(&str, &str)] = &[
    // Zones and DNS.
    // Rules and credentials.
    // Workers.
    // Storage and sites.
    ("POST /pages/assets/check-missing", ASSETS),
    ("POST /pages/assets/upload", ASSETS),
    ("POST /pages/assets/upsert-hashes", ASSETS),
];

/// Where the simulator follows the API and the published description says something else: the
/// operation, the pointer into its request or answer, and the reason.
///
/// Each entry is what a test that compares exchanges with the description must let pass, in the
/// notation of `Deviation` in `iac_testkit::openapi`.
pub fn deviations() -> &'static [(&'static str, &'static str, &'static str)] {
    DEVIATIONS
}

/// Operations that the API has and the descriptions at hand lack, each with where it is known from:
/// their exchanges are not compared.
pub fn undescribed() -> &'static [(&'static str, &'static str)] {
    UNDESCRIBED
}
