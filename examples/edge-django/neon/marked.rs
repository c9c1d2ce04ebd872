//! Names that carry a marker: Neon's projects have no labels and their names need not be unique.

use iac_core::Marker;

/// What a marker begins with.
const BEGIN: &str = " iac:";
/// Neon's bound on a project's name, less the marker.
pub(super) const NAME_LENGTH_MAX: usize = 64 - BEGIN.len() - 32;

/// `name` with the marker at its end.
pub(super) fn with(marker: &Marker, name: &str) -> String {
    format!("{name}{BEGIN}{}", marker.token())
}

/// Name and marker apart.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(BEGIN) {
        Some((name, token)) => (name, Some(token)),
        None => (text, None),
    }
}
