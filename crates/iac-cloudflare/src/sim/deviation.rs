//! Owns the lists of what the published descriptions do not say. Knows no description and compares
//! nothing.

const NOBODY: &str = "null where there is none, as the API answers; the schema has only texts";
const PARTS: &str = "only records that are given in parts have `data`; the schema asks for it of all";
const FLATTEN: &str =
    "`settings` of a CNAME record is described in two places, each of which has only its own fields";
const SETTING: &str = "a value fits the schemas of several settings, of which it is to fit one alone";

const OPERATIONS: &str =
    "the schema asks of a started change that its result is an object and an array at once";

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
    ("PUT /accounts/{account_id}/rules/lists/{list_id}/items", "/response/result", OPERATIONS),
    ("POST /accounts/{account_id}/rules/lists/{list_id}/items", "/response/result", OPERATIONS),
    ("DELETE /accounts/{account_id}/rules/lists/{list_id}/items", "/response/result", OPERATIONS),
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
    ("*", "/response/result/**/canonical_deployment", NO_DEPLOYMENT),
    ("*", "/response/result/**/latest_deployment", NO_DEPLOYMENT),
    ("GET /accounts/{account_id}/pages/projects", "/response/result/**/source", UPLOADED),
    ("GET /accounts/{account_id}/pages/projects/{project_name}", "/response/result/**/source", UPLOADED),
    ("PATCH /accounts/{account_id}/pages/projects/{project_name}", "/response/result/**/source", UPLOADED),
    (
        "GET /accounts/{account_id}/pages/projects/{project_name}/deployments",
        "/response/result/**/source",
        UPLOADED,
    ),
    (
        "POST /accounts/{account_id}/pages/projects/{project_name}/deployments",
        "/response/result/**/source",
        UPLOADED,
    ),
    (
        "GET /accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment_id}",
        "/response/result/**/source",
        UPLOADED,
    ),
    (
        "GET /accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment_id}",
        "/path/deployment_id",
        UUID,
    ),
    (
        "DELETE /accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment_id}",
        "/path/deployment_id",
        UUID,
    ),
];

const REFUSED: &str = "a refusal says `success: false` and has no result; the schema also asks for a success";

const REFUSAL_DEVIATIONS: &[(&str, &str, &str)] =
    &[("*", "/response/success", REFUSED), ("*", "/response/result", REFUSED)];

const ORIGIN_CA: &str = "the descriptions at hand leave the origin authority out; taken from the official Python \
     client's `origin_ca_certificates`";

const TURNSTILE: &str = "the descriptions at hand leave Turnstile out; taken from the official Python client's `turnstile.widgets`";

const TOKENS: &str = "the descriptions at hand leave tokens of accounts out, but for their verification; taken from the \
     official Python client's `accounts.tokens`";
const NO_BODY: &str = "a DELETE without a body is taken; the official clients send none";

const UNDESCRIBED: &[(&str, &str)] = &[
    // Zones and DNS.
    (
        "GET /ips",
        "public, and in the official clients (`ips.list`); the description at hand is cut without it",
    ),
    // Rules and credentials.
    ("GET /certificates", ORIGIN_CA),
    ("POST /certificates", ORIGIN_CA),
    ("GET /certificates/{certificate_id}", ORIGIN_CA),
    ("DELETE /certificates/{certificate_id}", ORIGIN_CA),
    ("GET /accounts/{account_id}/tokens", TOKENS),
    ("POST /accounts/{account_id}/tokens", TOKENS),
    ("GET /accounts/{account_id}/tokens/permission_groups", TOKENS),
    ("GET /accounts/{account_id}/tokens/{token_id}", TOKENS),
    ("PUT /accounts/{account_id}/tokens/{token_id}", TOKENS),
    ("DELETE /accounts/{account_id}/tokens/{token_id}", TOKENS),
    ("PUT /accounts/{account_id}/tokens/{token_id}/value", TOKENS),
    ("GET /accounts/{account_id}/challenges/widgets", TURNSTILE),
    ("POST /accounts/{account_id}/challenges/widgets", TURNSTILE),
    ("GET /accounts/{account_id}/challenges/widgets/{sitekey}", TURNSTILE),
    ("PUT /accounts/{account_id}/challenges/widgets/{sitekey}", TURNSTILE),
    ("DELETE /accounts/{account_id}/challenges/widgets/{sitekey}", TURNSTILE),
    ("POST /accounts/{account_id}/challenges/widgets/{sitekey}/rotate_secret", TURNSTILE),
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

/// The same for refusals alone: what the description asks of every answer, and only a success has.
pub fn refusal_deviations() -> &'static [(&'static str, &'static str, &'static str)] {
    REFUSAL_DEVIATIONS
}

/// Operations that the API has and the descriptions at hand lack, each with where it is known from:
/// their exchanges are not compared.
pub fn undescribed() -> &'static [(&'static str, &'static str)] {
    UNDESCRIBED
}

// Storage and sites.
const UPLOADED: &str = "null for files that were uploaded, as the API answers; the schema has none";
const UUID: &str = "the API gives UUIDs, which have 36 characters; the schema has 32";
const NO_DEPLOYMENT: &str = "null for a project that shows nothing; the schema allows it in one half only";
const ASSETS: &str =
    "in the official Python client 5 (`resources/pages/assets.py`), and in Wrangler's sources";
