//! Owns what clients do with certificates. Knows no X.509.
use super::object::{Certificate, Change, Issuance, obstacle, users};
use super::x509;
use crate::sim::action::NewAction;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, in_use, invalid_input, unprocessable};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::paging::{self, one_of};
use crate::sim::reach;
use crate::sim::resource::{self, Resource as _, SORTABLE};
use crate::sim::routes::Routes;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::{Value, json};

const DOMAIN_NAMES_MAX: usize = 100;

/// The routes of certificates.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /certificates", list)
        .route("POST /certificates", create)
        .route("GET /certificates/{id}", resource::get::<Certificate>)
        .route("PUT /certificates/{id}", resource::update::<Certificate>)
        .route("DELETE /certificates/{id}", delete)
        .route("POST /certificates/{id}/actions/retry", retry)
}

fn list(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let certificates = sim.visible::<Certificate>();
    let certificates = certificates.filter(|certificate| one_of(request, "type", certificate.type_word()));
    paging::answer(request, "certificates", &SORTABLE, certificates, |certificate| certificate.view(sim))
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let _input = Input::read(request)?;
    let input = Input::read(request)?;
    match input.choice("type", &["uploaded", "managed"])? {
        Some("managed") => create_managed(sim, &input),
        _ => create_uploaded(sim, &input),
    }
}

fn create_uploaded(sim: &mut HetznerSim, input: &Input) -> Answer {
    let chain = input.required_text("certificate")?;
    let private_key = input.required_text("private_key")?;
    let facts =
        x509::read_pair(chain, private_key).map_err(|(field, reason)| invalid_input(field, reason))?;
    let meta = sim.new_meta::<Certificate>(input)?;
    let id = meta.id;
    let mut certificate = Certificate {
        meta,
        managed: None,
        chain: None,
        not_valid_before: None,
        not_valid_after: None,
        domain_names: Vec::new(),
        fingerprint: None,
    };
    certificate.set(chain.to_owned(), facts);
    sim.state.certificates.insert(id, certificate);
    let view = sim.find::<Certificate>(id)?.view(sim);
    Ok(SimResponse::json(201, json!({ "certificate": view, "action": null })))
}

fn create_managed(sim: &mut HetznerSim, input: &Input) -> Answer {
    for field in ["certificate", "private_key"] {
        if input.is_given(field) {
            return Err(invalid_input(field, "is not allowed for the type managed"));
        }
    }
    let domain_names = input.require("domain_names", input.texts("domain_names")?)?;
    if domain_names.is_empty() || domain_names.len() > DOMAIN_NAMES_MAX {
        let reason = format!("must have between 1 and {DOMAIN_NAMES_MAX} items");
        return Err(invalid_input("domain_names", reason));
    }
    for (index, name) in domain_names.iter().enumerate() {
        let bare = name.strip_prefix("*.").unwrap_or(name);
        reach::require_dns_name(&format!("domain_names.{index}"), bare)?;
    }
    let meta = sim.new_meta::<Certificate>(input)?;
    let id = meta.id;
    let certificate = Certificate {
        meta,
        managed: Some(Issuance::Pending),
        chain: None,
        not_valid_before: None,
        not_valid_after: None,
        domain_names: domain_names.into_iter().map(str::to_owned).collect(),
        fingerprint: None,
    };
    sim.state.certificates.insert(id, certificate);
    let action = start_issuance(sim, "create_certificate", id)?;
    let view = sim.find::<Certificate>(id)?.view(sim);
    Ok(SimResponse::json(201, json!({ "certificate": view, "action": action })))
}

/// Starts to issue a certificate; what stands in its way makes the action fail.
fn start_issuance(sim: &mut HetznerSim, command: &'static str, id: u64) -> Result<Value, SimResponse> {
    let certificate = sim.find_mut::<Certificate>(id)?;
    certificate.managed = Some(Issuance::Pending);
    let domain_names = certificate.domain_names.clone();
    let action = NewAction::new(command).locking(Kind::Certificate, id);
    let action = match obstacle(sim, &domain_names) {
        None => action.effect(Effect::Certificate(id, Change::Issue)),
        Some((code, message)) => {
            let refuse = Change::Refuse { code: code.to_owned(), message: message.clone() };
            action.effect(Effect::Certificate(id, refuse)).failing(code, message)
        }
    };
    let action = sim.start_action(action);
    Ok(sim.action_view(action))
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Certificate>(params)?;
    if users(sim, id).next().is_some() {
        return Err(in_use(Kind::Certificate, id));
    }
    sim.require_unlocked(Kind::Certificate, id)?;
    sim.state.certificates.remove(&id);
    Ok(SimResponse::empty(204))
}

fn retry(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let certificate = sim.find_at::<Certificate>(params)?;
    let id = certificate.meta.id;
    match &certificate.managed {
        Some(Issuance::Failed { .. }) => {}
        Some(_) => {
            let message = "only a failed issuance or renewal can be tried again";
            return Err(unprocessable("unsupported_error", message));
        }
        None => {
            let message = "only managed certificates can be tried again";
            return Err(unprocessable("unsupported_error", message));
        }
    }
    sim.require_unlocked(Kind::Certificate, id)?;
    let action = start_issuance(sim, "issue_certificate", id)?;
    Ok(SimResponse::json(201, json!({ "action": action })))
}
