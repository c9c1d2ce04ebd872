//! Settings from the outside: layers, faults, secrets, changes. Nothing here leaves the machine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod arbitrary;
mod change;
mod faults;
mod layers;
mod odd_files;
mod redaction;
mod schema;
mod shapes;
mod shop;
mod sources;
