//! The engine driven by hand, without the runner: what a tool does that has its own interface.
//!
//! ```text
//! cargo run --example embedded
//! ```
//!
//! It creates a network and two servers on a simulated cloud, shows that a second plan is empty,
//! grows one server in place, and destroys everything.

use std::error::Error;

use iac::hetzner::{Hetzner, Network, Server, ServerNetwork, Subnet};
use iac::state::{EphemeralKeyring, SqliteBackend};
use iac::{ApplyOptions, Engine, Event, Graph, NoReporter, PlanOptions, Stack, StackError};
use iac_hetzner::sim::{self, HetznerSim, Pace, SimConfig};
use iac_testkit::sim::SimOptions;

fn program(hetzner: Hetzner, server_type: &str) -> Result<Graph, StackError> {
    let stack = Stack::new("embedded", "demo")?;
    stack.provider(hetzner)?;
    let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
    let subnet = stack
        .add("subnet", Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central"))?;
    for (name, server_type) in [("web", server_type), ("db", "cx22")] {
        let server = stack.add(
            name,
            Server::args()
                .server_type(server_type)
                .image("debian-12")
                .location("nbg1")
                .networks([ServerNetwork::args().network(&subnet.network_id)]),
        )?;
        stack.export(name, &server.private_ip)?;
    }
    stack.freeze()
}

/// Prints one line for each finished step.
fn report(event: &Event) {
    if let Event::StepFinished { urn, op, duration_ms, .. } = event {
        println!("  {:<18} {:<22} {:>5} ms", op.as_str(), urn.path(), duration_ms);
    }
}

async fn apply(engine: &Engine, graph: &Graph, options: &PlanOptions) -> Result<(), Box<dyn Error>> {
    let plan = engine.plan(graph, options, true, &mut NoReporter).await?;
    println!("{} steps", plan.steps.len());
    let outcome = engine.apply(graph, &plan, ApplyOptions::new(), &mut report).await?;
    if let Some(failure) = outcome.failures.first() {
        return Err(format!("{}: {}", failure.urn, failure.error).into());
    }
    for (name, value) in &outcome.outputs {
        println!("  output {name} = {}", value.to_redacted_json());
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let cloud = sim::start(SimOptions::new(), SimConfig::new().pace(Pace::Instant)).await?;
    let endpoint = format!("{}{}", cloud.url(), sim::BASE_PATH);
    let hetzner = || Hetzner::new(endpoint.as_str(), String::from("any token"));
    let directory = tempfile::tempdir()?;
    let engine = Engine::builder()
        .backend(SqliteBackend::open(directory.path().join("state.sqlite"))?)
        .keyring(EphemeralKeyring::new())
        .build();

    println!("create on the simulated cloud:");
    apply(&engine, &program(hetzner()?, "cx22")?, &PlanOptions::new()).await?;
    println!("again:");
    apply(&engine, &program(hetzner()?, "cx22")?, &PlanOptions::new()).await?;
    println!("resize one server in place:");
    apply(&engine, &program(hetzner()?, "cx32")?, &PlanOptions::new()).await?;
    println!("destroy:");
    apply(&engine, &program(hetzner()?, "cx32")?, &PlanOptions::new().destroy()).await?;

    let left = cloud.with_cloud::<HetznerSim, _>(|cloud| cloud.inventory().len())?.unwrap_or_default();
    println!("objects left in the cloud: {left}");
    cloud.shutdown().await?;
    Ok(())
}
