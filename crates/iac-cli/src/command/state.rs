//! `state list`, `state show` and `state rm`: resources as they are recorded.

use std::sync::Arc;

use iac_core::state::ResourceRecord;
use iac_core::{EngineError, Snapshot};

use super::work::Look;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::layout::{PLAIN, Page};
use crate::render;

/// The way out where a resource is not called as it was written.
const LIST_HINT: &str = "`state list` shows every path";

/// Lists the recorded resources.
pub(crate) async fn state_list(look: &Look<'_>) -> Result<u8, Failure> {
    let snapshot = load(look).await?;
    let rows: Vec<_> = rows(&snapshot).collect();
    for row in &rows {
        look.screen.json_line("resource", render::row_json(row));
    }
    look.screen.out(&render::rows(&rows));
    if rows.is_empty() {
        let mut page = Page::new(look.screen.width);
        page.line(0, PLAIN, &format!("Stack {} has no resources.", look.stack));
        look.screen.err(&page.finish());
    }
    Ok(EXIT_DONE)
}

/// Shows one recorded resource.
pub(crate) async fn state_show(look: &Look<'_>, wanted: &str) -> Result<u8, Failure> {
    let snapshot = load(look).await?;
    let found: Vec<_> =
        rows(&snapshot).filter(|row| row.urn.as_str() == wanted || row.urn.path() == wanted).collect();
    let action = format!("show {wanted:?}");
    let Some(first) = found.first() else {
        let failure = Failure::new(&action, format!("stack {} records no such resource", look.stack));
        return Err(failure.hint(LIST_HINT));
    };
    // The old half of a replacement has the same URN and is shown as well.
    if found.iter().any(|row| row.urn != first.urn) {
        let urns: Vec<&str> = found.iter().map(|row| row.urn.as_str()).collect();
        let failure = Failure::new(&action, "several resources have this path");
        return Err(failure.hint(format!("pass one of {}", urns.join(", "))));
    }
    for row in &found {
        look.screen.json_line("resource", render::row_json(row));
        look.screen.out(&render::row(row, look.now, look.screen.width));
    }
    Ok(EXIT_DONE)
}

/// Forgets one resource; the object stays in the cloud.
pub(crate) async fn state_rm(look: &Look<'_>, wanted: &str) -> Result<u8, Failure> {
    let forgotten = look.engine.forget(look.stack, wanted).await;
    if let Err(error) = forgotten {
        return Err(misnamed(&format!("forget {wanted:?}"), error, LIST_HINT));
    }
    look.screen.json_line("forgotten", serde_json::json!({ "resource": wanted }));
    let mut page = Page::new(look.screen.width);
    page.line(0, PLAIN, &format!("Forgot {wanted}. The object stays in the cloud."));
    look.screen.out(&page.finish());
    Ok(EXIT_DONE)
}

/// The way out where `wanted` cannot get another name: it is not recorded, or the new name is not usable.
pub(super) async fn name_hint(look: &Look<'_>, wanted: &str) -> &'static str {
    let is_it = |row: &Arc<ResourceRecord>| row.urn.as_str() == wanted || row.urn.path() == wanted;
    match look.engine.snapshot(look.stack).await {
        Ok(snapshot) if rows(&snapshot).any(is_it) => "pass a new path that `state list` does not show",
        _ => LIST_HINT,
    }
}

/// An error of the engine; with `hint` where it is about a name.
pub(super) fn misnamed(action: &str, error: EngineError, hint: &str) -> Failure {
    let is_name = matches!(error, EngineError::NoSuchResource(_));
    let failure = Failure::engine(action, error);
    if is_name { failure.or_hint(hint) } else { failure }
}

async fn load(look: &Look<'_>) -> Result<Snapshot, Failure> {
    let read = look.engine.snapshot(look.stack).await;
    read.map_err(|error| Failure::engine(&format!("read the state of {}", look.stack), error))
}

fn rows(snapshot: &Snapshot) -> impl Iterator<Item = &Arc<ResourceRecord>> {
    snapshot.resources.values().chain(&snapshot.pending_deletes).chain(&snapshot.gone)
}
