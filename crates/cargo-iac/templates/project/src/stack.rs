//! What {{name}} is made of. Knows nothing of the command line.

use iac::hetzner::{
    Direction, Firewall, FirewallRule, Network, Protocol, Server, ServerNetwork, Subnet, policies,
};
use iac::{Stack, StackError};

use crate::settings::Shape;

/// Declares everything.
pub fn declare(stack: &Stack, shape: &Shape) -> Result<(), StackError> {
    stack.policy("no-ssh-from-world", policies::no_ssh_from_world())?;
    stack.policy("labels", iac::policies::labels_present(["project"]))?;

    let labels = [("project", "{{name}}")];
    let network = stack.add("network", Network::args().ip_range("10.0.0.0/16").labels(labels))?;
    let subnet = stack.add(
        "subnet",
        Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central"),
    )?;
    let mut rules = vec![open("443", vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()])];
    if !shape.admin_networks.is_empty() {
        rules.push(open("22", shape.admin_networks.clone()));
    }
    let firewall = stack.add("firewall", Firewall::args().rules(rules).labels(labels))?;
    for number in 1..=shape.servers {
        let server = stack.add(
            format!("web-{number}"),
            Server::args()
                .server_type(&shape.server_type)
                .image("debian-13")
                .location(&shape.location)
                .labels(labels)
                .firewalls([&firewall])
                // Through the subnet, so that the server waits for it.
                .networks([ServerNetwork::args().network(&subnet.network_id)]),
        )?;
        stack.export(&format!("web-{number}"), &server.ipv4)?;
    }
    Ok(())
}

fn open(port: &str, sources: Vec<String>) -> FirewallRule {
    FirewallRule {
        direction: Direction::In,
        protocol: Protocol::Tcp,
        port: Some(port.to_owned()),
        source_ips: sources,
        destination_ips: Vec::new(),
        description: None,
    }
}
