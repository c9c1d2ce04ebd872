//! The rules of firewalls: what they are made of, what is wrong with one, when two mean the same.
//! Knows nothing of the firewalls themselves.

use iac_core::{FieldType, Inputs, Value, from_value};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::wire;

/// Most networks of one rule.
const RULE_NETWORKS_MAX: usize = 100;
/// Longest description of a rule.
const DESCRIPTION_LENGTH_MAX: usize = 255;

/// The direction of traffic, seen from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Direction {
    /// To the server.
    In,
    /// From the server.
    Out,
}

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Protocol {
    /// TCP; needs a port.
    Tcp,
    /// UDP; needs a port.
    Udp,
    /// ICMP.
    Icmp,
    /// ESP, for IPsec.
    Esp,
    /// GRE.
    Gre,
}

/// What a firewall lets through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct FirewallRule {
    /// The direction.
    pub direction: Direction,
    /// The protocol.
    pub protocol: Protocol,
    /// A port or a range of ports, `443` or `30000-32767`; for TCP and UDP.
    pub port: Option<String>,
    /// From where, for incoming traffic: at most 100 networks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set, eq = cidr)]
    pub source_ips: Vec<String>,
    /// To where, for outgoing traffic: at most 100 networks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set, eq = cidr)]
    pub destination_ips: Vec<String>,
    /// What the rule is for, at most 255 characters.
    pub description: Option<String>,
}

/// Checks one rule.
pub(crate) fn check(rule: Checker<'_>) -> Checker<'_> {
    let direction = rule.value("direction").as_str();
    let has_ports = match rule.value("protocol").as_str() {
        Some("tcp" | "udp") => Some(true),
        Some(_) => Some(false),
        None => None,
    };
    let port_given = rule.is_given("port");
    let is_empty = |field: &str| match rule.value(field) {
        Value::Null => true,
        value => value.as_list().is_some_and(<[Value]>::is_empty),
    };
    let (no_source, no_destination) = (is_empty("source_ips"), is_empty("destination_ips"));
    rule.text("port", check::port_range)
        .fault_if(has_ports == Some(true) && !port_given, "port", "a rule for TCP or UDP needs a port")
        .fault_if(has_ports == Some(false) && port_given, "port", "only rules for TCP and UDP have a port")
        .text("source_ips", check::cidr)
        .text("destination_ips", check::cidr)
        .items("source_ips", 0..=RULE_NETWORKS_MAX)
        .items("destination_ips", 0..=RULE_NETWORKS_MAX)
        .fault_if(
            direction == Some("in") && no_source,
            "source_ips",
            "a rule for incoming traffic needs them",
        )
        .fault_if(
            direction == Some("in") && !no_destination,
            "destination_ips",
            "only outgoing traffic has them",
        )
        .fault_if(
            direction == Some("out") && no_destination,
            "destination_ips",
            "a rule for outgoing traffic needs them",
        )
        .fault_if(direction == Some("out") && !no_source, "source_ips", "only incoming traffic has them")
        .text("description", |text| {
            let length = text.chars().count();
            (length > DESCRIPTION_LENGTH_MAX)
                .then(|| format!("has {length} characters; {DESCRIPTION_LENGTH_MAX} are possible"))
        })
}

pub(crate) fn to_wire(rule: &FirewallRule) -> wire::Rule {
    wire::Rule {
        direction: rule.direction,
        protocol: rule.protocol,
        port: rule.port.clone(),
        source_ips: rule.source_ips.clone(),
        destination_ips: rule.destination_ips.clone(),
        description: rule.description.clone(),
    }
}

pub(crate) fn from_wire(rule: wire::Rule) -> FirewallRule {
    FirewallRule {
        direction: rule.direction,
        protocol: rule.protocol,
        port: rule.port.filter(|port| !port.is_empty()),
        source_ips: rule.source_ips,
        destination_ips: rule.destination_ips,
        description: rule.description.filter(|text| !text.is_empty()),
    }
}

/// Whether two lists of rules let the same through: order and the spelling of networks do not
/// count. Descriptions do.
pub(crate) fn same(old: &Value, new: &Value) -> bool {
    let rules = |value: &Value| {
        let rules =
            if *value == Value::Null { Vec::new() } else { from_value::<Vec<FirewallRule>>(value).ok()? };
        let mut keys: Vec<_> = rules.into_iter().map(key).collect();
        keys.sort();
        Some(keys)
    };
    matches!((rules(old), rules(new)), (Some(old), Some(new)) if old == new)
}

type RuleKey = (Direction, Protocol, Option<String>, Vec<String>, Vec<String>, Option<String>);

fn key(rule: FirewallRule) -> RuleKey {
    let networks = |texts: Vec<String>| {
        let mut texts: Vec<String> = texts.iter().map(|text| check::canonical_cidr(text)).collect();
        texts.sort();
        texts
    };
    (
        rule.direction,
        rule.protocol,
        rule.port,
        networks(rule.source_ips),
        networks(rule.destination_ips),
        rule.description,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Firewall;
    use iac_core::{Resource, to_value};

    fn rule(port: &str, source_ips: &[&str]) -> FirewallRule {
        FirewallRule {
            direction: Direction::In,
            protocol: Protocol::Tcp,
            port: Some(port.to_owned()),
            source_ips: source_ips.iter().map(|text| (*text).to_owned()).collect(),
            destination_ips: Vec::new(),
            description: None,
        }
    }

    #[test]
    fn order_and_spelling_of_rules_do_not_count() {
        let value = |rules: &[FirewallRule]| to_value(&rules.to_vec()).unwrap();
        let old = value(&[rule("22", &["10.0.0.0/8", "::/0"]), rule("80", &["2001:db8::/32"])]);
        let new = value(&[rule("80", &["2001:DB8:0::/32"]), rule("22", &["0::/0", "10.0.0.0/8"])]);
        assert!(same(&old, &new));
        assert!(!same(&old, &value(&[rule("80", &["::/0"])])));
        assert!(!same(&old, &Value::list([Value::Unknown])));
        assert!(same(&Value::Null, &Value::list([])));
    }

    #[test]
    fn check_knows_what_goes_with_what() {
        let faults = |pairs: &[(&'static str, Value)]| {
            let rule = Value::map(pairs.iter().map(|(name, value)| (*name, value.clone())));
            Firewall::check(&Value::map([("rules", Value::list([rule]))]))
                .into_iter()
                .map(|fault| fault.field)
                .collect::<Vec<_>>()
        };
        let any = Value::list(["0.0.0.0/0".into()]);
        let base = [("direction", Value::from("in")), ("source_ips", any.clone())];
        let with = |more: &[(&'static str, Value)]| faults(&[base.as_slice(), more].concat());
        assert_eq!(with(&[("protocol", "tcp".into()), ("port", "80".into())]), Vec::<String>::new());
        assert_eq!(with(&[("protocol", "tcp".into()), ("port", Value::Unknown)]), Vec::<String>::new());
        assert_eq!(with(&[("protocol", "tcp".into())]), ["rules[0].port"]);
        assert_eq!(with(&[("protocol", "icmp".into()), ("port", "80".into())]), ["rules[0].port"]);
        assert_eq!(
            with(&[("protocol", "gre".into()), ("destination_ips", any)]),
            ["rules[0].destination_ips"]
        );
        assert_eq!(faults(&[("direction", "out".into())]), ["rules[0].destination_ips"]);
        assert_eq!(
            faults(&[("direction", "in".into()), ("source_ips", Value::Unknown)]),
            Vec::<String>::new()
        );
    }
}
