//! The modules that a script has in the cloud. Knows nothing of inputs.

use std::collections::BTreeMap;

use iac_core::{Cx, Error, Result};

use super::code::{digest, is_program};
use super::wire::of_script;
use crate::client::Cloudflare;
use crate::{envelope, form_parts};

/// What a script of the older form, which has no modules, is taken for.
const SINGLE_MODULE: &str = "worker.js";
/// The header that names the main module.
const ENTRYPOINT: &str = "cf-entrypoint";

/// The hashes of a script's modules.
pub(super) struct Content {
    pub(super) main_module: String,
    pub(super) digests: BTreeMap<String, String>,
}

/// The modules of the script `name`; `None` if it does not exist.
pub(super) async fn read(cx: &Cx<'_, Cloudflare>, name: &str) -> Result<Option<Content>> {
    let request = of_script(cx, |http, path| http.get(path), name, "/content/v2").await?;
    let Some(answer) = envelope::absent(request.send_bytes().await)? else { return Ok(None) };
    let content_type = answer.header("content-type").unwrap_or_default().to_owned();
    let entrypoint = answer.header(ENTRYPOINT).map(str::to_owned);
    let body = answer.into_body();
    if !content_type.starts_with("multipart/") {
        let digests = BTreeMap::from([(SINGLE_MODULE.to_owned(), digest(&body))]);
        return Ok(Some(Content { main_module: SINGLE_MODULE.to_owned(), digests }));
    }
    let parts = form_parts::parse(&content_type, &body).filter(|parts| !parts.is_empty());
    let parts = parts.ok_or_else(|| {
        Error::internal(format!("the modules of the Worker `{name}` are no multipart form"))
            .hint("report this as a defect of the provider crate")
    })?;
    let first = parts.iter().find(|part| is_program(&part.name)).or(parts.first());
    let first = first.map(|part| part.name.clone()).unwrap_or_default();
    let digests = parts.into_iter().map(|part| (part.name, digest(part.content))).collect();
    Ok(Some(Content { main_module: entrypoint.unwrap_or(first), digests }))
}
