//! How a load balancer service treats HTTP and watches its targets: the input types, what the API
//! makes of settings left out, and their wire form. Knows nothing of requests.

use iac_core::{Fault, FieldType, Id, Inputs, Result, Value, from_value};
use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::wire;

/// Ports.
pub(crate) const PORT_RANGE: std::ops::RangeInclusive<i64> = 1..=65_535;
/// Shortest and longest time between two health checks, in seconds.
const INTERVAL_RANGE: std::ops::RangeInclusive<i64> = 3..=60;
/// Shortest and longest time until a health check counts as failed, in seconds.
const TIMEOUT_RANGE: std::ops::RangeInclusive<i64> = 1..=60;
/// Fewest and most failed health checks until a target counts as unhealthy.
const RETRIES_RANGE: std::ops::RangeInclusive<i64> = 1..=5;
/// Shortest and longest life of the cookie, in seconds.
const COOKIE_LIFETIME_RANGE: std::ops::RangeInclusive<i64> = 30..=86_400;
/// Longest name of the cookie.
const COOKIE_NAME_LENGTH_MAX: usize = 100;
/// Longest `Host` header of a health check.
const DOMAIN_LENGTH_MAX: usize = 128;
/// Longest path and longest expected text of a health check.
const PATH_LENGTH_MAX: usize = 256;

/// What a load balancer service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ServiceProtocol {
    /// Passes the byte stream on.
    Tcp,
    /// HTTP/1.1.
    Http,
    /// Ends TLS and passes HTTP on.
    Https,
}

impl ServiceProtocol {
    /// Whether the service reads HTTP, so that [`ServiceHttp`] applies to it.
    pub(crate) fn reads_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }
}

/// What a health check speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HealthCheckProtocol {
    /// A target is healthy if it accepts a connection.
    #[default]
    Tcp,
    /// A target is healthy if it answers a request as [`HealthCheckHttp`] says.
    Http,
}

/// How an `http` or `https` service treats requests. What is left out has the API's default.
///
/// ```
/// use iac_hetzner::ServiceHttp;
///
/// let http = ServiceHttp::args().sticky_sessions(true).cookie_name("SESSION").cookie_lifetime(600u32);
/// # let _ = http;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ServiceHttp {
    /// Whether the requests of one client go to one target, by a cookie. Default false.
    #[serde(default)]
    pub sticky_sessions: bool,
    /// Name of the cookie, 1 to 100 characters. Default `HCLBSTICKY`.
    #[serde(default = "cookie_name")]
    pub cookie_name: String,
    /// Life of the cookie in seconds, 30 to 86400. Default 300.
    #[serde(default = "cookie_lifetime")]
    pub cookie_lifetime: u32,
    /// Time in seconds without traffic after which a connection is closed. Default 50.
    #[serde(default = "timeout_idle")]
    pub timeout_idle: u32,
    /// The certificates of an `https` service.
    #[serde(default)]
    #[field(set)]
    pub certificates: Vec<Id<Certificate>>,
    /// Whether an `https` service sends plain HTTP requests (port 80) to HTTPS. Default false.
    #[serde(default)]
    pub redirect_http: bool,
}

fn cookie_name() -> String {
    "HCLBSTICKY".to_owned()
}
fn cookie_lifetime() -> u32 {
    300
}
fn timeout_idle() -> u32 {
    50
}

impl Default for ServiceHttp {
    fn default() -> Self {
        Self {
            sticky_sessions: false,
            cookie_name: cookie_name(),
            cookie_lifetime: cookie_lifetime(),
            timeout_idle: timeout_idle(),
            certificates: Vec::new(),
            redirect_http: false,
        }
    }
}

/// How the targets of a service are watched. What is left out has the API's default: a TCP
/// connection to the destination port every 15 seconds.
///
/// ```
/// use iac_hetzner::{HealthCheck, HealthCheckHttp, HealthCheckProtocol};
///
/// let check = HealthCheck::args()
///     .protocol(HealthCheckProtocol::Http)
///     .http(HealthCheckHttp::args().path("/healthz").status_codes(["2??"]));
/// # let _ = check;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct HealthCheck {
    /// What the check speaks. Default `tcp`.
    #[serde(default)]
    pub protocol: HealthCheckProtocol,
    /// The port of the targets. Left out, it is the service's destination port.
    #[field(default_from_api)]
    pub port: Option<u16>,
    /// Time in seconds between two checks, 3 to 60. Default 15.
    #[serde(default = "interval")]
    pub interval: u32,
    /// Time in seconds after which a check has failed, 1 to 60. Default 10.
    #[serde(default = "timeout")]
    pub timeout: u32,
    /// How many failed checks make a target unhealthy, 1 to 5. Default 3.
    #[serde(default = "retries")]
    pub retries: u32,
    /// The request of an `http` check.
    pub http: Option<HealthCheckHttp>,
}

