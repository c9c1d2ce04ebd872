//! Owns what clients do with simulated rulesets. Knows no rule's inside.
use super::object::{Ruleset, Scope, TYPE};
use super::plan;
use super::rule::Rule;
use super::validate::{self, ENTRY_POINT_EXISTS, Given, INVALID, Known, MANAGED};
use crate::ruleset::RulesetPhase;
use crate::sim::answer::{self, Answer, error, error_at, ok};
use crate::sim::cloud::CloudflareSim;
use crate::sim::routes::Routes;
use crate::sim::{account, input, zone};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::Deserialize;
use serde_json::{Value, json};

/// The code of a ruleset, a rule or an entry point that does not exist.
const NOT_FOUND: u64 = 10_003;
/// Rulesets on one page of a listing, unless the request says otherwise.
const PER_PAGE: u64 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: Option<String>,
    description: Option<String>,
    kind: Option<String>,
    phase: Option<String>,
    rules: Option<Vec<Given>>,
}

pub(in crate::sim) fn routes(mut router: Routes) -> Routes {
    for scope in ["/zones/{zone_id}", "/accounts/{account_id}"] {
        let path = |method: &str, rest: &str| format!("{method} {scope}/rulesets{rest}");
        router = router
            .route(&path("GET", ""), list)
            .route(&path("POST", ""), create)
            .route(&path("GET", "/{ruleset_id}"), get)
            .route(&path("PUT", "/{ruleset_id}"), put)
            .route(&path("DELETE", "/{ruleset_id}"), delete)
            .route(&path("GET", "/phases/{phase}/entrypoint"), get_entry_point)
            .route(&path("PUT", "/phases/{phase}/entrypoint"), put_entry_point)
            .route(&path("POST", "/{ruleset_id}/rules"), add_rule)
            .route(&path("PATCH", "/{ruleset_id}/rules/{rule_id}"), change_rule)
            .route(&path("DELETE", "/{ruleset_id}/rules/{rule_id}"), delete_rule);
    }
    router
}

fn scope_of(cloud: &CloudflareSim, params: &Params) -> Result<Scope, SimResponse> {
    match params.get("zone_id") {
        Some(_) => zone::of(cloud, params).map(|zone| Scope::Zone(zone.id.clone())),
        None => account::of(cloud, params).map(|id| Scope::Account(id.to_owned())),
    }
}

fn not_found(what: &str) -> SimResponse {
    error(404, NOT_FOUND, format!("could not find {what}"))
}

/// The ruleset of the path, which is in the path's scope.
fn ruleset_of<'a>(cloud: &'a CloudflareSim, params: &Params) -> Result<&'a Ruleset, SimResponse> {
    let scope = scope_of(cloud, params)?;
    let id = params.get("ruleset_id").unwrap_or_default();
    let found = cloud.state.rulesets.get(id).filter(|ruleset| ruleset.scope == scope);
    found.ok_or_else(|| not_found(&format!("ruleset {id}")))
}

fn phase_of(params: &Params) -> Result<&str, SimResponse> {
    let phase = params.get("phase").unwrap_or_default();
    match RulesetPhase::parse(phase) {
        Some(_) => Ok(phase),
        None => Err(error(400, INVALID, format!("'{phase}' is not a valid value for phase"))),
    }
}

fn managed(id: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "description": "Created by the vendor", "kind": "managed", "version": "1",
        "phase": "http_request_firewall_managed", "last_updated": "2026-01-01T00:00:00Z",
    })
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let scope = scope_of(cloud, params)?;
    let per_page = answer::number(request, "per_page", PER_PAGE, 1..=PER_PAGE)?;
    let mut all: Vec<Value> = MANAGED.iter().map(|(id, name)| managed(id, name)).collect();
    all.extend(cloud.rulesets_of(&scope).map(Ruleset::summary));
    answer::cursor_page(request, per_page, &all, Value::clone)
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    scope_of(cloud, params)?;
    let id = params.get("ruleset_id").unwrap_or_default();
    if let Some((id, name)) = MANAGED.iter().find(|(known, _)| *known == id) {
        let mut view = managed(id, name);
        view["rules"] = json!([]);
        return ok(view);
    }
    ok(ruleset_of(cloud, params)?.view())
}

