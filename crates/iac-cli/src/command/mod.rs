//! What each subcommand does: calls of the engine, and what is shown of their results.

mod adopt;
mod change;
mod history;
mod import;
mod outputs;
mod refresh;
mod state;
mod work;

pub(crate) use adopt::adopt;
pub(crate) use change::{destroy, plan, up};
pub(crate) use history::{history, history_run};
pub(crate) use import::import;
pub(crate) use outputs::outputs;
pub(crate) use refresh::refresh;
pub(crate) use state::{state_list, state_rm, state_show};
pub(crate) use work::{Look, Work};
