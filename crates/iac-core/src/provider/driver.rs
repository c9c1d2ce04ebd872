//! The erased form of a resource type: what the engine calls. No default bodies, so that a wrapper
//! cannot forget a method.

use async_trait::async_trait;

use super::Context;
use crate::cost::{Cost, PriceList};
use crate::duration::Typical;
use crate::error::Result;
use crate::field::FieldSpec;
use crate::resource::{Fault, FieldChange, OnChange, PageToken, Recovery, ReplaceOrder};
use crate::value::{Path, Value};

/// What the engine knows of a type without calling it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TypeSpec {
    /// The type's token, `<provider>:<kind>`.
    pub type_token: &'static str,
    /// The input fields.
    pub inputs: &'static [FieldSpec],
    /// The output fields.
    pub outputs: &'static [FieldSpec],
    /// How a lost create is found again.
    pub recovery: Recovery,
    /// Which half of a replacement comes first.
    pub replace: ReplaceOrder,
    /// Whether deleting loses data.
    pub holds_data: bool,
    /// Whether it lives in the state alone.
    pub local: bool,
    /// How long its calls usually take.
    pub typical: Typical,
    /// Whether it is a setting of something else, which is always there.
    pub setting: bool,
    /// The full path of the resource's Rust type; empty for a driver written by hand.
    pub rust: &'static str,
}

impl TypeSpec {
    /// A type with the given field tables; the rest as [`Resource`](crate::Resource) defaults.
    pub fn new(
        type_token: &'static str,
        inputs: &'static [FieldSpec],
        outputs: &'static [FieldSpec],
        recovery: Recovery,
    ) -> Self {
        Self {
            type_token,
            inputs,
            outputs,
            recovery,
            replace: ReplaceOrder::CreateFirst,
            holds_data: false,
            local: false,
            typical: Typical::UNKNOWN,
            setting: false,
            rust: "",
        }
    }

    /// Sets the full path of the resource's Rust type.
    #[must_use]
    pub fn rust(mut self, path: &'static str) -> Self {
        self.rust = path;
        self
    }

    /// The name of the resource's Rust type, for code; the type's token for a driver written by
    /// hand.
    pub fn rust_name(&self) -> &'static str {
        let path = if self.rust.is_empty() { self.type_token } else { self.rust };
        path.rsplit("::").next().unwrap_or(path)
    }

    /// The input fields that tell objects of this type apart where they are set: names that are
    /// unique or derived, or, without one, what a type with a natural key is identified by.
    pub fn names(&self) -> impl Iterator<Item = &'static FieldSpec> {
        self.inputs.iter().filter(|field| field.unique || field.auto_name_length_max.is_some())
    }

    /// Sets which half of a replacement comes first.
    #[must_use]
    pub fn replace_order(mut self, order: ReplaceOrder) -> Self {
        self.replace = order;
        self
    }

    /// Sets whether deleting loses data.
    #[must_use]
    pub fn holds_data(mut self, holds_data: bool) -> Self {
        self.holds_data = holds_data;
        self
    }

    /// Sets whether it lives in the state alone.
    #[must_use]
    pub fn local(mut self, local: bool) -> Self {
        self.local = local;
        self
    }

    /// Sets how long its calls usually take.
    #[must_use]
    pub fn typical(mut self, typical: Typical) -> Self {
        self.typical = typical;
        self
    }

    /// Sets whether it is a setting of something else, which is always there.
    #[must_use]
    pub fn setting(mut self, setting: bool) -> Self {
        self.setting = setting;
        self
    }

    /// The input field `name`.
    pub fn input(&self, name: &str) -> Option<&'static FieldSpec> {
        self.inputs.iter().find(|field| field.name == name)
    }

    /// The output field `name`.
    pub fn output(&self, name: &str) -> Option<&'static FieldSpec> {
        self.outputs.iter().find(|field| field.name == name)
    }
}

/// A resource as the cloud has it, untyped.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observation {
    /// Its physical id.
    pub id: String,
    /// The inputs that would describe it.
    pub inputs: Value,
    /// Its outputs.
    pub outputs: Value,
}

impl Observation {
    /// An observation.
    pub fn new(id: impl Into<String>, inputs: Value, outputs: Value) -> Self {
        Self { id: id.into(), inputs, outputs }
    }
}

/// One page of a listing, untyped.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ObservationPage {
    /// The resources on this page.
    pub items: Vec<Observation>,
    /// The next page; `None` on the last.
    pub next: Option<PageToken>,
}

impl ObservationPage {
    /// A page.
    pub fn new(items: Vec<Observation>, next: Option<PageToken>) -> Self {
        Self { items, next }
    }
}

/// An update in place, untyped.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DriverChange {
    /// The inputs as they are.
    pub old: Value,
    /// The inputs as they shall be.
    pub new: Value,
    /// The outputs before the update.
    pub outputs: Value,
    /// The paths that differ.
    pub changed: Vec<Path>,
}

impl DriverChange {
    /// A change.
    pub fn new(old: Value, new: Value, outputs: Value, changed: Vec<Path>) -> Self {
        Self { old, new, outputs, changed }
    }
}

/// A resource type as the engine sees it. The contract is [`Resource`](crate::Resource)'s.
#[async_trait]
pub trait Driver: Send + Sync {
    /// What is known of the type without calling it.
    fn spec(&self) -> &TypeSpec;
    /// See [`Resource::create`](crate::Resource::create).
    ///
    /// # Errors
    /// As the typed method.
    async fn create(&self, cx: &Context, inputs: &Value) -> Result<Observation>;
    /// See [`Resource::read`](crate::Resource::read).
    ///
    /// # Errors
    /// As the typed method.
    async fn read(&self, cx: &Context, id: &str) -> Result<Option<Observation>>;
    /// See [`Resource::update`](crate::Resource::update).
    ///
    /// # Errors
    /// As the typed method.
    async fn update(&self, cx: &Context, id: &str, change: DriverChange) -> Result<Value>;
    /// See [`Resource::delete`](crate::Resource::delete).
    ///
    /// # Errors
    /// As the typed method.
    async fn delete(&self, cx: &Context, id: &str) -> Result<()>;
    /// See [`Resource::list`](crate::Resource::list).
    ///
    /// # Errors
    /// As the typed method.
    async fn list(&self, cx: &Context, page: PageToken) -> Result<ObservationPage>;
    /// See [`Resource::find`](crate::Resource::find).
    ///
    /// # Errors
    /// As the typed method.
    async fn find(&self, cx: &Context, inputs: &Value) -> Result<Vec<String>>;
    /// See [`Resource::on_change`](crate::Resource::on_change).
    fn on_change(&self, change: &FieldChange<'_>) -> OnChange;
    /// See [`Resource::check`](crate::Resource::check). Also reports inputs that the type cannot
    /// read.
    fn check(&self, inputs: &Value) -> Vec<Fault>;
    /// See [`Resource::cost`](crate::Resource::cost).
    fn cost(&self, inputs: &Value, prices: &PriceList) -> Cost;
}

/// A data source as the engine sees it.
#[async_trait]
pub trait Reader: Send + Sync {
    /// The type's token.
    fn type_token(&self) -> &'static str;
    /// See [`DataSource::read`](crate::DataSource::read).
    ///
    /// # Errors
    /// As the typed method.
    async fn read(&self, cx: &Context, query: &Value) -> Result<Value>;
}
