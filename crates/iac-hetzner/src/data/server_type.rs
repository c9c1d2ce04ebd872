//! Server types: what a server can be, where, and what it costs. Knows nothing of servers.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, FieldType, Inputs, Outputs, Result};
use serde::{Deserialize, Serialize};

use super::image::Architecture;
use super::lookup;
use super::price::{LocationPrice, PriceBody};
use crate::client::Hetzner;

/// A server type, by its name.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::ServerType;
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let worker = stack.read("worker", ServerType::args().name("cx22"))?;
/// stack.export("cores", &worker.cores)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ServerType;

/// What selects a [`ServerType`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = ServerType)]
pub struct ServerTypeQuery {
    /// The name, for example `cx22`.
    pub name: String,
}

/// What is known of a [`ServerType`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ServerTypeData {
    /// The name.
    pub name: String,
    /// A description for people.
    pub description: String,
    /// Processor cores.
    pub cores: f64,
    /// Memory in GB.
    pub memory: f64,
    /// Disk in GB.
    pub disk: f64,
    /// The processors' architecture; an image must be for the same.
    pub architecture: Architecture,
    /// `shared` or `dedicated` cores.
    pub cpu_type: String,
    /// Where it is offered.
    pub locations: Vec<ServerTypeLocation>,
    /// What it costs, by location.
    pub prices: Vec<LocationPrice>,
}

/// How a server type is offered in one location.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[non_exhaustive]
pub struct ServerTypeLocation {
    /// The location.
    pub name: String,
    /// Whether there is stock now; true where the API does not say.
    pub available: bool,
    /// When it will no longer be sold, in RFC 3339, if that is announced.
    pub unavailable_after: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Body {
    name: String,
    description: String,
    cores: f64,
    memory: f64,
    disk: f64,
    architecture: Architecture,
    cpu_type: String,
    #[serde(default)]
    locations: Vec<LocationBody>,
    #[serde(default)]
    prices: Vec<PriceBody>,
}

#[derive(Debug, Deserialize)]
struct LocationBody {
    name: String,
    available: Option<bool>,
    deprecation: Option<Deprecation>,
}

#[derive(Debug, Deserialize)]
struct Deprecation {
    unavailable_after: Option<String>,
}

#[async_trait]
impl DataSource for ServerType {
    const TYPE: &'static str = "hetzner:server_type";
    type Provider = Hetzner;
    type Query = ServerTypeQuery;
    type Data = ServerTypeData;

    async fn read(cx: &Cx<'_, Hetzner>, query: ServerTypeQuery) -> Result<ServerTypeData> {
        let hint = "the type is unknown or no longer sold: https://www.hetzner.com/cloud lists them";
        let kind = ("/server_types", "server_types", "server type");
        Ok(data(lookup::by_name(cx, kind, &query.name, hint).await?))
    }
}

fn data(body: Body) -> ServerTypeData {
    let location = |location: LocationBody| ServerTypeLocation {
        name: location.name,
        available: location.available.unwrap_or(true),
        unavailable_after: location.deprecation.and_then(|deprecation| deprecation.unavailable_after),
    };
    ServerTypeData {
        name: body.name,
        description: body.description,
        cores: body.cores,
        memory: body.memory,
        disk: body.disk,
        architecture: body.architecture,
        cpu_type: body.cpu_type,
        locations: body.locations.into_iter().map(location).collect(),
        prices: body.prices.into_iter().map(PriceBody::into_price).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_type_has_prices_and_locations() {
        let body: Body = serde_json::from_value(serde_json::json!({
            "id": 1, "name": "cpx11", "description": "CPX 11", "cores": 2, "memory": 2, "disk": 40,
            "deprecated": false, "storage_type": "local", "cpu_type": "shared", "architecture": "x86",
            "prices": [{"location": "fsn1", "price_hourly": {"net": "0.0060", "gross": "0.0071"},
                "price_monthly": {"net": "3.85", "gross": "4.58"}, "included_traffic": 654321,
                "price_per_tb_traffic": {"net": "1.00", "gross": "1.19"}}],
            "locations": [{"id": 1, "name": "fsn1", "available": false, "recommended": true,
                "deprecation": {"announced": "2026-01-01T00:00:00Z", "unavailable_after": "2027-01-01T00:00:00Z"}},
                {"id": 2, "name": "nbg1", "deprecation": null}],
        }))
        .unwrap();
        let data = data(body);
        assert_eq!((data.cores, data.architecture), (2.0, Architecture::X86));
        assert_eq!(data.prices[0].monthly_net, "3.85");
        assert_eq!(data.locations[0].unavailable_after.as_deref(), Some("2027-01-01T00:00:00Z"));
        assert_eq!((data.locations[0].available, data.locations[1].available), (false, true));
    }
}
