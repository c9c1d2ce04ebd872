//! DNS zones. Knows nothing of the record sets inside.

use std::collections::BTreeMap;
use std::net::IpAddr;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, FieldType, Id, Inputs, Observed, OnChange,
    Outputs, Page, PageToken, Recovery, Resource, Result, Secret, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::Checker;
use crate::client::Hetzner;
use crate::verb::Noun;
use crate::{action, change, delete_protection, dns_name, label, rename, run, verb, wire};

/// Shortest and longest time to live, in seconds.
pub(crate) const TTL_RANGE: std::ops::RangeInclusive<i64> = 60..=2_147_483_647;
/// The API's default time to live, in seconds.
const TTL_DEFAULT: u32 = 3600;
/// The port of DNS.
const PORT_DEFAULT: u16 = 53;

/// Where the records of a zone come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ZoneMode {
    /// From the API: [`RecordSet`](crate::RecordSet)s.
    #[default]
    Primary,
    /// From other nameservers, by zone transfer.
    Secondary,
}

/// How a zone transfer is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TsigAlgorithm {
    /// HMAC with MD5.
    HmacMd5,
    /// HMAC with SHA-1.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
}

/// A DNS zone: a domain that the vendor's nameservers answer for.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::Zone;
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let zone = stack.add("dns", Zone::args().name("example.org").ttl(300u32))?;
/// stack.export("nameservers", &zone.nameservers)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Zone;

/// Inputs of a [`Zone`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Zone)]
pub struct ZoneInputs {
    /// The domain, in lower case and without a final dot: directly under a public suffix, such as
    /// `example.org`.
    #[field(replace, unique)]
    pub name: String,
    /// Where the records come from. Default `primary`.
    #[serde(default)]
    #[field(replace)]
    pub mode: ZoneMode,
    /// How long resolvers keep a record whose set names no time of its own, in seconds, 60 to
    /// 2147483647. Default 3600.
    #[serde(default = "ttl_default")]
    pub ttl: u32,
    /// Where the records of a `secondary` zone come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub primary_nameservers: Vec<PrimaryNameserver>,
    /// Whether the API refuses to delete it.
    #[serde(default)]
    pub delete_protection: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

fn ttl_default() -> u32 {
    TTL_DEFAULT
}

/// A nameserver that a `secondary` zone is transferred from.
///
/// ```
/// use iac_hetzner::PrimaryNameserver;
///
/// let nameserver = PrimaryNameserver::args().address("203.0.113.53").port(5353u16);
/// # let _ = nameserver;
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
pub struct PrimaryNameserver {
    /// Its public address.
    pub address: String,
    /// Its port. Default 53.
    #[serde(default = "port_default")]
    pub port: u16,
    /// The key that transfers are signed with, in base64.
    pub tsig_key: Option<Secret<String>>,
    /// The algorithm of the key.
    pub tsig_algorithm: Option<TsigAlgorithm>,
}

fn port_default() -> u16 {
    PORT_DEFAULT
}

/// Outputs of a [`Zone`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ZoneOutputs {
    /// The domain.
    #[field(stable)]
    pub name: String,
    /// The vendor's nameservers for the zone, which the domain's registrar has to name.
    #[field(stable)]
    pub nameservers: Vec<String>,
}

// Neither it nor what holds it is `Debug`: the key is a secret.
#[derive(Serialize, Deserialize)]
struct NameserverBody {
    address: String,
    #[serde(default = "port_default")]
    port: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tsig_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tsig_algorithm: Option<TsigAlgorithm>,
}

