//! A stack with unit tests that need no cloud, no token and no simulator.
//!
//! ```text
//! cargo run --example tested-stack      # shows what a test sees
//! cargo test --example tested-stack     # runs the tests
//! ```
//!
//! The drivers are mocks; planner, executor and state are the real ones, so a test sees the order of
//! steps, unknown values, replacements and secrets as a real run does. Each takes milliseconds.

use iac::hetzner::{Direction, Firewall, FirewallRule, Hetzner, Protocol, Server, Volume};
use iac::random::RandomToken;
use iac::{Options, Stack, StackError, interpolate_secret};
use iac_testkit::mock::{MockEngine, Mocks};

/// A database server: its port is open to one network only, and its disk is protected.
fn database(stack: &Stack, clients: &str, size_gb: u32) -> Result<(), StackError> {
    let password = stack.add("password", RandomToken::args().bytes(16u32))?;
    let rule = FirewallRule::args()
        .direction(Direction::In)
        .protocol(Protocol::Tcp)
        .port("5432")
        .source_ips([clients]);
    let firewall = stack.add("firewall", Firewall::args().rules([rule]))?;
    let server = stack.add(
        "server",
        Server::args()
            .server_type("cx32")
            .image("debian-12")
            .location("nbg1")
            .firewalls([&firewall])
            .user_data(interpolate_secret!("#cloud-config\npassword: {}\n", &password.hex)),
    )?;
    stack.add_with("disk", Volume::args().size(size_gb).server(&server), Options::new().protect())?;
    stack.export("address", &server.ipv4)?;
    Ok(())
}

fn engine() -> MockEngine {
    MockEngine::new(Mocks::new()).provider::<Hetzner>()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let report = engine().up(|stack| database(stack, "10.0.0.0/16", 100)).await?;
    println!(
        "the server's inputs: {}",
        report.resource("server").expect("it was created").inputs.to_redacted_json()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_clients_reach_the_database() {
        let report = engine().up(|stack| database(stack, "10.0.0.0/16", 100)).await.unwrap();
        let rules = report.input("firewall", "rules").as_list().unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].get("source_ips").to_redacted_json(), serde_json::json!(["10.0.0.0/16"]));
    }

    #[tokio::test]
    async fn the_disk_hangs_on_the_server_and_cannot_be_destroyed() {
        let engine = engine();
        let report = engine.up(|stack| database(stack, "10.0.0.0/16", 100)).await.unwrap();
        assert_eq!(report.input("disk", "server").as_str(), report.id("server"));
        let refused =
            engine.destroy(|stack| database(stack, "10.0.0.0/16", 100)).await.unwrap_err().to_string();
        assert!(refused.contains("disk") && refused.contains("protected"), "{refused}");
    }

    #[tokio::test]
    async fn a_bigger_disk_is_the_only_change() {
        let engine = engine();
        engine.up(|stack| database(stack, "10.0.0.0/16", 100)).await.unwrap();
        let plan = engine.plan(|stack| database(stack, "10.0.0.0/16", 200)).await.unwrap();
        let changed: Vec<&str> = plan.steps.iter().map(|step| step.urn.path()).collect();
        assert_eq!(changed, ["disk"]);
    }
}
