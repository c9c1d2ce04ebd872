//! The field table: what the engine knows of each input and output field. Data, no behaviour of
//! any one provider.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::id::Id;
use crate::rust_type::RustType;
use crate::secret::Secret;
use crate::value::Value;

/// One field of a resource's inputs or outputs, as the derives read it from the struct.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FieldSpec {
    /// The name, as in the Rust struct and in state.
    pub name: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// Whether a program must set it.
    pub required: bool,
    /// Whether it holds a secret.
    pub secret: bool,
    /// Changing it replaces the resource (inputs).
    pub replace: bool,
    /// An update of the resource does not change it (outputs).
    pub stable: bool,
    /// The cloud does not give it back, so a read says nothing about it. Of an output: only the answer
    /// that creates the resource tells it, and it is kept from then on.
    pub write_only: bool,
    /// Where the program leaves it out, the cloud chooses, and that is no difference (inputs).
    pub default_from_api: bool,
    /// The order of the list means nothing (inputs).
    pub set: bool,
    /// When two spellings mean the same.
    pub equality: Equality,
    /// Two objects cannot have the same value at once (inputs).
    pub unique: bool,
    /// Where the program leaves it out, the engine derives it from project, stack and logical
    /// name, at most this many characters (inputs).
    pub auto_name_length_max: Option<usize>,
    /// The outputs that a change of this input does change, although they are stable otherwise
    /// (inputs).
    pub unsettles: &'static [&'static str],
    /// The fields of a nested struct.
    pub fields: &'static [FieldSpec],
    /// The value it has where the program leaves it out (`#[serde(default)]`).
    pub default: Option<fn() -> Value>,
    /// How a value of it is written in Rust.
    pub rust: RustType,
}

impl FieldSpec {
    /// A plain, optional field without any attribute. For generated code and tests.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            doc: "",
            required: false,
            secret: false,
            replace: false,
            stable: false,
            write_only: false,
            default_from_api: false,
            set: false,
            equality: Equality::Exact,
            unique: false,
            auto_name_length_max: None,
            unsettles: &[],
            fields: &[],
            default: None,
            rust: RustType::Other,
        }
    }
}

/// When two different texts mean the same to the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Equality {
    /// Only when they are equal.
    Exact,
    /// Letter case does not count.
    CaseInsensitive,
    /// Networks in CIDR notation: host bits and IPv6 spelling do not count.
    Cidr,
    /// DNS names: letter case and a final dot do not count.
    DnsName,
    /// Leading and trailing white space does not count.
    Trimmed,
}

impl Equality {
    /// Whether `a` and `b` mean the same.
    pub fn same(self, a: &str, b: &str) -> bool {
        match self {
            Self::Exact => a == b,
            Self::CaseInsensitive => a.eq_ignore_ascii_case(b),
            Self::Cidr => a == b || matches!((cidr(a), cidr(b)), (Some(a), Some(b)) if a == b),
            Self::DnsName => {
                a.strip_suffix('.').unwrap_or(a).eq_ignore_ascii_case(b.strip_suffix('.').unwrap_or(b))
            }
            Self::Trimmed => a.trim() == b.trim(),
        }
    }
}