fn interval() -> u32 {
    15
}
fn timeout() -> u32 {
    10
}
fn retries() -> u32 {
    3
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            protocol: HealthCheckProtocol::Tcp,
            port: None,
            interval: interval(),
            timeout: timeout(),
            retries: retries(),
            http: None,
        }
    }
}

/// The request of an `http` health check and which answers are healthy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct HealthCheckHttp {
    /// The `Host` header. By default there is none.
    pub domain: Option<String>,
    /// The path, percent-encoded. Default `/`.
    #[serde(default = "path")]
    pub path: String,
    /// A text that the answer must contain.
    pub response: Option<String>,
    /// The healthy status codes, `?` for any one character and `*` for several. Default `2??` and
    /// `3??`.
    #[serde(default = "status_codes")]
    #[field(set)]
    pub status_codes: Vec<String>,
    /// Whether the check speaks TLS. Default false.
    #[serde(default)]
    pub tls: bool,
}

fn path() -> String {
    "/".to_owned()
}
fn status_codes() -> Vec<String> {
    vec!["2??".to_owned(), "3??".to_owned()]
}

impl Default for HealthCheckHttp {
    fn default() -> Self {
        Self { domain: None, path: path(), response: None, status_codes: status_codes(), tls: false }
    }
}

/// One spelling for settings that mean the same.
pub(crate) trait Canonical: Default + PartialEq + FieldType {
    /// The same settings with lists sorted, defaults filled in, and what the program left to the
    /// API as `old` has it.
    fn canonical(self, old: &Self) -> Self;

    /// Whether the wanted value means the same as the existing one, absence being the default.
    /// `false` if a part is not known yet.
    fn same(old: &Value, new: &Value) -> bool {
        let read = |value: &Value| match value {
            Value::Null => Some(Self::default()),
            value if value.has_unknown() => None,
            value => from_value::<Self>(value).ok(),
        };
        let (Some(old), Some(again), Some(new)) = (read(old), read(old), read(new)) else { return false };
        new.canonical(&old) == again.canonical(&old)
    }
}

impl Canonical for ServiceHttp {
    fn canonical(mut self, _: &Self) -> Self {
        self.certificates.sort();
        self.certificates.dedup();
        self
    }
}

impl Canonical for HealthCheck {
    fn canonical(mut self, old: &Self) -> Self {
        self.port = self.port.or(old.port);
        self.http = match self.protocol {
            HealthCheckProtocol::Tcp => None,
            HealthCheckProtocol::Http => Some(self.http.unwrap_or_default().sorted()),
        };
        self
    }
}

impl HealthCheckHttp {
    fn sorted(mut self) -> Self {
        self.domain = self.domain.filter(|domain| !domain.is_empty());
        self.response = self.response.filter(|response| !response.is_empty());
        self.status_codes.sort();
        self
    }
}

/// HTTP settings on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HttpBody {
    pub(crate) cookie_name: String,
    pub(crate) cookie_lifetime: u32,
    // Absent in answers from before the API had it.
    #[serde(default = "timeout_idle")]
    pub(crate) timeout_idle: u32,
    #[serde(default)]
    pub(crate) sticky_sessions: bool,
    // An `http` service has neither of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) certificates: Option<Vec<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_http: Option<bool>,
}

impl HttpBody {
    pub(crate) fn new(http: &ServiceHttp, protocol: ServiceProtocol) -> Result<Self> {
        let tls = protocol == ServiceProtocol::Https;
        let certificates = http.certificates.iter().map(|id| wire::number(id, "http.certificates"));
        let certificates = certificates.collect::<Result<_>>()?;
        Ok(Self {
            cookie_name: http.cookie_name.clone(),
            cookie_lifetime: http.cookie_lifetime,
            timeout_idle: http.timeout_idle,
            sticky_sessions: http.sticky_sessions,
            certificates: tls.then_some(certificates),
            redirect_http: tls.then_some(http.redirect_http),
        })
    }

    pub(crate) fn into_settings(self) -> ServiceHttp {
        ServiceHttp {
            sticky_sessions: self.sticky_sessions,
            cookie_name: self.cookie_name,
            cookie_lifetime: self.cookie_lifetime,
            timeout_idle: self.timeout_idle,
            certificates: self.certificates.unwrap_or_default().into_iter().map(wire::id).collect(),
            redirect_http: self.redirect_http.unwrap_or(false),
        }
    }
}

/// A health check on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HealthCheckBody {
    pub(crate) protocol: HealthCheckProtocol,
    pub(crate) port: u16,
    pub(crate) interval: u32,
    pub(crate) timeout: u32,
    pub(crate) retries: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<HealthCheckHttpBody>,
}

