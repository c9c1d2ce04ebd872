//! Small objects that many others hold: something with a name (a location, a type), protection.

use serde::Deserialize;

/// A location, a server type, an image: whatever is only read for its name.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Protection {
    #[serde(default)]
    pub(crate) delete: bool,
}
