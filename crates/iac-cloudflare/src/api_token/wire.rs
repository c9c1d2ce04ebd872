//! Tokens as the API has them. Knows no requests.

use std::collections::BTreeMap;

use iac_core::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::policy::{TokenEffect, TokenPolicy};

/// What the name of an account begins with, as a resource of a policy.
const ACCOUNT: &str = "com.cloudflare.api.account.";
/// What the name of a zone begins with.
const ZONE: &str = "com.cloudflare.api.account.zone.";
const ALL: &str = "*";

#[derive(Serialize)]
pub(super) struct Body<'a> {
    pub(super) name: &'a str,
    pub(super) policies: Vec<PolicyBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) condition: Option<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_on: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct PolicyBody {
    pub(super) effect: TokenEffect,
    pub(super) permission_groups: Vec<GroupId>,
    pub(super) resources: Map<String, Json>,
}

#[derive(Serialize)]
pub(super) struct GroupId {
    pub(super) id: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Condition {
    #[serde(default)]
    pub(super) request_ip: RequestIp,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RequestIp {
    #[serde(default, rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub(super) allowed: Vec<String>,
    #[serde(default, rename = "not_in", skip_serializing_if = "Vec::is_empty")]
    pub(super) denied: Vec<String>,
}

// Not `Debug`: it can have the value.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) policies: Vec<PolicyAnswer>,
    #[serde(default)]
    pub(super) condition: Option<Condition>,
    #[serde(default)]
    pub(super) expires_on: Option<String>,
    #[serde(default)]
    pub(super) not_before: Option<String>,
    /// In the answer to a create alone.
    #[serde(default)]
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PolicyAnswer {
    effect: TokenEffect,
    #[serde(default)]
    pub(super) permission_groups: Vec<Group>,
    #[serde(default)]
    resources: Map<String, Json>,
}

/// A permission.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
}

/// What a policy's permissions are for, as the API writes it.
pub(super) fn resources(policy: &TokenPolicy, account: &str) -> Map<String, Json> {
    let mut all = Map::new();
    for zone in &policy.zones {
        all.insert(format!("{ZONE}{zone}"), ALL.into());
    }
    let own = format!("{ACCOUNT}{account}");
    if policy.all_zones {
        all.insert(own.clone(), json!({ format!("{ZONE}{ALL}"): ALL }));
    }
    if policy.account {
        all.insert(own, ALL.into());
    }
    all.extend(policy.resources.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
    all
}

/// The policy as a program would write it, with the names of its permissions.
pub(super) fn policy(answer: &PolicyAnswer, account: &str, names: Vec<String>) -> TokenPolicy {
    let own = format!("{ACCOUNT}{account}");
    let mut policy = TokenPolicy {
        effect: answer.effect,
        permissions: names,
        zones: Vec::new(),
        all_zones: false,
        account: false,
        resources: BTreeMap::new(),
    };
    for (name, value) in &answer.resources {
        match (name.strip_prefix(ZONE), value.as_str()) {
            (Some(zone), Some(ALL)) if zone != ALL => policy.zones.push(Id::new(zone)),
            (_, Some(ALL)) if *name == own => policy.account = true,
            _ if *name == own && *value == json!({ format!("{ZONE}{ALL}"): ALL }) => policy.all_zones = true,
            (_, text) => {
                let text = text.map_or_else(|| value.to_string(), str::to_owned);
                policy.resources.insert(name.clone(), text);
            }
        }
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_permissions_are_for_comes_back_as_it_was() {
        let none = TokenPolicy {
            effect: TokenEffect::Allow,
            permissions: vec!["DNS Write".into()],
            zones: Vec::new(),
            all_zones: false,
            account: false,
            resources: BTreeMap::new(),
        };
        let bucket = [("com.cloudflare.edge.r2.bucket.a_default_b".to_owned(), "*".to_owned())];
        for wanted in [
            TokenPolicy { zones: vec![Id::new("z1"), Id::new("z2")], ..none.clone() },
            TokenPolicy { all_zones: true, ..none.clone() },
            TokenPolicy { account: true, zones: vec![Id::new("z")], ..none.clone() },
            TokenPolicy { resources: bucket.into(), ..none },
        ] {
            let answer = PolicyAnswer {
                effect: TokenEffect::Allow,
                permission_groups: Vec::new(),
                resources: resources(&wanted, "acc"),
            };
            assert_eq!(policy(&answer, "acc", wanted.permissions.clone()), wanted);
        }
    }
}
