//! `cost`: what the stack costs a month, now and after what `up` would do.

use iac_core::PlanOptions;
use iac_core::cost::{PlanCost, Prices};

use super::work::Work;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::render::{self, to_json};
use crate::report::Progress;

/// Shows the cost of every resource; `live` asks the vendors' APIs for the prices of today.
pub(crate) async fn cost(work: &Work<'_>, live: bool, refresh: bool) -> Result<u8, Failure> {
    let action = format!("tell the cost of {}", work.stack);
    let prices = match live {
        true => work.or_stop(&action, work.engine.live_prices(work.graph)).await?,
        false => Prices::new(),
    };
    let options = PlanOptions::new().prices(prices.clone());
    let progress = Progress::new(work);
    let mut reporter = progress.reporter();
    let planned = work.engine.plan(work.graph, &options, refresh, &mut reporter);
    let plan = work.or_stop(&action, progress.during(planned)).await?;
    let snapshot = work.or_stop(&action, work.engine.snapshot(work.stack)).await?;
    let cost = PlanCost::of(work.graph, &snapshot, &plan, &prices);
    work.screen.json_line("cost", to_json(&cost));
    work.screen.out(&render::cost_table(work.stack, &cost, work.screen.width));
    Ok(EXIT_DONE)
}
