//! The labels that tie an object to its resource: how a create whose answer was lost is found again.
//! Knows nothing of any kind of object.

use std::collections::BTreeMap;

use iac_core::Marker;

const STACK: &str = "iac-stack";
const URN: &str = "iac-urn";
/// Different for every object ever created.
pub(crate) const TOKEN: &str = "iac-token";

/// Labels as the API takes and gives them.
pub(crate) type Labels = BTreeMap<String, String>;

/// The user's labels with the marker's: for creates, and for updates, which replace all labels.
pub(crate) fn marked(marker: &Marker, labels: &Labels) -> Labels {
    let mut all = labels.clone();
    all.insert(STACK.into(), format!("{}.{}", marker.project(), marker.stack()));
    all.insert(URN.into(), marker.urn_hash().into());
    all.insert(TOKEN.into(), marker.token().into());
    all
}

/// The labels without the marker's: what the user gave.
pub(crate) fn stripped(labels: Labels) -> Labels {
    labels.into_iter().filter(|(key, _)| !is_marker(key)).collect()
}

/// Whether the key is one of the marker's, which a user cannot give.
pub(crate) fn is_marker(key: &str) -> bool {
    [STACK, URN, TOKEN].contains(&key)
}
