//! `adopt`: takes over what another tool manages, by its state file alone.

use iac_adopt::{ForeignState, MatchedState, match_state};
use serde_json::json;

use super::work::Work;
use crate::arguments_import::AdoptArgs;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::layout::{CHANGE, FAINT, GOOD, HINT, Page, STRONG, printable};
use crate::render::{counted, to_json};

/// Matches the objects of a file with the program and records them.
pub(crate) async fn adopt(work: &Work<'_>, args: &AdoptArgs) -> Result<u8, Failure> {
    let action = format!("adopt {}", args.file.display());
    let state = ForeignState::read(&args.file).map_err(|error| Failure::new(&action, error))?;
    let snapshot = work.engine.snapshot(work.stack).await;
    let snapshot = snapshot.map_err(|error| Failure::engine(&action, error))?;
    let matched = match_state(work.graph, &snapshot, &state, &args.maps);
    let matched = matched.map_err(|error| Failure::new(&action, error))?;
    if !args.dry_run {
        work.or_stop(&action, work.engine.adopt(work.graph, matched.adoptions())).await?;
    }
    work.screen.json_line("adopt", json!({ "dry_run": args.dry_run, "matched": to_json(&matched) }));
    work.screen.out(&shown(&matched, args.dry_run, work.screen.width));
    Ok(EXIT_DONE)
}

fn shown(matched: &MatchedState, dry_run: bool, width: usize) -> String {
    let mut page = Page::new(width);
    for one in &matched.found {
        let adoption = &one.adoption;
        let text = format!(
            "{} {}: {} from {}, {}",
            adoption.urn.type_token(),
            adoption.urn.path(),
            printable(&adoption.id),
            printable(&one.address),
            one.how.as_str()
        );
        page.item(2, "=", GOOD, &text, 2);
    }
    for one in &matched.fields {
        let text = format!("{} is `{}` of {}", printable(&one.address), one.field, one.urn.path());
        page.item(2, " ", FAINT, &text, 2);
    }
    for one in &matched.left {
        let text = format!("{} ({}): {}", printable(&one.address), printable(&one.id), one.text);
        page.item(2, "!", CHANGE, &text, 2);
        page.item(6, "hint:", HINT, &printable(&one.way_out), 2);
    }
    for urn in &matched.missing {
        let text =
            format!("{} {} is not in the file, and the next `up` creates it", urn.type_token(), urn.path());
        page.item(2, "!", CHANGE, &text, 2);
    }
    if !page.is_empty() {
        page.gap();
    }
    let verb = if dry_run { "would be recorded" } else { "recorded" };
    let text = format!(
        "{} {verb}, {} recorded before, {} left alone.",
        counted(matched.found.len(), "object"),
        matched.recorded.len(),
        matched.left.len()
    );
    page.line(0, STRONG, &text);
    if !dry_run && !matched.found.is_empty() {
        page.item(0, "hint:", HINT, "`plan` reads them for the first time and shows what differs", 2);
    }
    page.finish()
}
