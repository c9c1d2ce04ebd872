//! What each subcommand does: calls of the engine, and what is shown of their results.

mod change;
mod cost;
mod history;
mod import;
mod keys;
mod outputs;
mod plan_file;
mod refresh;
mod state;
mod work;

pub(crate) use change::{destroy, plan, up};
pub(crate) use cost::cost;
pub(crate) use history::{history, history_run};
pub(crate) use import::import;
pub(crate) use keys::keys;
pub(crate) use outputs::outputs;
pub(crate) use plan_file::{apply_file, show};
pub(crate) use refresh::refresh;
pub(crate) use state::{state_list, state_rm, state_show};
pub(crate) use work::{Look, Work};
