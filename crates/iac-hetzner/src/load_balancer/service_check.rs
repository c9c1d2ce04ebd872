//! What can be wrong with the inputs of a service. Knows nothing of requests.

use std::ops::RangeInclusive;

use iac_core::{Fault, Value};

use crate::check::Checker;

/// Ports.
const PORT_RANGE: RangeInclusive<i64> = 1..=65_535;
/// Shortest and longest time between two health checks, in seconds.
const INTERVAL_RANGE: RangeInclusive<i64> = 3..=60;
/// Shortest and longest time until a health check counts as failed, in seconds.
const TIMEOUT_RANGE: RangeInclusive<i64> = 1..=60;
/// Fewest and most failed health checks until a target counts as unhealthy.
const RETRIES_RANGE: RangeInclusive<i64> = 1..=5;
/// Shortest and longest life of the cookie, in seconds.
const COOKIE_LIFETIME_RANGE: RangeInclusive<i64> = 30..=86_400;
/// Longest name of the cookie.
const COOKIE_NAME_LENGTH_MAX: usize = 100;
/// Longest `Host` header of a health check.
const DOMAIN_LENGTH_MAX: usize = 128;
/// Longest path and longest expected text of a health check.
const TEXT_LENGTH_MAX: usize = 256;

/// The faults of the inputs of a service.
pub(super) fn faults(inputs: &Value) -> Vec<Fault> {
    let checker = Checker::new(inputs);
    let protocol = checker.value("protocol").as_str();
    let http = checker.value("http");
    let stray_http = protocol == Some("tcp") && http.as_map().is_some();
    let no_certificate = protocol == Some("https")
        && match http {
            Value::Null => true,
            Value::Map(_) => is_missing(http.get("certificates")),
            // Not known yet.
            _ => false,
        };
    checker
        .number("listen_port", PORT_RANGE)
        .number("destination_port", PORT_RANGE)
        .fault_if(
            stray_http,
            "http",
            "a `tcp` service does not read HTTP; leave it out, or make the protocol `http`",
        )
        .fault_if(no_certificate, "http.certificates", "an `https` service needs at least one certificate")
        .nested("http", |http| http_faults(http, protocol == Some("http")))
        .nested("health_check", health_check_faults)
        .finish()
}

fn is_missing(list: &Value) -> bool {
    *list == Value::Null || list.as_list().is_some_and(<[Value]>::is_empty)
}

fn http_faults(http: Checker<'_>, is_plain: bool) -> Checker<'_> {
    let certificates = is_plain && http.value("certificates").as_list().is_some_and(|list| !list.is_empty());
    let redirect = is_plain && *http.value("redirect_http") == Value::Bool(true);
    http.fault_if(certificates, "certificates", "only an `https` service has certificates")
        .fault_if(redirect, "redirect_http", "only an `https` service redirects")
        .text("cookie_name", length(1..=COOKIE_NAME_LENGTH_MAX))
        .number("cookie_lifetime", COOKIE_LIFETIME_RANGE)
}

fn health_check_faults(check: Checker<'_>) -> Checker<'_> {
    let stray_http =
        check.value("http").as_map().is_some() && check.value("protocol").as_str() == Some("tcp");
    check
        .number("port", PORT_RANGE)
        .number("interval", INTERVAL_RANGE)
        .number("timeout", TIMEOUT_RANGE)
        .number("retries", RETRIES_RANGE)
        .fault_if(
            stray_http,
            "http",
            "a `tcp` check sends no request; leave it out, or make the protocol `http`",
        )
        .nested("http", |http| {
            http.text("path", path).text("domain", domain).text("response", length(0..=TEXT_LENGTH_MAX))
        })
}

fn length(range: RangeInclusive<usize>) -> impl Fn(&str) -> Option<String> {
    move |text| {
        let length = text.chars().count();
        (!range.contains(&length))
            .then(|| format!("it has {length} characters; {} to {} are possible", range.start(), range.end()))
    }
}

fn path(text: &str) -> Option<String> {
    let good = text.starts_with('/') && !text.contains(char::is_whitespace) && text.len() <= TEXT_LENGTH_MAX;
    (!good).then(|| {
        format!(
            "`{text}` is no path: it begins with `/`, has no spaces and at most {TEXT_LENGTH_MAX} characters"
        )
    })
}

fn domain(text: &str) -> Option<String> {
    let good = !text.contains([' ', '%', '\\']) && text.len() <= DOMAIN_LENGTH_MAX;
    (!good).then(|| {
        format!(
            "`{text}` is no host: it has no space, `%` or `\\` and at most {DOMAIN_LENGTH_MAX} characters"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entries: &[(&str, Value)]) -> Vec<String> {
        let inputs = Value::map(entries.iter().cloned());
        faults(&inputs).into_iter().map(|fault| fault.field).collect()
    }

    fn http(protocol: &str, http: Value) -> Vec<String> {
        check(&[("protocol", protocol.into()), ("http", http)])
    }

    #[test]
    fn http_settings_fit_the_protocol() {
        let certificates = |list: Value| Value::map([("certificates", list)]);
        let none: [(&str, Value); 0] = [];
        assert_eq!(http("tcp", Value::map(none)), ["http"]);
        assert!(http("tcp", Value::Null).is_empty());
        assert_eq!(http("https", Value::Null), ["http.certificates"]);
        assert_eq!(http("https", certificates(Value::list([]))), ["http.certificates"]);
        for known_later in [Value::Unknown, Value::list([Value::Unknown])] {
            assert!(http("https", certificates(known_later)).is_empty());
        }
        assert!(http("https", Value::Unknown).is_empty());
        assert_eq!(http("http", certificates(Value::list(["7".into()]))), ["http.certificates"]);
        let odd = Value::map([
            ("redirect_http", true.into()),
            ("cookie_name", "".into()),
            ("cookie_lifetime", Value::Int(5)),
        ]);
        assert_eq!(http("http", odd), ["http.redirect_http", "http.cookie_name", "http.cookie_lifetime"]);
    }

    #[test]
    fn health_checks_stay_in_their_ranges() {
        let health =
            |entries: &[(&str, Value)]| check(&[("health_check", Value::map(entries.iter().cloned()))]);
        assert!(health(&[("port", Value::Int(9000)), ("interval", Value::Int(15))]).is_empty());
        assert_eq!(health(&[("port", Value::Int(0))]), ["health_check.port"]);
        assert_eq!(health(&[("interval", Value::Int(2))]), ["health_check.interval"]);
        let request = Value::map([("path", Value::from("healthz")), ("domain", "a b".into())]);
        let wrong = ["health_check.http.path", "health_check.http.domain"];
        assert_eq!(health(&[("protocol", "http".into()), ("http", request.clone())]), wrong);
        assert!(
            health(&[("protocol", "tcp".into()), ("http", request)]).contains(&"health_check.http".into())
        );
    }

    #[test]
    fn ports() {
        assert_eq!(check(&[("listen_port", Value::Int(0))]), ["listen_port"]);
        assert_eq!(check(&[("destination_port", Value::Int(65_536))]), ["destination_port"]);
        assert!(faults(&Value::Unknown).is_empty());
    }
}
