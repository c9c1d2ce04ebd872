//! Secrets where a plain value is wanted.

#[path = "../cloud.rs"]
mod cloud;

use cloud::*;
use iac_core::{Secret, Stack};

fn main() {
    let stack = Stack::new("project", "dev").unwrap();
    let server = stack.lookup::<Server>("web").unwrap();
    let _ = Server::args().image(Secret::new(String::from("debian")));
    let _ = Server::args().image(&server.root_password);
}
