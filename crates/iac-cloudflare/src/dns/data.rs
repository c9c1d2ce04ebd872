//! The parts of records that are given in parts. Knows no requests.

use iac_core::Inputs;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::record_type::RecordType;

/// The parts of a [`DnsRecord`](crate::DnsRecord) that is no single value. Which of them a type
/// takes, RFC and type say: `CAA` has `flags`, `tag` and `value`; `SRV` has `priority`, `weight`,
/// `port` and `target`.
///
/// ```
/// use iac_cloudflare::RecordData;
///
/// let caa = RecordData::args().flags(0u16).tag("issue").value("letsencrypt.org");
/// let srv = RecordData::args().priority(10u16).weight(5u16).port(5060u16).target("sip.example.com");
/// # let _ = (caa, srv);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Inputs)]
#[serde(default)]
pub struct RecordData {
    /// `CAA`: 0, or 128 for critical. `DNSKEY`: 256 or 257.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<u16>,
    /// `CAA`: `issue`, `issuewild` or `iodef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// `CAA`: the authority. `HTTPS` and `SVCB`: the parameters, such as `alpn="h3,h2"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `HTTPS`, `SRV`, `SVCB`: lower goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// `SRV`, `URI`: the share among those of one priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// `SRV`: the port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `HTTPS`, `SRV`, `SVCB`: the host, without a final dot; `.` for the name itself. `URI`: the
    /// address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `CERT`, `DNSKEY`, `DS`, `SSHFP`: the algorithm's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<u16>,
    /// `CERT`: the type of the certificate. `SSHFP`: the type of the fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<u16>,
    /// `CERT`, `DS`: the tag of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_tag: Option<u16>,
    /// `DS`: the digest's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_type: Option<u16>,
    /// `DS`: the digest, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// `DNSKEY`: 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u16>,
    /// `DNSKEY`: the key, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// `SSHFP`: the fingerprint, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// `CERT`: in base64. `SMIMEA`, `TLSA`: in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// `SMIMEA`, `TLSA`: what the certificate is used for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<u16>,
    /// `SMIMEA`, `TLSA`: which part of the certificate is matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<u16>,
    /// `SMIMEA`, `TLSA`: how it is matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching_type: Option<u16>,
    /// `NAPTR`: the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u16>,
    /// `NAPTR`: the preference among those of one order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preference: Option<u16>,
    /// `NAPTR`: the flags, such as `U`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naptr_flags: Option<String>,
    /// `NAPTR`: the service, such as `E2U+sip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `NAPTR`: the expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// `NAPTR`: the name that takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// `LOC`: degrees of latitude, 0 to 90.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_degrees: Option<u16>,
    /// `LOC`: minutes of latitude, 0 to 59.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_minutes: Option<u16>,
    /// `LOC`: seconds of latitude, 0 to 59.999.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_seconds: Option<f64>,
    /// `LOC`: `N` or `S`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_direction: Option<String>,
    /// `LOC`: degrees of longitude, 0 to 180.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_degrees: Option<u16>,
    /// `LOC`: minutes of longitude, 0 to 59.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_minutes: Option<u16>,
    /// `LOC`: seconds of longitude, 0 to 59.999.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_seconds: Option<f64>,
    /// `LOC`: `E` or `W`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_direction: Option<String>,
    /// `LOC`: metres above the sea.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude: Option<f64>,
    /// `LOC`: the diameter in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<f64>,
    /// `LOC`: how exact the place is on the map, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision_horz: Option<f64>,
    /// `LOC`: how exact the altitude is, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision_vert: Option<f64>,
}

/// What a field is called on the wire.
pub(crate) fn wire_name(field: &str) -> &str {
    match field {
        "kind" => "type",
        "naptr_flags" => "flags",
        other => other,
    }
}

/// The data as the API wants it.
pub(super) fn to_wire(data: &RecordData) -> Json {
    let fields = match serde_json::to_value(data) {
        Ok(Json::Object(fields)) => fields,
        _ => Map::new(),
    };
    Json::Object(fields.into_iter().map(|(name, value)| (wire_name(&name).to_owned(), value)).collect())
}

/// The data as a program writes it: only the fields that the type has, so that what the API adds is
/// no difference. Nothing for a type without data.
pub(super) fn from_wire(kind: RecordType, data: &Json) -> Option<RecordData> {
    let (required, optional) = kind.data_fields()?;
    let known = required.iter().chain(optional);
    let fields: Map<String, Json> = known
        .filter_map(|field| {
            let value = data.get(wire_name(field)).filter(|value| !value.is_null())?;
            Some(((*field).to_owned(), whole(value)))
        })
        .collect();
    serde_json::from_value(Json::Object(fields)).ok()
}

/// A whole number without a point: the API says only that it is a number.
fn whole(value: &Json) -> Json {
    match value.as_f64() {
        Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() < f64::from(u32::MAX) => {
            Json::from(number as i64)
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_other_names_on_the_wire() {
        let sshfp = RecordData {
            algorithm: Some(4),
            kind: Some(2),
            fingerprint: Some("ab".into()),
            ..RecordData::default()
        };
        let wire = to_wire(&sshfp);
        assert_eq!(wire, serde_json::json!({ "algorithm": 4, "type": 2, "fingerprint": "ab" }));
        assert_eq!(from_wire(RecordType::Sshfp, &wire), Some(sshfp));
        let naptr = serde_json::json!({ "order": 1.0, "preference": 2, "flags": "U", "service": "s", "regex": "",
            "replacement": ".", "added": true });
        let read = from_wire(RecordType::Naptr, &naptr).unwrap();
        assert_eq!((read.naptr_flags.as_deref(), read.flags, read.order), (Some("U"), None, Some(1)));
        assert_eq!(from_wire(RecordType::A, &naptr), None);
    }
}
