//! The networks that Cloudflare reaches origins from. Knows no firewall.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Error, Inputs, Outputs, Result};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::client::Cloudflare;
use crate::envelope;

/// The networks that Cloudflare's requests to origins come from, as the vendor publishes them today.
///
/// A firewall that lets in these alone keeps an origin from being reached past Cloudflare. A list that
/// is empty or holds anything but networks is an error, never an open firewall.
///
/// ```
/// use iac_cloudflare::IpRanges;
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let cloudflare = stack.read("cloudflare", IpRanges::args())?;
/// // hetzner::FirewallRule::args()….port("443").source_ips(&cloudflare.all)
/// stack.export("ranges", &cloudflare.all)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct IpRanges;

/// What selects [`IpRanges`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, Inputs)]
#[inputs(resource = IpRanges)]
pub struct IpRangesQuery {
    /// Whether the networks of the partner in China are in it, too.
    #[serde(default)]
    pub china: bool,
}

/// The networks.
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct IpRangesData {
    /// The IPv4 networks, sorted.
    pub ipv4: Vec<String>,
    /// The IPv6 networks, sorted.
    pub ipv6: Vec<String>,
    /// All of them: IPv4 first.
    pub all: Vec<String>,
    /// Changes when the list does.
    pub etag: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    etag: String,
    #[serde(default)]
    ipv4_cidrs: Vec<IpNet>,
    #[serde(default)]
    ipv6_cidrs: Vec<IpNet>,
    #[serde(default)]
    jdcloud_cidrs: Vec<IpNet>,
}

/// What the API calls the partner's networks.
const CHINA: &str = "jdcloud";

#[async_trait]
impl DataSource for IpRanges {
    const TYPE: &'static str = "cloudflare:ip_ranges";
    type Provider = Cloudflare;
    type Query = IpRangesQuery;
    type Data = IpRangesData;

    async fn read(cx: &Cx<'_, Cloudflare>, query: IpRangesQuery) -> Result<IpRangesData> {
        let request = cx.client().http(cx).get("/ips").query_opt("networks", query.china.then_some(CHINA));
        data(envelope::send(request).await?)
    }
}

fn data(body: Body) -> Result<IpRangesData> {
    let mut networks: Vec<IpNet> =
        [body.ipv4_cidrs, body.ipv6_cidrs, body.jdcloud_cidrs].into_iter().flatten().collect();
    networks.sort();
    networks.dedup();
    let of = |is_ipv4: bool| -> Vec<String> {
        networks.iter().filter(|net| net.addr().is_ipv4() == is_ipv4).map(ToString::to_string).collect()
    };
    let (ipv4, ipv6) = (of(true), of(false));
    if ipv4.is_empty() || ipv6.is_empty() {
        return Err(Error::internal("the vendor's list of networks lacks IPv4 or IPv6 networks")
            .hint("run again later; nothing is done with a list that is not whole"));
    }
    let all = ipv4.iter().chain(&ipv6).cloned().collect();
    Ok(IpRangesData { ipv4, ipv6, all, etag: body.etag })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> Result<IpRangesData> {
        data(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn networks_are_sorted_and_a_list_that_is_not_whole_is_refused() {
        let lists = serde_json::json!({ "etag": "e", "ipv4_cidrs": ["172.64.0.0/13", "104.16.0.0/13"],
            "ipv6_cidrs": ["2400:cb00::/32"], "jdcloud_cidrs": ["2400:cb00::/32"] });
        assert_eq!(read(lists).unwrap().all, ["104.16.0.0/13", "172.64.0.0/13", "2400:cb00::/32"]);
        assert!(read(serde_json::json!({ "ipv4_cidrs": ["10.0.0.0/8"] })).is_err());
        let wrong = serde_json::json!({ "ipv4_cidrs": ["anywhere"] });
        assert!(serde_json::from_value::<Body>(wrong).is_err());
    }
}
