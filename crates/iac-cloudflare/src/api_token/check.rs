//! What is wrong with the inputs of a token. Knows no requests; what is not known yet passes.

use iac_core::{Fault, Value};

use crate::check::{Checker, length};
use crate::marked;

/// Longest name, with its marker.
const NAME_LENGTH_MAX: usize = 120;

pub(super) fn faults(inputs: &Value) -> Vec<Fault> {
    let checker = Checker::new(inputs);
    let none = checker.value("policies").as_list().is_some_and(<[Value]>::is_empty);
    checker
        .text("name", length(1..=NAME_LENGTH_MAX - marked::LENGTH))
        .fault_if(none, "policies", "a token without permissions is good for nothing")
        .nested("policies", |policy| {
            let given = |field: &str| match policy.value(field) {
                Value::Null | Value::Bool(false) => false,
                Value::List(items) => !items.is_empty(),
                Value::Map(entries) => !entries.is_empty(),
                _ => true,
            };
            let (all_zones, account) = (given("all_zones"), given("account"));
            let nothing = !all_zones && !account && !given("zones") && !given("resources");
            let no_permissions = policy.value("permissions").as_list().is_some_and(<[Value]>::is_empty);
            policy
                .fault_if(no_permissions, "permissions", "say what is permitted")
                .text("permissions", length(1..=NAME_LENGTH_MAX))
                .fault_if(
                    nothing,
                    "zones",
                    "say what the permissions are for: zones, all zones or the account",
                )
                .fault_if(
                    all_zones && account,
                    "account",
                    "permissions for the account and for all its zones go into policies of their own",
                )
        })
        .text("allowed_ips", network)
        .text("denied_ips", network)
        .text("expires_on", moment)
        .text("not_before", moment)
        .finish()
}

fn network(text: &str) -> Option<String> {
    let address = text.split_once('/').map_or(text, |(address, _)| address);
    let prefix = text.split_once('/').map(|(_, prefix)| prefix.parse::<u8>());
    let good = match (address.parse::<std::net::IpAddr>(), prefix) {
        (Ok(address), Some(Ok(prefix))) => prefix <= if address.is_ipv4() { 32 } else { 128 },
        (Ok(_), None) => true,
        _ => false,
    };
    (!good).then(|| format!("`{text}` is no address and no network in CIDR notation"))
}

/// The one spelling that the API gives back.
fn moment(text: &str) -> Option<String> {
    const FORM: &[u8] = b"0000-00-00T00:00:00Z";
    let fits = |(letter, form): (u8, &u8)| match form {
        b'0' => letter.is_ascii_digit(),
        other => letter == *other,
    };
    let good = text.len() == FORM.len() && text.bytes().zip(FORM).all(fits);
    (!good).then(|| format!("`{text}` is no moment such as `2027-01-31T00:00:00Z`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn check_knows_policies_networks_and_moments() {
        let fields = |inputs: Json| -> Vec<String> {
            faults(&Value::from_json(&inputs).unwrap()).into_iter().map(|fault| fault.field).collect()
        };
        let policy = json!({ "permissions": ["DNS Write"], "zones": ["z"] });
        assert!(fields(json!({ "policies": [policy], "expires_on": "2027-01-31T00:00:00Z" })).is_empty());
        assert_eq!(fields(json!({ "policies": [] })), ["policies"]);
        assert_eq!(
            fields(json!({ "policies": [{ "permissions": [] }, { "permissions": ["A"], "account": true,
                "all_zones": true }], "allowed_ips": ["10.0.0.0/33"], "not_before": "tomorrow" })),
            [
                "policies[0].permissions",
                "policies[0].zones",
                "policies[1].account",
                "allowed_ips[0]",
                "not_before"
            ]
        );
    }
}