/// The request of an `http` health check on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HealthCheckHttpBody {
    // The API wants it even if it is null.
    #[serde(default)]
    pub(crate) domain: Option<String>,
    pub(crate) path: String,
    // Sent even if it is empty: that is how it is taken back.
    #[serde(default)]
    pub(crate) response: String,
    #[serde(default = "status_codes")]
    pub(crate) status_codes: Vec<String>,
    #[serde(default)]
    pub(crate) tls: bool,
}

impl HealthCheckBody {
    pub(crate) fn new(check: HealthCheck, destination_port: u16) -> Self {
        let check = check.canonical(&HealthCheck::default());
        Self {
            protocol: check.protocol,
            port: check.port.unwrap_or(destination_port),
            interval: check.interval,
            timeout: check.timeout,
            retries: check.retries,
            http: check.http.map(|http| HealthCheckHttpBody {
                domain: http.domain,
                path: http.path,
                response: http.response.unwrap_or_default(),
                status_codes: http.status_codes,
                tls: http.tls,
            }),
        }
    }

    pub(crate) fn into_settings(self) -> HealthCheck {
        HealthCheck {
            protocol: self.protocol,
            port: Some(self.port),
            interval: self.interval,
            timeout: self.timeout,
            retries: self.retries,
            http: self.http.map(|http| HealthCheckHttp {
                domain: http.domain.filter(|domain| !domain.is_empty()),
                path: http.path,
                response: Some(http.response).filter(|response| !response.is_empty()),
                status_codes: http.status_codes,
                tls: http.tls,
            }),
        }
    }
}

/// Faults of the field `http` of a service that speaks `protocol`.
pub(crate) fn check_http(protocol: Option<&str>, http: &Value, faults: &mut Vec<Fault>) {
    let mut fault = |field: &str, message: String| faults.push(Fault::new(format!("http{field}"), message));
    if protocol == Some("tcp") && http.as_map().is_some() {
        fault("", "a `tcp` service does not read HTTP; leave it out, or make the protocol `http`".into());
    }
    let certificates = http.get("certificates").as_list();
    match protocol {
        Some("https") if certificates.is_none_or(<[Value]>::is_empty) => {
            // Unknown is neither a list nor empty.
            if *http != Value::Unknown && *http.get("certificates") != Value::Unknown {
                fault(".certificates", "an `https` service needs at least one certificate".into());
            }
        }
        Some("http") if certificates.is_some_and(|list| !list.is_empty()) => {
            fault(".certificates", "only an `https` service has certificates".into());
        }
        _ => {}
    }
    if protocol == Some("http") && *http.get("redirect_http") == Value::Bool(true) {
        fault(".redirect_http", "only an `https` service redirects".into());
    }
    if let Some(name) = http.get("cookie_name").as_str() {
        if !(1..=COOKIE_NAME_LENGTH_MAX).contains(&name.len()) {
            fault(".cookie_name", format!("a name has 1 to {COOKIE_NAME_LENGTH_MAX} characters"));
        }
    }
    if let Some(message) = outside(http.get("cookie_lifetime"), &COOKIE_LIFETIME_RANGE) {
        fault(".cookie_lifetime", message);
    }
}

/// Faults of the field `health_check`.
pub(crate) fn check_health(check: &Value, faults: &mut Vec<Fault>) {
    let mut fault =
        |field: &str, message: String| faults.push(Fault::new(format!("health_check.{field}"), message));
    for (field, range) in
        [("interval", &INTERVAL_RANGE), ("timeout", &TIMEOUT_RANGE), ("retries", &RETRIES_RANGE)]
    {
        if let Some(message) = outside(check.get(field), range) {
            fault(field, message);
        }
    }
    if let Some(message) = outside(check.get("port"), &PORT_RANGE) {
        fault("port", message);
    }
    let http = check.get("http");
    if http.as_map().is_some() && matches!(check.get("protocol").as_str(), Some("tcp")) {
        fault("http", "a `tcp` check sends no request; leave it out, or make the protocol `http`".into());
    }
    if let Some(path) = http.get("path").as_str() {
        if !path.starts_with('/') || path.contains(char::is_whitespace) || path.len() > PATH_LENGTH_MAX {
            fault(
                "http.path",
                format!("a path begins with `/`, has no spaces and at most {PATH_LENGTH_MAX} characters"),
            );
        }
    }
    if let Some(domain) = http.get("domain").as_str() {
        if domain.contains([' ', '%', '\\']) || domain.len() > DOMAIN_LENGTH_MAX {
            fault(
                "http.domain",
                format!("a host has no space, `%` or `\\` and at most {DOMAIN_LENGTH_MAX} characters"),
            );
        }
    }
    if http.get("response").as_str().is_some_and(|text| text.len() > PATH_LENGTH_MAX) {
        fault("http.response", format!("the text has at most {PATH_LENGTH_MAX} characters"));
    }
}

