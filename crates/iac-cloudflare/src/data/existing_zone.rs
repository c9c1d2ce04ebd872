//! Zones that another stack or nobody manages. Knows nothing of what is in them.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Error, ErrorKind, Id, Inputs, Outputs, Result};
use serde::{Deserialize, Serialize};

use crate::client::Cloudflare;
use crate::envelope;
use crate::zone::{self, Zone};

/// A zone that exists already, by its name: for records in a zone that this stack does not manage.
///
/// ```
/// use iac_cloudflare::{DnsRecord, ExistingZone, RecordType};
/// use iac_core::{Stack, interpolate};
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.read("zone", ExistingZone::args().name("example.com"))?;
/// let record = DnsRecord::args().zone(&zone.zone_id).name(interpolate!("dev.{}", &zone.name));
/// stack.add("dev", record.record_type(RecordType::A).content("203.0.113.7"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ExistingZone;

/// What selects an [`ExistingZone`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = ExistingZone)]
pub struct ExistingZoneQuery {
    /// The domain.
    #[field(eq = dns_name)]
    pub name: String,
}

/// What is known of an [`ExistingZone`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ExistingZoneData {
    /// Its id.
    pub zone_id: Id<Zone>,
    /// The domain.
    pub name: String,
    /// The name servers that the domain's registrar has to name.
    pub name_servers: Vec<String>,
    /// `initializing`, `pending`, `active` or `moved`.
    pub status: String,
    /// The plan, for example `Free Website`.
    pub plan: String,
}

#[async_trait]
impl DataSource for ExistingZone {
    const TYPE: &'static str = "cloudflare:existing_zone";
    type Provider = Cloudflare;
    type Query = ExistingZoneQuery;
    type Data = ExistingZoneData;

    async fn read(cx: &Cx<'_, Cloudflare>, query: ExistingZoneQuery) -> Result<ExistingZoneData> {
        let (zones, _) = envelope::list::<zone::Body>(zone::all(cx).query(&[("name", &query.name)])).await?;
        let found = zones.into_iter().find(|zone| zone.name == query.name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no zone `{}`", query.name))
                .field("name")
                .hint("the token only sees the zones that it was made for; a zone is a registered domain")
        })?;
        Ok(ExistingZoneData {
            zone_id: Id::new(found.id),
            name: found.name,
            name_servers: found.name_servers,
            status: found.status.unwrap_or_default(),
            plan: found.plan.map(|plan| plan.name).unwrap_or_default(),
        })
    }
}
