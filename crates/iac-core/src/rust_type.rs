//! [`RustType`]: how a field's value is written in a program. Knows nothing of values or of how code
//! is laid out.

use crate::value::Value;

/// How a value of a field is written in Rust, for code that describes an object that exists.
///
/// An `Option` is written as what it holds, because a builder's setter takes the value itself.
///
/// ```
/// use iac_core::{FieldType, RustType};
///
/// assert!(matches!(<Vec<u32> as FieldType>::RUST, RustType::List(RustType::Number("u32"))));
/// assert!(matches!(<Option<String> as FieldType>::RUST, RustType::Text));
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum RustType {
    /// A type that cannot be written down; code has a placeholder in its place.
    Other,
    /// A truth value.
    Bool,
    /// A number of the named type: its literal needs the name as suffix.
    Number(&'static str),
    /// Text.
    Text,
    /// Any JSON.
    Json,
    /// The id of a resource; answers the full path of the resource's type.
    Reference(fn() -> &'static str),
    /// A secret: its value is never written.
    Secret,
    /// A list of a type.
    List(&'static RustType),
    /// A map from text to a type.
    Map(&'static RustType),
    /// A struct with a builder, by its name. The field table has its fields.
    Struct(&'static str),
    /// An enum without data, by its name, with its variants.
    Enum(&'static str, &'static [RustVariant]),
}

/// One variant of an enum: its name in Rust, and its value in inputs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RustVariant {
    /// The name.
    pub name: &'static str,
    /// The value that stands for it.
    pub value: fn() -> Value,
}

impl RustVariant {
    /// A variant. For generated code.
    pub const fn new(name: &'static str, value: fn() -> Value) -> Self {
        Self { name, value }
    }
}

impl RustType {
    /// The type of the scalar that Rust calls `name`.
    pub(crate) const fn plain(name: &'static str) -> Self {
        match name.as_bytes() {
            b"bool" => Self::Bool,
            b"String" => Self::Text,
            _ => Self::Json,
        }
    }

    /// Whether a value holds the id of a resource somewhere, as far as the type alone says.
    pub fn is_reference(&self) -> bool {
        match self {
            Self::Reference(_) => true,
            Self::List(inner) | Self::Map(inner) => inner.is_reference(),
            _ => false,
        }
    }
}
