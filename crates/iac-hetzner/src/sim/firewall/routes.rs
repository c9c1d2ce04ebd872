//! Owns what clients do with firewalls. Knows no rule's inside.
use super::object::{Change, Firewall, Target, require_appliable};
use super::rule;
use crate::sim::action::NewAction;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, conflict, error, in_use, unprocessable};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::label::Selector;
use crate::sim::resource;
use crate::sim::routes::Routes;
use crate::sim::server::Server;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::{Value, json};

const SET_RULES: &str = "set_firewall_rules";

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /firewalls", resource::list::<Firewall>)
        .route("POST /firewalls", create)
        .route("GET /firewalls/{id}", resource::get::<Firewall>)
        .route("PUT /firewalls/{id}", update)
        .route("DELETE /firewalls/{id}", delete)
        .route("POST /firewalls/{id}/actions/set_rules", set_rules)
        .route("POST /firewalls/{id}/actions/apply_to_resources", apply_to_resources)
        .route("POST /firewalls/{id}/actions/remove_from_resources", remove_from_resources)
}

/// The targets of a request, each valid and named once.
fn read_targets(
    sim: &HetznerSim,
    input: &Input,
    field: &str,
    missing_status: u16,
) -> Result<Option<Vec<Target>>, SimResponse> {
    let Some(objects) = input.objects(field)? else {
        return Ok(None);
    };
    let mut targets = Vec::new();
    for object in objects {
        let kind = object.choice("type", &["server", "label_selector"])?;
        let target = match kind.ok_or_else(|| object.missing("type"))? {
            "server" => {
                let server = object.object("server")?.ok_or_else(|| object.missing("server"))?;
                let id = server.required_integer("id")?;
                if sim.find::<Server>(id).is_err() {
                    let message = format!("server {id} not found");
                    return Err(error(missing_status, "firewall_resource_not_found", message, Value::Null));
                }
                Target::Server(id)
            }
            _ => {
                let selector = object.object("label_selector")?;
                let selector = selector.ok_or_else(|| object.missing("label_selector"))?;
                let text = selector.required_text("selector")?;
                let parsed = Selector::parse(text).map_err(|reason| selector.refuse("selector", reason));
                parsed?;
                if text.trim().is_empty() {
                    return Err(selector.refuse("selector", "Shorter than minimum length 1."));
                }
                Target::LabelSelector(text.to_owned())
            }
        };
        if targets.contains(&target) {
            return Err(unprocessable("server_already_added", "the same resource is given twice"));
        }
        targets.push(target);
    }
    Ok(Some(targets))
}

/// Starts the application of a firewall: visible at once, in force at the action's end.
fn start_application(sim: &mut HetznerSim, id: u64, target: Target) -> u64 {
    if let Ok(firewall) = sim.find_mut::<Firewall>(id) {
        firewall.targets.push((target.clone(), false));
    }
    let action = about(NewAction::new("apply_firewall"), id, &target);
    sim.start_action(action.effect(Effect::Firewall(id, Change::Applied(target))))
}

fn about(action: NewAction, firewall: u64, target: &Target) -> NewAction {
    let action = match target {
        Target::Server(server) => action.about(Kind::Server, *server),
        Target::LabelSelector(_) => action,
    };
    action.about(Kind::Firewall, firewall)
}

fn require_all_appliable(sim: &HetznerSim, targets: &[Target]) -> Result<(), SimResponse> {
    let servers = targets.iter().filter_map(|target| match target {
        Target::Server(server) => Some(*server),
        Target::LabelSelector(_) => None,
    });
    servers.into_iter().try_for_each(|server| require_appliable(sim, server))
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let rules = rule::read_all(&input)?.unwrap_or_default();
    let targets = read_targets(sim, &input, "apply_to", 422)?.unwrap_or_default();
    require_all_appliable(sim, &targets)?;
    let meta = sim.new_meta::<Firewall>(&input)?;
    let id = meta.id;
    let with_rules = !rules.is_empty();
    sim.state.firewalls.insert(id, Firewall { meta, rules, targets: Vec::new() });
    let mut actions = Vec::new();
    if with_rules {
        actions.push(sim.start_action(NewAction::new(SET_RULES).about(Kind::Firewall, id)));
    }
    for target in targets {
        actions.push(start_application(sim, id, target));
    }
    let view = resource::Resource::view(sim.find::<Firewall>(id)?, sim);
    Ok(SimResponse::json(201, json!({ "firewall": view, "actions": sim.action_views(&actions) })))
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Firewall>(params)?;
    let input = Input::read(request)?;
    if sim.running_actions().any(|action| action.is_about((Kind::Firewall, id))) {
        return Err(conflict(Kind::Firewall, id));
    }
    sim.update_meta::<Firewall>(id, &input)?;
    sim.show::<Firewall>(200, id)
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Firewall>(params)?;
    if !sim.find::<Firewall>(id)?.targets.is_empty() {
        return Err(in_use(Kind::Firewall, id));
    }
    sim.state.firewalls.remove(&id);
    Ok(SimResponse::empty(204))
}

