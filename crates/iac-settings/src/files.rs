//! Which files make up a stack's settings, and reading them. Knows nothing of their content.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::document::SETTINGS_BYTES_MAX;
use crate::fault::Fault;
use crate::origin::{FilePosition, Origin};
use crate::settings::{BASE_FILE, BASE_FILE_ALONE, Settings};

/// Most settings files looked at in a directory.
const FILES_MAX: usize = 1000;

/// One file's text.
pub(crate) struct Text {
    /// As it is named in messages.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) compiled_in: bool,
}

impl<T> Settings<T> {
    /// The files of `stack`, the base first.
    pub(crate) fn texts(&self, stack: &str, faults: &mut Vec<Fault>) -> Vec<Text> {
        let base = self.text(&self.path(BASE_FILE), BASE_FILE, faults);
        let alone = self.text(&self.path_alone(), BASE_FILE_ALONE, faults);
        if let (Some(base), Some(alone)) = (&base, &alone) {
            let fault =
                Fault::new("", format!("stands beside {}: there can be one file for all stacks", base.name));
            faults.push(fault.at(&start_of(&alone.name)).way_out("move its content into the other one"));
        }
        let own = match stack_file(stack) {
            Ok(file) => self.text(&self.path(&file), &file, faults),
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        base.into_iter().chain(alone).chain(own).collect()
    }

    /// The file of one stack, as `config set` changes it: its path, and its text so far.
    pub(crate) fn stack_text(&self, stack: &str) -> Result<(PathBuf, Option<Text>), Fault> {
        self.one(&stack_file(stack)?, stack)
    }

    /// The file of all stacks, likewise.
    pub(crate) fn base_text(&self) -> Result<(PathBuf, Option<Text>), Fault> {
        if self.path_alone().is_some_and(|path| path.exists()) {
            let mut faults = Vec::new();
            let text = self.text(&self.path_alone(), BASE_FILE_ALONE, &mut faults);
            let path = self.path_alone().unwrap_or_default();
            return faults.into_iter().next().map_or(Ok((path, text)), Err);
        }
        self.one(BASE_FILE, "the stacks")
    }

    fn one(&self, file: &str, whose: &str) -> Result<(PathBuf, Option<Text>), Fault> {
        let Some(path) = self.path(file) else {
            return Err(Fault::new("", format!("there is no directory for a settings file of {whose}")));
        };
        let mut faults = Vec::new();
        let text = self.text(&Some(path.clone()), file, &mut faults);
        faults.into_iter().next().map_or(Ok((path, text)), Err)
    }

    /// The stacks that have a file of their own, sorted.
    pub fn stacks_with_files(&self) -> Vec<String> {
        let mut stacks = BTreeSet::new();
        let mut add = |name: &str| {
            if let Some(stack) =
                name.strip_suffix(".toml").filter(|_| name != BASE_FILE && name != BASE_FILE_ALONE)
            {
                stacks.insert(stack.to_owned());
            }
        };
        self.compiled_in.keys().for_each(|name| add(last_part(name)));
        let entries = self.directory.as_ref().and_then(|path| std::fs::read_dir(path).ok());
        for entry in entries.into_iter().flatten().flatten().take(FILES_MAX) {
            add(&entry.file_name().to_string_lossy());
        }
        stacks.into_iter().collect()
    }

    fn path(&self, file: &str) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(file))
    }

    fn path_alone(&self) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.parent().unwrap_or(Path::new("")).join(BASE_FILE_ALONE))
    }

    /// The file on disk, or else the one inside the program.
    fn text(&self, path: &Option<PathBuf>, file: &str, faults: &mut Vec<Fault>) -> Option<Text> {
        if let Some(path) = path {
            let name = path.display().to_string();
            match read_text(path) {
                Ok(Some(text)) => return Some(Text { name, text, compiled_in: false }),
                Ok(None) => {}
                Err((reason, way_out)) => {
                    let fault = Fault::new("", format!("cannot be read: {reason}")).way_out(way_out);
                    faults.push(fault.at(&start_of(&name)));
                    return None;
                }
            }
        }
        let (name, text) = self.compiled_in.iter().find(|(name, _)| last_part(name) == file)?;
        Some(Text { name: name.clone(), text: text.clone(), compiled_in: true })
    }
}

/// The file of one stack; a fault for a stack whose name is that of another file or of a path.
fn stack_file(stack: &str) -> Result<String, Fault> {
    let file = format!("{stack}.toml");
    let refused = if file == BASE_FILE {
        "is the name of the file of all stacks"
    } else if stack.is_empty() || stack.contains(['/', '\\']) {
        "is no name of a file"
    } else {
        return Ok(file);
    };
    Err(Fault::new("", format!("no settings can be read for the stack {stack:?}: {file:?} {refused}"))
        .way_out("give the stack another name"))
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

pub(crate) fn start_of(name: &str) -> Origin {
    Origin::File(FilePosition::new(name, 1, 1))
}

/// The file's text; `None` if there is no such file. Or why it cannot be read, and what to do.
fn read_text(path: &Path) -> Result<Option<String>, (String, &'static str)> {
    use std::io::ErrorKind;
    let failed = |error: std::io::Error| {
        let way_out = match error.kind() {
            ErrorKind::PermissionDenied => "let the user who runs the program read it",
            ErrorKind::NotADirectory => "make a directory of what stands in place of one",
            _ => "put a file with TOML in its place, or remove it",
        };
        (error.kind().to_string(), way_out)
    };
    // Before it is opened: opening a pipe waits for whoever writes to it.
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(found) => {
            let what = if found.is_dir() { "it is a directory" } else { "it is not a file" };
            return Err((what.to_owned(), "put a file with TOML in its place, or remove it"));
        }
        // Only a link can be there and lead nowhere. Its settings would be missed in silence.
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => {
            return Err(("it is a link to a file that does not exist".into(), "mend the link, or remove it"));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(SETTINGS_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > SETTINGS_BYTES_MAX {
        let reason = format!("it is longer than {SETTINGS_BYTES_MAX} bytes");
        return Err((reason, "keep what is no setting in a file of its own"));
    }
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| ("it is not UTF-8 text".to_owned(), "save it as UTF-8"))
}
