//! Owns volumes: their sizes and where they are attached. Knows nothing of file systems.
use super::action::NewAction;
use super::catalogue;
use super::cloud::HetznerSim;
use super::effect::Effect;
use super::error::{
    Answer, invalid_input, limit_reached, not_found, protected, service_error, unprocessable,
};
use super::input::Input;
use super::kind::Kind;
use super::paging::{self, one_of};
use super::resource::{self, Meta, Resource, SORTABLE, kept_in};
use super::routes::Routes;
use super::server::Server;
use super::state::State;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const SIZE_GB_MIN: u64 = 10;
const SIZE_GB_MAX: u64 = 10_240;
const NAME_CHARACTERS_MAX: usize = 64;
/// The most volumes of one server.
pub(crate) const VOLUMES_PER_SERVER_MAX: usize = 16;

/// A disk in the network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) meta: Meta,
    size_gb: u64,
    /// The location's name.
    pub(crate) location: String,
    /// The server, also while that is being deleted.
    pub(crate) server: Option<u64>,
    format: Option<String>,
    available: bool,
    delete_protected: bool,
}

/// What an action on a volume does at its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Available,
    Attach(u64),
    Detach,
    Resize(u64),
    Protect(bool),
}

pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    let Some(volume) = sim.state.volumes.get_mut(&id) else {
        return;
    };
    match change {
        Change::Available => volume.available = true,
        Change::Attach(server) => {
            if sim.state.servers.contains_key(&server) {
                volume.server = Some(server);
            }
        }
        Change::Detach => volume.server = None,
        Change::Resize(size_gb) => volume.size_gb = size_gb,
        Change::Protect(protected) => volume.delete_protected = protected,
    }
}

impl Resource for Volume {
    kept_in!(Volume, volumes);

    fn view(&self, _: &HetznerSim) -> Value {
        let location = catalogue::location(&self.location);
        self.meta.view_with(json!({
            "server": self.server,
            "location": location.map(catalogue::Location::view),
            "size": self.size_gb,
            "linux_device": format!("/dev/disk/by-id/scsi-0HC_Volume_{}", self.meta.id),
            "protection": { "delete": self.delete_protected },
            "status": self.status(),
            "format": self.format,
        }))
    }
}

impl Volume {
    fn status(&self) -> &'static str {
        if self.available { "available" } else { "creating" }
    }
}

/// The ids of a server's volumes.
pub(crate) fn of_server(state: &State, server: u64) -> Vec<u64> {
    let attached = state.volumes.values().filter(|volume| volume.server == Some(server));
    attached.map(|volume| volume.meta.id).collect()
}

/// Refuses a volume that a server in `location` cannot get.
pub(crate) fn require_attachable(sim: &HetznerSim, id: u64, location: &str) -> Result<(), SimResponse> {
    let volume = sim.find::<Volume>(id)?;
    sim.require_unlocked(Kind::Volume, id)?;
    if volume.server.is_some() {
        let message = format!("volume with ID '{id}' is already attached to a server");
        return Err(unprocessable("volume_already_attached", message));
    }
    if volume.location != location {
        return Err(invalid_input("server", "server and volume must be in the same location"));
    }
    Ok(())
}

/// The action that attaches a volume.
pub(crate) fn attach_action(id: u64, server: u64) -> NewAction {
    NewAction::new("attach_volume")
        .locking(Kind::Server, server)
        .locking(Kind::Volume, id)
        .effect(Effect::Volume(id, Change::Attach(server)))
}

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /volumes", list)
        .route("POST /volumes", create)
        .route("GET /volumes/{id}", resource::get::<Volume>)
        .route("PUT /volumes/{id}", update)
        .route("DELETE /volumes/{id}", delete)
        .route("POST /volumes/{id}/actions/attach", attach)
        .route("POST /volumes/{id}/actions/detach", detach)
        .route("POST /volumes/{id}/actions/resize", resize)
        .route("POST /volumes/{id}/actions/change_protection", change_protection)
}

fn list(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let volumes = sim.visible::<Volume>().filter(|volume| one_of(request, "status", volume.status()));
    paging::answer(request, "volumes", &SORTABLE, volumes, |volume| volume.view(sim))
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let size_gb = input.required_integer("size")?;
    require_size(&input, size_gb)?;
    let format = input.choice("format", &["ext4", "xfs"])?.map(str::to_owned);
    let server = input.integer("server")?;
    let location = location_of_new(sim, &input, server)?;
    if input.boolean("automount")? == Some(true) && server.is_none() {
        return Err(input.refuse("automount", "automount needs a server"));
    }
    require_volume_name(&input)?;
    let meta = sim.new_meta::<Volume>(&input)?;
    let id = meta.id;
    let volume =
        Volume { meta, size_gb, location, server: None, format, available: false, delete_protected: false };
    sim.state.volumes.insert(id, volume);
    let create = NewAction::new("create_volume")
        .locking(Kind::Volume, id)
        .effect(Effect::Volume(id, Change::Available));
    let create = sim.start_action(create);
    let attach = server.map(|server| sim.start_action(attach_action(id, server).after(create)));
    let next_actions: Vec<u64> = attach.into_iter().collect();
    let body = json!({
        "volume": sim.find::<Volume>(id)?.view(sim),
        "action": sim.action_view(create),
        "next_actions": sim.action_views(&next_actions),
    });
    Ok(SimResponse::json(201, body))
}

