//! Simulated TLS certificates, uploaded and managed.
mod der;
mod object;
mod pem;
mod routes;
mod x509;

pub(crate) use object::{Certificate, Change, apply, revert};
pub(crate) use routes::routes;
