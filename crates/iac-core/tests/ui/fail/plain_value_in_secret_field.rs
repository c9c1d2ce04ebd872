//! Plain values where a secret is wanted.

#[path = "../cloud.rs"]
mod cloud;

use cloud::*;
use iac_core::Stack;

fn main() {
    let stack = Stack::new("project", "dev").unwrap();
    let server = stack.lookup::<Server>("web").unwrap();
    let _ = Server::args().user_data("#!/bin/sh");
    let _ = Server::args().user_data(&server.ipv4);
}
