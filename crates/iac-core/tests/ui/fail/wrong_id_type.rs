//! A network's handle, output and id for a server's id.

#[path = "../cloud.rs"]
mod cloud;

use cloud::*;
use iac_core::{Id, Stack};

fn main() {
    let stack = Stack::new("project", "dev").unwrap();
    let network = stack.add("network", Network::args().ip_range("10.0.0.0/16")).unwrap();
    let _ = Firewall::args().server(&network);
    let _ = Firewall::args().server(&network.id);
    let _ = Firewall::args().server(Id::<Network>::new("17"));
}
