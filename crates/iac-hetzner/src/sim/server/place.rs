//! Owns whether a server type can be ordered in a location. Knows no single request.
use crate::sim::catalogue::{Location, ServerType};
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{invalid_input, resource_unavailable};
use iac_testkit::sim::SimResponse;

/// Refuses a type that is no longer sold, not sold in the location, or out of stock there.
pub(super) fn require_orderable(
    sim: &HetznerSim,
    server_type: &ServerType,
    location: &Location,
) -> Result<(), SimResponse> {
    if server_type.is_gone() {
        let reason = format!("server type '{}' is deprecated and can no longer be ordered", server_type.name);
        return Err(invalid_input("server_type", reason));
    }
    if !server_type.is_sold_in(location.name) {
        return Err(invalid_input("location", "unsupported location for server type"));
    }
    if is_sold_out(sim, server_type, location) {
        let message =
            format!("error during placement: {} is out of stock in {}", server_type.name, location.name);
        return Err(resource_unavailable(message));
    }
    Ok(())
}

/// Whether a test has bought all of them.
pub(super) fn is_sold_out(sim: &HetznerSim, server_type: &ServerType, location: &Location) -> bool {
    let pairs = &sim.config.sold_out;
    pairs.iter().any(|(type_, place)| type_ == server_type.name && place == location.name)
}
