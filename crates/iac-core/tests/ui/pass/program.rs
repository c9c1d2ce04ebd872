//! A whole program: every way to give a field, twice set, nested, exported.

#[path = "../cloud.rs"]
mod cloud;

use std::collections::BTreeMap;

use cloud::{Cloud, Firewall, Network, Rule, Server, Size};
use iac_core::{
    Handle, Id, Input, IntoInput, Options, Output, Secret, Stack, StackError, interpolate, interpolate_secret,
};

/// A component takes anything that a field takes.
fn web(stack: &Stack, network: impl IntoInput<Id<Network>>) -> Result<Handle<Server>, StackError> {
    let scope = stack.scope("web")?;
    let image: Input<String> = Input::new("debian");
    scope.add("server", Server::args().size(Size::Small).image(&image).network(network))
}

fn main() -> Result<(), StackError> {
    let stack = Stack::new("project", "dev")?;
    stack.provider(Cloud)?;
    let range = String::from("10.0.0.0/16");
    let network = stack.add("network", Network::args().ip_range(&range))?;
    let server = web(&stack, &network)?;
    web(&stack.scope("by-id")?, &network.id)?;
    web(&stack.scope("foreign")?, Id::<Network>::new("17"))?;

    // The order of the methods does not matter, and the last setting of a field counts.
    let twice = Server::args().image("debian").size(Size::Large).size(Size::Small).image(range.clone());
    let none: Option<&str> = None;
    stack.add("twice", twice.clone().maybe_name(none).maybe_network(Some(&network)))?;
    stack.add("labels", twice.labels([("tier", "web")]).labels(BTreeMap::from([("tier", &server.ipv4)])))?;

    let script = interpolate_secret!("login {} at {}", &server.root_password, &server.ipv4);
    let later = Server::args().user_data(script).size(Size::Small).image("debian");
    stack.add_with("later", later, Options::new().depends_on(&network).protect())?;
    let given = Server::args().user_data(Secret::new(String::from("#!"))).size(Size::Small).image("debian");
    stack.add("given", given)?;

    let port: Output<u16> = server.ipv4.map(|address| address.len() as u16);
    let rules = [
        Rule::args().port(443u16).source("0.0.0.0/0"),
        Rule::args().source(interpolate!("{}/32", &server.ipv4)).port(&port).note("from the server"),
    ];
    stack.add("firewall", Firewall::args().rules(rules).server(&server))?;

    stack.export("address", &server.ipv4)?;
    stack.export("password", &server.root_password)?;
    stack.export("url", interpolate!("https://{}:{}", &server.ipv4, 443u16))?;
    stack.export("server", &server)?;
    stack.export("region", "nbg1")?;
    stack.export("secret-again", server.ipv4.secret())?;
    assert_eq!(stack.freeze()?.len(), 9);
    Ok(())
}
