//! [`Output`]: a typed expression over what resources will be. Knows nothing of when it is known.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::expr::{Expr, NodeRef};
use crate::field::{FieldType, Plain};
use crate::id::Id;
use crate::secret::Secret;
use crate::value::{Value, ValueError, from_value, to_value};

/// A value that may only be known once the cloud has answered.
///
/// An output is an expression, not a future: the whole graph exists before any request is sent.
/// What depends on an unknown value is unknown, and what depends on a secret is secret.
///
/// ```
/// use iac_core::{Output, interpolate};
///
/// let host = Output::literal(String::from("10.0.1.1"));
/// let url: Output<String> = interpolate!("https://{}:{}", &host, 6443);
/// let upper = url.map(|text| text.to_uppercase());
/// # let _ = upper;
/// ```
pub struct Output<T> {
    pub(crate) expr: Expr,
    value: PhantomData<fn() -> T>,
}

impl<T> Output<T> {
    pub(crate) fn from_expr(expr: Expr) -> Self {
        Self { expr, value: PhantomData }
    }

    /// For generated code: the attribute `name` of a resource.
    #[doc(hidden)]
    pub fn attribute(node: &NodeRef, name: &'static str) -> Self {
        Self::from_expr(Expr::Attribute(node.clone(), name.into()))
    }

    /// Hides the value: from here on it is encrypted at rest and never shown.
    pub fn secret(&self) -> Output<Secret<T>>
    where
        T: Plain,
    {
        Output::from_expr(Expr::Secret(Arc::new(self.expr.clone())))
    }
}

impl<T: FieldType> Output<T> {
    /// A value that is known already.
    ///
    /// # Panics
    /// When the value cannot be represented: an integer beyond `i64` or a number that is not
    /// finite.
    pub fn literal(value: T) -> Self {
        let value = to_value(&value).expect("a field value is representable");
        Self::from_expr(Expr::Literal(value))
    }
}

impl<R: 'static> Output<Id<R>> {
    pub(crate) fn id_of(node: &NodeRef) -> Self {
        Self::from_expr(Expr::Id(node.clone()))
    }
}

impl<T: Plain> Output<T> {
    /// Computes another value with a pure function. It runs at plan time if the value is known
    /// then, and again during the apply; it must not depend on anything else.
    pub fn map<U: FieldType>(&self, f: impl Fn(T) -> U + Send + Sync + 'static) -> Output<U> {
        self.try_map(move |value| Ok::<U, std::convert::Infallible>(f(value)))
    }

    /// Like [`map`](Output::map), with a function that can fail. The error stops the step that
    /// needs the value.
    pub fn try_map<U: FieldType, E: fmt::Display>(
        &self,
        f: impl Fn(T) -> Result<U, E> + Send + Sync + 'static,
    ) -> Output<U> {
        apply(&self.expr, move |value| {
            to_value(&f(from_value(value)?).map_err(|error| ValueError(error.to_string()))?)
        })
    }

    /// Both values together.
    pub fn zip<U: Plain>(&self, other: &Output<U>) -> Output<(T, U)> {
        Output::from_expr(Expr::List([self.expr.clone(), other.expr.clone()].into()))
    }

    /// All values of a list of outputs.
    pub fn all(outputs: impl IntoIterator<Item = Output<T>>) -> Output<Vec<T>> {
        Output::from_expr(Expr::List(outputs.into_iter().map(|output| output.expr).collect()))
    }
}

impl<T: Plain> Output<Option<T>> {
    /// The value inside, or an error that names `what` where there is none.
    pub fn required(&self, what: &'static str) -> Output<T> {
        self.try_map(move |value| value.ok_or_else(|| format!("{what} has no value")))
    }
}

impl<T: FieldType> Output<Secret<T>> {
    /// Computes another secret with a pure function; the result stays secret.
    pub fn map<U: FieldType>(&self, f: impl Fn(T) -> U + Send + Sync + 'static) -> Output<Secret<U>> {
        apply(&self.expr, move |value| {
            to_value(&from_value::<Secret<T>>(value)?.map(&f)).map(|v| v.peel().clone())
        })
    }

    /// Gives up the protection. The value will appear in plans, events and plain bytes on disk.
    pub fn expose_as_plain(&self) -> Output<T> {
        Output::from_expr(Expr::Expose(Arc::new(self.expr.clone())))
    }
}

fn apply<U>(
    source: &Expr,
    f: impl Fn(&Value) -> Result<Value, ValueError> + Send + Sync + 'static,
) -> Output<U> {
    Output::from_expr(Expr::Apply(Arc::new(source.clone()), Arc::new(f)))
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Self {
        Self::from_expr(self.expr.clone())
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expr {
            Expr::Literal(value) => write!(f, "Output({value:?})"),
            Expr::Id(node) => write!(f, "Output({}.id)", node.urn()),
            Expr::Attribute(node, name) => write!(f, "Output({}.{name})", node.urn()),
            _ => f.write_str("Output(computed)"),
        }
    }
}

