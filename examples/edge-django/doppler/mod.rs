//! Doppler, a provider of this program's own: secrets that are read at run time, and secrets that the stack
//! puts there.

mod client;
pub(crate) mod fake;
mod secret;
mod value;

pub(crate) use client::{Doppler, ENDPOINT};
pub(crate) use secret::DopplerSecret;
pub(crate) use value::DopplerValue;
