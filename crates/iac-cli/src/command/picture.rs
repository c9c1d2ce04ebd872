//! `graph` and `report`: a plan, the state or a run, as a picture or a page.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use iac_core::state::{RunRecord, StackId};
use iac_core::{Engine, Plan, Snapshot};
use iac_report::{Picture, Report};
use serde_json::{Value as Json, json};

use super::work::{Look, Work};
use crate::arguments::Selection;
use crate::exit::EXIT_DONE;
use crate::failure::{Failure, Problem};
use crate::layout::{HINT, Page};
use crate::pictures::{Drawing, Format, Reporting};
use crate::report::Progress;
use crate::screen::Screen;

/// Draws what `up` or `destroy` would do.
pub(crate) async fn graph_of_plan(work: &Work<'_>, drawing: &Drawing) -> Result<u8, Failure> {
    let (snapshot, plan) = planned(work, &drawing.selection, drawing.destroy).await?;
    draw(work.screen, &Picture::of_plan(work.graph, &snapshot, &plan), drawing)
}

/// Draws what the state holds.
pub(crate) async fn graph_of_state(look: &Look<'_>, drawing: &Drawing) -> Result<u8, Failure> {
    if let Some(option) = drawing.about_plans() {
        let text = format!("failed to draw the state of {}: `{option}` is about plans", look.stack);
        return Err(Problem::new(text).hint("leave it out, or draw the plan with `--of plan`").into());
    }
    let snapshot = snapshot(look.engine, look.stack).await?;
    draw(look.screen, &Picture::of_state(look.stack, &snapshot), drawing)
}

/// Makes the page of a plan.
pub(crate) async fn report_of_plan(work: &Work<'_>, reporting: &Reporting) -> Result<u8, Failure> {
    let (snapshot, plan) = planned(work, &reporting.selection, reporting.destroy).await?;
    let report = Report::of_plan(work.graph, &snapshot, &plan).made_at(work.engine.now_ms());
    page(work.screen, &report, reporting)
}

/// Makes the page of a recorded run.
pub(crate) async fn report_of_run(look: &Look<'_>, reporting: &Reporting) -> Result<u8, Failure> {
    let number = reporting.run.unwrap_or_default();
    let action = format!("report run {number} of {}", look.stack);
    let run = find_run(look, number, &action).await?;
    let steps = look.engine.steps(look.stack, number).await;
    let steps = steps.map_err(|error| Failure::engine(&action, error))?;
    let snapshot = snapshot(look.engine, look.stack).await?;
    let order = look.engine.step_order(look.stack, number).await;
    let order = order.map_err(|error| Failure::engine(&action, error))?;
    let report = Report::of_run(look.stack, &snapshot, &run, &steps, order.as_deref()).made_at(look.now);
    page(look.screen, &report, reporting)
}

async fn planned(work: &Work<'_>, selection: &Selection, destroy: bool) -> Result<(Snapshot, Plan), Failure> {
    let mut options = selection.options();
    options.destroy = destroy;
    let progress = Progress::new(work);
    let mut reporter = progress.reporter();
    let planned = work.engine.plan(work.graph, &options, !selection.no_refresh, &mut reporter);
    let plan = work.or_stop(&format!("plan {}", work.stack), progress.during(planned)).await?;
    Ok((snapshot(work.engine, work.stack).await?, plan))
}

async fn snapshot(engine: &Engine, stack: &StackId) -> Result<Snapshot, Failure> {
    let read = engine.snapshot(stack).await;
    read.map_err(|error| Failure::engine(&format!("read the state of {stack}"), error))
}

async fn find_run(look: &Look<'_>, number: u64, action: &str) -> Result<RunRecord, Failure> {
    let failed = |error| Failure::engine(action, error);
    let newest = look.engine.runs(look.stack, 1).await.map_err(failed)?;
    let last = newest.first().map_or(0, |newest| newest.run);
    // The newest come first, so the wanted one is the last of so many.
    let back = last.checked_sub(number).and_then(|back| u32::try_from(back).ok()?.checked_add(1));
    let found = match back.filter(|_| number > 0) {
        Some(count) => look.engine.runs(look.stack, count).await.map_err(failed)?,
        None => Vec::new(),
    };
    found.into_iter().find(|run| run.run == number).ok_or_else(|| {
        let failure = Failure::new(action, format!("there is no such run; the last one is {last}"));
        failure.hint("`history` shows them")
    })
}

fn draw(screen: &Screen, picture: &Picture, drawing: &Drawing) -> Result<u8, Failure> {
    let text = match drawing.format {
        Format::Dot => picture.to_dot(),
        Format::Mermaid => picture.to_mermaid(),
        Format::Svg => picture.to_svg(),
    };
    let line = json!({ "of": drawing.of.as_str(), "format": drawing.format.as_str() });
    give(screen, "graph", "text", line, &text, drawing.out.as_deref())
}

fn page(screen: &Screen, report: &Report, reporting: &Reporting) -> Result<u8, Failure> {
    let line = json!({ "run": reporting.run });
    give(screen, "report", "html", line, &report.to_html(), reporting.out.as_deref())
}

/// Writes `text` to a file or to standard output, and tells programs which.
fn give(
    screen: &Screen,
    kind: &str,
    field: &str,
    mut line: Json,
    text: &str,
    out: Option<&Path>,
) -> Result<u8, Failure> {
    let (name, value) = match out {
        Some(path) => {
            write(path, text).map_err(|error| {
                let failure = Failure::new(&format!("write the {kind} to {}", path.display()), error);
                failure.hint("name a file in a directory that is there and can be written")
            })?;
            let mut page = Page::new(screen.width);
            page.item(0, "note:", HINT, &format!("wrote the {kind} to {}", path.display()), 2);
            if !screen.json {
                screen.err(&page.finish());
            }
            ("path", path.display().to_string())
        }
        None => {
            screen.out(text);
            (field, text.to_owned())
        }
    };
    if let Some(fields) = line.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
    screen.json_line(kind, line);
    Ok(EXIT_DONE)
}

/// Replaces a file at once, so that nobody reads half of one. What is no file, such as a pipe, is
/// written to.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let is_plain = fs::symlink_metadata(path).map_or(true, |found| found.is_file());
    let Some(name) = path.file_name().filter(|_| is_plain) else { return fs::write(path, text) };
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Best effort: the first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}
