//! The rule about ports that are open to everybody. Knows what a type lets in by a table that a provider
//! crate gives.

use std::net::IpAddr;

use super::walk::values_at;
use crate::policy::{PlannedResource, PolicyView, Violation};
use crate::value::Value;

/// IPv4 networks larger than this belong to nobody alone: a registry gives out no more than a `/8`.
const IPV4_PREFIX_MIN: u8 = 8;
/// IPv6 networks larger than this belong to nobody alone: a registry itself has no more than a `/12`.
const IPV6_PREFIX_MIN: u8 = 12;

/// How a type writes what traffic it lets in: a row of the table that [`no_port_from_world`] looks into.
///
/// ```
/// use iac_core::policies::Ingress;
///
/// const FIREWALL: Ingress = Ingress::new("hetzner:firewall", "rules[*]", "port", "source_ips")
///     .when("direction", "in")
///     .over("protocol", &["tcp"]);
/// # let _ = FIREWALL;
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Ingress {
    type_token: &'static str,
    /// The path of one rule; empty where the resource is the rule.
    rules: &'static str,
    ports: &'static str,
    sources: &'static str,
    condition: Option<(&'static str, &'static str)>,
    protocol: Option<(&'static str, &'static [&'static str])>,
}

impl Ingress {
    /// A type whose rules are at the path `rules` (`rules[*]`; empty where each resource is one rule),
    /// each with the fields `ports` (a number, or text as `22` and `20-30`; every port where it is not
    /// set) and `sources` (one network or a list of them; everybody where it is not set).
    pub const fn new(
        type_token: &'static str,
        rules: &'static str,
        ports: &'static str,
        sources: &'static str,
    ) -> Self {
        Self { type_token, rules, ports, sources, condition: None, protocol: None }
    }

    /// Only rules whose `field` is `value` let traffic in.
    pub const fn when(mut self, field: &'static str, value: &'static str) -> Self {
        self.condition = Some((field, value));
        self
    }

    /// Only rules whose `field` is one of `protocols` are about the port.
    pub const fn over(mut self, field: &'static str, protocols: &'static [&'static str]) -> Self {
        self.protocol = Some((field, protocols));
        self
    }

    fn judge(&self, resource: &PlannedResource<'_>, port: u16, service: &str) -> Vec<Violation> {
        let rules = match self.rules {
            "" => vec![(String::new(), resource.inputs)],
            path => values_at(resource.inputs, path),
        };
        let mut violations = Vec::new();
        for (at, rule) in rules {
            let within = |field: &str| if at.is_empty() { field.to_owned() } else { format!("{at}.{field}") };
            let later = || {
                let text = format!("only the apply decides whether it lets the whole world reach {service}");
                Violation::warn(text).of(resource)
            };
            if matches!(rule, Value::Unknown) {
                violations.push(later().field(at));
                continue;
            }
            let is_other = |field, wanted: &[&str]| {
                rule.get(field).as_str().is_some_and(|value| !wanted.contains(&value))
            };
            let is_out = self.condition.is_some_and(|(field, value)| is_other(field, &[value]));
            let is_other_protocol = self.protocol.is_some_and(|(field, wanted)| is_other(field, wanted));
            let open =
                Answer::of_ports(rule.get(self.ports), port).and(Answer::of_sources(rule.get(self.sources)));
            violations.extend(match open {
                _ if is_out || is_other_protocol => None,
                Answer::No => None,
                Answer::Later => Some(later().field(within(self.sources))),
                Answer::Yes => {
                    let text =
                        format!("lets the whole world reach {service}; name the networks that need it");
                    Some(Violation::deny(text).of(resource).field(within(self.sources)))
                }
            });
        }
        violations
    }
}

/// Nothing in `table` lets the whole world reach TCP port `port`; `service` names it in messages: `SSH
/// (port 22)`. Ranges count, and so do networks that only nearly are the whole world.
///
/// Provider crates have this with their own table: `iac_hetzner::policies::no_ssh_from_world`.
///
/// ```
/// use iac_core::policies::{self, Ingress};
/// use iac_core::{Stack, StackError};
///
/// const TABLE: &[Ingress] = &[Ingress::new("acme:opening", "", "port", "from")];
///
/// let stack = Stack::new("shop", "dev")?;
/// stack.policy("no-database-from-world", policies::no_port_from_world(TABLE, 5432, "PostgreSQL"))?;
/// # Ok::<(), StackError>(())
/// ```
pub fn no_port_from_world(
    table: &'static [Ingress],
    port: u16,
    service: impl Into<String>,
) -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    let service: String = service.into();
    move |plan| {
        let mut violations = Vec::new();
        for resource in plan.resources().filter(|resource| !resource.is_deleted()) {
            let rows = table.iter().filter(|row| row.type_token == resource.urn.type_token());
            violations.extend(rows.flat_map(|row| row.judge(resource, port, &service)));
        }
        violations
    }
}

/// Whether something is open, as far as the plan knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    No,
    Later,
    Yes,
}

impl Answer {
    /// Open only if both are.
    fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Whether `ports` has `port`.
    pub(super) fn of_ports(ports: &Value, port: u16) -> Self {
        match ports {
            Value::Unknown => Self::Later,
            Value::Int(number) if *number == i64::from(port) => Self::Yes,
            Value::Int(_) => Self::No,
            Value::List(items) => {
                items.iter().map(|item| Self::of_ports(item, port)).max().unwrap_or(Self::No)
            }
            Value::String(text) => match range(text) {
                Some((first, last)) if !(first..=last).contains(&port) => Self::No,
                // What is no number stands for every port: `any`.
                _ => Self::Yes,
            },
            _ => Self::Yes,
        }
    }

    /// Whether `sources` has everybody.
    pub(super) fn of_sources(sources: &Value) -> Self {
        match sources {
            Value::Unknown => Self::Later,
            Value::List(items) => items.iter().map(Self::of_sources).max().unwrap_or(Self::No),
            Value::String(text) => match is_world(text) {
                true => Self::Yes,
                false => Self::No,
            },
            Value::Null => Self::Yes,
            _ => Self::No,
        }
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
}

fn is_world(network: &str) -> bool {
    let Some((address, prefix)) = network.split_once('/') else { return false };
    match (address.trim().parse::<IpAddr>(), prefix.trim().parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(prefix)) => prefix < IPV4_PREFIX_MIN,
        (Ok(IpAddr::V6(_)), Ok(prefix)) => prefix < IPV6_PREFIX_MIN,
        _ => false,
    }
}
