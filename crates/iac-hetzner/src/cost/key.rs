//! The keys of the price lists. Knows no prices.

/// A GB of volume.
pub(super) const VOLUME_GB: &str = "volume/gb";
/// A GB of image or snapshot.
pub(super) const IMAGE_GB: &str = "image/gb";

/// A server of a type, without addresses.
pub(super) fn server(server_type: &str, location: &str) -> String {
    format!("server/{server_type}/{location}")
}

/// The backups of a server of a type.
pub(super) fn backups(server_type: &str, location: &str) -> String {
    format!("backups/{server_type}/{location}")
}

/// A load balancer of a type.
pub(super) fn load_balancer(load_balancer_type: &str, location: &str) -> String {
    format!("load_balancer/{load_balancer_type}/{location}")
}

/// A primary IP of a family.
pub(super) fn primary_ip(family: &str, location: &str) -> String {
    format!("primary_ip/{family}/{location}")
}

/// A floating IP of a family.
pub(super) fn floating_ip(family: &str, location: &str) -> String {
    format!("floating_ip/{family}/{location}")
}
