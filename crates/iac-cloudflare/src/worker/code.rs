//! The modules of a Worker: where their content comes from, and the hashes that stand for it in the
//! state. Knows nothing of requests.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iac_core::{Error, Result};
use iac_http::Bytes;
use sha2::{Digest as _, Sha256};

/// Most bytes of all modules together: less than an answer may have, so that they can be read back.
/// The API takes at most 10 MB, compressed.
const BYTES_MAX: u64 = 30 << 20;

/// What stands in place of a hash where there is no content, with the reason behind it.
pub(super) const UNREADABLE: &str = "unreadable: ";
/// What a source begins with, by where the content is.
const FILE: &str = "file:";
const TEXT: &str = "text:";
const BASE64_DATA: &str = "base64:";

/// The modules of a [`WorkerScript`](crate::WorkerScript), the main one first.
///
/// Of a file the state keeps the path and the SHA-256 hash: the content is read again when it is
/// uploaded, and a file that has changed since the program read it stops the step. Text and bytes
/// that the program holds are kept in the state as they are.
///
/// What a module is follows from the end of its name, as in Wrangler: `.js` and `.mjs` are ES
/// modules, `.cjs` CommonJS, `.py` Python, `.wasm` WebAssembly, `.txt`, `.html` and `.sql` text,
/// `.map` a source map, and everything else data. Source maps are not given back by the API: a change of
/// them alone is no change.
///
/// ```
/// use iac_cloudflare::WorkerCode;
///
/// let code = WorkerCode::text("worker.js", "export default { fetch() { return new Response('hello') } }")
///     .with_text("page.html", "<h1>hello</h1>")
///     .with_bytes("logo.bin", [1, 2, 3]);
/// # let _ = code;
/// ```
#[derive(Clone)]
#[must_use]
pub struct WorkerCode {
    pub(super) main_module: String,
    pub(super) digests: BTreeMap<String, String>,
    pub(super) sources: BTreeMap<String, String>,
}

impl WorkerCode {
    /// A main module that is a file. It is named as the file, and read now: one that cannot be read is a
    /// fault of the plan.
    ///
    /// ```
    /// use iac_cloudflare::WorkerCode;
    ///
    /// let code = WorkerCode::file("dist/intake.js").with_file("page.html", "site/page.html");
    /// # let _ = code;
    /// ```
    pub fn file(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self::empty(name.clone()).with_file(name, path)
    }

    /// A main module that the program holds.
    pub fn text(name: impl Into<String>, content: impl Into<String>) -> Self {
        let name = name.into();
        Self::empty(name.clone()).with_text(name, content)
    }

    /// Adds a module that is a file, as [`file`](Self::file) does.
    pub fn with_file(mut self, name: impl Into<String>, path: impl AsRef<Path>) -> Self {
        let (name, path) = (name.into(), path.as_ref());
        let digest = match (path.to_str(), read(path)) {
            (Some(_), Ok(content)) => digest(&content),
            (None, _) => format!("{UNREADABLE}the path {} is not text in UTF-8", path.display()),
            (_, Err(error)) => format!("{UNREADABLE}{}", error.message()),
        };
        self.digests.insert(name.clone(), digest);
        self.sources.insert(name, format!("{FILE}{}", path.display()));
        self
    }

    /// Adds a module of text that the program holds.
    pub fn with_text(self, name: impl Into<String>, content: impl Into<String>) -> Self {
        let content = content.into();
        let source = format!("{TEXT}{content}");
        self.with(name.into(), content.as_bytes(), source)
    }

    /// Adds a module of bytes that the program holds.
    pub fn with_bytes(self, name: impl Into<String>, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        self.with(name.into(), content, format!("{BASE64_DATA}{}", BASE64.encode(content)))
    }

    fn empty(main_module: String) -> Self {
        Self { main_module, digests: BTreeMap::new(), sources: BTreeMap::new() }
    }

    fn with(mut self, name: String, content: &[u8], source: String) -> Self {
        self.digests.insert(name.clone(), digest(content));
        self.sources.insert(name, source);
        self
    }
}

impl fmt::Debug for WorkerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerCode").field("modules", &self.digests).finish_non_exhaustive()
    }
}

/// A module with its content.
#[derive(Clone)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) content: Bytes,
}

