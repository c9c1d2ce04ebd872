//! The API's JSON, as far as this crate reads it. Unknown keys are ignored, so that new ones do
//! no harm. Knows nothing of inputs and outputs.

mod action;
mod error;
mod firewall;
mod id;
mod network;
mod page;
mod place;
mod placement_group;
mod server;
mod ssh_key;
mod volume;

pub(crate) use action::{Action, ActionStatus};
pub(crate) use error::ErrorBody;
pub(crate) use firewall::{AppliedTo, Firewall, Rule};
pub(crate) use id::{id, number};
pub(crate) use network::{Network, Route, Subnet};
pub(crate) use page::Meta;
pub(crate) use place::{Named, Protection};
pub(crate) use placement_group::PlacementGroup;
pub(crate) use server::{PrivateNet, PublicAddress, Server, ServerStatus};
pub(crate) use ssh_key::SshKey;
pub(crate) use volume::{Volume, VolumeStatus};
