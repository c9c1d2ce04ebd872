//! `state mv`, `state export` and `state import`: rows under another name or in another place. None of
//! them changes the cloud.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use iac_core::ImportOptions;
use iac_core::state::{DOCUMENT_BYTES_MAX, StateDocument};
use serde_json::json;

use super::state::{misnamed, name_hint};
use super::work::Look;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::layout::{HINT, PLAIN, Page};
use crate::render::{counted, to_json};

/// Renames a resource in the state.
pub(crate) async fn state_mv(look: &Look<'_>, from: &str, to: &str) -> Result<u8, Failure> {
    let renamed = look.engine.rename(look.stack, from, to).await;
    let (from, to) = match renamed {
        Ok(names) => names,
        Err(error) => {
            let way_out = name_hint(look, from).await;
            return Err(misnamed(&format!("rename {from:?} to {to:?}"), error, way_out));
        }
    };
    look.screen.json_line("renamed", json!({ "from": from, "to": to }));
    say(look, &format!("Renamed {from} to {to}."));
    hint(
        look,
        &format!(
            "the program must declare it as {:?} now; where it does not, the next `up` deletes it",
            to.path()
        ),
    );
    Ok(EXIT_DONE)
}

/// Writes the state as one document, to a new file or to standard output.
pub(crate) async fn state_export(look: &Look<'_>, out: Option<&Path>) -> Result<u8, Failure> {
    let action = format!("export the state of {}", look.stack);
    let exported = look.engine.export_state(look.stack).await;
    let document = exported.map_err(|error| Failure::engine(&action, error))?;
    let text = format!("{}\n", document.to_json());
    let Some(path) = out else {
        look.screen.json_line("state", json!({ "document": to_json(&document) }));
        look.screen.out(&text);
        return Ok(EXIT_DONE);
    };
    write_new(path, &text).map_err(|error| {
        let failure = Failure::new(&action, format!("cannot write {}: {error}", path.display()));
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                failure.hint("pass the name of a new file; nothing was overwritten")
            }
            _ => failure.hint("pass a path that this user can write"),
        }
    })?;
    let count = document.resource_count();
    look.screen.json_line(
        "state_exported",
        json!({ "path": path.display().to_string(), "resources": count, "serial": document.serial() }),
    );
    say(
        look,
        &format!(
            "Wrote {} of {} at serial {} to {}. Its secrets open with the same key as the state's.",
            counted(count, "resource"),
            look.stack,
            document.serial(),
            path.display()
        ),
    );
    Ok(EXIT_DONE)
}

/// A new file that only its owner may read.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Puts a document in.
pub(crate) async fn state_import(
    look: &Look<'_>,
    path: &Path,
    options: ImportOptions,
) -> Result<u8, Failure> {
    let action = format!("import {} into {}", path.display(), look.stack);
    let document = read(path, &action)?;
    let from = document.stack();
    let imported = look.engine.import_state(look.stack, &document, options).await;
    let count = imported.map_err(|error| Failure::engine(&action, error))?;
    look.screen.json_line("state_imported", json!({ "from": from, "resources": count }));
    say(look, &format!("{} now has {} of {}.", look.stack, counted(count, "resource"), path.display()));
    if from == *look.stack {
        hint(look, "`refresh` compares them with the cloud");
    } else {
        let text = format!(
            "the objects now belong to {} in this state: forget them with `state rm` in {from} if that is still in \
             use, before either of the two is destroyed",
            look.stack
        );
        hint(look, &text);
    }
    Ok(EXIT_DONE)
}

fn read(path: &Path, action: &str) -> Result<StateDocument, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(action, format!("cannot read the file: {error}"))
            .hint("pass a file that `state export` wrote")
    };
    let length = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if length > DOCUMENT_BYTES_MAX as u64 {
        return Err(unreadable(&format!("it has more than {DOCUMENT_BYTES_MAX} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    StateDocument::parse(&text).map_err(|error| Failure::new(action, error))
}

fn say(look: &Look<'_>, text: &str) {
    let mut page = Page::new(look.screen.width);
    page.line(0, PLAIN, text);
    look.screen.out(&page.finish());
}

fn hint(look: &Look<'_>, text: &str) {
    if look.screen.json {
        return;
    }
    let mut page = Page::new(look.screen.width);
    page.item(0, "hint:", HINT, text, 2);
    look.screen.err(&page.finish());
}