/// The contents of all modules, which must have the hashes in `digests`.
pub(super) fn load(
    digests: &BTreeMap<String, String>,
    sources: &BTreeMap<String, String>,
) -> Result<Vec<Module>> {
    let mut bytes = 0_u64;
    let mut modules = Vec::with_capacity(digests.len());
    for (name, wanted) in digests {
        let field = format!("modules.{name}");
        let source = sources.get(name).ok_or_else(|| {
            Error::invalid(&field, "its content is not known").hint("give the modules with `code`")
        })?;
        let content = content_of(source).map_err(|error| error.field(&field))?;
        let found = digest(&content);
        if found != *wanted {
            return Err(Error::invalid(
                field,
                format!("its content has the hash {found} now, and {wanted} was planned"),
            )
            .hint("the file has changed since the plan was made: plan again"));
        }
        bytes = bytes.saturating_add(content.len() as u64);
        modules.push(Module { name: name.clone(), content: content.into() });
    }
    if bytes > BYTES_MAX {
        return Err(Error::invalid("modules", format!("they have {bytes} bytes; {BYTES_MAX} at most")));
    }
    Ok(modules)
}

fn content_of(source: &str) -> Result<Vec<u8>> {
    if let Some(path) = source.strip_prefix(FILE) {
        return read(Path::new(path));
    }
    if let Some(text) = source.strip_prefix(TEXT) {
        return Ok(text.as_bytes().to_vec());
    }
    let data = source.strip_prefix(BASE64_DATA).and_then(|data| BASE64.decode(data).ok());
    data.ok_or_else(|| {
        Error::invalid("sources", "a source begins with `file:`, `text:` or `base64:`")
            .hint("give the modules with `code`")
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let problem = |error: std::io::Error| {
        Error::invalid("modules", format!("the file {} cannot be read: {error}", path.display()))
            .hint("build the Worker first, and check the path; it is relative to the working directory")
    };
    let length = std::fs::metadata(path).map_err(problem)?.len();
    if length > BYTES_MAX {
        let text = format!("the file {} has {length} bytes; {BYTES_MAX} at most", path.display());
        return Err(Error::invalid("modules", text));
    }
    std::fs::read(path).map_err(problem)
}

/// The SHA-256 hash, in hexadecimal.
pub(crate) fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One hash for all modules that run.
pub(super) fn digest_of_all(digests: &BTreeMap<String, String>) -> String {
    let seen = digests.iter().filter(|(name, _)| !is_source_map(name));
    let lines: String = seen.map(|(name, digest)| format!("{digest}  {name}\n")).collect();
    digest(lines.as_bytes())
}

/// The media type that the API knows a kind of module by.
pub(crate) fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "js" | "mjs" => "application/javascript+module",
        "cjs" => "application/javascript",
        "py" => "text/x-python",
        "wasm" => "application/wasm",
        "txt" | "html" | "sql" => "text/plain",
        "map" => "application/source-map",
        _ => "application/octet-stream",
    }
}

/// Whether a module is only for people who read stack traces. The API does not give it back.
pub(super) fn is_source_map(name: &str) -> bool {
    content_type(name) == "application/source-map"
}

/// Whether a module can be the main one.
pub(crate) fn is_program(name: &str) -> bool {
    matches!(content_type(name), "application/javascript+module" | "text/x-python")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_holds_is_uploaded_as_it_is() {
        let code = WorkerCode::text("worker.js", "a").with_bytes("x.wasm", [0, 255]);
        let modules = load(&code.digests, &code.sources).unwrap();
        let contents: Vec<_> = modules.iter().map(|one| (one.name.as_str(), &one.content[..])).collect();
        assert_eq!(contents, [("worker.js", &b"a"[..]), ("x.wasm", &[0, 255][..])]);
        assert_eq!(code.main_module, "worker.js");
    }

    #[test]
    fn a_file_that_changed_is_not_uploaded() {
        let path = std::env::temp_dir().join(format!("iac-worker-code-{}.js", std::process::id()));
        std::fs::write(&path, "one").unwrap();
        let code = WorkerCode::file(&path);
        assert_eq!(load(&code.digests, &code.sources).unwrap()[0].content, "one");
        std::fs::write(&path, "two").unwrap();
        let error = load(&code.digests, &code.sources).err().unwrap();
        assert!(error.to_string().contains("was planned"), "{error}");
        assert!(error.way_out().unwrap().contains("plan again"));
        std::fs::remove_file(&path).unwrap();
        let gone = WorkerCode::file(&path);
        assert!(gone.digests.values().all(|digest| digest.starts_with(UNREADABLE)));
    }

    #[test]
    fn kinds_follow_from_names() {
        assert!(is_program("a.mjs") && is_program("a.py") && !is_program("a.wasm") && !is_program("js"));
        assert_eq!(content_type("data"), "application/octet-stream");
    }
}
