//! Load balancer types: how much a load balancer can take, and what it costs. Knows nothing of
//! load balancers.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Inputs, Outputs, Result};
use serde::{Deserialize, Serialize};

use super::lookup;
use super::price::{LocationPrice, PriceBody};
use crate::client::Hetzner;

/// A load balancer type, by its name.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::LoadBalancerType;
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let small = stack.read("small", LoadBalancerType::args().name("lb11"))?;
/// stack.export("targets_max", &small.targets_max)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LoadBalancerType;

/// What selects a [`LoadBalancerType`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = LoadBalancerType)]
pub struct LoadBalancerTypeQuery {
    /// The name, for example `lb11`.
    pub name: String,
}

/// What is known of a [`LoadBalancerType`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct LoadBalancerTypeData {
    /// The name.
    pub name: String,
    /// A description for people.
    pub description: String,
    /// Most open connections.
    pub connections_max: u64,
    /// Most services.
    pub services_max: u64,
    /// Most targets.
    pub targets_max: u64,
    /// Most certificates.
    pub certificates_max: u64,
    /// Since when it is deprecated, in RFC 3339, if it is.
    pub deprecated: Option<String>,
    /// What it costs, by location.
    pub prices: Vec<LocationPrice>,
}

#[derive(Debug, Deserialize)]
struct Body {
    name: String,
    description: String,
    max_connections: u64,
    max_services: u64,
    max_targets: u64,
    max_assigned_certificates: u64,
    deprecated: Option<String>,
    #[serde(default)]
    prices: Vec<PriceBody>,
}

#[async_trait]
impl DataSource for LoadBalancerType {
    const TYPE: &'static str = "hetzner:load_balancer_type";
    type Provider = Hetzner;
    type Query = LoadBalancerTypeQuery;
    type Data = LoadBalancerTypeData;

    async fn read(cx: &Cx<'_, Hetzner>, query: LoadBalancerTypeQuery) -> Result<LoadBalancerTypeData> {
        let hint = "types are named like `lb11`, `lb21` and `lb31`";
        let kind = ("/load_balancer_types", "load_balancer_types", "load balancer type");
        Ok(data(lookup::by_name(cx, kind, &query.name, hint).await?))
    }
}

fn data(body: Body) -> LoadBalancerTypeData {
    LoadBalancerTypeData {
        name: body.name,
        description: body.description,
        connections_max: body.max_connections,
        services_max: body.max_services,
        targets_max: body.max_targets,
        certificates_max: body.max_assigned_certificates,
        deprecated: body.deprecated,
        prices: body.prices.into_iter().map(PriceBody::into_price).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_says_what_it_can_take() {
        let body: Body = serde_json::from_value(serde_json::json!({
            "id": 1, "name": "lb11", "description": "LB11", "max_connections": 20000, "max_services": 5,
            "max_targets": 25, "max_assigned_certificates": 10, "deprecated": null, "prices": [],
        }))
        .unwrap();
        let data = data(body);
        assert_eq!((data.connections_max, data.targets_max, data.deprecated), (20000, 25, None));
    }
}
