//! The resource type of DNS records. Knows nothing of how values are written; `content` and `data` do.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page, PageToken,
    Recovery, Resource, Result, Value,
};
use iac_http::{Idempotency, Request};
use serde::{Deserialize, Serialize};

use super::data::{self, RecordData};
use super::key::Key;
use super::record_type::RecordType;
use super::wire::{self, Body};
use super::{check, content};
use crate::client::Cloudflare;
use crate::zone::Zone;
use crate::{change, cost, envelope, zone};

/// Records on one page of a listing.
const PER_PAGE: u32 = 500;
/// Records that a search by marker reads at most. One is expected.
const FOUND_MAX: u32 = 50;
/// The time to live that stands for "automatic".
const TTL_AUTOMATIC: u32 = 1;

/// A DNS record in a [`Zone`](crate::Zone).
///
/// Its comment ends with a marker, `iac:` and 32 hexadecimal digits, by which it is found again after
/// a lost answer. The free plan has 100 characters for both.
///
/// ```
/// use iac_cloudflare::{DnsRecord, RecordData, RecordType, Zone};
/// use iac_core::{Stack, interpolate};
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// stack.add(
///     "www",
///     DnsRecord::args()
///         .zone(&zone)
///         .name(interpolate!("www.{}", &zone.name))
///         .record_type(RecordType::A)
///         .content("203.0.113.7")
///         .proxied(true),
/// )?;
/// stack.add(
///     "caa",
///     DnsRecord::args()
///         .zone(&zone)
///         .name(&zone.name)
///         .record_type(RecordType::Caa)
///         .data(RecordData::args().flags(0u16).tag("issue").value("letsencrypt.org")),
/// )?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DnsRecord;

/// Inputs of a [`DnsRecord`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = DnsRecord)]
pub struct DnsRecordInputs {
    /// The zone.
    #[field(replace)]
    pub zone: Id<Zone>,
    /// The whole name, in lower case and without a final dot: `www.example.com`, the zone's own name,
    /// or `*.example.com`.
    #[field(eq = dns_name)]
    pub name: String,
    /// The type.
    #[field(replace)]
    pub record_type: RecordType,
    /// The value: an address, a host name without a final dot, or a text without quotes of any length
    /// up to 2048. For the types that are not given by `data`.
    pub content: Option<String>,
    /// The parts of a `CAA`, `CERT`, `DNSKEY`, `DS`, `HTTPS`, `LOC`, `NAPTR`, `SMIMEA`, `SRV`, `SSHFP`,
    /// `SVCB`, `TLSA` or `URI` record.
    pub data: Option<RecordData>,
    /// Which one goes first among `MX` or `URI` records; lower before higher.
    pub priority: Option<u16>,
    /// How long resolvers keep it, in seconds: 60 (30 on Enterprise plans) to 86400, or 1 for
    /// automatic, which is the default. A proxied record is always automatic.
    #[serde(default = "automatic")]
    pub ttl: u32,
    /// Whether traffic goes through Cloudflare. For `A`, `AAAA` and `CNAME` records.
    #[serde(default)]
    pub proxied: bool,
    /// A comment for people: up to 63 characters on the free plan, 463 on others.
    pub comment: Option<String>,
    /// Tags, `name:value`. They need a paid plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub tags: Vec<String>,
    /// Whether a `CNAME` is answered by what it points at. Needs a paid plan.
    #[serde(default)]
    pub flatten_cname: bool,
    /// Whether a proxied record is answered by IPv4 addresses only.
    #[serde(default)]
    pub ipv4_only: bool,
    /// Whether a proxied record is answered by IPv6 addresses only.
    #[serde(default)]
    pub ipv6_only: bool,
}

fn automatic() -> u32 {
    TTL_AUTOMATIC
}

/// Outputs of a [`DnsRecord`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct DnsRecordOutputs {
    /// The zone: the same as the input, but known only once the record exists.
    #[field(stable)]
    pub zone_id: Id<Zone>,
    /// The name.
    pub name: String,
    /// The value as DNS writes it.
    pub content: String,
    /// Whether it could be proxied.
    pub proxiable: bool,
}

