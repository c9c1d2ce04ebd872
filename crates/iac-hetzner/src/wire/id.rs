//! Ids: integers on the wire, text everywhere else.

use iac_core::{Error, Id, Result};

/// The id of an object as the engine keeps it.
pub(crate) fn id<R>(number: u64) -> Id<R> {
    Id::new(number.to_string())
}

/// The id as the API takes it. `field` is the input it comes from.
///
/// # Errors
/// [`ErrorKind::InvalidInput`](iac_core::ErrorKind::InvalidInput) if it is not an integer.
pub(crate) fn number<R: ?Sized>(id: &Id<R>, field: &str) -> Result<u64> {
    id.as_str().parse().map_err(|_| {
        Error::invalid(field, format!("`{id}` is not an id of the Hetzner Cloud: ids are whole numbers"))
    })
}
