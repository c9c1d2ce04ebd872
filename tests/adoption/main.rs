//! Moving from Terraform and Pulumi to a program, on the simulated Hetzner Cloud: what another tool
//! made is taken over without a request, and the plan after it is empty.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

mod code;
mod made;
mod program;
mod pulumi;
mod terraform;
mod world;
