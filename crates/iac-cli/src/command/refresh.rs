//! `refresh`: records what the cloud has, and says what differs from the last apply.

use iac_core::{PlanOptions, RefreshReport};

use super::work::Work;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::render::{self, to_json};
use crate::report::Progress;

/// Compares the state with the cloud.
pub(crate) async fn refresh(work: &Work<'_>) -> Result<u8, Failure> {
    let action = format!("refresh {}", work.stack);
    let mut progress = Progress::new(work.screen);
    let report = work.or_stop(&action, work.engine.refresh(work.graph, &mut progress)).await?;
    work.screen.json_line("refresh", to_json(&report));
    if differs(&report) {
        let snapshot = work.engine.snapshot(work.stack).await;
        let snapshot = snapshot.map_err(|error| Failure::engine(&action, error))?;
        // The planner knows which differences count. Where there is no plan the counts must do.
        if let Ok(plan) = iac_core::plan(work.graph, &snapshot, &PlanOptions::new()) {
            work.screen.json_line("drift", serde_json::json!({ "drift": to_json(&plan.drift) }));
            work.screen.out(&render::drift(&plan.drift, work.screen.width));
        }
    }
    work.screen.out(&render::refreshed(&report, work.screen.width));
    Ok(EXIT_DONE)
}

fn differs(report: &RefreshReport) -> bool {
    report.drifted + report.missing > 0
}
