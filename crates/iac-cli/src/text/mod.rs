//! What the runner shows, for programs that have an interface of their own: plans, runs and their ends as
//! text, and the lines of `--json`. Pure: data goes in, text comes out.

mod json;
mod outcome;
mod plan;
mod style;
mod watch;

pub use json::json_line;
pub(crate) use json::{JSON_LINES_VERSION, line};
pub use outcome::OutcomeText;
pub use plan::PlanText;
pub use watch::RunWatch;
