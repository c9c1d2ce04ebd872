//! The request layers from the outside: on a scripted transport with paused time for exactness,
//! and over real sockets on loopback.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod auth;
mod deadline;
mod fake;
mod limits;
mod redaction;
mod retry;
mod server;
mod sockets;