#[derive(Deserialize)]
struct Body {
    id: u64,
    name: String,
    mode: ZoneMode,
    ttl: u32,
    #[serde(default)]
    primary_nameservers: Vec<NameserverBody>,
    #[serde(default)]
    protection: wire::Protection,
    #[serde(default)]
    authoritative_nameservers: Authoritative,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Authoritative {
    #[serde(default)]
    assigned: Vec<String>,
}

impl Noun for Body {
    const PATH: &'static str = "/zones";
    const ONE: &'static str = "zone";
    const MANY: &'static str = "zones";
    fn id(&self) -> u64 {
        self.id
    }
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    mode: ZoneMode,
    ttl: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    primary_nameservers: Vec<NameserverBody>,
    labels: label::Labels,
}

#[derive(Serialize)]
struct ChangeTtl {
    ttl: u32,
}

#[derive(Serialize)]
struct ChangePrimaryNameservers {
    primary_nameservers: Vec<NameserverBody>,
}

#[async_trait]
impl Resource for Zone {
    const TYPE: &'static str = "hetzner:zone";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ENTRY;
    type Provider = Hetzner;
    type Inputs = ZoneInputs;
    type Outputs = ZoneOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: ZoneInputs) -> Result<Created<Self>> {
        let body = Create {
            name: &inputs.name,
            mode: inputs.mode,
            ttl: inputs.ttl,
            primary_nameservers: nameserver_bodies(&inputs),
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let made = verb::create_with::<Body>(cx, &body, |request| {
            keys(&inputs).fold(request, |request, key| request.sensitive(key))
        })
        .await?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        action::finish(cx, made.actions).await?;
        if inputs.delete_protection {
            delete_protection::set::<Body>(cx, id.as_str(), true).await?;
        }
        let object = verb::require::<Body>(cx, id.as_str()).await?;
        Ok(Created::new(id, outputs(&object)))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let Some(object) = verb::get::<Body>(cx, id.as_str()).await? else { return Ok(None) };
        if !object.authoritative_nameservers.assigned.is_empty() {
            return Ok(Some(observed(object)));
        }
        // It has no nameservers while it is being built.
        verb::settle::<Body>(cx, id.as_str()).await?;
        Ok(verb::get(cx, id.as_str()).await?.map(observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<ZoneOutputs> {
        let (id, new) = (id.as_str(), &change.new);
        // The name replaces; only the labels are left to this.
        if let Some(body) = rename::body(cx, &change, &None, &new.labels) {
            verb::put::<Body>(cx, id, &body).await?;
        }
        if change.touches("ttl") {
            verb::command::<Body>(cx, id, "change_ttl", &ChangeTtl { ttl: new.ttl })
                .await
                .map_err(explained)?;
        }
        if change.touches("primary_nameservers") {
            let body = ChangePrimaryNameservers { primary_nameservers: nameserver_bodies(new) };
            let request = run::command::<Body>(cx, id, "change_primary_nameservers").json_body(&body);
            let request = keys(new).fold(request, |request, key| request.sensitive(key));
            run::request(cx, request).await.map_err(explained)?;
        }
        if change.touches("delete_protection") {
            delete_protection::set::<Body>(cx, id, new.delete_protection).await?;
        }
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        verb::delete::<Body>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &ZoneInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<Body, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        let mode = checker.value("mode");
        let secondary = mode.as_str() == Some("secondary");
        let primary = !secondary && *mode != Value::Unknown;
        let servers = checker.value("primary_nameservers");
        let none = *servers == Value::Null || servers.as_list().is_some_and(<[Value]>::is_empty);
        checker
            .text("name", name_rule)
            .number("ttl", TTL_RANGE)
            .nested("primary_nameservers", |server| {
                let halfway = server.is_given("tsig_algorithm") && !server.is_given("tsig_key");
                server
                    .text("address", |text| {
                        text.parse::<IpAddr>().is_err().then(|| format!("`{text}` is no IP address"))
                    })
                    .number("port", 1..=65_535)
                    .fault_if(halfway, "tsig_key", "the algorithm needs a key")
            })
            .fault_if(secondary && none, "primary_nameservers", "a `secondary` zone needs at least one")
            .fault_if(
                primary && !none,
                "primary_nameservers",
                "a `primary` zone is not transferred; leave them out, or make the mode `secondary`",
            )
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn name_rule(name: &str) -> Option<String> {
    if name.ends_with('.') {
        return Some(format!("`{name}` has a final dot; leave it out"));
    }
    if name.contains(|c: char| c.is_ascii_uppercase()) {
        return Some(format!("`{name}` has capital letters; write it in lower case"));
    }
    if !name.contains('.') {
        return Some(format!("`{name}` is no domain, such as `example.org`"));
    }
    dns_name::fault_of(name).map(|fault| format!("the domain {name:?} {fault}"))
}

fn explained(error: Error) -> Error {
    match error.api_code() {
        Some("incorrect_zone_mode") => error
            .with_kind(ErrorKind::InvalidInput)
            .hint("`ttl` changes only in a `primary` zone, `primary_nameservers` only in a `secondary` one"),
        _ => error,
    }
}

fn keys(inputs: &ZoneInputs) -> impl Iterator<Item = &str> {
    inputs
        .primary_nameservers
        .iter()
        .filter_map(|server| server.tsig_key.as_ref())
        .map(|key| key.expose().as_str())
}

fn nameserver_bodies(inputs: &ZoneInputs) -> Vec<NameserverBody> {
    let body = |server: &PrimaryNameserver| NameserverBody {
        address: server.address.clone(),
        port: server.port,
        tsig_key: server.tsig_key.as_ref().map(|key| key.expose().clone()),
        tsig_algorithm: server.tsig_algorithm,
    };
    inputs.primary_nameservers.iter().map(body).collect()
}

fn outputs(object: &Body) -> ZoneOutputs {
    ZoneOutputs { name: object.name.clone(), nameservers: object.authoritative_nameservers.assigned.clone() }
}

fn observed(object: Body) -> Observed<Zone> {
    let outputs = outputs(&object);
    let nameserver = |server: NameserverBody| PrimaryNameserver {
        address: server.address,
        port: server.port,
        tsig_key: server.tsig_key.filter(|key| !key.is_empty()).map(Secret::new),
        tsig_algorithm: server.tsig_algorithm,
    };
    let inputs = ZoneInputs {
        name: object.name,
        mode: object.mode,
        ttl: object.ttl,
        primary_nameservers: object.primary_nameservers.into_iter().map(nameserver).collect(),
        delete_protection: object.protection.delete,
        labels: label::stripped(object.labels),
    };
    Observed::new(wire::id(object.id), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(entries: &[(&str, Value)]) -> Vec<String> {
        let inputs = Value::map(entries.iter().cloned());
        Zone::check(&inputs).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn check_knows_domains_and_modes() {
        assert!(faults(&[("name", "example.org".into()), ("ttl", Value::Int(60))]).is_empty());
        for bad in ["Example.org", "example.org.", "org", "a b.org"] {
            assert_eq!(faults(&[("name", bad.into())]), ["name"], "{bad}");
        }
        assert_eq!(faults(&[("ttl", Value::Int(59))]), ["ttl"]);
        let servers = ("primary_nameservers", Value::list([Value::map([("address", Value::from("ns1"))])]));
        let secondary = ("mode", Value::from("secondary"));
        assert_eq!(faults(&[secondary.clone(), servers.clone()]), ["primary_nameservers[0].address"]);
        assert_eq!(faults(std::slice::from_ref(&secondary)), ["primary_nameservers"]);
        assert!(faults(&[secondary, ("primary_nameservers", Value::Unknown)]).is_empty());
        let good =
            ("primary_nameservers", Value::list([Value::map([("address", Value::from("203.0.113.1"))])]));
        assert_eq!(faults(std::slice::from_ref(&good)), ["primary_nameservers"]);
        assert!(faults(&[good, ("mode", Value::Unknown)]).is_empty());
    }

    #[test]
    fn what_is_read_is_what_was_given() {
        let body: Body = serde_json::from_value(serde_json::json!({
            "id": 42, "name": "example.org", "created": "2026-01-01T00:00:00Z", "mode": "secondary",
            "primary_nameservers": [{"address": "203.0.113.1", "port": 53, "tsig_key": "a2V5",
                "tsig_algorithm": "hmac-sha256"}],
            "labels": {"a": "b", "iac-stack": "x"}, "protection": {"delete": true}, "ttl": 10800,
            "status": "ok", "record_count": 1, "registrar": "hetzner",
            "authoritative_nameservers": {"assigned": ["hydrogen.ns.hetzner.com."], "delegated": [],
                "delegation_last_check": null},
        }))
        .unwrap();
        let observed = observed(body);
        assert_eq!(observed.outputs.nameservers, ["hydrogen.ns.hetzner.com."]);
        let inputs = observed.inputs;
        assert_eq!((inputs.mode, inputs.ttl, inputs.labels.len()), (ZoneMode::Secondary, 10800, 1));
        let again = serde_json::to_value(nameserver_bodies(&inputs)).unwrap();
        assert_eq!(
            again,
            serde_json::json!([{"address": "203.0.113.1", "port": 53, "tsig_key": "a2V5",
                "tsig_algorithm": "hmac-sha256"}])
        );
        assert!(!format!("{inputs:?}").contains("a2V5"));
    }
}
