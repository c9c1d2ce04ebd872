//! Text and JSON for people and programs, made from the engine's data. Pure: nothing here reads,
//! asks or writes.

mod approval;
mod cost;
mod difference;
mod expected;
mod facts;
mod outcome;
mod past;
mod plan;
mod record;
mod refresh;
mod replay;
mod selection;
mod time;
mod value;
mod words;

pub(crate) use approval::{answers, loss_question, not_understood, prompt, which_of};
pub(crate) use cost::{cost_now, cost_table};
pub(crate) use expected::{expected_line, took_line};
pub(crate) use facts::facts;
pub(crate) use outcome::{not_tried, outputs, outputs_section, summary_of_run, what_next};
pub(crate) use past::{health, past_run, past_step_json, runs, way_back};
pub(crate) use plan::{details, plan, saved};
pub(crate) use record::{row, row_json, rows};
pub(crate) use refresh::refreshed;
pub(crate) use replay::replayed;
pub(crate) use time::duration;
pub(crate) use value::{bare, exposed, to_json};
pub(crate) use words::{counted, name, words};
