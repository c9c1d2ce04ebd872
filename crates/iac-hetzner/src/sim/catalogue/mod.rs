//! What Hetzner sells and everybody sees: locations, server types, system images, ISOs, load
//! balancer types. Constants; a project changes none of it.
mod image;
mod iso;
mod load_balancer_type;
mod location;
mod price;
mod routes;
mod server_type;

pub(crate) use image::{image, images};
pub(crate) use iso::{Iso, iso};
pub(crate) use load_balancer_type::{LOAD_BALANCER_TYPES, LoadBalancerType, load_balancer_type};
pub(crate) use location::{
    LOCATIONS, Location, insert_place, location, location_by_id_or_name, location_of_datacenter,
};
pub(crate) use price::Money;
pub(crate) use routes::routes;
pub(crate) use server_type::{SERVER_TYPES, ServerType, server_type};
