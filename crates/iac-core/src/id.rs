//! [`Id`]: the cloud's identifier of one resource, typed by what it identifies.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The physical id of a resource of type `R`, as its cloud gave it out.
///
/// A field of type `Id<Server>` does not take the id of a network: that is a compile error. Where
/// an id comes from outside the program, [`Id::new`] states its type.
pub struct Id<R: ?Sized> {
    raw: Arc<str>,
    resource: PhantomData<fn() -> R>,
}

impl<R: ?Sized> Id<R> {
    /// States that `raw` identifies an `R`.
    pub fn new(raw: impl Into<Arc<str>>) -> Self {
        Self { raw: raw.into(), resource: PhantomData }
    }

    /// The id as the cloud writes it.
    pub fn as_str(&self) -> &str {
        &self.raw
    }
}

impl<R: ?Sized> Clone for Id<R> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.raw))
    }
}
impl<R: ?Sized> PartialEq for Id<R> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<R: ?Sized> Eq for Id<R> {}
impl<R: ?Sized> PartialOrd for Id<R> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<R: ?Sized> Ord for Id<R> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.raw.cmp(&other.raw)
    }
}
impl<R: ?Sized> std::hash::Hash for Id<R> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}
impl<R: ?Sized> fmt::Debug for Id<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.raw)
    }
}
impl<R: ?Sized> fmt::Display for Id<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}
impl<R: ?Sized> Serialize for Id<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.raw)
    }
}
impl<'de, R: ?Sized> Deserialize<'de> for Id<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
