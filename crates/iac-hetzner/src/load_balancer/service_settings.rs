//! How a load balancer service treats HTTP and watches its targets: the input types, and what the
//! API makes of settings left out. Knows nothing of how they are written on the wire.

use iac_core::{FieldType, Id, Inputs, Value, from_value};
use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;

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
    pub(super) fn reads_http(self) -> bool {
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
pub(super) fn timeout_idle() -> u32 {
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
pub(super) fn status_codes() -> Vec<String> {
    vec!["2??".to_owned(), "3??".to_owned()]
}

impl Default for HealthCheckHttp {
    fn default() -> Self {
        Self { domain: None, path: path(), response: None, status_codes: status_codes(), tls: false }
    }
}

/// One spelling for settings that mean the same.
pub(super) trait Canonical: Default + PartialEq + FieldType {
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
}