fn get_entry_point(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let (scope, phase) = (scope_of(cloud, params)?, phase_of(params)?);
    let found = cloud.entry_point(&scope, phase);
    ok(found.ok_or_else(|| not_found(&format!("entrypoint ruleset in the {phase} phase")))?.view())
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let scope = scope_of(cloud, params)?;
    let body: Body = input::read(request)?;
    let missing = |field: &str| error_at(400, INVALID, format!("{field} is required"), &format!("/{field}"));
    let name = body.name.filter(|name| !name.is_empty()).ok_or_else(|| missing("name"))?;
    let kind = body.kind.ok_or_else(|| missing("kind"))?;
    let phase = body.phase.ok_or_else(|| missing("phase"))?;
    let rules = body.rules.ok_or_else(|| missing("rules"))?;
    check_place(cloud, &scope, &kind, &phase)?;
    let most = cloud.state.rulesets.len();
    if !cloud.has_room(TYPE, most) {
        return Err(error_at(403, 20_218, "exceeded maximum number of rulesets", "/kind"));
    }
    check_rules(cloud, &phase, &rules)?;
    let id = cloud.next_id();
    let rules = kept(cloud, &[], &rules);
    let last_updated = cloud.timestamp();
    let description = body.description.unwrap_or_default();
    let ruleset =
        Ruleset { id: id.clone(), scope, kind, phase, name, description, version: 1, last_updated, rules };
    let view = ruleset.view();
    cloud.state.rulesets.insert(id, ruleset);
    ok(view)
}

/// Refuses a kind or a phase that the scope does not have, and a second entry point.
fn check_place(cloud: &CloudflareSim, scope: &Scope, kind: &str, phase: &str) -> Result<(), SimResponse> {
    let kinds: &[&str] = match scope {
        Scope::Zone(_) => &["zone", "custom"],
        Scope::Account(_) => &["root", "custom"],
    };
    if !kinds.contains(&kind) {
        let message = format!("'{kind}' is not a valid value for kind because it must be one of {kinds:?}");
        return Err(error_at(400, INVALID, message, "/kind"));
    }
    let of_accounts = RulesetPhase::parse(phase).map(RulesetPhase::is_of_accounts_alone);
    let is_zone = matches!(scope, Scope::Zone(_));
    if of_accounts.is_none_or(|of_accounts| of_accounts && is_zone) {
        let message = format!("'{phase}' is not a valid value for phase at this level");
        return Err(error_at(400, INVALID, message, "/phase"));
    }
    if kind == scope.entry_kind() && cloud.entry_point(scope, phase).is_some() {
        let message = format!(
            "'{kind}' is not a valid value for kind because exceeded maximum number of {kind} rulesets for phase {phase}"
        );
        return Err(error_at(400, ENTRY_POINT_EXISTS, message, "/kind"));
    }
    Ok(())
}

fn check_rules(cloud: &CloudflareSim, phase: &str, rules: &[Given]) -> Result<(), SimResponse> {
    let lists: Vec<(String, String)> =
        cloud.state.lists.values().map(|list| (list.name.clone(), list.kind.clone())).collect();
    let custom: Vec<String> = cloud
        .state
        .rulesets
        .values()
        .filter(|ruleset| ruleset.kind == "custom")
        .map(|ruleset| ruleset.id.clone())
        .collect();
    validate::check(phase, rules, &Known { lists: &lists, custom: &custom })?;
    if cloud.config.paid { Ok(()) } else { plan::check(phase, rules) }
}

/// The rules that a ruleset has after it is given `rules`: one that names the `ref` or the id of an
/// earlier one goes on as this, with a new version if it differs.
fn kept(cloud: &mut CloudflareSim, earlier: &[Rule], rules: &[Given]) -> Vec<Rule> {
    let now = cloud.timestamp();
    let mut kept = Vec::with_capacity(rules.len());
    for given in rules {
        let body = given.body();
        let same = |rule: &&Rule| match &given.reference {
            Some(reference) => rule.reference == *reference,
            None => given.id.as_ref() == Some(&rule.id),
        };
        kept.push(match earlier.iter().find(same) {
            Some(rule) if rule.body == body => rule.clone(),
            Some(rule) => Rule { version: rule.version + 1, last_updated: now.clone(), body, ..rule.clone() },
            None => {
                let id = cloud.next_id();
                let reference = given.reference.clone().unwrap_or_else(|| id.clone());
                Rule { id, reference, version: 1, last_updated: now.clone(), body }
            }
        });
    }
    kept
}

fn put(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let id = ruleset_of(cloud, params)?.id.clone();
    let body: Body = input::read(request)?;
    replace(cloud, &id, body)
}

