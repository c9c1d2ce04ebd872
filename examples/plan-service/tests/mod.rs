//! The service from the outside: over TCP, on a simulated cloud whose time the test holds.

mod desk;
mod limits;
mod lives;
mod stops;
