//! [`Input`]: what a field accepts, and [`IntoInput`], which decides what may be given for it.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::expr::Expr;
use crate::field::{FieldType, Scalar};
use crate::id::Id;
use crate::output::Output;
use crate::resource::Resource;
use crate::stack::Handle;

/// The value of one field: given plainly or as an [`Output`].
///
/// Builder methods take `impl IntoInput<T>`, so this type is seldom named; a component names it
/// in its own arguments.
pub struct Input<T> {
    pub(crate) expr: Expr,
    value: PhantomData<fn() -> T>,
}

impl<T> Input<T> {
    /// An input from anything that a field of type `T` accepts.
    pub fn new(value: impl IntoInput<T>) -> Self {
        value.into_input()
    }

    pub(crate) fn from_expr(expr: Expr) -> Self {
        Self { expr, value: PhantomData }
    }

    /// The same value as an output.
    pub fn to_output(&self) -> Output<T> {
        Output::from_expr(self.expr.clone())
    }
}

impl<T> Clone for Input<T> {
    fn clone(&self) -> Self {
        Self::from_expr(self.expr.clone())
    }
}

impl<T> fmt::Debug for Input<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Input({:?})", self.to_output())
    }
}

/// What may be given for a field of type `T`.
///
/// A value of the type itself, an [`Output`] of it, or, for an [`Id`], the resource's handle. For
/// a secret field only a [`Secret`](crate::Secret) or an output of one; for a plain field never a
/// secret.
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` does not take `{Self}`",
    label = "this value does not fit the field",
    note = "a field takes a value of its type or an `Output` of it; an `Id` also takes the resource's handle",
    note = "a secret field takes only `Secret` values, and a plain field takes none"
)]
pub trait IntoInput<T> {
    /// The value as an input.
    fn into_input(self) -> Input<T>;
}

impl<T: Scalar> IntoInput<T> for T {
    fn into_input(self) -> Input<T> {
        Input::from_expr(Output::literal(self).expr)
    }
}
impl<T> IntoInput<T> for Input<T> {
    fn into_input(self) -> Input<T> {
        self
    }
}
impl<T> IntoInput<T> for &Input<T> {
    fn into_input(self) -> Input<T> {
        self.clone()
    }
}
impl<T> IntoInput<T> for Output<T> {
    fn into_input(self) -> Input<T> {
        Input::from_expr(self.expr)
    }
}
impl<T> IntoInput<T> for &Output<T> {
    fn into_input(self) -> Input<T> {
        Input::from_expr(self.expr.clone())
    }
}
impl IntoInput<String> for &str {
    fn into_input(self) -> Input<String> {
        Input::from_expr(Expr::Literal(self.into()))
    }
}
impl IntoInput<String> for &String {
    fn into_input(self) -> Input<String> {
        self.as_str().into_input()
    }
}
impl<T: FieldType + Clone> IntoInput<crate::Secret<T>> for &crate::Secret<T> {
    fn into_input(self) -> Input<crate::Secret<T>> {
        self.clone().into_input()
    }
}
impl<R: Resource> IntoInput<Id<R>> for &Handle<R> {
    fn into_input(self) -> Input<Id<R>> {
        Input::from_expr(self.id.expr.clone())
    }
}
impl<R: Resource> IntoInput<Id<R>> for Handle<R> {
    fn into_input(self) -> Input<Id<R>> {
        Input::from_expr(self.id.expr.clone())
    }
}
impl<R: 'static> IntoInput<Id<R>> for &Id<R> {
    fn into_input(self) -> Input<Id<R>> {
        self.clone().into_input()
    }
}

fn list<T, I: IntoInput<T>>(items: impl IntoIterator<Item = I>) -> Input<Vec<T>> {
    let items: Arc<[Expr]> = items.into_iter().map(|item| item.into_input().expr).collect();
    Input::from_expr(Expr::List(items))
}

impl<T, I: IntoInput<T>> IntoInput<Vec<T>> for Vec<I> {
    fn into_input(self) -> Input<Vec<T>> {
        list(self)
    }
}
impl<T, I: IntoInput<T>, const N: usize> IntoInput<Vec<T>> for [I; N] {
    fn into_input(self) -> Input<Vec<T>> {
        list(self)
    }
}
impl<'a, T, I> IntoInput<Vec<T>> for &'a [I]
where
    &'a I: IntoInput<T>,
{
    fn into_input(self) -> Input<Vec<T>> {
        list(self)
    }
}
impl<'a, T, I> IntoInput<Vec<T>> for &'a Vec<I>
where
    &'a I: IntoInput<T>,
{
    fn into_input(self) -> Input<Vec<T>> {
        list(self)
    }
}

fn map<T, I: IntoInput<T>>(entries: impl IntoIterator<Item = (String, I)>) -> Input<BTreeMap<String, T>> {
    let entries = entries.into_iter().map(|(key, value)| (Arc::from(key), value.into_input().expr)).collect();
    Input::from_expr(Expr::Map(entries))
}

impl<T, I: IntoInput<T>, K: Into<String>> IntoInput<BTreeMap<String, T>> for BTreeMap<K, I> {
    fn into_input(self) -> Input<BTreeMap<String, T>> {
        map(self.into_iter().map(|(key, value)| (key.into(), value)))
    }
}
impl<T, I: IntoInput<T>, K: Into<String>, const N: usize> IntoInput<BTreeMap<String, T>> for [(K, I); N] {
    fn into_input(self) -> Input<BTreeMap<String, T>> {
        map(self.into_iter().map(|(key, value)| (key.into(), value)))
    }
}
impl<'a, T, I> IntoInput<BTreeMap<String, T>> for &'a BTreeMap<String, I>
where
    &'a I: IntoInput<T>,
{
    fn into_input(self) -> Input<BTreeMap<String, T>> {
        map(self.iter().map(|(key, value)| (key.clone(), value)))
    }
}
