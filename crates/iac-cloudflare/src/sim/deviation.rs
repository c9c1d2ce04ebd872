//! Owns the lists of what the published descriptions do not say. Knows no description and compares
//! nothing.

const NOBODY: &str = "null where there is none, as the API answers; the schema has only texts";

const NO_BODY: &str = "a DELETE without a body is taken; the official clients send none";

const DEVIATIONS: &[(&str, &str, &str)] = &[
    // Zones and DNS.
    ("*", "/response/result/**/owner/id", NOBODY),
    ("*", "/response/result/**/tenant/id", NOBODY),
    ("*", "/response/result/**/tenant/name", NOBODY),
    ("*", "/response/result/**/tenant_unit/id", NOBODY),
    // Rules and credentials.
    // Workers.
    ("DELETE /accounts/{account_id}/workers/scripts/{script_name}", "/request", NO_BODY),
    ("DELETE /accounts/{account_id}/storage/kv/namespaces/{namespace_id}", "/request", NO_BODY),
    (
        "DELETE /accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
        "/request",
        NO_BODY,
    ),
    (
        "GET /accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
        "/response",
        "an empty value is an empty body",
    ),
    (
        "GET /accounts/{account_id}/workers/scripts/{script_name}/content/v2",
        "/response",
        "answers the modules as a form; the description has the media type `string`",
    ),
    (
        "GET /accounts/{account_id}/workers/scripts/{script_name}/settings",
        "/response/result/placement",
        "an empty object where there is none, as Terraform's provider found",
    ),
    (
        "PUT /accounts/{account_id}/workers/domains",
        "/request/zone_name",
        "may be left out: the description itself marks it as `computed_optional`",
    ),
    (
        "PUT /accounts/{account_id}/workers/domains",
        "/request/override_existing_origin",
        "the API's own error 100116 names this option",
    ),
    // Storage and sites.
];

const UNDESCRIBED: &[(&str, &str)] = &[
    // Zones and DNS.
    // Rules and credentials.
    // Workers.
    // Storage and sites.
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
