//! Actions: tasks that end later.
mod routes;
mod run;

pub(crate) use routes::{of_object, of_type, one_of_object, one_of_type, routes};
pub(crate) use run::{Action, NewAction};
