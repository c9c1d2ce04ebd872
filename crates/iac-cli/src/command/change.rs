//! `plan`, `up` and `destroy`: plan, show, ask, apply, report.

use std::path::Path;

use iac_core::cost::{PlanCost, Prices};
use iac_core::state::RunStatus;
use iac_core::{ApplyOptions, BuildId, OpenedPlan, Outcome, PARALLELISM_DEFAULT, Plan, PlanOptions};
use serde_json::json;

use super::approve::{Asking, approve};
use super::plan_file::{check_place, save};
use super::work::Work;
use crate::arguments::{Applying, Saving, Selection, Wishes};
use crate::exit::{EXIT_CANCELLED, EXIT_CHANGES, EXIT_DONE, EXIT_FAILED};
use crate::failure::Failure;
use crate::render::{self, to_json};
use crate::report::Progress;
use crate::watch::{Board, Tally};

/// Failures that are shown in full; the rest is counted.
const FAILURES_SHOWN_MAX: usize = 20;

/// Shows what an apply would do, and saves it if that is wanted.
pub(crate) async fn plan(
    work: &Work<'_>,
    options: PlanOptions,
    refresh: bool,
    saving: &Saving,
    detailed_exitcode: bool,
) -> Result<u8, Failure> {
    check_place(work, saving)?;
    let plan = make_plan(work, options.clone(), refresh, PARALLELISM_DEFAULT).await?;
    save(work, &plan, &options, saving).await?;
    Ok(if detailed_exitcode && plan.has_changes() { EXIT_CHANGES } else { EXIT_DONE })
}

/// Makes the cloud what the program says.
pub(crate) async fn up(
    work: &Work<'_>,
    selection: &Selection,
    wishes: &Wishes,
    applying: &Applying,
) -> Result<u8, Failure> {
    let plan =
        make_plan(work, wishes.add_to(selection.options()), !selection.no_refresh, applying.parallelism)
            .await?;
    if plan.refresh_only {
        return accept(work, &plan, applying).await;
    }
    if !plan.has_changes() {
        return unchanged(work).await;
    }
    let question = format!("Apply this plan to {}?", work.stack);
    approve(work, &plan, applying, Asking { verb: "apply", question, by_stack_name: false }).await?;
    apply(work, &plan, None, applying, "up").await
}

/// Deletes what the stack owns.
pub(crate) async fn destroy(
    work: &Work<'_>,
    selection: &Selection,
    applying: &Applying,
) -> Result<u8, Failure> {
    let plan =
        make_plan(work, selection.options().destroy(), !selection.no_refresh, applying.parallelism).await?;
    if !plan.has_changes() {
        return Ok(EXIT_DONE);
    }
    let question = format!("Delete this from {}?", work.stack);
    approve(work, &plan, applying, Asking { verb: "destroy", question, by_stack_name: true }).await?;
    apply(work, &plan, None, applying, "destroy").await
}

/// Plans and shows the plan; `parallelism` says how it would be applied.
pub(super) async fn make_plan(
    work: &Work<'_>,
    options: PlanOptions,
    refresh: bool,
    parallelism: usize,
) -> Result<Plan, Failure> {
    let progress = Progress::new(work);
    let mut reporter = progress.reporter();
    let planned = work.engine.plan(work.graph, &options, refresh, &mut reporter);
    let plan = work.or_stop(&format!("plan {}", work.stack), progress.during(planned)).await?;
    work.screen.json_line("plan", to_json(&plan));
    work.screen.out(&render::facts(&plan, work.engine.now_ms(), work.screen.width));
    work.screen.out(&render::plan(&plan, work.screen.width));
    foretell(work, &plan, parallelism).await?;
    Ok(plan)
}

/// How long the plan will take, where earlier runs tell.
pub(super) async fn foretell(work: &Work<'_>, plan: &Plan, parallelism: usize) -> Result<(), Failure> {
    let options = ApplyOptions::new().parallelism_max(parallelism);
    let expected = work.engine.expected(work.graph, plan, &options).await;
    let expected = expected.map_err(|error| Failure::engine(&format!("plan {}", work.stack), error))?;
    if expected.total_ms.is_some() {
        work.screen.json_line("expected", to_json(&expected));
        work.screen.out(&render::expected_line(&expected, work.screen.width));
    }
    Ok(())
}