fn outside(value: &Value, range: &std::ops::RangeInclusive<i64>) -> Option<String> {
    let number = value.as_int()?;
    (!range.contains(&number)).then(|| format!("{number} is outside {} to {}", range.start(), range.end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::to_value;

    #[test]
    fn absence_is_the_default() {
        let default = to_value(&ServiceHttp::default()).unwrap();
        assert!(ServiceHttp::same(&Value::Null, &default));
        assert!(!ServiceHttp::same(&default.with("cookie_lifetime", Value::Int(600)), &Value::Null));
        assert!(!ServiceHttp::same(&Value::Null, &default.with("certificates", Value::Unknown)));
        let existing = HealthCheck { port: Some(8080), ..HealthCheck::default() };
        let existing = to_value(&existing).unwrap();
        assert!(HealthCheck::same(&existing, &Value::Null));
        assert!(!HealthCheck::same(&existing, &existing.with("port", Value::Int(9000))));
        let http = Value::map([("protocol", "http".into())]);
        let spelled = HealthCheck {
            protocol: HealthCheckProtocol::Http,
            http: Some(HealthCheckHttp {
                response: Some(String::new()),
                status_codes: vec!["3??".into(), "2??".into()],
                ..HealthCheckHttp::default()
            }),
            ..HealthCheck::default()
        };
        assert!(HealthCheck::same(&to_value(&spelled).unwrap(), &http));
    }

    #[test]
    fn settings_survive_the_wire() {
        let check = HealthCheck {
            protocol: HealthCheckProtocol::Http,
            port: Some(9000),
            http: Some(HealthCheckHttp { path: "/healthz".into(), tls: true, ..HealthCheckHttp::default() }),
            ..HealthCheck::default()
        };
        let body = HealthCheckBody::new(check.clone(), 8080);
        assert_eq!((body.port, body.interval), (9000, 15));
        assert_eq!(body.into_settings(), check);
        // The check goes to the destination port where the program names no other.
        assert_eq!(HealthCheckBody::new(HealthCheck::default(), 8080).port, 8080);

        let http = ServiceHttp {
            certificates: vec![Id::new("7"), Id::new("4")],
            redirect_http: true,
            ..ServiceHttp::default()
        };
        let body = HttpBody::new(&http, ServiceProtocol::Https).unwrap();
        assert_eq!(body.into_settings(), http);
        let body = HttpBody::new(&http, ServiceProtocol::Http).unwrap();
        assert_eq!((body.certificates, body.redirect_http), (None, None));
    }

    fn fields(check: impl FnOnce(&mut Vec<Fault>)) -> Vec<String> {
        let mut faults = Vec::new();
        check(&mut faults);
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn http_settings_fit_the_protocol() {
        let http = |entries: Vec<(&str, Value)>| Value::map(entries);
        let certificates = Value::list(["7".into()]);
        let check = |protocol, value: &Value| fields(|faults| check_http(Some(protocol), value, faults));
        assert_eq!(check("tcp", &http(vec![])), ["http"]);
        assert!(check("tcp", &Value::Null).is_empty());
        assert_eq!(check("https", &Value::Null), ["http.certificates"]);
        assert!(check("https", &Value::Unknown).is_empty());
        assert!(check("https", &http(vec![("certificates", Value::Unknown)])).is_empty());
        assert!(check("https", &http(vec![("certificates", Value::list([Value::Unknown]))])).is_empty());
        assert_eq!(check("http", &http(vec![("certificates", certificates)])), ["http.certificates"]);
        let odd = http(vec![
            ("redirect_http", true.into()),
            ("cookie_name", "".into()),
            ("cookie_lifetime", Value::Int(5)),
        ]);
        assert_eq!(check("http", &odd), ["http.redirect_http", "http.cookie_name", "http.cookie_lifetime"]);
    }

    #[test]
    fn health_checks_stay_in_their_ranges() {
        let check = |entries: Vec<(&str, Value)>| {
            fields(|faults| check_health(&Value::map(entries), faults))
        };
        assert!(check(vec![("port", Value::Int(9000)), ("interval", Value::Int(15))]).is_empty());
        assert_eq!(check(vec![("port", Value::Int(0))]), ["health_check.port"]);
        assert_eq!(check(vec![("interval", Value::Int(2))]), ["health_check.interval"]);
        let request = Value::map([("path", Value::from("healthz")), ("domain", "a b".into())]);
        assert_eq!(
            check(vec![("protocol", "http".into()), ("http", request.clone())]),
            ["health_check.http.path", "health_check.http.domain"]
        );
        assert!(check(vec![("protocol", "tcp".into()), ("http", request)]).contains(&"health_check.http".into()));
    }
}
