//! Owns what the API refuses of a record, with its codes as far as they are known. Keeps nothing.
use super::super::answer::{chained, error};
use super::super::cloud::CloudflareSim;
use super::record::{Given, Record, Settings, content_of};
use crate::check;
use crate::dns::{RecordType, wire_name};
use iac_testkit::sim::SimResponse;
use serde_json::{Map, Value};
use std::net::{Ipv4Addr, Ipv6Addr};

type Checked<T = ()> = Result<T, SimResponse>;

/// Characters of a comment on the free plan, and on a paid one.
const COMMENT_LENGTHS_MAX: [usize; 2] = [100, 500];
/// Shortest time to live on the free plan, and on a paid one.
const TTLS_MIN: [u32; 2] = [60, 30];
const TTL_MAX: u32 = 86_400;
const TTL_AUTOMATIC: u32 = 1;

fn invalid(code: u64, message: &str) -> SimResponse {
    chained(400, (1004, "DNS Validation Error"), (code, message))
}

/// The parts of a record that are checked before it is kept.
pub(super) struct Sound {
    pub(super) name: String,
    pub(super) kind: RecordType,
    pub(super) content: String,
    pub(super) data: Option<Map<String, Value>>,
    pub(super) priority: Option<u16>,
    pub(super) ttl: u32,
    pub(super) proxied: bool,
    pub(super) comment: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) settings: Settings,
}

/// Checks what is given for a record of the zone `zone`.
pub(super) fn sound(cloud: &CloudflareSim, zone: &str, given: Given) -> Checked<Sound> {
    let paid = usize::from(cloud.config.paid);
    let name = whole_name(zone, given.name.as_deref().unwrap_or_default())?;
    let kind = given.kind.as_deref().and_then(RecordType::parse);
    let kind = kind.ok_or_else(|| invalid(9_002, "Invalid or missing DNS record type."))?;
    let proxied = given.proxied.unwrap_or(false);
    if proxied && !kind.is_proxiable() {
        return Err(invalid(9_004, "This record type cannot be proxied."));
    }
    let ttl = given.ttl.unwrap_or(TTL_AUTOMATIC);
    if ttl != TTL_AUTOMATIC && !(TTLS_MIN[paid.min(1)]..=TTL_MAX).contains(&ttl) {
        let message = format!(
            "Invalid TTL. Must be between {} and {TTL_MAX} seconds, or 1 for Automatic.",
            TTLS_MIN[paid.min(1)]
        );
        return Err(invalid(9_021, &message));
    }
    let comment = given.comment.filter(|comment| !comment.is_empty());
    let length_max = COMMENT_LENGTHS_MAX[paid.min(1)];
    if comment.as_ref().is_some_and(|comment| comment.chars().count() > length_max) {
        return Err(error(400, 9_212, format!("Comment is longer than {length_max} characters.")));
    }
    let tags = given.tags.unwrap_or_default();
    let settings = given.settings.unwrap_or_default();
    if !cloud.config.paid && (!tags.is_empty() || settings.flatten_cname == Some(true)) {
        return Err(error(
            400,
            9_300,
            "DNS record has tags or settings that the zone's plan does not include.",
        ));
    }
    if settings.flatten_cname == Some(true) && kind != RecordType::Cname {
        return Err(error(400, 9_301, "Only CNAME records can be flattened."));
    }
    if kind.has_priority() && given.priority.is_none() {
        return Err(invalid(9_100, "priority is a required field."));
    }
    let priority = given.priority.filter(|_| kind.has_priority());
    let (content, data) = value(kind, given.content, given.data)?;
    Ok(Sound { name, kind, content, data, priority, ttl, proxied, comment, tags, settings })
}

/// A name that is not in the zone is taken for one inside of it.
fn whole_name(zone: &str, given: &str) -> Checked<String> {
    let given = given.trim_end_matches('.').to_ascii_lowercase();
    let is_inside = given == zone || given.ends_with(&format!(".{zone}"));
    let name = match given.as_str() {
        "" => return Err(invalid(9_000, "DNS name is invalid.")),
        "@" => zone.to_owned(),
        _ if is_inside => given,
        _ => format!("{given}.{zone}"),
    };
    match check::domain(name.strip_prefix("*.").unwrap_or(&name)) {
        None => Ok(name),
        Some(_) => Err(invalid(9_000, "DNS name is invalid.")),
    }
}

