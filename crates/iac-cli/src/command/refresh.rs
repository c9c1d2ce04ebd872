//! `refresh`: notes what the cloud has beside what was applied last, or accepts it.

use iac_core::Event;

use super::work::Work;
use crate::arguments::Refreshing;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::render::{self, to_json};
use crate::report::Progress;

/// Compares the state with the cloud.
pub(crate) async fn refresh(work: &Work<'_>, refreshing: &Refreshing) -> Result<u8, Failure> {
    let action = format!("refresh {}", work.stack);
    let options = refreshing.options();
    let progress = Progress::new(work);
    let mut reporter = progress.reporter();
    // What is accepted is told field by field at the end; each resource has a step in the history.
    let is_told = |event: &Event| work.screen.json || !is_of_a_run(event);
    let mut told = |event: &Event| {
        if is_told(event) {
            reporter(event);
        }
    };
    let refreshed = work.engine.refresh_with(work.graph, &options, &mut told);
    let report = work.or_stop(&action, progress.during(refreshed)).await?;
    work.screen.json_line("refresh", to_json(&report));
    work.screen.out(&render::refreshed(&report, options.accept, work.screen.width));
    Ok(EXIT_DONE)
}

fn is_of_a_run(event: &Event) -> bool {
    matches!(
        event,
        Event::RunStarted { .. }
            | Event::StepStarted { .. }
            | Event::StepFinished { .. }
            | Event::RunFinished { .. }
    )
}
