//! Owns a firewall's rules and what makes one valid. Knows no firewalls.
use crate::sim::address;
use crate::sim::error::invalid_input;
use crate::sim::input::Input;
use iac_testkit::sim::SimResponse;
use serde::{Deserialize, Serialize};

/// The most rules of a firewall.
const RULES_MAX: usize = 50;
/// The most networks of a rule.
const NETWORKS_MAX: usize = 100;
const DESCRIPTION_CHARACTERS_MAX: usize = 255;

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    description: Option<String>,
    direction: String,
    source_ips: Vec<String>,
    destination_ips: Vec<String>,
    protocol: String,
    port: Option<String>,
}

/// The rules of a request; none when the field is missing.
pub(super) fn read_all(input: &Input) -> Result<Option<Vec<Rule>>, SimResponse> {
    let Some(rules) = input.objects("rules")? else {
        return Ok(None);
    };
    if rules.len() > RULES_MAX {
        return Err(input.refuse("rules", format!("Longer than maximum length {RULES_MAX}.")));
    }
    rules.iter().map(read).collect::<Result<_, _>>().map(Some)
}

fn read(input: &Input) -> Result<Rule, SimResponse> {
    let direction = input.require("direction", input.choice("direction", &["in", "out"])?)?;
    let protocol = input.choice("protocol", &["tcp", "udp", "icmp", "esp", "gre"])?;
    let protocol = input.require("protocol", protocol)?;
    let description = input.text_within("description", 0..=DESCRIPTION_CHARACTERS_MAX)?.map(str::to_owned);
    let port = port(input, protocol)?;
    let (own, other) =
        if direction == "in" { ("source_ips", "destination_ips") } else { ("destination_ips", "source_ips") };
    if input.texts(other)?.is_some_and(|texts| !texts.is_empty()) {
        return Err(input.refuse(other, format!("must be empty for direction {direction}")));
    }
    let networks = networks(input, own)?;
    let (source_ips, destination_ips) =
        if direction == "in" { (networks, Vec::new()) } else { (Vec::new(), networks) };
    let (direction, protocol) = (direction.to_owned(), protocol.to_owned());
    Ok(Rule { description, direction, source_ips, destination_ips, protocol, port })
}

fn networks(input: &Input, field: &str) -> Result<Vec<String>, SimResponse> {
    let texts = input.texts(field)?.unwrap_or_default();
    if texts.is_empty() {
        return Err(input.missing(field));
    }
    if texts.len() > NETWORKS_MAX {
        return Err(input.refuse(field, format!("Longer than maximum length {NETWORKS_MAX}.")));
    }
    let mut networks = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let field = format!("{}.{index}", input.path(field));
        let network = address::network(&field, text)?.to_string();
        if networks.contains(&network) {
            return Err(invalid_input(&field, format!("'{network}' is given twice")));
        }
        networks.push(network);
    }
    Ok(networks)
}

fn port(input: &Input, protocol: &str) -> Result<Option<String>, SimResponse> {
    let port = input.text("port")?;
    if !matches!(protocol, "tcp" | "udp") {
        return match port {
            None => Ok(None),
            Some(_) => Err(input.refuse("port", format!("not allowed for protocol {protocol}"))),
        };
    }
    let port = input.require("port", port)?;
    if is_port(port) {
        return Ok(Some(port.to_owned()));
    }
    Err(input.refuse("port", format!("'{port}' is neither a port nor a range of ports")))
}

fn is_port(text: &str) -> bool {
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse::<u16>().ok().filter(|port| digits && *port > 0)
    };
    match text.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)).is_some_and(|(first, last)| first <= last),
        None => text == "any" || number(text).is_some(),
    }
}
