//! Servers: their inputs and outputs, and the steps that make, read and change them.
//! Knows of networks, firewalls, groups and addresses only their ids.

mod create;
mod inputs;
mod network;
mod observe;
mod public_net;
mod resource;
mod update;

pub use inputs::{
    PublicNet, PublicNetArgs, Server, ServerArgs, ServerAttributes, ServerInputs, ServerNetwork,
    ServerNetworkArgs, ServerOutputs,
};
pub(crate) use network::{Attach, AttachedTo, ChangeAliases};
