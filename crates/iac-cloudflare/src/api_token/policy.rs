//! What a token may do. Knows nothing of tokens.

use std::collections::BTreeMap;

use iac_core::{FieldType, Id, Input, Inputs, IntoInput};
use serde::{Deserialize, Serialize};

use crate::zone::Zone;

/// Whether a policy allows or forbids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TokenEffect {
    /// It allows.
    #[default]
    Allow,
    /// It forbids what another policy allows.
    Deny,
}

/// A part of what a token may do: permissions, and what they are for.
///
/// ```
/// use iac_cloudflare::TokenPolicy;
///
/// let purge = TokenPolicy::args().permissions(["Cache Purge"]).all_zones(true);
/// # let _ = purge;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct TokenPolicy {
    /// Whether it allows or forbids. Default `Allow`.
    #[serde(default)]
    pub effect: TokenEffect,
    /// The permissions, by their names in the API, such as `DNS Write` or `Zone Read`:
    /// <https://developers.cloudflare.com/fundamentals/api/reference/permissions/>.
    #[field(set)]
    pub permissions: Vec<String>,
    /// The zones that they are for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub zones: Vec<Id<Zone>>,
    /// Whether they are for all zones of the account, later ones too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_zones: bool,
    /// Whether they are for the account itself: workers, buckets, lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub account: bool,
    /// Anything else that they are for, as the API names it: `com.cloudflare.edge.r2.bucket.…` with `*`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, String>,
}

impl TokenPolicy {
    /// What an ACME client needs to prove by DNS that a zone is its own (`DNS-01`): to find the zone and
    /// to edit its records.
    ///
    /// ```
    /// use iac_cloudflare::{ApiToken, TokenPolicy, Zone};
    /// use iac_core::Stack;
    ///
    /// let stack = Stack::new("shop", "prod")?;
    /// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
    /// let zone = stack.add("zone", Zone::args().name("example.com"))?;
    /// let token = ApiToken::args().policies([TokenPolicy::dns_challenge(&zone)]);
    /// stack.add("acme", token)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dns_challenge(zone: impl IntoInput<Id<Zone>>) -> Input<TokenPolicy> {
        Self::args().permissions(["Zone Read", "DNS Write"]).zones([zone.into_input()]).into_input()
    }
}