/// Takes what the cloud has as the recorded state.
async fn accept(work: &Work<'_>, plan: &Plan, applying: &Applying) -> Result<u8, Failure> {
    if !plan.has_changes() {
        return Ok(EXIT_DONE);
    }
    let question = format!("Record this as the state of {}? Nothing is changed in the cloud.", work.stack);
    approve(work, plan, applying, Asking { verb: "refresh", question, by_stack_name: false }).await?;
    apply(work, plan, None, applying, "up").await
}

/// Nothing to do: the outputs as they are.
async fn unchanged(work: &Work<'_>) -> Result<u8, Failure> {
    let read = work.engine.outputs(work.stack).await;
    let outputs =
        read.map_err(|error| Failure::engine(&format!("read the outputs of {}", work.stack), error))?;
    work.screen.json_line("outputs", json!({ "outputs": to_json(&outputs) }));
    work.screen.out(&render::outputs_section(&outputs, work.screen.width));
    Ok(EXIT_DONE)
}

/// Where a plan came from, if that was a file.
pub(super) struct Saved<'a> {
    pub(super) path: &'a Path,
    pub(super) opened: &'a OpenedPlan,
    pub(super) build: BuildId,
}

/// Applies `plan` and tells how it went.
pub(super) async fn apply(
    work: &Work<'_>,
    plan: &Plan,
    saved: Option<&Saved<'_>>,
    applying: &Applying,
    command: &str,
) -> Result<u8, Failure> {
    let options = ApplyOptions::new().parallelism_max(applying.parallelism).cancel(work.cancel.clone());
    let options = options.budget(applying.budget());
    let progress = Progress::on(work, Board::of_plan(plan));
    let mut reporter = progress.reporter();
    let applied = async {
        let (engine, graph) = (work.engine, work.graph);
        match saved {
            Some(saved) => {
                engine.apply_opened(graph, saved.opened, &saved.build, options, &mut reporter).await
            }
            None => engine.apply(graph, plan, options, &mut reporter).await,
        }
    };
    let applied = work.signals.or_cancel(progress.during(applied), work.cancel, work.screen).await;
    let action = match saved {
        Some(saved) => format!("apply the plan in {}", saved.path.display()),
        None if plan.destroy => format!("destroy {}", work.stack),
        None => format!("apply {}", work.stack),
    };
    let outcome = applied.map_err(|error| Failure::engine(&action, error))?;
    report(work, plan, &outcome, &progress.tally(), command).await?;
    Ok(match outcome.status {
        RunStatus::Succeeded => EXIT_DONE,
        RunStatus::Cancelled => EXIT_CANCELLED,
        _ => EXIT_FAILED,
    })
}

async fn report(
    work: &Work<'_>,
    plan: &Plan,
    outcome: &Outcome,
    tally: &Tally,
    command: &str,
) -> Result<(), Failure> {
    let screen = work.screen;
    // The terminal may have another width by now.
    let width = screen.size().columns;
    Failure::steps(&outcome.failures, EXIT_FAILED).print_first(screen, FAILURES_SHOWN_MAX, |more| {
        let run = outcome.run.unwrap_or_default();
        let all = work.again.beside(&format!("history show {run}"));
        format!("{more} more steps failed; {all} shows them all")
    });
    screen.err(&render::not_tried(plan, outcome, width));
    screen.json_line("outcome", to_json(outcome));
    screen.json_line("outputs", json!({ "outputs": to_json(&outcome.outputs) }));
    screen.out(&render::outputs_section(&outcome.outputs, width));
    screen.out(&render::summary_of_run(plan, outcome, &tally.finished, width));
    if let Some(took_ms) = tally.took_ms {
        screen.out(&render::took_line(took_ms, tally.expected_ms, width));
    }
    if plan.cost.is_known() && !screen.json {
        let action = format!("tell the cost of {}", work.stack);
        let snapshot = work.engine.snapshot(work.stack).await;
        let snapshot = snapshot.map_err(|error| Failure::engine(&action, error))?;
        let now = PlanCost::of_state(work.graph, &snapshot, &Prices::new());
        screen.out(&render::cost_now(&now, &plan.cost, width));
    }
    if !outcome.succeeded() {
        screen.err(&render::what_next(plan, outcome, work.again, command, width));
    }
    Ok(())
}
