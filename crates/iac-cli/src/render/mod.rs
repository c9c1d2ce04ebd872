//! Text and JSON for people and programs, made from the engine's data. Pure: nothing here reads,
//! asks or writes.

mod cost;
mod details;
mod difference;
mod expected;
mod facts;
mod outcome;
mod past;
mod plan;
mod question;
mod record;
mod refresh;
mod selection;
mod time;
mod value;
mod words;

pub(crate) use cost::{cost_now, cost_table};
pub(crate) use details::details;
pub(crate) use expected::{expected_line, took_line};
pub(crate) use facts::facts;
pub(crate) use outcome::{not_tried, outputs, outputs_section, summary_of_run, what_next};
pub(crate) use past::{health, past_run, past_step_json, runs, way_back};
pub(crate) use plan::{losses, plan, saved};
pub(crate) use question::question;
pub(crate) use record::{row, row_json, rows};
pub(crate) use refresh::refreshed;
pub(crate) use time::duration;
pub(crate) use value::{bare, exposed, to_json};
pub(crate) use words::{counted, name, words};