/// The network of a CIDR text with its host bits cleared; a bare address is a network of one.
fn cidr(text: &str) -> Option<(std::net::IpAddr, u8)> {
    use std::net::IpAddr;
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address.parse::<IpAddr>().ok()?, Some(length.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    match address {
        IpAddr::V4(v4) => {
            let length = length.unwrap_or(32);
            let mask = u32::MAX.checked_shl(32u32.checked_sub(length.into())?).unwrap_or(0);
            Some((IpAddr::V4((v4.to_bits() & mask).into()), length))
        }
        IpAddr::V6(v6) => {
            let length = length.unwrap_or(128);
            let mask = u128::MAX.checked_shl(128u32.checked_sub(length.into())?).unwrap_or(0);
            Some((IpAddr::V6((v6.to_bits() & mask).into()), length))
        }
    }
}

/// A type that an input or output field may have.
///
/// Implemented for numbers, booleans, text, ids, lists, maps, options and secrets of them. A
/// provider's own structs and enums get it from `#[derive(FieldType)]` (plain data) or
/// `#[derive(Inputs)]` (with a builder, so that fields can be outputs).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a field",
    note = "derive `FieldType` for a plain data type of your own"
)]
pub trait FieldType: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Whether the type holds a secret.
    const SECRET: bool = false;
    /// The fields, for a struct (or a list of them).
    const FIELDS: &'static [FieldSpec] = &[];
    /// How a value of the type is written in Rust.
    const RUST: RustType = RustType::Other;
}

/// A field type without secrets, whose outputs can be mapped to plain values.
#[diagnostic::on_unimplemented(message = "`{Self}` holds a secret or is not a field type")]
pub trait Plain: FieldType {}

/// A field type that a program gives as one value.
pub trait Scalar: FieldType {}

macro_rules! scalars {
    ($rust:expr; $($type:ty),*) => {$(
        impl FieldType for $type {
            const RUST: RustType = $rust(stringify!($type));
        }
        impl Plain for $type {}
        impl Scalar for $type {}
    )*};
}
scalars!(RustType::Number; i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
scalars!(RustType::plain; bool, String, serde_json::Value);

impl<R: 'static> FieldType for Id<R> {
    const RUST: RustType = RustType::Reference(std::any::type_name::<R>);
}
impl<R: 'static> Plain for Id<R> {}
impl<R: 'static> Scalar for Id<R> {}

impl<T: FieldType> FieldType for Secret<T> {
    const SECRET: bool = true;
    const RUST: RustType = RustType::Secret;
}
impl<T: FieldType> Scalar for Secret<T> {}

impl<T: FieldType> FieldType for Vec<T> {
    const SECRET: bool = T::SECRET;
    const FIELDS: &'static [FieldSpec] = T::FIELDS;
    const RUST: RustType = RustType::List(&T::RUST);
}
impl<T: Plain> Plain for Vec<T> {}
impl<T: FieldType> FieldType for Option<T> {
    const SECRET: bool = T::SECRET;
    const FIELDS: &'static [FieldSpec] = T::FIELDS;
    // A setter takes the value itself.
    const RUST: RustType = T::RUST;
}
impl<T: Plain> Plain for Option<T> {}
impl<T: FieldType> FieldType for BTreeMap<String, T> {
    const SECRET: bool = T::SECRET;
    const FIELDS: &'static [FieldSpec] = T::FIELDS;
    const RUST: RustType = RustType::Map(&T::RUST);
}
impl<T: Plain> Plain for BTreeMap<String, T> {}
impl<T: FieldType, U: FieldType> FieldType for (T, U) {
    const SECRET: bool = T::SECRET || U::SECRET;
}
impl<T: Plain, U: Plain> Plain for (T, U) {}

#[cfg(test)]
mod tests {
    use super::Equality as E;

    #[test]
    fn spellings_of_the_same_thing_are_equal() {
        assert!(E::Cidr.same("10.0.1.7/24", "10.0.1.0/24"));
        assert!(E::Cidr.same("2001:DB8::/32", "2001:db8:0::/32"));
        assert!(E::Cidr.same("0.0.0.0/0", "1.2.3.4/0"));
        assert!(E::Cidr.same("1.2.3.4", "1.2.3.4/32"));
        assert!(!E::Cidr.same("10.0.0.0/16", "10.0.0.0/24"));
        assert!(!E::Cidr.same("10.0.0.0/33", "10.0.0.0/24"));
        assert!(E::DnsName.same("Example.org.", "example.org"));
        assert!(E::CaseInsensitive.same("A", "a") && !E::Exact.same("A", "a"));
    }
}
