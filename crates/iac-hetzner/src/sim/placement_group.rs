//! Owns placement groups: servers that stand on different hosts. Does not place anything.
use super::cloud::HetznerSim;
use super::error::{Answer, in_use, unprocessable};
use super::input::Input;
use super::kind::Kind;
use super::paging::{self, one_of};
use super::resource::{self, Meta, Resource, SORTABLE, kept_in};
use super::routes::Routes;
use super::state::State;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most servers of a group of type spread.
const SERVERS_MAX: usize = 10;

/// A group of type spread, the only type there is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PlacementGroup {
    meta: Meta,
}

impl Resource for PlacementGroup {
    kept_in!(PlacementGroup, placement_groups);

    fn view(&self, sim: &HetznerSim) -> Value {
        self.meta.view_with(json!({ "type": "spread", "servers": servers(&sim.state, self.meta.id) }))
    }
}

fn servers(state: &State, group: u64) -> Vec<u64> {
    let members = state.servers.values().filter(|server| server.placement_group == Some(group));
    members.map(|server| server.meta.id).collect()
}

/// Refuses a group that does not exist or is full.
pub(crate) fn require_room(sim: &HetznerSim, group: u64) -> Result<(), SimResponse> {
    sim.find::<PlacementGroup>(group)?;
    if servers(&sim.state, group).len() >= SERVERS_MAX {
        let message = format!("placement group {group} is full: it takes at most {SERVERS_MAX} servers");
        return Err(unprocessable("placement_error", message));
    }
    Ok(())
}

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /placement_groups", list)
        .route("POST /placement_groups", create)
        .route("GET /placement_groups/{id}", resource::get::<PlacementGroup>)
        .route("PUT /placement_groups/{id}", resource::update::<PlacementGroup>)
        .route("DELETE /placement_groups/{id}", delete)
}

fn list(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let groups = sim.visible::<PlacementGroup>().filter(|_| one_of(request, "type", "spread"));
    paging::answer(request, "placement_groups", &SORTABLE, groups, |group| group.view(sim))
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    if input.choice("type", &["spread"])?.is_none() {
        return Err(input.missing("type"));
    }
    let meta = sim.new_meta::<PlacementGroup>(&input)?;
    let id = meta.id;
    sim.state.placement_groups.insert(id, PlacementGroup { meta });
    let view = sim.find::<PlacementGroup>(id)?.view(sim);
    Ok(SimResponse::json(201, json!({ "placement_group": view, "action": Value::Null })))
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<PlacementGroup>(params)?;
    if !servers(&sim.state, id).is_empty() {
        return Err(in_use(Kind::PlacementGroup, id));
    }
    sim.state.placement_groups.remove(&id);
    Ok(SimResponse::empty(204))
}