fn require_size(input: &Input, size_gb: u64) -> Result<(), SimResponse> {
    if (SIZE_GB_MIN..=SIZE_GB_MAX).contains(&size_gb) {
        return Ok(());
    }
    Err(input.refuse("size", format!("size must be between {SIZE_GB_MIN} and {SIZE_GB_MAX}")))
}

/// The location named by the request or of the server named by it.
fn location_of_new(sim: &HetznerSim, input: &Input, server: Option<u64>) -> Result<String, SimResponse> {
    let named = match input.id_or_name("location")? {
        None => None,
        Some(wanted) => {
            let location = catalogue::location_by_id_or_name(&wanted);
            Some(location.ok_or_else(|| not_found("location", &wanted))?.name.to_owned())
        }
    };
    let Some(server) = server else {
        return named.ok_or_else(|| input.missing("location"));
    };
    if named.is_some() {
        return Err(input.refuse("location", "only one of server and location can be given"));
    }
    require_server_with_room(sim, server)?;
    Ok(sim.find::<Server>(server)?.location.clone())
}

fn require_server_with_room(sim: &HetznerSim, server: u64) -> Result<(), SimResponse> {
    sim.find::<Server>(server)?;
    sim.require_unlocked(Kind::Server, server)?;
    if of_server(&sim.state, server).len() >= VOLUMES_PER_SERVER_MAX {
        let message = format!("server {server} has {VOLUMES_PER_SERVER_MAX} volumes already");
        return Err(limit_reached("volumes_per_server_limit", message));
    }
    Ok(())
}

fn require_volume_name(input: &Input) -> Result<(), SimResponse> {
    let name = input.required_text("name")?;
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let good = bytes.len() <= NAME_CHARACTERS_MAX
        && alphanumeric(bytes.first())
        && alphanumeric(bytes.last())
        && bytes.iter().all(inner);
    if good { Ok(()) } else { Err(input.refuse("name", "is not a valid volume name")) }
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Volume>(params)?;
    let input = Input::read(request)?;
    if input.text("name")?.is_some() {
        require_volume_name(&input)?;
    }
    sim.update_meta::<Volume>(id, &input)?;
    sim.show::<Volume>(200, id)
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Volume>(params)?;
    let volume = sim.find::<Volume>(id)?;
    if volume.delete_protected {
        return Err(protected(Kind::Volume, &id.to_string()));
    }
    sim.require_unlocked(Kind::Volume, id)?;
    if volume.server.is_some() {
        return Err(service_error(format!("volume with ID '{id}' is still attached to a server")));
    }
    sim.state.volumes.remove(&id);
    Ok(SimResponse::empty(204))
}

fn attach(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Volume>(params)?;
    let input = Input::read(request)?;
    let server = input.required_integer("server")?;
    input.boolean("automount")?;
    require_server_with_room(sim, server)?;
    let location = sim.find::<Server>(server)?.location.clone();
    require_attachable(sim, id, &location)?;
    sim.answer_action(attach_action(id, server))
}

fn detach(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Volume>(params)?;
    sim.require_unlocked(Kind::Volume, id)?;
    let Some(server) = sim.find::<Volume>(id)?.server else {
        return Err(service_error(format!("volume with ID '{id}' is not attached to a server")));
    };
    sim.require_unlocked(Kind::Server, server)?;
    let action = NewAction::new("detach_volume")
        .locking(Kind::Server, server)
        .locking(Kind::Volume, id)
        .effect(Effect::Volume(id, Change::Detach));
    sim.answer_action(action)
}

fn resize(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Volume>(params)?;
    let input = Input::read(request)?;
    let size_gb = input.required_integer("size")?;
    require_size(&input, size_gb)?;
    if size_gb <= sim.find::<Volume>(id)?.size_gb {
        return Err(input.refuse("size", "size must be larger than the current size"));
    }
    sim.require_unlocked(Kind::Volume, id)?;
    sim.answer_change("resize_volume", (Kind::Volume, id), Effect::Volume(id, Change::Resize(size_gb)))
}

fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Volume>(params)?;
    let input = Input::read(request)?;
    let mut action = NewAction::new("change_protection").about(Kind::Volume, id);
    if let Some(protected) = input.boolean("delete")? {
        action = action.effect(Effect::Volume(id, Change::Protect(protected)));
    }
    sim.answer_action(action)
}
