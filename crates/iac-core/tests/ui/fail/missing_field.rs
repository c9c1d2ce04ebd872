//! Required fields that are not set.

#[path = "../cloud.rs"]
mod cloud;

use cloud::*;
use iac_core::Stack;

fn main() {
    let stack = Stack::new("project", "dev").unwrap();
    let _ = stack.add("network", Network::args());
    let _ = stack.add("server", Server::args().size(Size::Small).name("web"));
}
