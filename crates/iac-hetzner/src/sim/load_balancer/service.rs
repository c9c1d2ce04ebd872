//! Owns the services of a load balancer: their fields, defaults and bounds. Knows neither which
//! ports are taken nor which certificates exist.
use crate::sim::input::Input;
use iac_testkit::sim::SimResponse;
use serde::{Deserialize, Serialize};

const DEFAULT_HTTP_PORT: u16 = 80;
const DEFAULT_HTTPS_PORT: u16 = 443;
const PROTOCOLS: [&str; 3] = ["tcp", "http", "https"];
const HEALTH_CHECK_PROTOCOLS: [&str; 2] = ["tcp", "http"];
const STATUS_CODES_MAX: usize = 20;
const TIMEOUT_IDLE_SECONDS_MAX: u64 = 3_600;

/// One service, as it is shown and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Service {
    pub(crate) protocol: String,
    pub(crate) listen_port: u16,
    destination_port: u16,
    proxyprotocol: bool,
    health_check: HealthCheck,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http: Option<Http>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Http {
    cookie_name: String,
    cookie_lifetime: u64,
    timeout_idle: u64,
    certificates: Vec<u64>,
    redirect_http: bool,
    sticky_sessions: bool,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            cookie_name: "HCLBSTICKY".to_owned(),
            cookie_lifetime: 300,
            timeout_idle: 50,
            certificates: Vec::new(),
            redirect_http: false,
            sticky_sessions: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HealthCheck {
    protocol: String,
    port: u16,
    interval: u64,
    timeout: u64,
    retries: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http: Option<HealthCheckHttp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HealthCheckHttp {
    domain: Option<String>,
    path: String,
    response: String,
    status_codes: Vec<String>,
    tls: bool,
}

impl Default for HealthCheckHttp {
    fn default() -> Self {
        Self {
            domain: None,
            path: "/".to_owned(),
            response: String::new(),
            status_codes: vec!["2??".to_owned(), "3??".to_owned()],
            tls: false,
        }
    }
}

impl Service {
    /// A service of a request; what is absent gets the protocol's defaults.
    pub(crate) fn read(input: &Input) -> Result<Self, SimResponse> {
        let protocol = input.require("protocol", input.choice("protocol", &PROTOCOLS)?)?;
        let (default_listen, default_destination) = match protocol {
            "http" => (Some(DEFAULT_HTTP_PORT), Some(DEFAULT_HTTP_PORT)),
            "https" => (Some(DEFAULT_HTTPS_PORT), Some(DEFAULT_HTTP_PORT)),
            _ => (None, None),
        };
        let listen_port = input.require("listen_port", input.port("listen_port")?.or(default_listen))?;
        let destination_port =
            input.require("destination_port", input.port("destination_port")?.or(default_destination))?;
        let mut service = Self {
            protocol: protocol.to_owned(),
            listen_port,
            destination_port,
            proxyprotocol: false,
            health_check: HealthCheck {
                protocol: "tcp".to_owned(),
                port: destination_port,
                interval: 15,
                timeout: 10,
                retries: 3,
                http: None,
            },
            http: None,
        };
        service.change(input)?;
        Ok(service)
    }

    /// Takes over the fields that a request names, apart from the listen port, which tells
    /// services apart.
    pub(crate) fn change(&mut self, input: &Input) -> Result<(), SimResponse> {
        if let Some(protocol) = input.choice("protocol", &PROTOCOLS)? {
            self.protocol = protocol.to_owned();
        }
        take(&mut self.destination_port, input.port("destination_port")?);
        take(&mut self.proxyprotocol, input.boolean("proxyprotocol")?);
        if let Some(health_check) = input.object("health_check")? {
            self.health_check.change(&health_check)?;
        }
        let fields = input.object("http")?;
        if self.protocol == "tcp" {
            self.http = None;
            return match fields {
                Some(_) => Err(input.refuse("http", "is only available for the protocols http and https")),
                None => Ok(()),
            };
        }
        let http = self.http.get_or_insert_default();
        if let Some(fields) = fields {
            http.change(&fields)?;
        }
        if self.protocol == "http" && http.redirect_http {
            return Err(input.refuse("http.redirect_http", "is only available for the protocol https"));
        }
        if self.protocol == "http" && !http.certificates.is_empty() {
            return Err(input.refuse("http.certificates", "are only available for the protocol https"));
        }
        Ok(())
    }

    /// The ports it listens on: its own, and the one it redirects from.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        let redirects = self.http.as_ref().is_some_and(|http| http.redirect_http);
        let redirected = redirects.then_some(DEFAULT_HTTP_PORT).filter(|port| *port != self.listen_port);
        [self.listen_port].into_iter().chain(redirected)
    }

    /// The certificates it uses.
    pub(crate) fn certificates(&self) -> &[u64] {
        self.http.as_ref().map_or(&[], |http| &http.certificates)
    }
}

impl Http {
    fn change(&mut self, input: &Input) -> Result<(), SimResponse> {
        take(&mut self.cookie_name, input.text_within("cookie_name", 1..=100)?.map(str::to_owned));
        take(&mut self.cookie_lifetime, input.integer_within("cookie_lifetime", 30..=86_400)?);
        take(&mut self.timeout_idle, input.integer_within("timeout_idle", 1..=TIMEOUT_IDLE_SECONDS_MAX)?);
        take(&mut self.redirect_http, input.boolean("redirect_http")?);
        take(&mut self.sticky_sessions, input.boolean("sticky_sessions")?);
        if let Some(mut certificates) = input.integers("certificates")? {
            certificates.sort_unstable();
            certificates.dedup();
            self.certificates = certificates;
        }
        Ok(())
    }
}

impl HealthCheck {
    fn change(&mut self, input: &Input) -> Result<(), SimResponse> {
        let protocol = input.choice("protocol", &HEALTH_CHECK_PROTOCOLS)?;
        take(&mut self.protocol, protocol.map(str::to_owned));
        take(&mut self.port, input.port("port")?);
        take(&mut self.interval, input.integer_within("interval", 3..=60)?);
        take(&mut self.timeout, input.integer_within("timeout", 1..=60)?);
        take(&mut self.retries, input.integer_within("retries", 1..=5)?);
        let fields = input.object("http")?;
        if self.protocol != "http" {
            self.http = None;
            return Ok(());
        }
        let http = self.http.get_or_insert_default();
        if let Some(fields) = fields {
            http.change(&fields)?;
        }
        Ok(())
    }
}

impl HealthCheckHttp {
    fn change(&mut self, input: &Input) -> Result<(), SimResponse> {
        if input.has("domain") {
            let domain = input.text_within("domain", 0..=128)?;
            if domain.is_some_and(|domain| domain.contains([' ', '%', '\\'])) {
                return Err(input.refuse("domain", "may not contain spaces, percent or backslash symbols"));
            }
            self.domain = domain.map(str::to_owned);
        }
        if let Some(path) = input.text_within("path", 1..=256)? {
            if path.contains(' ') {
                return Err(input.refuse("path", "may not contain spaces"));
            }
            path.clone_into(&mut self.path);
        }
        take(&mut self.response, input.text_within("response", 0..=256)?.map(str::to_owned));
        take(&mut self.tls, input.boolean("tls")?);
        if let Some(codes) = input.texts("status_codes")? {
            let valid = |code: &&str| {
                !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit() || b"?*".contains(&byte))
            };
            if codes.len() > STATUS_CODES_MAX || !codes.iter().all(valid) {
                return Err(input.refuse("status_codes", "must be at most 20 status codes"));
            }
            self.status_codes = codes.into_iter().map(str::to_owned).collect();
        }
        Ok(())
    }
}

fn take<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
