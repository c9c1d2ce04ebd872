//! Workers KV: namespaces, and single entries in them.

mod entry;
mod namespace;

pub use entry::{KvEntry, KvEntryArgs, KvEntryAttributes, KvEntryInputs, KvEntryOutputs};
pub use namespace::{
    KvNamespace, KvNamespaceArgs, KvNamespaceAttributes, KvNamespaceInputs, KvNamespaceOutputs,
};
