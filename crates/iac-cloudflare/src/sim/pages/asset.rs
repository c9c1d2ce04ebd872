//! Owns the simulated asset store: contents by their names, and the tokens that may bring them. Knows no
//! deployment.
use super::super::answer::{Answer, error, ok};
use super::super::cloud::CloudflareSim;
use super::super::input;
use super::project::of;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use iac_testkit::sim::{Params, SimRequest, SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// How long an upload token is good.
const TOKEN_LIFE_SECONDS: i64 = 15 * 60;
const HASH_LENGTH: usize = 32;
const FILES_MAX: usize = 20_000;
const FILE_BYTES_MAX: usize = 25 * 1024 * 1024;
/// The code of a body that is not as it should be.
const MALFORMED: u64 = 8_000_006;

/// A content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asset {
    /// In base64.
    content: String,
    pub(super) content_type: String,
}

impl Asset {
    pub(super) fn bytes(&self) -> Vec<u8> {
        BASE64.decode(&self.content).unwrap_or_default()
    }
}

/// Who may bring contents, and since when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UploadToken {
    project: String,
    issued: SimTime,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashes {
    hashes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upload {
    key: String,
    value: String,
    metadata: Metadata,
    base64: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Metadata {
    content_type: String,
}

pub(super) fn upload_token(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let project = of(cloud, params)?.name.clone();
    let issued = cloud.now;
    let until = issued.unix_seconds().saturating_add(TOKEN_LIFE_SECONDS);
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "project": project, "iat": issued.unix_seconds(), "exp": until });
    let signature = cloud.hex("upload-token", 43);
    let jwt = format!("{}.{}.{signature}", part(json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
    cloud.state.pages.upload_tokens.insert(jwt.clone(), UploadToken { project, issued });
    ok(json!({ "jwt": jwt }))
}

/// Refuses a request without a token that is good now. Tokens that are over are forgotten.
fn check(cloud: &mut CloudflareSim, request: &SimRequest) -> Result<(), SimResponse> {
    let header = request.header("authorization").unwrap_or_default();
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    let now = cloud.now;
    let is_over = |known: &UploadToken| {
        now.since(known.issued) >= Duration::from_secs(TOKEN_LIFE_SECONDS.unsigned_abs())
    };
    cloud.state.pages.upload_tokens.retain(|_, known| !is_over(known));
    let good = cloud.state.pages.upload_tokens.contains_key(token);
    match good {
        true => Ok(()),
        false => {
            Err(error(401, 8_000_013, "Authorization failed: the upload token is invalid or has expired."))
        }
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == HASH_LENGTH && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

fn hashes(request: &SimRequest) -> Result<Vec<String>, SimResponse> {
    let Hashes { hashes } = input::read_as(request, MALFORMED)?;
    match hashes.len() <= FILES_MAX && hashes.iter().all(|hash| is_hash(hash)) {
        true => Ok(hashes),
        false => Err(error(400, MALFORMED, "Request body is incorrect. Hashes have 32 hexadecimal digits.")),
    }
}

pub(super) fn check_missing(cloud: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    check(cloud, request)?;
    let mut missing = hashes(request)?;
    missing.retain(|hash| !cloud.state.pages.assets.contains_key(hash));
    ok(json!(missing))
}

pub(super) fn upload(cloud: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    check(cloud, request)?;
    let uploads: Vec<Upload> = input::read_as(request, MALFORMED)?;
    let mut assets = Vec::new();
    for upload in uploads {
        let content = match upload.base64 {
            true => BASE64.decode(&upload.value).ok(),
            false => Some(upload.value.into_bytes()),
        };
        let Some(content) = content.filter(|content| content.len() <= FILE_BYTES_MAX && is_hash(&upload.key))
        else {
            return Err(error(
                400,
                MALFORMED,
                format!("Request body is incorrect. Bad file {}.", upload.key),
            ));
        };
        let content = BASE64.encode(content);
        assets.push((upload.key, Asset { content, content_type: upload.metadata.content_type }));
    }
    let count = assets.len();
    cloud.state.pages.assets.extend(assets);
    ok(json!({ "successful_key_count": count, "unsuccessful_keys": [] }))
}

pub(super) fn upsert_hashes(cloud: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    check(cloud, request)?;
    hashes(request)?;
    ok(Value::Null)
}
