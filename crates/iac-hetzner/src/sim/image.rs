//! Owns images: the shape they share with the catalogue's, and a project's snapshots and backups.
//! Knows not how a server makes one.
use super::action::NewAction;
use super::catalogue;
use super::cloud::HetznerSim;
use super::effect::Effect;
use super::error::{Answer, invalid_input, not_found, protected, unprocessable};
use super::input::Input;
use super::kind::Kind;
use super::paging::{self, one_of};
use super::resource::{Meta, Resource, SORTABLE, kept_in};
use super::routes::Routes;
use iac_testkit::sim::{Params, SimRequest, SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

const DAYS_UNTIL_UNAVAILABLE: u64 = 90;
const SECONDS_PER_DAY: u64 = 86_400;

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImageType {
    System,
    Snapshot,
    Backup,
}

impl ImageType {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Snapshot => "snapshot",
            Self::Backup => "backup",
        }
    }
}

/// A disk image. `meta.name` is the name of a system image, and empty otherwise.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) meta: Meta,
    pub(crate) image_type: ImageType,
    pub(crate) available: bool,
    pub(crate) description: String,
    pub(crate) image_size_gb: Option<f64>,
    pub(crate) disk_size_gb: u64,
    /// The server it was made from: id and name.
    pub(crate) created_from: Option<(u64, String)>,
    /// The server that a backup belongs to.
    pub(crate) bound_to: Option<u64>,
    pub(crate) os_flavor: String,
    pub(crate) os_version: Option<String>,
    pub(crate) rapid_deploy: bool,
    pub(crate) delete_protected: bool,
    /// When it was announced to end.
    pub(crate) deprecated: Option<SimTime>,
    pub(crate) architecture: String,
}

/// What an action on an image does at its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Available,
    Protect(bool),
}

pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    let Some(image) = sim.state.images.get_mut(&id) else {
        return;
    };
    match change {
        Change::Available => {
            image.available = true;
            image.image_size_gb = Some(1.0);
        }
        Change::Protect(protected) => image.delete_protected = protected,
    }
}

impl Image {
    fn status(&self) -> &'static str {
        if self.available { "available" } else { "creating" }
    }

    /// The image as the API shows it.
    pub(crate) fn show(&self) -> Value {
        let is_system = self.image_type == ImageType::System;
        let created_from = self.created_from.as_ref();
        let deprecation = self.deprecated.map(|announced| {
            let unavailable_after = announced + Duration::from_secs(DAYS_UNTIL_UNAVAILABLE * SECONDS_PER_DAY);
            json!({
                "announced": announced.to_rfc3339(),
                "unavailable_after": unavailable_after.to_rfc3339(),
            })
        });
        self.meta.view_with(json!({
            "name": is_system.then_some(&self.meta.name),
            "type": self.image_type.word(),
            "status": self.status(),
            "description": self.description,
            "image_size": self.image_size_gb,
            "disk_size": self.disk_size_gb,
            "created_from": created_from.map(|(id, name)| json!({ "id": id, "name": name })),
            "bound_to": self.bound_to,
            "os_flavor": self.os_flavor,
            "os_version": self.os_version,
            "rapid_deploy": self.rapid_deploy,
            "protection": { "delete": self.delete_protected },
            "deprecated": self.deprecated.map(SimTime::to_rfc3339),
            "deprecation": deprecation,
            "deleted": Value::Null,
            "architecture": self.architecture,
        }))
    }
}

impl Resource for Image {
    kept_in!(Image, images);

    fn view(&self, _: &HetznerSim) -> Value {
        self.show()
    }
}

/// The image of this id, the project's or the catalogue's.
pub(crate) fn by_id(sim: &HetznerSim, id: u64) -> Option<&Image> {
    sim.state.images.get(&id).or_else(|| catalogue::image(id))
}

/// The image that a request for a server of this architecture names by id or name.
pub(crate) fn resolve<'a>(
    sim: &'a HetznerSim,
    wanted: &str,
    architecture: &str,
) -> Result<&'a Image, SimResponse> {
    let by_id = wanted.parse().ok().and_then(|id| by_id(sim, id));
    let mut of_name = catalogue::images().iter().filter(|image| image.meta.name == wanted);
    // A name stands for one image of each architecture.
    let found = by_id.or_else(|| of_name.find(|image| image.architecture == architecture));
    let image = found.ok_or_else(|| not_found("image", wanted))?;
    if image.architecture != architecture {
        let reason =
            format!("image '{wanted}' is for {}, the server type needs {architecture}", image.architecture);
        return Err(invalid_input("image", reason));
    }
    if !image.available {
        return Err(unprocessable("image_not_available", format!("image '{wanted}' is not available yet")));
    }
    Ok(image)
}

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /images", list)
        .route("GET /images/{id}", get)
        .route("PUT /images/{id}", update)
        .route("DELETE /images/{id}", delete)
        .route("POST /images/{id}/actions/change_protection", change_protection)
}

fn list(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let with_deprecated = request.query("include_deprecated") == Some("true");
    let bound_to = |image: &Image| image.bound_to.map(|server| server.to_string()).unwrap_or_default();
    let fits = |image: &&Image| {
        (with_deprecated || image.deprecated.is_none())
            && one_of(request, "type", image.image_type.word())
            && one_of(request, "status", image.status())
            && one_of(request, "architecture", &image.architecture)
            && one_of(request, "bound_to", &bound_to(image))
    };
    let images = catalogue::images().iter().chain(sim.state.images.values()).filter(fits);
    paging::answer(request, "images", &SORTABLE, images, |image| image.show())
}

fn at<'a>(sim: &'a HetznerSim, params: &Params) -> Result<&'a Image, SimResponse> {
    let image = params.parse("id").and_then(|id| by_id(sim, id));
    image.ok_or_else(|| not_found("image", params.get("id").unwrap_or_default()))
}

/// An image that the project owns.
fn own_id(sim: &HetznerSim, params: &Params) -> Result<u64, SimResponse> {
    let image = at(sim, params)?;
    if image.image_type == ImageType::System {
        let message = "only images of type snapshot and backup can be changed";
        return Err(unprocessable("unsupported_error", message));
    }
    Ok(image.meta.id)
}

fn get(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    Ok(SimResponse::json(200, json!({ "image": at(sim, params)?.show() })))
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = own_id(sim, params)?;
    let input = Input::read(request)?;
    let description = input.text("description")?.map(str::to_owned);
    let to_snapshot = input.choice("type", &["snapshot"])?.is_some();
    let labels = input.labels()?;
    let image = sim.find_mut::<Image>(id)?;
    if let Some(description) = description {
        image.description = description;
    }
    if to_snapshot {
        image.image_type = ImageType::Snapshot;
        image.bound_to = None;
    }
    if let Some(labels) = labels {
        image.meta.labels = labels;
    }
    sim.show::<Image>(200, id)
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = own_id(sim, params)?;
    if sim.find::<Image>(id)?.delete_protected {
        return Err(protected(Kind::Image, &id.to_string()));
    }
    sim.require_unlocked(Kind::Image, id)?;
    sim.state.images.remove(&id);
    Ok(SimResponse::empty(204))
}

fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = own_id(sim, params)?;
    let input = Input::read(request)?;
    let mut action = NewAction::new("change_protection").about(Kind::Image, id);
    if let Some(protected) = input.boolean("delete")? {
        action = action.effect(Effect::Image(id, Change::Protect(protected)));
    }
    sim.answer_action(action)
}
