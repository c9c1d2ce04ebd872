//! A secret in text that is not secret.

#[path = "../cloud.rs"]
mod cloud;

use cloud::*;
use iac_core::{Stack, interpolate};

fn main() {
    let stack = Stack::new("project", "dev").unwrap();
    let server = stack.lookup::<Server>("web").unwrap();
    let _ = interpolate!("password: {}", &server.root_password);
}