/// A piece of text that holds no secret: what [`interpolate!`](crate::interpolate) takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put into plain text",
    note = "text with a secret in it is a secret: use `interpolate_secret!`"
)]
pub trait IntoText {
    #[doc(hidden)]
    fn into_text(self) -> TextPiece;
}

/// A piece of text that may be secret: what [`interpolate_secret!`](crate::interpolate_secret)
/// takes.
pub trait IntoSecretText {
    #[doc(hidden)]
    fn into_secret_text(self) -> TextPiece;
}

/// One piece of a text under construction.
#[doc(hidden)]
pub struct TextPiece(Expr);

/// Values with an obvious text form.
pub trait TextValue: Plain {}
impl TextValue for String {}
impl TextValue for bool {}
impl TextValue for u16 {}
impl TextValue for u32 {}
impl TextValue for u64 {}
impl TextValue for i32 {}
impl TextValue for i64 {}
impl<R: 'static> TextValue for Id<R> {}

impl<T: TextValue> IntoText for T {
    fn into_text(self) -> TextPiece {
        TextPiece(Output::literal(self).expr)
    }
}
impl IntoText for &str {
    fn into_text(self) -> TextPiece {
        TextPiece(Expr::Literal(self.into()))
    }
}
impl IntoText for &String {
    fn into_text(self) -> TextPiece {
        TextPiece(Expr::Literal(self.as_str().into()))
    }
}
impl<T: TextValue> IntoText for Output<T> {
    fn into_text(self) -> TextPiece {
        TextPiece(self.expr)
    }
}
impl<T: TextValue> IntoText for &Output<T> {
    fn into_text(self) -> TextPiece {
        TextPiece(self.expr.clone())
    }
}
impl<T: IntoText> IntoSecretText for T {
    fn into_secret_text(self) -> TextPiece {
        self.into_text()
    }
}
impl IntoSecretText for Output<Secret<String>> {
    fn into_secret_text(self) -> TextPiece {
        TextPiece(self.expr)
    }
}
impl IntoSecretText for &Output<Secret<String>> {
    fn into_secret_text(self) -> TextPiece {
        TextPiece(self.expr.clone())
    }
}
impl IntoSecretText for &Secret<String> {
    fn into_secret_text(self) -> TextPiece {
        TextPiece(Output::literal(self.clone()).expr)
    }
}

#[doc(hidden)]
pub const fn count_placeholders(template: &str) -> usize {
    let bytes = template.as_bytes();
    let (mut at, mut count) = (0, 0);
    while at + 1 < bytes.len() {
        if bytes[at] == b'{' && bytes[at + 1] == b'}' {
            count += 1;
            at += 1;
        }
        at += 1;
    }
    count
}

#[doc(hidden)]
pub fn concat_text(template: &str, pieces: Vec<TextPiece>) -> Output<String> {
    let mut parts = Vec::with_capacity(pieces.len() * 2 + 1);
    let mut pieces = pieces.into_iter();
    for (index, literal) in template.split("{}").enumerate() {
        if index > 0 {
            parts.extend(pieces.next().map(|piece| piece.0));
        }
        if !literal.is_empty() {
            parts.push(Expr::Literal(literal.into()));
        }
    }
    Output::from_expr(Expr::Concat(parts.into()))
}

#[doc(hidden)]
pub fn concat_secret_text(template: &str, pieces: Vec<TextPiece>) -> Output<Secret<String>> {
    Output::from_expr(Expr::Secret(Arc::new(concat_text(template, pieces).expr)))
}

/// Puts outputs and plain values into text: `interpolate!("https://{}:{}", &host, 443)`.
///
/// Each `{}` takes one argument; the count is checked at compile time, so the template is a literal,
/// a constant or an `include_str!`. Secrets are refused.
#[macro_export]
macro_rules! interpolate {
    ($template:expr $(, $piece:expr)* $(,)?) => {{
        const { assert!(
            $crate::__private::count_placeholders($template)
                == <[&str]>::len(&[$(stringify!($piece)),*]),
            "the number of placeholders differs from the number of arguments"
        ) };
        $crate::__private::concat_text(
            $template,
            ::std::vec![$($crate::IntoText::into_text($piece)),*],
        )
    }};
}

/// Like [`interpolate!`](crate::interpolate), for text with secrets in it; the result is a secret.
#[macro_export]
macro_rules! interpolate_secret {
    ($template:expr $(, $piece:expr)* $(,)?) => {{
        const { assert!(
            $crate::__private::count_placeholders($template)
                == <[&str]>::len(&[$(stringify!($piece)),*]),
            "the number of placeholders differs from the number of arguments"
        ) };
        $crate::__private::concat_secret_text(
            $template,
            ::std::vec![$($crate::IntoSecretText::into_secret_text($piece)),*],
        )
    }};
}
