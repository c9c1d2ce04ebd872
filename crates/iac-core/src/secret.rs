//! [`Secret`]: a value that can be used and compared but not shown or serialised.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::value::{SECRET_NEWTYPE, secret_guard};

/// A value that never appears in messages, logs, plans or plain files.
///
/// `Debug` shows a placeholder and there is no `Display`. Serialising one is an error in every
/// format; only the engine's state codec reads the content, and it writes it encrypted. To use the
/// content call [`expose`](Secret::expose): the word is what a reviewer greps for.
///
/// ```
/// use iac_core::Secret;
///
/// let password = Secret::new(String::from("hunter2"));
/// assert_eq!(format!("{password:?}"), "[secret]");
/// assert!(serde_json::to_string(&password).is_err());
/// assert_eq!(password.map(|text| text.len()).expose(), &7);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Marks `content` as secret.
    pub const fn new(content: T) -> Self {
        Self(content)
    }

    /// Reads the content. Whoever calls this must keep it out of messages and files.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Takes the content out. Whoever calls this must keep it out of messages and files.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// A secret computed from this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Secret<U> {
        Secret(f(self.0))
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T> From<T> for Secret<T> {
    fn from(content: T) -> Self {
        Self(content)
    }
}

impl From<&str> for Secret<String> {
    fn from(content: &str) -> Self {
        Self(content.to_owned())
    }
}

impl<T: Serialize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(SECRET_NEWTYPE, &secret_guard(&self.0))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Content<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Content<T> {
            type Value = Secret<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Secret<T>, D::Error> {
                T::deserialize(inner).map(Secret)
            }
        }
        deserializer.deserialize_newtype_struct(SECRET_NEWTYPE, Content(PhantomData))
    }
}