type Parts = (String, Option<Map<String, Value>>);

fn value(kind: RecordType, content: Option<String>, data: Option<Map<String, Value>>) -> Checked<Parts> {
    let Some((required, optional)) = kind.data_fields() else {
        let content = content.filter(|content| !content.is_empty());
        let content = content.ok_or_else(|| invalid(9_101, "content is a required field."))?;
        check_content(kind, &content)?;
        return Ok((content, None));
    };
    let data = data.ok_or_else(|| invalid(9_101, "data is a required field."))?;
    for field in required {
        if data.get(wire_name(field)).is_none_or(Value::is_null) {
            return Err(invalid(9_102, &format!("data.{} is a required field.", wire_name(field))));
        }
    }
    let known = |name: &str| required.iter().chain(optional).any(|field| wire_name(field) == name);
    if let Some(unknown) = data.keys().find(|name| !known(name)) {
        return Err(invalid(9_103, &format!("data.{unknown} is not a field of this record type.")));
    }
    Ok((content_of(kind, &data), Some(data)))
}

fn check_content(kind: RecordType, content: &str) -> Checked {
    let refused = match kind {
        RecordType::A if content.parse::<Ipv4Addr>().is_err() => {
            (9_005, "Content for A record must be a valid IPv4 address.")
        }
        RecordType::Aaaa if content.parse::<Ipv6Addr>().is_err() => {
            (9_006, "Content for AAAA record must be a valid IPv6 address.")
        }
        RecordType::Cname if check::domain(content).is_some() => {
            (9_007, "Content for CNAME record is invalid.")
        }
        RecordType::Ns if check::domain(content).is_some() => (9_008, "Content for NS record is invalid."),
        RecordType::Mx if content != "." && check::domain(content).is_some() => {
            (9_009, "Content for MX record must be a hostname.")
        }
        RecordType::Txt if content.len() > 4_096 => (9_010, "Content for TXT record is too long."),
        _ => return Ok(()),
    };
    Err(invalid(refused.0, refused.1))
}

/// Refuses what cannot be beside the zone's other records. `own` is the record that is changed.
pub(super) fn beside(cloud: &CloudflareSim, zone: &str, own: Option<&str>, new: &Sound) -> Checked {
    let others = || {
        let records = cloud.state.dns_records.values();
        records.filter(move |other| {
            other.zone == zone && Some(other.id.as_str()) != own && other.name == new.name
        })
    };
    if others().any(|other| is_same(other, new)) {
        return Err(error(400, 81_058, "An identical record already exists."));
    }
    let addressed = matches!(new.kind, RecordType::A | RecordType::Aaaa | RecordType::Cname);
    if addressed && cloud.state.workers.has_host(zone, &new.name) {
        return Err(error(400, 81_062, "A DNS record managed by Workers already exists on that host."));
    }
    let has = |kinds: &[&str]| others().any(|other| kinds.contains(&other.kind.as_str()));
    match new.kind {
        RecordType::A | RecordType::Aaaa if has(&["CNAME"]) => {
            Err(error(400, 81_054, "A CNAME record with that host already exists."))
        }
        RecordType::Cname if has(&["A", "AAAA", "CNAME"]) => {
            Err(error(400, 81_053, "An A, AAAA, or CNAME record with that host already exists."))
        }
        // The zone's own name may have both.
        RecordType::Ns
            if others().any(|other| other.kind != "NS" && other.kind != "DS")
                && !is_apex(cloud, zone, new) =>
        {
            Err(error(400, 81_056, "Another record with that host already exists."))
        }
        kind if kind != RecordType::Ns
            && kind != RecordType::Ds
            && has(&["NS"])
            && !is_apex(cloud, zone, new) =>
        {
            Err(error(400, 81_062, "An NS record with that host already exists."))
        }
        _ => Ok(()),
    }
}

fn is_apex(cloud: &CloudflareSim, zone: &str, new: &Sound) -> bool {
    cloud.state.zones.get(zone).is_some_and(|zone| zone.name == new.name)
}

fn is_same(other: &Record, new: &Sound) -> bool {
    other.kind == new.kind.as_str() && other.content == new.content && other.priority == new.priority
}
