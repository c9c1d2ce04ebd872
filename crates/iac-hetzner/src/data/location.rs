//! Locations: where things can be. Knows nothing of what is there.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Inputs, Outputs, Result};
use serde::{Deserialize, Serialize};

use super::lookup;
use crate::client::Hetzner;

/// A location, by its name.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{Location, Network, Subnet};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let location = stack.read("region", Location::args().name("nbg1"))?;
/// let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
/// let subnet = Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone(&location.network_zone);
/// stack.add("subnet", subnet)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Location;

/// What selects a [`Location`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Location)]
pub struct LocationQuery {
    /// The name, for example `nbg1`.
    pub name: String,
}

/// What is known of a [`Location`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct LocationData {
    /// The name.
    pub name: String,
    /// A description for people.
    pub description: String,
    /// The country, as ISO 3166-1 alpha-2 code.
    pub country: String,
    /// The city.
    pub city: String,
    /// The network zone, for example `eu-central`.
    pub network_zone: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

#[async_trait]
impl DataSource for Location {
    const TYPE: &'static str = "hetzner:location";
    type Provider = Hetzner;
    type Query = LocationQuery;
    type Data = LocationData;

    async fn read(cx: &Cx<'_, Hetzner>, query: LocationQuery) -> Result<LocationData> {
        let hint = "locations are named like `nbg1`, `fsn1`, `hel1`, `ash`, `hil` and `sin`";
        lookup::by_name(cx, ("/locations", "locations", "location"), &query.name, hint).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_as_it_is_written() {
        let data: LocationData = serde_json::from_value(serde_json::json!({
            "id": 1, "name": "fsn1", "description": "Falkenstein DC Park 1", "country": "DE",
            "city": "Falkenstein", "latitude": 50.47612, "longitude": 12.370071, "network_zone": "eu-central",
        }))
        .unwrap();
        assert_eq!((data.name.as_str(), data.network_zone.as_str()), ("fsn1", "eu-central"));
    }
}
