//! `history`: runs, and the steps of one.

use super::work::Look;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::render::{self, to_json};

/// The newest runs.
pub(crate) async fn history(look: &Look<'_>, limit: u32) -> Result<u8, Failure> {
    let read = look.engine.runs(look.stack, limit).await;
    let runs =
        read.map_err(|error| Failure::engine(&format!("read the history of {}", look.stack), error))?;
    for run in &runs {
        // `run` is the number.
        look.screen.json_line("run", to_json(run));
    }
    look.screen.out(&render::runs(&runs, look.screen.width));
    Ok(EXIT_DONE)
}

/// One run with its steps.
pub(crate) async fn history_run(look: &Look<'_>, run: u64) -> Result<u8, Failure> {
    let action = format!("read run {run} of {}", look.stack);
    let failed = |error| Failure::engine(&action, error);
    let newest = look.engine.runs(look.stack, 1).await.map_err(failed)?;
    let last = newest.first().map_or(0, |newest| newest.run);
    // Runs come newest first.
    let back_to = u32::try_from(last.saturating_sub(run).saturating_add(1)).unwrap_or(u32::MAX);
    let runs = look.engine.runs(look.stack, back_to).await.map_err(failed)?;
    let Some(record) = runs.iter().find(|record| record.run == run) else {
        let first = runs.last().map_or(0, |oldest| oldest.run);
        let failure = Failure::new(&action, format!("there is no such run; the last one is {last}"));
        return Err(if run > 0 && run < first {
            failure.hint(format!("the history begins with run {first}; older runs were dropped from it"))
        } else {
            failure.hint("`history` lists the runs")
        });
    };
    let steps = look.engine.steps(look.stack, run).await.map_err(failed)?;
    look.screen.json_line("run", to_json(record));
    for step in &steps {
        look.screen.json_line("step", render::past_step_json(step));
    }
    look.screen.out(&render::past_run(record, &steps, look.screen.width));
    Ok(EXIT_DONE)
}
