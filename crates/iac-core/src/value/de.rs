//! [`Value`] to typed value. Knows nothing of storage.

use serde::Deserialize;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::ser::SECRET_NEWTYPE;
use super::{Value, ValueError};

/// Turns a [`Value`] into a typed value.
///
/// A secret is only read into `Secret<T>`, and `Secret<T>` only reads a secret.
///
/// # Errors
/// Another shape than `T` wants, a secret where none is expected or the other way round, and a
/// value that is still unknown. The message names the field and never the content.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, ValueError> {
    T::deserialize(ValueDeserializer { value, within_secret: false })
}

#[derive(Clone, Copy)]
struct ValueDeserializer<'a> {
    value: &'a Value,
    /// Inside a secret everything is secret already, so nested `Secret`s need no wrapper.
    within_secret: bool,
}

impl<'a> ValueDeserializer<'a> {
    fn child(self, value: &'a Value) -> Self {
        Self { value, ..self }
    }
}

impl<'a, 'de> IntoDeserializer<'de, ValueError> for ValueDeserializer<'a> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for ValueDeserializer<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Int(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::String(value) => visitor.visit_str(value),
            Value::List(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(|item| self.child(item))))
            }
            Value::Map(entries) => visitor.visit_map(MapDeserializer::new(
                entries.iter().map(|(key, value)| (&**key, Named { name: key, inner: self.child(value) })),
            )),
            Value::Secret(_) => Err(ValueError::custom("found a secret where a plain value is expected")),
            Value::Unknown => Err(ValueError::custom("the value is not known yet")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        if name != SECRET_NEWTYPE {
            return visitor.visit_newtype_struct(self);
        }
        match self.value {
            Value::Secret(inner) => visitor
                .visit_newtype_struct(ValueDeserializer { value: inner, within_secret: true })
                // The type's own message may quote what it cannot read.
                .map_err(|_| ValueError::custom("the secret does not have the form that is expected")),
            _ if self.within_secret => visitor.visit_newtype_struct(self),
            Value::Unknown => Err(ValueError::custom("the value is not known yet")),
            _ => Err(ValueError::custom("found a plain value where a secret is expected")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        match self.value {
            Value::String(variant) => visitor.visit_enum(Variant { name: variant, content: None }),
            Value::Map(entries) if entries.len() == 1 => {
                let (name, content) = entries.iter().next().expect("the map has one entry");
                visitor.visit_enum(Variant { name, content: Some(self.child(content)) })
            }
            Value::Secret(_) => Err(ValueError::custom("found a secret where a plain value is expected")),
            Value::Unknown => Err(ValueError::custom("the value is not known yet")),
            _ => Err(ValueError::custom("expected the name of a variant")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A map entry's value, which adds the key to any error.
struct Named<'a> {
    name: &'a str,
    inner: ValueDeserializer<'a>,
}

impl<'de> IntoDeserializer<'de, ValueError> for Named<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl Named<'_> {
    fn named(&self, error: ValueError) -> ValueError {
        match error.0.strip_prefix('`') {
            Some(rest) => ValueError(format!("`{}.{rest}", self.name)),
            None => ValueError(format!("`{}`: {error}", self.name)),
        }
    }
}

macro_rules! forward_named {
    ($($method:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            self.inner.$method(visitor).map_err(|error| self.named(error))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Named<'_> {
    type Error = ValueError;

    forward_named!(deserialize_any, deserialize_option);

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.inner.deserialize_newtype_struct(name, visitor).map_err(|error| self.named(error))
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.inner.deserialize_enum(name, variants, visitor).map_err(|error| self.named(error))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Variant<'a> {
    name: &'a str,
    content: Option<ValueDeserializer<'a>>,
}

impl<'a, 'de> de::EnumAccess<'de> for Variant<'a> {
    type Error = ValueError;
    type Variant = Content<'a>;
    fn variant_seed<V: de::DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<'a>), ValueError> {
        let name: de::value::StrDeserializer<'_, ValueError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Content(self.content)))
    }
}

struct Content<'a>(Option<ValueDeserializer<'a>>);

impl<'a> Content<'a> {
    fn required(self) -> Result<ValueDeserializer<'a>, ValueError> {
        self.0.ok_or_else(|| ValueError::custom("this variant needs content"))
    }
}

impl<'de> de::VariantAccess<'de> for Content<'_> {
    type Error = ValueError;
    fn unit_variant(self) -> Result<(), ValueError> {
        match self.0 {
            None => Ok(()),
            Some(content) => <()>::deserialize(content),
        }
    }
    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ValueError> {
        // The name alone stands for a variant around nothing.
        seed.deserialize(self.0.unwrap_or(ValueDeserializer { value: &Value::Null, within_secret: false }))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ValueError> {
        de::Deserializer::deserialize_any(self.required()?, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        de::Deserializer::deserialize_any(self.required()?, visitor)
    }
}
