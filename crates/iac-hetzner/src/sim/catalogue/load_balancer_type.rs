//! Owns the load balancer types; prices approximate, from Hetzner's price list of November 2025.
//! Knows no load balancer.
use super::location::LOCATIONS;
use super::price::{Money, place_prices};
use crate::sim::paging::Entry;
use serde_json::{Value, json};

/// A size of load balancer.
#[derive(Debug)]
pub(crate) struct LoadBalancerType {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    connections_max: u64,
    pub(crate) services_max: usize,
    pub(crate) targets_max: usize,
    pub(crate) certificates_max: usize,
    monthly_cents: u64,
}

/// All load balancer types.
pub(crate) static LOAD_BALANCER_TYPES: [LoadBalancerType; 3] = [
    LoadBalancerType {
        id: 1,
        name: "lb11",
        connections_max: 10_000,
        services_max: 5,
        targets_max: 25,
        certificates_max: 10,
        monthly_cents: 539,
    },
    LoadBalancerType {
        id: 2,
        name: "lb21",
        connections_max: 20_000,
        services_max: 15,
        targets_max: 75,
        certificates_max: 25,
        monthly_cents: 1_640,
    },
    LoadBalancerType {
        id: 3,
        name: "lb31",
        connections_max: 40_000,
        services_max: 30,
        targets_max: 150,
        certificates_max: 50,
        monthly_cents: 3_290,
    },
];

/// The load balancer type of this id or name.
pub(crate) fn load_balancer_type(wanted: &str) -> Option<&'static LoadBalancerType> {
    LOAD_BALANCER_TYPES.iter().find(|type_| type_.name == wanted || type_.id.to_string() == wanted)
}

impl LoadBalancerType {
    /// The type as the API shows it.
    pub(crate) fn view(&self) -> Value {
        let monthly = Money::cents(self.monthly_cents);
        let prices: Vec<Value> =
            LOCATIONS.iter().map(|location| place_prices(location.name, monthly)).collect();
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.name.to_ascii_uppercase(),
            "max_connections": self.connections_max,
            "max_services": self.services_max,
            "max_targets": self.targets_max,
            "max_assigned_certificates": self.certificates_max,
            "deprecated": Value::Null,
            "prices": prices,
        })
    }
}

impl Entry for &'static LoadBalancerType {
    fn id(&self) -> u64 {
        self.id
    }

    fn name(&self) -> &str {
        self.name
    }
}
