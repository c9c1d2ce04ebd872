//! Brings the files of a site into the vendor's asset store, each content once. Knows no deployment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iac_core::{Cx, Error, ErrorKind, Id, Result};
use iac_http::{Bearer, Client, Idempotency, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::call;
use super::files::{PagesFiles, SiteFile, media_type};
use super::project::PagesProject;
use crate::client::Cloudflare;
use crate::envelope;

/// Most files of one upload.
const UPLOAD_FILES_MAX: usize = 1_000;
/// Most bytes of the files of one upload; in base64 it is a third more.
const UPLOAD_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// The upload token is over.
const EXPIRED: &str = "8000013";
/// Upload tokens that one deployment gets at most: each lasts for minutes.
const TOKENS_MAX: u32 = 100;

#[derive(Deserialize)]
struct UploadToken {
    jwt: String,
}

#[derive(Serialize)]
struct Hashes<'a> {
    hashes: &'a [&'a str],
}

#[derive(Serialize)]
struct Asset<'a> {
    key: &'a str,
    value: String,
    metadata: Metadata,
    base64: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    content_type: String,
}

/// Makes sure that the store has every file of `site`.
///
/// Nothing that a resource owns is made: content that no deployment names is forgotten after a while.
pub(super) async fn bring(
    cx: &Cx<'_, Cloudflare>,
    project: &Id<PagesProject>,
    site: &PagesFiles,
) -> Result<()> {
    let mut files: Vec<&SiteFile> = site.files().iter().collect();
    files.sort_by(|one, other| one.hash.cmp(&other.hash));
    files.dedup_by(|one, other| one.hash == other.hash);
    let hashes: Vec<&str> = files.iter().map(|file| file.hash.as_str()).collect();
    let mut store = Store::open(cx, project).await?;
    let body = Hashes { hashes: &hashes };
    let missing: Vec<String> =
        store.ask(|http| http.post("/pages/assets/check-missing").json_body(&body)).await?;
    files.retain(|file| missing.contains(&file.hash));
    let count = files.len();
    let mut done = 0_usize;
    for batch in batches(&files) {
        let percent = done * 100 / count.max(1);
        cx.progress(format!("upload of {count} files"), u8::try_from(percent).ok());
        let assets: Vec<Asset<'_>> = batch.iter().map(|file| asset(site, file)).collect::<Result<_>>()?;
        let _: serde_json::Value =
            store.ask(|http| http.post("/pages/assets/upload").json_body(&assets)).await?;
        done += batch.len();
    }
    if !missing.is_empty() {
        // Remembered for the next deployment; without it that one only uploads more.
        let body = Hashes { hashes: &hashes };
        let told: Result<serde_json::Value> =
            store.ask(|http| http.post("/pages/assets/upsert-hashes").json_body(&body)).await;
        drop(told);
    }
    Ok(())
}

/// The files in portions that one request takes.
fn batches<'a>(files: &'a [&'a SiteFile]) -> impl Iterator<Item = &'a [&'a SiteFile]> {
    let mut rest = files;
    std::iter::from_fn(move || {
        let mut bytes = 0_u64;
        let fits = |file: &&&SiteFile| {
            bytes += file.size_bytes;
            bytes <= UPLOAD_BYTES_MAX
        };
        // One that is larger than a portion goes alone.
        let count = rest.iter().take(UPLOAD_FILES_MAX).take_while(fits).count().max(1).min(rest.len());
        let (batch, left) = rest.split_at(count);
        rest = left;
        (!batch.is_empty()).then_some(batch)
    })
}

fn asset<'a>(site: &PagesFiles, file: &'a SiteFile) -> Result<Asset<'a>> {
    Ok(Asset {
        key: &file.hash,
        // A file of at most 25 MiB from a local disk: not worth a thread of its own.
        value: BASE64.encode(site.content(file)?),
        metadata: Metadata { content_type: media_type(&file.path) },
        base64: true,
    })
}

/// The asset store, with the token that it takes from one project.
struct Store<'a> {
    cx: &'a Cx<'a, Cloudflare>,
    project: &'a Id<PagesProject>,
    http: Client,
    tokens: u32,
}

impl<'a> Store<'a> {
    async fn open(cx: &'a Cx<'a, Cloudflare>, project: &'a Id<PagesProject>) -> Result<Self> {
        let http = Self::with_token(cx, project).await?;
        Ok(Self { cx, project, http, tokens: 1 })
    }

    async fn with_token(cx: &Cx<'_, Cloudflare>, project: &Id<PagesProject>) -> Result<Client> {
        let request = call::about(cx, project, |http, path| http.get(path), "/upload-token").await?;
        let token: UploadToken =
            envelope::send(request.sensitive_response()).await.map_err(call::in_project)?;
        Ok(cx.client().http(cx).with_auth(Bearer::new(token.jwt)))
    }

    /// Sends a request whose repetition has no effect, with a new token if the old one is over.
    async fn ask<T: DeserializeOwned>(&mut self, request: impl Fn(&Client) -> Request) -> Result<T> {
        loop {
            let sent = envelope::send(request(&self.http).idempotency(Idempotency::Idempotent)).await;
            match sent {
                Err(error) if is_expired(&error) && self.tokens < TOKENS_MAX => {
                    self.http = Self::with_token(self.cx, self.project).await?;
                    self.tokens += 1;
                }
                result => return result,
            }
        }
    }
}

/// Whether a newer token would do. Other refusals of a token stay: repeating them would go on for ever.
fn is_expired(error: &Error) -> bool {
    error.api_code() == Some(EXPIRED) && error.kind() != ErrorKind::Ambiguous
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_are_bounded() {
        let file = |size_bytes| SiteFile { path: "a".into(), hash: "b".into(), size_bytes };
        let sizes = |files: &[SiteFile]| -> Vec<usize> {
            let files: Vec<&SiteFile> = files.iter().collect();
            batches(&files).map(<[_]>::len).collect()
        };
        assert!(sizes(&[]).is_empty());
        assert_eq!(sizes(&vec![file(1); 2_500]), [1_000, 1_000, 500]);
        let large = UPLOAD_BYTES_MAX / 2;
        assert_eq!(sizes(&[file(large), file(large), file(1), file(UPLOAD_BYTES_MAX + 1)]), [2, 1, 1]);
    }
}