#[async_trait]
impl Resource for DnsRecord {
    const TYPE: &'static str = "cloudflare:dns_record";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Cloudflare;
    type Inputs = DnsRecordInputs;
    type Outputs = DnsRecordOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: DnsRecordInputs) -> Result<Created<Self>> {
        in_zone(cx, &inputs).await?;
        let body = wire::record(&inputs, cx.marker());
        let made: Body =
            envelope::create(all(cx, inputs.zone.as_str(), |http, path| http.post(path)).json_body(&body))
                .await
                .map_err(explained)?;
        let key = Key { zone: inputs.zone.as_str().to_owned(), record: made.id.clone() };
        cx.checkpoint(&key.id()).await?;
        Ok(Created::new(key.id(), outputs(inputs.zone, &made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = Key::parse(id)?;
        let body: Option<Body> = envelope::get(key.request(cx, |http, path| http.get(path))).await?;
        Ok(body.and_then(|body| observed(&key.zone, body)))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<DnsRecordOutputs> {
        let key = Key::parse(id)?;
        in_zone(cx, &change.new).await?;
        // The whole record: what is left out goes back to its default.
        let body = wire::record(&change.new, cx.marker());
        let request = key.request(cx, |http, path| http.put(path)).idempotency(Idempotency::Idempotent);
        let made: Body = envelope::send(request.json_body(&body)).await.map_err(explained)?;
        Ok(outputs(change.new.zone, &made))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let request = Key::parse(id)?.request(cx, |http, path| http.delete(path));
        envelope::delete(request.json_body(&Empty {})).await
    }

    /// One zone after the other.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let Some(stop) = zone::stop(cx, &page).await? else { return Ok(Page::new(Vec::new(), None)) };
        let request = all(cx, &stop.zone, |http, path| http.get(path));
        let listed = envelope::page::<Body>(request, &stop.inside, PER_PAGE).await;
        stop.page(listed.map(|(records, next)| {
            (records.into_iter().filter_map(|record| observed(&stop.zone, record)).collect(), next)
        }))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &DnsRecordInputs) -> Result<Vec<Id<Self>>> {
        let zone = inputs.zone.as_str();
        let request = all(cx, zone, |http, path| http.get(path))
            .query(&[("comment.endswith", wire::mark(cx.marker()))])
            .query(&[("per_page", FOUND_MAX)]);
        let found = envelope::absent(envelope::list::<Body>(request).await)?;
        let (records, _) = found.unwrap_or_default();
        let ours = |record: &Body| {
            let (_, token) = wire::unmarked(record.comment.as_deref().unwrap_or_default());
            token == Some(cx.marker().token())
        };
        let id = |record: Body| Key { zone: zone.to_owned(), record: record.id }.id();
        Ok(records.into_iter().filter(ours).map(id).collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        check::faults(inputs)
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "DNS record")
    }
}

/// The description asks for a body where a record is deleted.
#[derive(Serialize)]
struct Empty {}

fn all(
    cx: &Cx<'_, Cloudflare>,
    zone: &str,
    method: impl FnOnce(&iac_http::Client, &'static str) -> Request,
) -> Request {
    method(&cx.client().http(cx), "/zones/{zone}/dns_records").segment("zone", zone)
}

/// Refuses a name outside of the zone: the API would add the zone's name to it.
async fn in_zone(cx: &Cx<'_, Cloudflare>, inputs: &DnsRecordInputs) -> Result<()> {
    let zone = cx.client().zone_name(cx, inputs.zone.as_str()).await?;
    let name = inputs.name.as_str();
    let inside = name == zone || name.strip_suffix(zone.as_str()).is_some_and(|rest| rest.ends_with('.'));
    match inside {
        true => Ok(()),
        false => Err(Error::invalid("name", format!("`{name}` is not in the zone `{zone}`"))
            .hint(format!("write the whole name, such as `{name}.{zone}`"))),
    }
}

fn explained(error: Error) -> Error {
    match error.api_code() {
        // The comment is the program's and the marker after it.
        Some("9212" | "9213") => error
            .field("comment")
            .hint("the free plan has 100 characters for a comment, of which the marker takes 37: shorten it"),
        _ => error,
    }
}

fn outputs(zone: Id<Zone>, record: &Body) -> DnsRecordOutputs {
    DnsRecordOutputs {
        zone_id: zone,
        name: record.name.clone(),
        content: record.content.clone().unwrap_or_default(),
        proxiable: record.proxiable,
    }
}

/// `None` for a type that this crate does not know.
fn observed(zone: &str, record: Body) -> Option<Observed<DnsRecord>> {
    let kind = RecordType::parse(&record.record_type)?;
    let zone: Id<Zone> = Id::new(zone);
    let outputs = outputs(zone.clone(), &record);
    let key = Key { zone: zone.as_str().to_owned(), record: record.id };
    let data = data::from_wire(kind, &record.data);
    let value = record.content.filter(|_| data.is_none());
    let settings = record.settings.unwrap_or_default();
    let inputs = DnsRecordInputs {
        zone,
        name: record.name,
        record_type: kind,
        content: value.map(|value| content::from_wire(kind, &value)),
        data,
        // Whole numbers, whatever the API's schema says.
        priority: record.priority.filter(|_| kind.has_priority()).map(|priority| priority as u16),
        ttl: record.ttl as u32,
        proxied: record.proxied,
        comment: wire::unmarked(record.comment.as_deref().unwrap_or_default()).0.map(str::to_owned),
        tags: record.tags,
        flatten_cname: settings.flatten_cname,
        ipv4_only: settings.ipv4_only,
        ipv6_only: settings.ipv6_only,
    };
    Some(Observed::new(key.id(), inputs, outputs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_given() {
        let read = |json: serde_json::Value| observed("z", serde_json::from_value(json).unwrap()).unwrap();
        let text = read(serde_json::json!({
            "id": "r", "name": "example.com", "type": "TXT", "content": "\"v=spf1\" \" -all\"", "ttl": 1,
            "proxied": false, "proxiable": false, "tags": [], "settings": {}, "meta": {},
            "comment": "mail iac:0123456789abcdef0123456789abcdef",
        }));
        assert_eq!(text.id.as_str(), "z/r");
        assert_eq!(text.inputs.content.as_deref(), Some("v=spf1 -all"));
        assert_eq!(text.inputs.comment.as_deref(), Some("mail"));
        let service = read(serde_json::json!({
            "id": "r", "name": "_sip._tcp.example.com", "type": "SRV", "content": "5 8060 sip.example.com",
            "priority": 10, "data": {"priority": 10, "weight": 5, "port": 8060, "target": "sip.example.com"},
            "ttl": 300, "proxied": false, "comment": null,
        }));
        assert_eq!((service.inputs.content, service.inputs.priority), (None, None));
        assert_eq!(service.inputs.data.and_then(|data| data.port), Some(8060));
    }
}
