//! `rollback`: plans, shows, asks and applies the way back to an earlier run.

use iac_core::Rollback;
use serde_json::json;

use super::approve::{Asking, approve};
use super::change::{apply, make_plan};
use super::work::Work;
use crate::arguments::{Applying, Selection};
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::layout::{HINT, Page};
use crate::render::{self, to_json};

/// Leads the stack back to what it was after `run`; with `only_plan` shows how.
pub(crate) async fn rollback(
    work: &Work<'_>,
    run: u64,
    only_plan: bool,
    selection: &Selection,
    applying: &Applying,
) -> Result<u8, Failure> {
    let back = work.engine.rollback(work.graph, run);
    let back = work.or_stop(&format!("roll back {}", work.stack), back).await?;
    announce(work, &back);
    let work = Work { graph: &back.graph, ..*work };
    let mut options = selection.options();
    options.allow_renames = back.options().allow_renames;
    let plan = make_plan(&work, options, !selection.no_refresh, applying.parallelism).await?;
    if only_plan || !plan.has_changes() {
        return Ok(EXIT_DONE);
    }
    let question = format!("Roll {} back to run {run}?", work.stack);
    approve(&work, &plan, applying, Asking { verb: "roll back", question, by_stack_name: false }).await?;
    let code = apply(&work, &plan, None, applying, &format!("rollback {run}")).await?;
    if code == EXIT_DONE && !work.screen.json {
        let text = "the program still says the newer thing, and the next `up` goes forward to it again; change \
                    the program to stay here";
        let mut page = Page::new(work.screen.width);
        page.item(0, "hint:", HINT, text, 2);
        work.screen.err(&page.finish());
    }
    Ok(code)
}

fn announce(work: &Work<'_>, back: &Rollback) {
    let line = json!({ "to": to_json(&back.run), "incomplete": to_json(&back.incomplete) });
    work.screen.json_line("rollback", line);
    work.screen.out(&render::way_back(&back.run, &back.incomplete, work.screen.width));
}
