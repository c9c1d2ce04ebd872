//! The simulated cloud: the API as a state machine, over real HTTP on loopback.

mod cloud;
mod routes;

pub use cloud::{BASE_PATH, Sim};