fn actions_answer(sim: &HetznerSim, actions: &[u64]) -> Answer {
    Ok(SimResponse::json(201, json!({ "actions": sim.action_views(actions) })))
}

fn set_rules(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Firewall>(params)?;
    let input = Input::read(request)?;
    let rules = rule::read_all(&input)?.ok_or_else(|| input.missing("rules"))?;
    let subject = (Kind::Firewall, id);
    if sim.running_actions().any(|action| action.command() == SET_RULES && action.is_about(subject)) {
        return Err(conflict(Kind::Firewall, id));
    }
    let targets: Vec<Target> =
        sim.find::<Firewall>(id)?.targets.iter().map(|(target, _)| target.clone()).collect();
    let set = NewAction::new(SET_RULES).about(Kind::Firewall, id);
    let set = sim.start_action(set.effect(Effect::Firewall(id, Change::SetRules(rules))));
    let mut actions = vec![set];
    for target in targets {
        let action = about(NewAction::new("apply_firewall"), id, &target).after(set);
        actions.push(sim.start_action(action));
    }
    actions_answer(sim, &actions)
}

fn apply_to_resources(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Firewall>(params)?;
    let input = Input::read(request)?;
    let targets = read_targets(sim, &input, "apply_to", 404)?.ok_or_else(|| input.missing("apply_to"))?;
    let firewall = sim.find::<Firewall>(id)?;
    if firewall.targets.iter().any(|(target, _)| targets.contains(target)) {
        let message = format!("firewall with ID '{id}' is already applied to the resource");
        return Err(unprocessable("firewall_already_applied", message));
    }
    require_all_appliable(sim, &targets)?;
    let actions: Vec<u64> = targets.into_iter().map(|target| start_application(sim, id, target)).collect();
    actions_answer(sim, &actions)
}

fn remove_from_resources(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Firewall>(params)?;
    let input = Input::read(request)?;
    let targets = read_targets(sim, &input, "remove_from", 404)?;
    let targets = targets.ok_or_else(|| input.missing("remove_from"))?;
    let firewall = sim.find::<Firewall>(id)?;
    for target in &targets {
        if firewall.targets.iter().any(|(applied, _)| applied == target) {
            continue;
        }
        return Err(not_removable(sim, firewall, target));
    }
    let start = |target: Target| {
        let action = about(NewAction::new("remove_firewall"), id, &target);
        sim.start_action(action.effect(Effect::Firewall(id, Change::Removed(target))))
    };
    let actions: Vec<u64> = targets.into_iter().map(start).collect();
    actions_answer(sim, &actions)
}

/// Why a firewall cannot be taken from something that it was not applied to by name.
fn not_removable(sim: &HetznerSim, firewall: &Firewall, target: &Target) -> SimResponse {
    let by_selector = match target {
        Target::Server(id) => sim.find::<Server>(*id).is_ok_and(|server| {
            firewall.targets.iter().any(|(applied, _)| applied.covers(*id, &server.meta.labels))
        }),
        Target::LabelSelector(_) => false,
    };
    if by_selector {
        let message = "the firewall is applied via a label selector and cannot be removed manually";
        return unprocessable("firewall_managed_by_label_selector", message);
    }
    let message = format!("firewall with ID '{}' is not applied to the resource", firewall.meta.id);
    unprocessable("firewall_already_removed", message)
}
