//! Owns the lists of what the published descriptions do not say. Knows no description and compares
//! nothing.

const NOBODY: &str = "null where there is none, as the API answers; the schema has only texts";
const PARTS: &str = "only records that are given in parts have `data`; the schema asks for it of all";
const FLATTEN: &str =
    "`settings` of a CNAME record is described in two places, each of which has only its own fields";
const SETTING: &str = "a value fits the schemas of several settings, of which it is to fit one alone";

const NO_BODY: &str = "a DELETE without a body is taken; the official clients send none";

const DEVIATIONS: &[(&str, &str, &str)] = &[
    // Zones and DNS.
    ("*", "/response/result/**/owner/id", NOBODY),
    ("*", "/response/result/**/tenant/id", NOBODY),
    ("*", "/response/result/**/tenant/name", NOBODY),
    ("*", "/response/result/**/tenant_unit/id", NOBODY),
    ("GET /zones/{zone_id}/dns_records", "/response/result/*/data", PARTS),
    ("POST /zones/{zone_id}/dns_records", "/response/result/data", PARTS),
    ("GET /zones/{zone_id}/dns_records/{dns_record_id}", "/response/result/data", PARTS),
    ("PUT /zones/{zone_id}/dns_records/{dns_record_id}", "/response/result/data", PARTS),
    ("PATCH /zones/{zone_id}/dns_records/{dns_record_id}", "/response/result/data", PARTS),
    // The body of a create is the same one, and is compared.
    ("PUT /zones/{zone_id}/dns_records/{dns_record_id}", "/request", FLATTEN),
    ("PATCH /zones/{zone_id}/settings/{setting_id}", "/request", SETTING),
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

const REFUSED: &str = "a refusal says `success: false` and has no result; the schema also asks for a success";

const REFUSAL_DEVIATIONS: &[(&str, &str, &str)] =
    &[("*", "/response/success", REFUSED), ("*", "/response/result", REFUSED)];

const UNDESCRIBED: &[(&str, &str)] = &[
    // Zones and DNS.
    (
        "GET /ips",
        "public, and in the official clients (`ips.list`); the description at hand is cut without it",
    ),
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

/// The same for refusals alone: what the description asks of every answer, and only a success has.
pub fn refusal_deviations() -> &'static [(&'static str, &'static str, &'static str)] {
    REFUSAL_DEVIATIONS
}

/// Operations that the API has and the descriptions at hand lack, each with where it is known from:
/// their exchanges are not compared.
pub fn undescribed() -> &'static [(&'static str, &'static str)] {
    UNDESCRIBED
}
