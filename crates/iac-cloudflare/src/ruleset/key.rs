//! Where a ruleset is, as its id says, and the requests to it. Knows no rule.

use iac_core::{Cx, Id, Result};
use iac_http::{Client, Request};

use super::phase::RulesetPhase;
use super::resource::Ruleset;
use crate::account::is_id;
use crate::client::Cloudflare;
use crate::zone::Zone;

/// What a ruleset belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// A zone.
    Zone(String),
    /// The provider's account.
    Account,
}

impl Scope {
    pub(super) fn of(zone: Option<&Id<Zone>>) -> Self {
        zone.map_or(Self::Account, |zone| Self::Zone(zone.as_str().to_owned()))
    }

    /// The kind of its entry points, as the API calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Zone(_) => "zone",
            Self::Account => "root",
        }
    }

    pub(super) fn zone(&self) -> Option<Id<Zone>> {
        match self {
            Self::Zone(zone) => Some(Id::new(zone.as_str())),
            Self::Account => None,
        }
    }

    /// A request to `rest` below the scope's rulesets.
    pub(super) async fn request(
        &self,
        cx: &Cx<'_, Cloudflare>,
        method: impl FnOnce(&Client, String) -> Request + Send,
        rest: &str,
    ) -> Result<Request> {
        let http = cx.client().http(cx);
        Ok(match self {
            Self::Zone(zone) => {
                method(&http, format!("/zones/{{zone}}/rulesets{rest}")).segment("zone", zone)
            }
            Self::Account => {
                let account = cx.client().account_id(cx).await?;
                method(&http, format!("/accounts/{{account}}/rulesets{rest}")).segment("account", account)
            }
        })
    }
}

/// A ruleset by its id, or the entry point of a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) scope: Scope,
    pub(super) name: Name,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// The id that the API gave.
    Id(String),
    /// The entry point of a phase, for imports.
    Phase(RulesetPhase),
}

impl Key {
    /// `<zone>/<ruleset>` in a zone, `<ruleset>` in the account; the phase's name may stand for the
    /// ruleset's id.
    pub(super) fn parse(id: &Id<Ruleset>) -> Self {
        let (scope, name) = match id.as_str().split_once('/') {
            Some((zone, name)) => (Scope::Zone(zone.to_owned()), name),
            None => (Scope::Account, id.as_str()),
        };
        let phase = RulesetPhase::parse(name).filter(|_| !is_id(name));
        let name = phase.map_or_else(|| Name::Id(name.to_owned()), Name::Phase);
        Self { scope, name }
    }

    /// The id of a ruleset that the API calls `ruleset`.
    pub(super) fn id(scope: &Scope, ruleset: &str) -> Id<Ruleset> {
        match scope {
            Scope::Zone(zone) => Id::new(format!("{zone}/{ruleset}")),
            Scope::Account => Id::new(ruleset),
        }
    }

    /// A request to the ruleset itself.
    pub(super) async fn request(
        &self,
        cx: &Cx<'_, Cloudflare>,
        method: impl FnOnce(&Client, String) -> Request + Send,
    ) -> Result<Request> {
        match &self.name {
            Name::Id(id) => Ok(self.scope.request(cx, method, "/{ruleset}").await?.segment("ruleset", id)),
            Name::Phase(phase) => entry_point(cx, &self.scope, *phase, method).await,
        }
    }
}

/// A request to the entry point of a phase.
pub(super) async fn entry_point(
    cx: &Cx<'_, Cloudflare>,
    scope: &Scope,
    phase: RulesetPhase,
    method: impl FnOnce(&Client, String) -> Request + Send,
) -> Result<Request> {
    let request = scope.request(cx, method, "/phases/{phase}/entrypoint").await?;
    Ok(request.segment("phase", phase.word()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_where_a_ruleset_is() {
        let key = |text: &str| Key::parse(&Id::new(text));
        let zone = || Scope::Zone("z".into());
        assert_eq!(key("z/r"), Key { scope: zone(), name: Name::Id("r".into()) });
        assert_eq!(key("r"), Key { scope: Scope::Account, name: Name::Id("r".into()) });
        let phase = Name::Phase(RulesetPhase::HttpRatelimit);
        assert_eq!(key("z/http_ratelimit"), Key { scope: zone(), name: phase });
        for scope in [zone(), Scope::Account] {
            assert_eq!(key(Key::id(&scope, "r").as_str()).scope, scope);
        }
    }
}
