//! What a person sees while something happens: what is known of the run ([`Board`]), how that looks on
//! a terminal ([`look`]), and the lines for a log ([`Log`]). Pure: events, a clock value and a size go
//! in, lines come out; nothing here writes or reads a clock.

mod board;
mod log;
mod look;
mod mode;
mod said;

pub(crate) use board::{Board, Tally};
pub(crate) use log::{Lane, Log, Moment};
pub(crate) use look::look;
pub(crate) use mode::{Mode, Surroundings, Wanted};
pub(crate) use said::{Said, note};

#[cfg(test)]
mod tests;
