//! [`File`]: secrets in files of their own, `{ file = "path" }`.

use std::path::Path;

use async_trait::async_trait;
use iac_core::{Error, ErrorKind, Result, Secret};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::document::BYTE_ORDER_MARK;

use super::{Reference, SECRET_BYTES_MAX, SecretSource, SourceContext};

/// Secrets in files of their own: `{ file = "/run/secrets/token" }`. A relative path starts where
/// the settings file is. One line break at the end is not part of the secret, and neither is the mark that
/// some editors put before UTF-8 text.
#[derive(Debug, Clone, Copy, Default)]
pub struct File;

#[async_trait]
impl SecretSource for File {
    fn name(&self) -> &str {
        "file"
    }

    fn schema(&self) -> Json {
        json!({ "type": "string", "minLength": 1, "description": "The file's path" })
    }

    async fn fetch(&self, reference: &Reference, _: &SourceContext) -> Result<Secret<String>> {
        let path: String = reference.read()?;
        read_file(&reference.path(path)).await
    }
}

/// The secret in a file.
pub(super) async fn read_file(path: &Path) -> Result<Secret<String>> {
    let shown = path.display().to_string();
    let file = tokio::task::spawn_blocking({
        let path = path.to_owned();
        move || {
            // Before it is opened: opening a pipe waits for whoever writes to it.
            let is_file = std::fs::metadata(&path)?.is_file();
            let mut bytes = Vec::new();
            if is_file {
                let file = std::fs::File::open(&path)?;
                std::io::Read::read_to_end(
                    &mut std::io::Read::take(file, SECRET_BYTES_MAX as u64 + 1),
                    &mut bytes,
                )?;
            }
            Ok::<_, std::io::Error>((is_file, bytes))
        }
    });
    let (is_file, bytes) = file
        .await
        .map_err(|_| Error::internal(format!("the reader of {shown} failed")))?
        .map_err(|error| {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => ErrorKind::NotFound,
                std::io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                _ => ErrorKind::Unavailable,
            };
            let hint = match kind {
                ErrorKind::NotFound => "check the path: a relative one starts where the settings file is",
                ErrorKind::PermissionDenied => "let the user who runs the program read it",
                _ => "see whether it can be read by hand",
            };
            Error::new(kind, format!("the file {shown} cannot be read: {}", error.kind())).hint(hint)
        })?;
    if !is_file {
        return Err(Error::new(ErrorKind::InvalidInput, format!("{shown} is not a file"))
            .hint("name the file that holds nothing but the secret"));
    }
    as_secret(bytes, &format!("the file {shown}"))
}

/// Reads at most a secret's length, and one byte to tell that there is more.
pub(super) async fn read_bounded(from: impl AsyncRead + Unpin) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(SECRET_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// What was read, without one line break at its end.
pub(super) fn as_secret(bytes: Vec<u8>, what: &str) -> Result<Secret<String>> {
    if bytes.len() > SECRET_BYTES_MAX {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{what} is longer than the {SECRET_BYTES_MAX} bytes a secret may have"),
        )
        .hint("it must be the secret and nothing else"));
    }
    // The error of the conversion would hold the bytes.
    let mut text = String::from_utf8(bytes).map_err(|_| {
        Error::new(ErrorKind::InvalidInput, format!("{what} is not UTF-8 text"))
            .hint("save it as UTF-8, or encode what is no text, for example as base64")
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.remove(0);
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, format!("{what} is empty"))
            .hint("it must be the secret, and may end with one line break"));
    }
    Ok(Secret::new(text))
}
