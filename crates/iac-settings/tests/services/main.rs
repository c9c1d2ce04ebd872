//! Doppler and Vault as this crate asks them, over real HTTP on loopback, with everything that goes
//! wrong. Doppler's exchanges are compared with its description when that is there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod doppler;
mod doppler_sim;
mod vault;
mod vault_sim;

use std::time::Duration;

use iac_core::{Error, Secret};
use iac_http::RetryPolicy;
use iac_settings::{Reference, SecretSource, SourceContext, Variables};
use serde_json::Value;

/// Long for loopback, short for whoever waits for the answer that never comes.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(200);

/// Repeats at once.
pub(crate) fn retry() -> RetryPolicy {
    RetryPolicy::default().attempts_max(3).backoff(Duration::ZERO, Duration::ZERO).seed(7)
}

pub(crate) async fn fetch(
    source: &dyn SecretSource,
    reference: Value,
    variables: &[(&str, &str)],
) -> Result<Secret<String>, Error> {
    let cx = SourceContext::new(Variables::of(variables.iter().copied()));
    source.fetch(&Reference::from_value(reference), &cx).await
}

/// An error with everything that it says, which must not hold a secret.
#[track_caller]
pub(crate) fn told(result: Result<Secret<String>, Error>, secrets: &[&str]) -> String {
    let error = result.unwrap_err();
    let text = format!("{:?} | {error} | {}", error.kind(), error.way_out().unwrap_or_default());
    let everything = format!("{text} {error:?}");
    for secret in secrets {
        assert!(!everything.contains(secret), "{everything}");
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!everything.contains(&hex), "{everything}");
    }
    text
}
