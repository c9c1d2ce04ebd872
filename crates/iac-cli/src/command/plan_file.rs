//! `plan --out`, `show` and `apply FILE`: plans that are kept in a file.

use std::path::{Path, PathBuf};

use iac_core::{BuildId, Plan, PlanHeader, PlanOptions, Replacing, SealedPlan};
use serde_json::json;

use super::approve::approve_loss;
use super::change::{Saved, apply, foretell};
use super::work::{Look, Work};
use crate::arguments::{Applying, Saving};
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::layout::{HINT, Page};
use crate::render::{self, to_json};
use crate::screen::Screen;

/// The running executable, on Linux: also when its file has been replaced since it was started.
const OWN_EXECUTABLE: &str = "/proc/self/exe";

/// The way out where a plan cannot be written.
const WRITE_HINT: &str = "name a file in a directory that is there and can be written";
/// The way out where a plan cannot be read.
const READ_HINT: &str = "name a file that `plan --out` wrote and this user may read";

/// Whether a plan may be written where it is wanted, before the work of planning.
pub(super) fn check_place(work: &Work<'_>, saving: &Saving) -> Result<(), Failure> {
    let Some(path) = &saving.out else { return Ok(()) };
    SealedPlan::check_place(path, replacing(saving))
        .map_err(|error| Failure::new(&saves(work), error).or_hint(WRITE_HINT))
}

/// Writes `plan` to a file, if that is wanted.
pub(super) async fn save(
    work: &Work<'_>,
    plan: &Plan,
    options: &PlanOptions,
    saving: &Saving,
) -> Result<(), Failure> {
    let Some(path) = &saving.out else { return Ok(()) };
    let action = saves(work);
    let build = build(work)?;
    let sealed = work.or_stop(&action, work.engine.seal_plan(work.graph, plan, options, &build)).await?;
    sealed
        .write(path, replacing(saving))
        .map_err(|error| Failure::new(&action, error).or_hint(WRITE_HINT))?;
    tell(work.screen, path, sealed.header());
    let path = path.display();
    note(work.screen, &format!("saved the plan to {path}; `apply {path}` does this and nothing more"));
    Ok(())
}

/// Shows a plan from a file as `plan` showed it.
pub(crate) async fn show(look: &Look<'_>, path: &Path) -> Result<u8, Failure> {
    let action = format!("show the plan in {}", path.display());
    let sealed = SealedPlan::read(path).map_err(|error| Failure::new(&action, error).or_hint(READ_HINT))?;
    let opened = look.engine.open_plan(look.stack, &sealed).await;
    let opened = opened.map_err(|error| Failure::engine(&action, error))?;
    let header = opened.header();
    look.screen.json_line("plan", to_json(opened.plan()));
    look.screen.out(&render::plan(opened.plan(), look.screen.width));
    tell(look.screen, path, header);
    let (at, serial, build) = (iac_core::utc(header.created_at), header.parent_serial, &header.build);
    note(look.screen, &format!("made {at} from state {serial} by build {build}"));
    Ok(EXIT_DONE)
}

/// Does what a plan from a file says. Nobody is asked, because the plan was looked at before; but data is
/// lost only where its name is given.
pub(crate) async fn apply_file(work: &Work<'_>, path: &Path, applying: &Applying) -> Result<u8, Failure> {
    let action = format!("apply the plan in {}", path.display());
    let sealed = SealedPlan::read(path).map_err(|error| Failure::new(&action, error).or_hint(READ_HINT))?;
    let opened = work.engine.open_plan(work.stack, &sealed).await;
    let opened = opened.map_err(|error| Failure::engine(&action, error))?;
    let saved = Saved { path, opened: &opened, build: build(work)? };
    let plan = opened.plan();
    work.screen.json_line("plan", to_json(plan));
    work.screen.out(&render::saved(plan, opened.header(), work.screen.width));
    foretell(work, plan, applying.parallelism).await?;
    approve_loss(work, plan, applying, action).await?;
    let command = if plan.destroy { "destroy" } else { "up" };
    apply(work, plan, Some(&saved), applying, command).await
}

fn saves(work: &Work<'_>) -> String {
    format!("save the plan for {}", work.stack)
}

fn replacing(saving: &Saving) -> Replacing {
    if saving.overwrite { Replacing::AnyFile } else { Replacing::Plans }
}

/// The build of the running program. Reads the executable once, so it is asked for only where a plan
/// file is.
fn build(work: &Work<'_>) -> Result<BuildId, Failure> {
    if let Some(build) = work.build {
        return Ok(build.clone());
    }
    let own = Path::new(OWN_EXECUTABLE);
    let path = if own.exists() { Ok(PathBuf::from(own)) } else { std::env::current_exe() };
    path.and_then(|path| BuildId::of_executable(&path)).map_err(|error| {
        let failure = Failure::new("tell which build of the program this is", error);
        failure.hint("make the executable readable, or name builds with `Runner::build_id`")
    })
}

/// Tells programs about a plan file.
fn tell(screen: &Screen, path: &Path, header: &PlanHeader) {
    let mut line = to_json(header);
    if let Some(fields) = line.as_object_mut() {
        // How the file is made is its own business.
        fields.retain(|name, _| ["stack", "parent_serial", "created_at", "build"].contains(&name.as_str()));
        fields.insert("path".to_owned(), json!(path.display().to_string()));
    }
    screen.json_line("plan_file", line);
}

fn note(screen: &Screen, text: &str) {
    if !screen.json {
        let mut page = Page::new(screen.width);
        page.item(0, "note:", HINT, text, 2);
        screen.err(&page.finish());
    }
}
