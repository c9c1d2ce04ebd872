//! What each subcommand does: calls of the engine, and what is shown of their results.

mod adopt;
mod change;
mod check;
mod config;
mod cost;
mod history;
mod import;
mod keys;
mod outputs;
mod picture;
mod plan_file;
mod refresh;
mod rollback;
mod state;
mod transfer;
mod work;

pub(crate) use adopt::adopt;
pub(crate) use change::{destroy, plan, up};
pub(crate) use check::state_check;
pub(crate) use config::{ConfigTask, config};
pub(crate) use cost::cost;
pub(crate) use history::{history, history_run};
pub(crate) use import::import;
pub(crate) use keys::keys;
pub(crate) use outputs::outputs;
pub(crate) use picture::{graph_of_plan, graph_of_state, report_of_plan, report_of_run};
pub(crate) use plan_file::{apply_file, show};
pub(crate) use refresh::refresh;
pub(crate) use rollback::rollback;
pub(crate) use state::{state_list, state_rm, state_show};
pub(crate) use transfer::{state_export, state_import, state_mv};
pub(crate) use work::{Look, Work};
