//! Owns a certificate's contents and how a managed one is issued. Knows no requests.
use super::x509::{self, CertificateFacts};
use crate::sim::cloud::HetznerSim;
use crate::sim::resource::{Meta, Resource, kept_in};
use crate::sim::rrset::quoted_strings;
use crate::sim::zone::{Mode, Zone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

const VALIDITY: Duration = Duration::from_secs(90 * 24 * 3_600);
/// Who issues managed certificates, as CAA records name it.
const ISSUER: &str = "letsencrypt.org";

/// A certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Certificate {
    pub(super) meta: Meta,
    /// None for an uploaded one.
    pub(super) managed: Option<Issuance>,
    /// The chain in PEM; none before a managed one is issued.
    pub(super) chain: Option<String>,
    pub(super) not_valid_before: Option<String>,
    pub(super) not_valid_after: Option<String>,
    pub(super) domain_names: Vec<String>,
    pub(super) fingerprint: Option<String>,
}

/// How far a managed certificate is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Issuance {
    Pending,
    Completed,
    Failed { code: String, message: String },
}

/// What happens to a certificate at the end of an action.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// It is issued.
    Issue,
    /// It is refused, for a reason known when the action began.
    Refuse { code: String, message: String },
}

impl Resource for Certificate {
    kept_in!(Certificate, certificates);

    fn view(&self, sim: &HetznerSim) -> Value {
        let used_by: Vec<Value> =
            users(sim, self.meta.id).map(|id| json!({ "id": id, "type": "load_balancer" })).collect();
        let status = self.managed.as_ref().map(|issuance| match issuance {
            Issuance::Pending => {
                json!({ "issuance": "pending", "renewal": "unavailable", "error": null })
            }
            Issuance::Completed => {
                json!({ "issuance": "completed", "renewal": "scheduled", "error": null })
            }
            Issuance::Failed { code, message } => {
                let error = json!({ "code": code, "message": message });
                json!({ "issuance": "failed", "renewal": "unavailable", "error": error })
            }
        });
        self.meta.view_with(json!({
            "type": self.type_word(),
            "certificate": self.chain,
            "not_valid_before": self.not_valid_before,
            "not_valid_after": self.not_valid_after,
            "domain_names": self.domain_names,
            "fingerprint": self.fingerprint,
            "status": status,
            "used_by": used_by,
        }))
    }
}

impl Certificate {
    /// The certificate's type as lists filter by it.
    pub(super) fn type_word(&self) -> &'static str {
        if self.managed.is_some() { "managed" } else { "uploaded" }
    }

    pub(super) fn set(&mut self, chain: String, facts: CertificateFacts) {
        self.chain = Some(chain);
        self.not_valid_before = Some(facts.not_valid_before);
        self.not_valid_after = Some(facts.not_valid_after);
        self.domain_names = facts.domain_names;
        self.fingerprint = Some(facts.fingerprint);
    }
}

/// The load balancers that use a certificate.
pub(super) fn users(sim: &HetznerSim, certificate: u64) -> impl Iterator<Item = u64> {
    let balancers = sim.state.load_balancers.values();
    balancers.filter(move |balancer| balancer.uses_certificate(certificate)).map(|balancer| balancer.meta.id)
}

/// Why these names would get no certificate now: code and message.
pub(super) fn obstacle(sim: &HetznerSim, domain_names: &[String]) -> Option<(&'static str, String)> {
    domain_names.iter().find_map(|name| obstacle_of(sim, name))
}

fn obstacle_of(sim: &HetznerSim, name: &str) -> Option<(&'static str, String)> {
    let is_below =
        |zone: &str| name == zone || name.strip_suffix(zone).is_some_and(|relative| relative.ends_with('.'));
    let Some(zone) = sim.visible::<Zone>().find(|zone| is_below(&zone.meta.name)) else {
        return Some(("dns_zone_not_found", format!("DNS zone of {name} not found")));
    };
    if zone.mode == Mode::Secondary {
        let message = format!("DNS zone {} is a secondary zone", zone.meta.name);
        return Some(("dns_zone_is_secondary_zone", message));
    }
    let relative = name.strip_suffix(&zone.meta.name).unwrap_or_default().trim_end_matches('.');
    let wildcard = relative == "*" || relative.starts_with("*.");
    let mut level = relative.trim_start_matches('*').trim_start_matches('.');
    // The nearest set of CAA records counts, from the name itself upwards.
    let set = loop {
        let set_name = if level.is_empty() { "@" } else { level };
        if let Some(set) = zone.rrsets.get(&format!("{set_name}/CAA")) {
            break set;
        }
        if level.is_empty() {
            return None;
        }
        level = level.split_once('.').map_or("", |(_, above)| above);
    };
    let issuers = |tag: &str| -> Vec<String> {
        let values = set.records.iter().filter_map(|record| {
            let (_, rest) = record.value.split_once(' ')?;
            let (found, text) = rest.split_once(' ')?;
            (found == tag).then(|| quoted_strings(text).unwrap_or_default().concat())
        });
        values.map(|value| value.split(';').next().unwrap_or_default().trim().to_owned()).collect()
    };
    let mut allowed = if wildcard { issuers("issuewild") } else { Vec::new() };
    if allowed.is_empty() {
        allowed = issuers("issue");
    }
    if allowed.is_empty() || allowed.iter().any(|issuer| issuer == ISSUER) {
        return None;
    }
    let message = format!("the CAA record of {name} does not allow the certificate authority");
    Some(("caa_record_does_not_allow_ca", message))
}

/// An action has ended well.
pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    let now = sim.now;
    let Some(certificate) = sim.state.certificates.get_mut(&id) else {
        return;
    };
    match change {
        Change::Issue => {
            let (chain, facts) = x509::issue(id, &certificate.domain_names, now, now + VALIDITY);
            certificate.set(chain, facts);
            certificate.managed = Some(Issuance::Completed);
        }
        Change::Refuse { code, message } => {
            certificate.managed = Some(Issuance::Failed { code, message });
        }
    }
}

/// An action has failed.
pub(crate) fn revert(sim: &mut HetznerSim, id: u64, change: Change) {
    let Some(certificate) = sim.state.certificates.get_mut(&id) else {
        return;
    };
    let (code, message) = match change {
        Change::Refuse { code, message } => (code, message),
        Change::Issue => ("ca_dns_validation_failed".to_owned(), "DNS validation failed".to_owned()),
    };
    certificate.managed = Some(Issuance::Failed { code, message });
}
