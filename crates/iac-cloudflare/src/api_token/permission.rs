//! Names of permissions and the ids that the API wants for them; values that were rolled. Knows nothing
//! of tokens.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use iac_core::{Cx, Error, Result, Secret};

use super::policy::TokenPolicy;
use super::wire::Group;
use crate::client::Cloudflare;
use crate::envelope;

/// The scope of permissions that are for zones.
const ZONE_SCOPE: &str = "com.cloudflare.api.account.zone";
/// The scope of permissions that are for the account.
const ACCOUNT_SCOPE: &str = "com.cloudflare.api.account";
/// Names that an error shows at most.
const SIMILAR_MAX: usize = 5;

/// All permissions of the account.
pub(super) async fn all(cx: &Cx<'_, Cloudflare>) -> Result<Vec<Group>> {
    let account = cx.client().account_id(cx).await?;
    let http = cx.client().http(cx);
    let request = http.get("/accounts/{account}/tokens/permission_groups").segment("account", account);
    Ok(envelope::list(request).await?.0)
}

/// The id of the permission of this name, of the scope that the policy is for where several have it.
///
/// # Errors
/// The vendor has no such permission.
pub(super) fn id_of(all: &[Group], policy: &TokenPolicy, index: usize, name: &str) -> Result<String> {
    let of_name: Vec<&Group> = all.iter().filter(|group| group.name.as_deref() == Some(name)).collect();
    let scope = if policy.account { ACCOUNT_SCOPE } else { ZONE_SCOPE };
    let fitting = of_name.iter().find(|group| group.scopes.iter().any(|one| one == scope));
    match fitting.or(of_name.first()) {
        Some(group) => Ok(group.id.clone()),
        None => {
            let field = format!("policies[{index}].permissions");
            let error = Error::invalid(field, format!("the vendor has no permission `{name}`"));
            Err(match similar(all, name) {
                names if names.is_empty() => error.hint("the vendor's documentation lists them by name"),
                names => error.hint(format!("there are {}", names.join(", "))),
            })
        }
    }
}

fn similar(all: &[Group], name: &str) -> Vec<String> {
    let first = name.split_whitespace().next().unwrap_or(name).to_lowercase();
    let names = all.iter().filter_map(|group| group.name.as_deref());
    let fits = |name: &&str| name.to_lowercase().contains(&first);
    names.filter(fits).take(SIMILAR_MAX).map(|name| format!("`{name}`")).collect()
}

/// Values of tokens that were made anew because the answer that had them was lost. A client keeps them
/// for as long as it lives: there is one for each such loss.
#[derive(Default)]
pub(crate) struct Rolled(Mutex<BTreeMap<String, Secret<String>>>);

impl Rolled {
    pub(super) fn put(&self, token: &str, value: Secret<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned(), value);
    }

    pub(super) fn get(&self, token: &str) -> Option<Secret<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }
}
