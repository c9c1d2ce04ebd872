//! Owns the public ISO images. Knows no servers.
use crate::sim::paging::Entry;
use serde_json::{Value, json};

/// An ISO image.
#[derive(Debug)]
pub(crate) struct Iso {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    description: &'static str,
    pub(crate) architecture: &'static str,
}

/// All ISO images.
pub(crate) static ISOS: [Iso; 4] = [
    Iso { id: 26, name: "virtio-win-0.1.271.iso", description: "virtio 0.1.271", architecture: "x86" },
    Iso {
        id: 120_101,
        name: "debian-13.0.0-amd64-netinst.iso",
        description: "Debian 13",
        architecture: "x86",
    },
    Iso {
        id: 120_102,
        name: "debian-13.0.0-arm64-netinst.iso",
        description: "Debian 13",
        architecture: "arm",
    },
    Iso {
        id: 120_103,
        name: "nixos-minimal-25.05-x86_64.iso",
        description: "NixOS 25.05",
        architecture: "x86",
    },
];

/// The ISO image of this id or name.
pub(crate) fn iso(wanted: &str) -> Option<&'static Iso> {
    ISOS.iter().find(|iso| iso.name == wanted || iso.id.to_string() == wanted)
}

impl Iso {
    /// The image as the API shows it.
    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "type": "public",
            "deprecation": Value::Null,
            "architecture": self.architecture,
        })
    }
}

impl Entry for &'static Iso {
    fn id(&self) -> u64 {
        self.id
    }

    fn name(&self) -> &str {
        self.name
    }
}
