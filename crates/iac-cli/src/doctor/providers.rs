//! What the clouds answer: whether credentials are taken, how fast, and what time it is there.

use std::time::Duration;

use iac_core::{ErrorKind, ProbeAnswer, ProviderProbe};

use super::check::Check;

/// APIs tell whole seconds, and an answer takes its time: less says nothing.
const CLOCK_APART_MS_OK: u64 = 5_000;
/// Signed requests and certificates are refused when clocks are further apart than some minutes.
const CLOCK_APART_MS_MAX: u64 = 300_000;
/// Slower answers make every run slow.
const LATENCY_OK: Duration = Duration::from_secs(2);
const MS_PER_S: u64 = 1_000;

/// What `probe` tells: the account, and the clock where the API tells its time.
pub(super) fn checks(probe: &ProviderProbe) -> Vec<Check> {
    let name = format!("provider {}", probe.instance);
    match &probe.answer {
        ProbeAnswer::Failed { error } => {
            let text = error.to_string();
            let check = Check::failed(name, text);
            let way_out = error.way_out().map(str::to_owned);
            vec![check.way_out(way_out.unwrap_or_else(|| fallback(error.kind()).to_owned()))]
        }
        ProbeAnswer::Accepted { probe: found, clock_ahead_ms } => {
            let mut text = format!("account {}", found.account);
            if let Some(endpoint) = &found.endpoint {
                text = format!("{text} at {endpoint}");
            }
            let account = match found.latency {
                None => Check::ok(name, text),
                Some(latency) if latency <= LATENCY_OK => {
                    Check::ok(name, format!("{text} answers in {} ms", latency.as_millis()))
                }
                Some(latency) => Check::warning(
                    name,
                    format!("{text} takes {} ms to answer", latency.as_millis()),
                )
                .way_out(
                    "look at the network and at the vendor's status page; every call of a run takes as long",
                ),
            };
            let clock = clock_ahead_ms.map(|ahead| clock(&probe.instance, ahead));
            std::iter::once(account).chain(clock).collect()
        }
        // Resources of the stack configure it, and they do not exist yet.
        _ => vec![
            Check::warning(name, "was not asked: the resources that configure it do not exist yet")
                .way_out("nothing to do: the `up` that creates them asks it"),
        ],
    }
}

fn fallback(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthenticated => "check the credentials that the program gives to the provider",
        ErrorKind::PermissionDenied => "give the credentials the permissions that the provider needs",
        _ => "check the network, a proxy or firewall on the way, and the vendor's status page",
    }
}

fn clock(instance: &str, ahead_ms: i64) -> Check {
    const NAME: &str = "clock";
    let apart = ahead_ms.unsigned_abs();
    if apart <= CLOCK_APART_MS_OK {
        return Check::ok(NAME, format!("agrees with that of {instance}"));
    }
    let side = if ahead_ms > 0 { "ahead of" } else { "behind" };
    let text = format!("this machine's clock is {} s {side} that of {instance}", apart / MS_PER_S);
    let way_out = "set the clock, by NTP as a rule: leases, logs and signed requests go by it";
    if apart <= CLOCK_APART_MS_MAX {
        Check::warning(NAME, text).way_out(way_out)
    } else {
        Check::failed(NAME, text).way_out(way_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Status;

    #[test]
    fn clocks_that_are_far_apart_are_told() {
        for (ahead_ms, status, text) in [
            (0, Status::Ok, "agrees"),
            (-4_999, Status::Ok, "agrees"),
            (5_900, Status::Warning, "is 5 s ahead of that of acme"),
            (-60_000, Status::Warning, "is 60 s behind that of acme"),
            (3_600_000, Status::Failed, "is 3600 s ahead of"),
            (i64::MIN, Status::Failed, "behind"),
        ] {
            let check = clock("acme", ahead_ms);
            assert_eq!(check.status, status, "{ahead_ms}: {}", check.message);
            assert!(check.message.contains(text), "{}", check.message);
            assert_eq!(check.way_out.is_some(), status != Status::Ok);
        }
    }
}