fn replace(cloud: &mut CloudflareSim, id: &str, body: Body) -> Answer {
    let Some(ruleset) = cloud.state.rulesets.get(id).cloned() else { return Err(not_found("ruleset")) };
    let fixed = [("kind", &body.kind, &ruleset.kind), ("phase", &body.phase, &ruleset.phase)];
    for (field, given, own) in fixed {
        if given.as_ref().is_some_and(|given| given != own) {
            return Err(error_at(400, INVALID, format!("{field} cannot be changed"), &format!("/{field}")));
        }
    }
    let rules = match body.rules {
        Some(given) => {
            check_rules(cloud, &ruleset.phase, &given)?;
            kept(cloud, &ruleset.rules, &given)
        }
        None => return Err(error_at(400, INVALID, "rules is required", "/rules")),
    };
    let last_updated = cloud.timestamp();
    let ruleset = Ruleset {
        name: body.name.unwrap_or(ruleset.name),
        description: body.description.unwrap_or(ruleset.description),
        version: ruleset.version + 1,
        last_updated,
        rules,
        ..ruleset
    };
    let view = ruleset.view();
    cloud.state.rulesets.insert(id.to_owned(), ruleset);
    ok(view)
}

fn put_entry_point(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let (scope, phase) = (scope_of(cloud, params)?, phase_of(params)?.to_owned());
    if let Some(id) = cloud.entry_point(&scope, &phase).map(|ruleset| ruleset.id.clone()) {
        return replace(cloud, &id, input::read(request)?);
    }
    let mut body = request.json().unwrap_or_default();
    if let Some(entries) = body.as_object_mut() {
        entries.entry("name").or_insert_with(|| "default".into());
        entries.entry("kind").or_insert_with(|| scope.entry_kind().into());
        entries.entry("phase").or_insert_with(|| phase.into());
    }
    create(cloud, &request.clone().with_json(&body), params)
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = ruleset_of(cloud, params)?.id.clone();
    cloud.state.rulesets.remove(&id);
    Ok(SimResponse::empty(204))
}

/// Replaces the rules of the path's ruleset by what `change` makes of them.
fn with_rules(
    cloud: &mut CloudflareSim,
    params: &Params,
    change: impl FnOnce(&mut CloudflareSim, &str, &mut Vec<Rule>) -> Result<(), SimResponse>,
) -> Answer {
    let mut ruleset = ruleset_of(cloud, params)?.clone();
    let mut rules = std::mem::take(&mut ruleset.rules);
    change(cloud, &ruleset.phase, &mut rules)?;
    let ruleset = Ruleset { rules, version: ruleset.version + 1, last_updated: cloud.timestamp(), ..ruleset };
    let view = ruleset.view();
    cloud.state.rulesets.insert(ruleset.id.clone(), ruleset);
    ok(view)
}

fn add_rule(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let given: Given = input::read(request)?;
    with_rules(cloud, params, |cloud, phase, rules| {
        check_rules(cloud, phase, std::slice::from_ref(&given))?;
        if given.reference.as_ref().is_some_and(|given| rules.iter().any(|rule| rule.reference == *given)) {
            return Err(error_at(400, INVALID, "ref must be unique", "/ref"));
        }
        let added = kept(cloud, &[], std::slice::from_ref(&given));
        let at = place(rules, given.position.as_ref(), rules.len());
        rules.splice(at..at, added);
        Ok(())
    })
}

fn change_rule(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let given: Given = input::read(request)?;
    let id = params.get("rule_id").unwrap_or_default();
    with_rules(cloud, params, |cloud, phase, rules| {
        let at =
            rules.iter().position(|rule| rule.id == id).ok_or_else(|| not_found(&format!("rule {id}")))?;
        check_rules(cloud, phase, std::slice::from_ref(&given))?;
        let now = cloud.timestamp();
        let old = rules.remove(at);
        let changed = Rule {
            reference: given.reference.clone().unwrap_or(old.reference),
            version: old.version + 1,
            last_updated: now,
            body: given.body(),
            id: old.id,
        };
        let at = place(rules, given.position.as_ref(), at);
        rules.insert(at, changed);
        Ok(())
    })
}

fn delete_rule(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = params.get("rule_id").unwrap_or_default();
    with_rules(cloud, params, |_, _, rules| {
        let at =
            rules.iter().position(|rule| rule.id == id).ok_or_else(|| not_found(&format!("rule {id}")))?;
        rules.remove(at);
        Ok(())
    })
}

/// Where a rule goes among `rules`.
fn place(rules: &[Rule], position: Option<&Value>, default: usize) -> usize {
    let Some(position) = position else { return default };
    let of = |name: &str| position[name].as_str();
    let index = |id: &str| rules.iter().position(|rule| rule.id == id);
    if let Some(before) = of("before") {
        return index(before).unwrap_or(0);
    }
    if let Some(after) = of("after") {
        return index(after).map_or(rules.len(), |at| at + 1);
    }
    let number = position["index"].as_u64().and_then(|number| usize::try_from(number).ok());
    number.map_or(default, |number| number.saturating_sub(1).min(rules.len()))
}
