//! The files of a site in a folder: which they are, and their names by content. Sends nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iac_core::{Error, ErrorKind, Result};

/// Most files of a site: the vendor's bound on a deployment.
const FILES_MAX: usize = 20_000;
/// Largest file in bytes: the vendor's bound.
const FILE_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// Folders inside each other at most.
const DEPTH_MAX: usize = 64;
/// Digits of a file's name by content.
const HASH_LENGTH: usize = 32;
/// Digits of a site's digest: as many as of a commit, in whose place it stands.
const DIGEST_LENGTH: usize = 40;
/// What is never part of a site.
const LEFT_OUT: [&str; 4] = [".DS_Store", ".git", ".wrangler", "node_modules"];
/// What says how a site is served, at its root; with the media type that the vendor wants for it.
pub(super) const SETTINGS: [(&str, &str); 4] = [
    ("_headers", "text/plain"),
    ("_redirects", "text/plain"),
    ("_routes.json", "application/json"),
    ("_worker.js", "application/javascript"),
];
/// The source of functions, which a tool has to bundle into `_worker.js` first.
const FUNCTIONS: &str = "functions";

/// The name by content that the vendor's asset store knows a file by.
///
/// The store does not check it, and serves only files that are named by this rule: BLAKE3 of the
/// content in base64 followed by the extension, in hexadecimal, cut to 32 digits.
pub(crate) fn asset_hash(content: &[u8], extension: &str) -> String {
    let mut text = BASE64.encode(content);
    text.push_str(extension);
    let mut digest = blake3::hash(text.as_bytes()).to_hex().to_string();
    digest.truncate(HASH_LENGTH);
    digest
}

/// The extension of a path as the rule above means it: what follows the last dot of the last segment,
/// unless that begins with it.
pub(super) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

/// A file of a site.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SiteFile {
    /// Its path in the folder, with `/` between segments and none at the start.
    pub(super) path: String,
    pub(super) hash: String,
    pub(super) size_bytes: u64,
}

/// The files of a site, read once: from them a program learns what it deploys.
///
/// Left out are links, `.git`, `node_modules`, `.wrangler` and `.DS_Store`. `_headers`, `_redirects`,
/// `_routes.json` and a `_worker.js` at the root say how the site is served and are no files of it.
///
/// ```
/// use iac_cloudflare::PagesFiles;
///
/// # let folder = std::env::temp_dir().join(format!("iac-pages-files-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # std::fs::write(folder.join("index.html"), "<h1>Shop</h1>")?;
/// let files = PagesFiles::read(&folder)?;
/// assert_eq!(files.count(), 1);
/// assert_eq!(files.digest().len(), 40);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PagesFiles {
    source: Source,
    files: Vec<SiteFile>,
    settings: Vec<SiteFile>,
    digest: String,
}

/// Where contents come from.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    Folder(PathBuf),
    /// The one file has this content.
    Text(String),
}

impl PagesFiles {
    /// A site of one file.
    pub(super) fn of_text(path: &str, text: &str) -> Self {
        let hash = asset_hash(text.as_bytes(), extension(path));
        let files = vec![SiteFile { path: path.to_owned(), hash, size_bytes: text.len() as u64 }];
        let digest = digest(files.iter());
        Self { source: Source::Text(text.to_owned()), files, settings: Vec::new(), digest }
    }

    /// Reads a folder.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if it cannot be read, is empty, or has more than the vendor takes
    /// (20,000 files, 25 MiB each); or if it has a folder `functions`, which has to be bundled first.
    pub fn read(directory: impl AsRef<Path>) -> Result<Self> {
        let directory = directory.as_ref();
        let mut all = Vec::new();
        walk(directory, "", 0, &mut all)?;
        all.sort_by(|one, other| one.path.cmp(&other.path));
        let is_setting = |file: &SiteFile| SETTINGS.iter().any(|(name, _)| *name == file.path);
        let (settings, files): (Vec<_>, Vec<_>) = all.into_iter().partition(is_setting);
        if files.is_empty() && settings.is_empty() {
            return Err(fault(format!("there are no files in {}", directory.display()))
                .hint("build the site first, or name the folder that the build writes to"));
        }
        let digest = digest(settings.iter().chain(&files));
        Ok(Self { source: Source::Folder(directory.to_owned()), files, settings, digest })
    }

    /// The folder.
    pub fn directory(&self) -> String {
        match &self.source {
            Source::Folder(path) => path.to_string_lossy().into_owned(),
            Source::Text(_) => String::new(),
        }
    }

    /// 40 hexadecimal digits that stand for all files with their paths and contents.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many files there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Their size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    pub(super) fn files(&self) -> &[SiteFile] {
        &self.files
    }

    pub(super) fn settings(&self) -> &[SiteFile] {
        &self.settings
    }

    /// The content of a file, as it was when the folder was read.
    pub(super) fn content(&self, file: &SiteFile) -> Result<Vec<u8>> {
        let content = match &self.source {
            Source::Folder(path) => read_file(&path.join(&file.path))?,
            Source::Text(text) => text.clone().into_bytes(),
        };
        if asset_hash(&content, extension(&file.path)) == file.hash {
            return Ok(content);
        }
        Err(Error::new(ErrorKind::Conflict, format!("{} changed while it was read", file.path))
            .hint("let the build end before the site is deployed, and run again"))
    }

    /// Paths, as a deployment names them, with the names by content.
    pub(super) fn manifest(&self) -> BTreeMap<String, &str> {
        self.files.iter().map(|file| (format!("/{}", file.path), file.hash.as_str())).collect()
    }
}

