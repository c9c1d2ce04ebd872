//! Actions: tasks that end later.
mod object;
mod routes;
mod run;

pub(crate) use object::{Action, NewAction};
pub(crate) use routes::{of_object, of_type, one_of_object, one_of_type, routes};
