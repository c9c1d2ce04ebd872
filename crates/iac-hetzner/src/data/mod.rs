//! Data that is read and never managed: images, locations, types and what they cost.

mod image;
mod load_balancer_type;
mod location;
mod lookup;
mod price;
mod server_type;

pub use image::{Architecture, Image, ImageData, ImageDataAttributes, ImageQuery, ImageQueryArgs, ImageType};
pub use load_balancer_type::{
    LoadBalancerType, LoadBalancerTypeData, LoadBalancerTypeDataAttributes, LoadBalancerTypeQuery,
    LoadBalancerTypeQueryArgs,
};
pub use location::{Location, LocationData, LocationDataAttributes, LocationQuery, LocationQueryArgs};
pub use price::LocationPrice;
pub use server_type::{
    ServerType, ServerTypeData, ServerTypeDataAttributes, ServerTypeLocation, ServerTypeQuery,
    ServerTypeQueryArgs,
};
