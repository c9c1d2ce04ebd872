//! Owns the server types. Names and sizes as sold in 2025 and 2026; prices approximate, from
//! Hetzner's price list of November 2025 (Germany, net, without IPv4). Knows no servers.
use super::location::LOCATIONS;
use super::price::{Money, place_prices};
use crate::sim::paging::Entry;
use serde_json::{Value, json};

/// A size of server.
#[derive(Debug)]
pub(crate) struct ServerType {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    cores: u64,
    memory_gb: u64,
    pub(crate) disk_gb: u64,
    line: Line,
    monthly_cents: u64,
}

/// What the sizes of a family share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// No longer sold at all.
    Gone,
    /// Intel, shared; announced to end, but the examples of this project still order it.
    OldIntel,
    CostOptimized,
    OldAmd,
    RegularPerformance,
    Arm,
    Dedicated,
}

const EUROPE: [&str; 3] = ["fsn1", "nbg1", "hel1"];
const EVERYWHERE: [&str; 6] = ["fsn1", "nbg1", "hel1", "ash", "hil", "sin"];

const fn size(
    id: u64,
    name: &'static str,
    (cores, memory_gb, disk_gb): (u64, u64, u64),
    line: Line,
    monthly_cents: u64,
) -> ServerType {
    ServerType { id, name, cores, memory_gb, disk_gb, line, monthly_cents }
}

/// All server types.
pub(crate) static SERVER_TYPES: [ServerType; 29] = [
    size(1, "cx11", (1, 2, 20), Line::Gone, 329),
    size(22, "cpx11", (2, 2, 40), Line::OldAmd, 385),
    size(23, "cpx21", (3, 4, 80), Line::OldAmd, 705),
    size(24, "cpx31", (4, 8, 160), Line::OldAmd, 1_310),
    size(25, "cpx41", (8, 16, 240), Line::OldAmd, 2_470),
    size(26, "cpx51", (16, 32, 360), Line::OldAmd, 5_440),
    size(45, "cax11", (2, 4, 40), Line::Arm, 329),
    size(93, "cax21", (4, 8, 80), Line::Arm, 599),
    size(94, "cax31", (8, 16, 160), Line::Arm, 1_199),
    size(95, "cax41", (16, 32, 320), Line::Arm, 2_399),
    size(96, "ccx13", (2, 8, 80), Line::Dedicated, 1_199),
    size(97, "ccx23", (4, 16, 160), Line::Dedicated, 2_399),
    size(98, "ccx33", (8, 32, 240), Line::Dedicated, 4_799),
    size(99, "ccx43", (16, 64, 360), Line::Dedicated, 9_599),
    size(100, "ccx53", (32, 128, 600), Line::Dedicated, 19_199),
    size(101, "ccx63", (48, 192, 960), Line::Dedicated, 28_799),
    size(104, "cx22", (2, 4, 40), Line::OldIntel, 329),
    size(105, "cx32", (4, 8, 80), Line::OldIntel, 630),
    size(106, "cx42", (8, 16, 160), Line::OldIntel, 1_590),
    size(107, "cx52", (16, 32, 320), Line::OldIntel, 3_190),
    size(109, "cpx22", (2, 4, 80), Line::RegularPerformance, 599),
    size(110, "cpx32", (4, 8, 160), Line::RegularPerformance, 1_049),
    size(111, "cpx42", (8, 16, 320), Line::RegularPerformance, 1_949),
    size(112, "cpx52", (12, 24, 480), Line::RegularPerformance, 2_799),
    size(113, "cpx62", (16, 32, 640), Line::RegularPerformance, 3_799),
    size(114, "cx23", (2, 4, 40), Line::CostOptimized, 299),
    size(115, "cx33", (4, 8, 80), Line::CostOptimized, 499),
    size(116, "cx43", (8, 16, 160), Line::CostOptimized, 899),
    size(117, "cx53", (16, 32, 320), Line::CostOptimized, 1_699),
];

/// The server type of this id or name.
pub(crate) fn server_type(wanted: &str) -> Option<&'static ServerType> {
    SERVER_TYPES.iter().find(|type_| type_.name == wanted || type_.id.to_string() == wanted)
}

impl ServerType {
    /// `x86` or `arm`.
    pub(crate) fn architecture(&self) -> &'static str {
        if self.line == Line::Arm { "arm" } else { "x86" }
    }

    /// Whether nobody can order it any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.line == Line::Gone
    }

    fn locations(&self) -> &'static [&'static str] {
        match self.line {
            Line::Gone | Line::OldIntel | Line::CostOptimized | Line::RegularPerformance | Line::Arm => {
                &EUROPE
            }
            Line::OldAmd | Line::Dedicated => &EVERYWHERE,
        }
    }

    /// Whether it is offered in a location.
    pub(crate) fn is_sold_in(&self, location: &str) -> bool {
        self.locations().contains(&location)
    }

    fn category(&self) -> &'static str {
        match self.line {
            Line::Gone | Line::OldIntel | Line::CostOptimized | Line::Arm => "cost_optimized",
            Line::OldAmd | Line::RegularPerformance => "regular_purpose",
            Line::Dedicated => "general_purpose",
        }
    }

    fn deprecation(&self) -> Value {
        match self.line {
            Line::Gone => json!({
                "announced": "2024-06-06T08:00:00+00:00",
                "unavailable_after": "2024-09-06T08:00:00+00:00",
            }),
            // The end is set far away on purpose: see `Line::OldIntel`.
            Line::OldIntel => json!({
                "announced": "2025-10-16T08:00:00+00:00",
                "unavailable_after": "2099-12-31T08:00:00+00:00",
            }),
            _ => Value::Null,
        }
    }

    /// The type as the API shows it; `sold_out` are pairs of type and location without stock.
    pub(crate) fn view(&self, sold_out: &[(String, String)]) -> Value {
        let monthly = Money::cents(self.monthly_cents);
        let prices: Vec<Value> = self.locations().iter().map(|name| place_prices(name, monthly)).collect();
        let offered = LOCATIONS.iter().filter(|location| self.is_sold_in(location.name));
        let locations: Vec<Value> = offered
            .map(|location| {
                let out = sold_out.iter().any(|(type_, place)| type_ == self.name && place == location.name);
                json!({
                    "id": location.id,
                    "name": location.name,
                    "deprecation": self.deprecation(),
                    "recommended": self.deprecation().is_null(),
                    "available": !out && !self.is_gone(),
                })
            })
            .collect();
        let dedicated = self.line == Line::Dedicated;
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.name.to_ascii_uppercase(),
            "cores": self.cores,
            "memory": self.memory_gb,
            "disk": self.disk_gb,
            "deprecated": !self.deprecation().is_null(),
            "deprecation": self.deprecation(),
            "prices": prices,
            "storage_type": "local",
            "cpu_type": if dedicated { "dedicated" } else { "shared" },
            "category": self.category(),
            "architecture": self.architecture(),
            "locations": locations,
        })
    }
}

impl Entry for &'static ServerType {
    fn id(&self) -> u64 {
        self.id
    }

    fn name(&self) -> &str {
        self.name
    }
}
