//! [`Object`]: one thing in the fake cloud. Knows nothing of who made it, but for its marker.

use iac_core::Value;

/// One object in the fake cloud.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// Its physical id: the kind and a number, counted from 1.
    pub id: String,
    /// The type's token.
    pub kind: &'static str,
    /// The marker's token, as a label would carry it.
    pub token: String,
    /// The marker's hash of the URN.
    pub urn_hash: String,
    /// Its fields, as the creating request gave them, with what the cloud chose itself.
    pub inputs: Value,
    /// How often it was changed.
    pub revision: u32,
    /// The running number in its id.
    pub number: u32,
    /// Searches that do not see it yet.
    pub(super) hidden_finds: usize,
}

impl Object {
    /// The text field `name`; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.inputs.get(name).as_str().unwrap_or_default()
    }
    /// The number field `name`; 0 where there is none.
    pub fn number_of(&self, name: &str) -> i64 {
        self.inputs.get(name).as_int().unwrap_or_default()
    }
}
