//! Owns what a server does with images: rebuilds, snapshots, backups; and its change of type.
//! Knows no images' routes.
use super::change::Change;
use super::create::password;
use super::object::{Server, Status};
use super::routes::{begin, start};
use crate::sim::action::NewAction;
use crate::sim::catalogue::{self, ServerType};
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, not_found, protected, unprocessable};
use crate::sim::image::{self, Image, ImageType};
use crate::sim::kind::Kind;
use crate::sim::reach;
use crate::sim::resource::{Meta, Resource};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::json;

fn type_of(sim: &HetznerSim, id: u64) -> Result<&'static ServerType, SimResponse> {
    let server = sim.find::<Server>(id)?;
    catalogue::server_type(&server.server_type).ok_or_else(|| not_found("server type", &server.server_type))
}

pub(super) fn rebuild(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    if sim.find::<Server>(id)?.rebuild_protected {
        return Err(protected(Kind::Server, "rebuild"));
    }
    let wanted = input.required_id_or_name("image")?;
    input.text("user_data")?;
    let image = image::resolve(sim, &wanted, type_of(sim, id)?.architecture())?;
    let image_id = image.meta.id;
    if image.disk_size_gb > sim.find::<Server>(id)?.primary_disk_gb {
        return Err(input.refuse("image", "the image is larger than the server's disk"));
    }
    let with_keys = sim.find::<Server>(id)?.has_ssh_keys;
    let root_password = (!with_keys).then(|| password(sim, id));
    sim.find_mut::<Server>(id)?.status = Status::Rebuilding;
    let action = NewAction::new("rebuild_server").locking(Kind::Server, id).about(Kind::Image, image_id);
    let action = sim.start_action(action.effect(Effect::Server(id, Change::Rebuilt(image_id))));
    let body = json!({ "root_password": root_password, "action": sim.action_view(action) });
    Ok(SimResponse::json(201, body))
}

pub(super) fn change_type(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let upgrade_disk = input.boolean("upgrade_disk")?.ok_or_else(|| input.missing("upgrade_disk"))?;
    let wanted = input.required_id_or_name("server_type")?;
    let new = catalogue::server_type(&wanted).ok_or_else(|| not_found("server type", &wanted))?;
    let old = type_of(sim, id)?;
    let server = sim.find::<Server>(id)?;
    let refuse = |reason: &str| Err(unprocessable("invalid_server_type", reason));
    if new.id == old.id {
        return refuse("the server has this type already");
    }
    if new.is_gone() || !new.is_sold_in(&server.location) {
        return refuse("the server type is deprecated or not available in the server's location");
    }
    if new.architecture() != old.architecture() {
        return refuse("the server type has another architecture");
    }
    if new.disk_gb < server.primary_disk_gb {
        return refuse("the server type's disk is smaller than the server's disk");
    }
    if let Some(location) = catalogue::location(&server.location) {
        super::place::require_orderable(sim, new, location)?;
    }
    reach::require_off(sim, id)?;
    sim.find_mut::<Server>(id)?.status = Status::Migrating;
    start(sim, id, "change_server_type", Change::Type(new.name.to_owned(), upgrade_disk))
}

pub(super) fn create_image(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let server = sim.find::<Server>(id)?;
    let is_backup = input.choice("type", &["snapshot", "backup"])? == Some("backup");
    if is_backup && server.backup_window.is_none() {
        return Err(unprocessable("service_error", "backups are not enabled for this server"));
    }
    let description = input.text("description")?.unwrap_or(&server.meta.name).to_owned();
    let labels = input.labels()?.unwrap_or_default();
    let source = image::by_id(sim, server.image);
    let new = Image {
        meta: Meta { id: 0, name: String::new(), labels, created: sim.now },
        image_type: if is_backup { ImageType::Backup } else { ImageType::Snapshot },
        available: false,
        description,
        image_size_gb: None,
        disk_size_gb: server.primary_disk_gb,
        created_from: Some((id, server.meta.name.clone())),
        bound_to: is_backup.then_some(id),
        os_flavor: source.map_or_else(|| "unknown".to_owned(), |image| image.os_flavor.clone()),
        os_version: source.and_then(|image| image.os_version.clone()),
        rapid_deploy: false,
        delete_protected: false,
        deprecated: None,
        architecture: type_of(sim, id)?.architecture().to_owned(),
    };
    let image_id = sim.state.next_id();
    let image = Image { meta: Meta { id: image_id, ..new.meta.clone() }, ..new };
    sim.state.images.insert(image_id, image);
    let action = NewAction::new("create_image")
        .locking(Kind::Server, id)
        .locking(Kind::Image, image_id)
        .effect(Effect::Image(image_id, image::Change::Available));
    let action = sim.start_action(action);
    let view = sim.find::<Image>(image_id)?.view(sim);
    Ok(SimResponse::json(201, json!({ "image": view, "action": sim.action_view(action) })))
}
