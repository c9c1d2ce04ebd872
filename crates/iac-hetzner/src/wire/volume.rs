//! A block storage volume.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Named, Protection};
use crate::verb::Noun;
use crate::volume::VolumeFormat;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Volume {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// The server it is attached to.
    #[serde(default)]
    pub(crate) server: Option<u64>,
    pub(crate) location: Named,
    /// In GB.
    pub(crate) size: u32,
    #[serde(default)]
    pub(crate) linux_device: String,
    #[serde(default)]
    pub(crate) protection: Protection,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) status: VolumeStatus,
    #[serde(default)]
    pub(crate) format: Option<VolumeFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VolumeStatus {
    Creating,
    #[serde(other)]
    Available,
}

impl Noun for Volume {
    const PATH: &'static str = "/volumes";
    const ONE: &'static str = "volume";
    const MANY: &'static str = "volumes";
    fn id(&self) -> u64 {
        self.id
    }
}