fn digest<'a>(files: impl Iterator<Item = &'a SiteFile>) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(format!("{}\0{}\n", file.path, file.hash).as_bytes());
    }
    let mut digest = hasher.finalize().to_hex().to_string();
    digest.truncate(DIGEST_LENGTH);
    digest
}

/// Adds the files below `directory`, whose place in the site is `prefix`.
fn walk(directory: &Path, prefix: &str, depth: usize, into: &mut Vec<SiteFile>) -> Result<()> {
    if depth > DEPTH_MAX {
        return Err(fault(format!("{} is more than {DEPTH_MAX} folders deep", directory.display())));
    }
    let unreadable = |error| fault(format!("the folder {} cannot be read: {error}", directory.display()));
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(fault(format!("{} has a file whose name is not Unicode", directory.display())));
        };
        let kind = entry.file_type().map_err(unreadable)?;
        if LEFT_OUT.contains(&name.as_str()) || kind.is_symlink() {
            continue;
        }
        if depth == 0 && kind.is_dir() && name == FUNCTIONS {
            return Err(fault(format!("{} has a folder `{FUNCTIONS}`", directory.display()))
                .hint("bundle the functions into a `_worker.js` first (`wrangler pages functions build`)"));
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if kind.is_dir() {
            walk(&entry.path(), &path, depth + 1, into)?;
            continue;
        }
        let content = read_file(&entry.path())?;
        let hash = asset_hash(&content, extension(&path));
        into.push(SiteFile { path, hash, size_bytes: content.len() as u64 });
        if into.len() > FILES_MAX + SETTINGS.len() {
            return Err(fault(format!("there are more than {FILES_MAX} files, which is the vendor's bound")));
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error| fault(format!("{} cannot be read: {error}", path.display()));
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_BYTES_MAX {
        let text = format!("{} has {size} bytes, and the vendor takes {FILE_BYTES_MAX}", path.display());
        return Err(fault(text).hint("put large files into an R2 bucket"));
    }
    fs::read(path).map_err(unreadable)
}

fn fault(text: String) -> Error {
    Error::invalid("directory", text)
}

/// The media type that a file is served with.
pub(super) fn media_type(path: &str) -> String {
    let media_type = mime_guess::from_path(path).first_or_octet_stream().essence_str().to_owned();
    match media_type.starts_with("text/") {
        true => format!("{media_type}; charset=utf-8"),
        false => media_type,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_content_are_the_vendors() {
        // From the tests of the vendor's own tool.
        assert_eq!(asset_hash(b"foobar", "png"), "2082190357cfd3617ccfe04f340c6247");
        for (path, wanted) in [
            ("logo.png", "png"),
            ("a/b.tar.gz", "gz"),
            ("a.b/c", ""),
            (".well-known/x", ""),
            (".htaccess", ""),
            ("a.", ""),
        ] {
            assert_eq!(extension(path), wanted, "{path}");
        }
    }

    #[test]
    fn media_types() {
        assert_eq!(media_type("index.html"), "text/html; charset=utf-8");
        assert_eq!(media_type("a/logo.png"), "image/png");
        assert_eq!(media_type("unknown"), "application/octet-stream");
    }

    #[test]
    fn a_folder_becomes_a_site() {
        let folder = Folder::new("site");
        folder.write("index.html", "<h1>Hello</h1>");
        folder.write("about/index.html", "<h1>About</h1>");
        folder.write("_headers", "/*\n  x-a: b\n");
        folder.write("node_modules/x.js", "x");
        let site = PagesFiles::read(&folder.0).unwrap();
        let paths: Vec<&str> = site.files().iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["about/index.html", "index.html"]);
        assert_eq!(site.settings()[0].path, "_headers");
        assert!(site.manifest().contains_key("/about/index.html"));
        assert_eq!(site.digest(), PagesFiles::read(&folder.0).unwrap().digest());
        folder.write("_headers", "/*\n  x-a: c\n");
        assert_ne!(site.digest(), PagesFiles::read(&folder.0).unwrap().digest());
        folder.write("index.html", "<h1>Bye</h1>");
        assert_eq!(site.content(&site.files()[1]).unwrap_err().kind(), ErrorKind::Conflict);
        folder.write("functions/hello.js", "x");
        let error = PagesFiles::read(&folder.0).unwrap_err();
        assert!(error.way_out().unwrap().contains("_worker.js"), "{error}");
    }

    #[test]
    fn an_empty_or_missing_folder_is_a_fault() {
        let folder = Folder::new("empty");
        for path in [folder.0.clone(), folder.0.join("missing")] {
            let error = PagesFiles::read(path).unwrap_err();
            assert_eq!((error.kind(), error.input_field()), (ErrorKind::InvalidInput, Some("directory")));
        }
    }

    /// A folder that is gone at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("iac-pages-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn write(&self, path: &str, content: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }
}
