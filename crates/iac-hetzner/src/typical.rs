//! How long calls usually take, roughly: what a first run goes by. Knows nothing of the types.

use std::time::Duration;

use iac_core::duration::Typical;

const fn seconds(create: u64, update: u64, delete: u64) -> Typical {
    Typical::UNKNOWN
        .create(Duration::from_secs(create))
        .update(Duration::from_secs(update))
        .delete(Duration::from_secs(delete))
}

/// One request and no action: keys, names, rules, records.
pub(crate) const ENTRY: Typical = seconds(1, 1, 1);
/// A short action: addresses, networks and what is attached to something.
pub(crate) const ATTACHMENT: Typical = seconds(3, 3, 3);
/// A disk is made, or a balancer started.
pub(crate) const DEVICE: Typical = seconds(6, 4, 4);
/// An image is copied and booted; a resize shuts it down and boots it again.
pub(crate) const SERVER: Typical = seconds(20, 30, 8);
/// An authority is asked for it.
pub(crate) const CERTIFICATE: Typical = seconds(40, 1, 1);
