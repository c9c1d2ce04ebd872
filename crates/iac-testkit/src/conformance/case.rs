//! Owns what a test says about a resource type. Does nothing.
use super::inputs::{Patch, RawArgs};
use iac_core::{Resource, Stack, StackError, Value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Index;

/// The ids of what a case [needs](Case::needs), by the names given there.
#[derive(Debug, Clone, Default)]
pub struct Ids(pub(super) BTreeMap<&'static str, String>);

impl Index<&str> for Ids {
    type Output = String;

    /// # Panics
    /// When the case needs nothing of this name.
    fn index(&self, name: &str) -> &String {
        self.0.get(name).unwrap_or_else(|| panic!("the case needs nothing that is called {name:?}"))
    }
}

/// Declares the resource of a case in a stack.
pub(super) type Declare = fn(&Stack, &str, &Value) -> Result<(), StackError>;

pub(super) struct Need {
    pub(super) name: &'static str,
    pub(super) type_token: &'static str,
    pub(super) inputs: Patch,
}

pub(super) struct Update {
    pub(super) name: &'static str,
    pub(super) patch: Patch,
}

pub(super) struct Invalid {
    pub(super) field: &'static str,
    pub(super) patch: Patch,
}

/// A resource type with inputs to create it with, and what may be done to it.
///
/// Inputs are JSON objects by field name. Where the field table says that a field is secret, the
/// suite makes a secret of its value; the text SHOULD occur nowhere else.
#[must_use]
pub struct Case {
    pub(super) type_token: &'static str,
    pub(super) name: &'static str,
    pub(super) inputs: Patch,
    pub(super) needs: Vec<Need>,
    pub(super) updates: Vec<Update>,
    pub(super) invalid: Vec<Invalid>,
    pub(super) exempt: BTreeMap<&'static str, &'static str>,
    pub(super) passing: BTreeSet<&'static str>,
    pub(super) duplicates: Option<&'static str>,
    pub(super) declare: Declare,
}

impl Case {
    /// A resource of the type `R` with these inputs. `name` tells the cases of a type apart.
    pub fn of<R: Resource>(
        name: &'static str,
        inputs: impl Fn(&Ids) -> Json + Send + Sync + 'static,
    ) -> Self {
        Self {
            type_token: R::TYPE,
            name,
            inputs: Box::new(inputs),
            needs: Vec::new(),
            updates: Vec::new(),
            invalid: Vec::new(),
            exempt: BTreeMap::new(),
            passing: BTreeSet::new(),
            duplicates: None,
            declare: |stack, name, inputs| stack.add(name, RawArgs::<R>::new(inputs)).map(drop),
        }
    }

    /// Something that must be there first. It is created before, in the order of these calls, and
    /// deleted afterwards; its id is `ids[name]`.
    pub fn needs<R: Resource>(
        mut self,
        name: &'static str,
        inputs: impl Fn(&Ids) -> Json + Send + Sync + 'static,
    ) -> Self {
        self.needs.push(Need { name, type_token: R::TYPE, inputs: Box::new(inputs) });
        self
    }

    /// A change in place: fields with their new values, null to leave one out. The updates of a
    /// case are done in their order, each on top of those before.
    pub fn update(
        mut self,
        name: &'static str,
        patch: impl Fn(&Ids) -> Json + Send + Sync + 'static,
    ) -> Self {
        self.updates.push(Update { name, patch: Box::new(patch) });
        self
    }

    /// Inputs that are wrong because of `field`, as changes of the case's own. Either the type's
    /// own check or the API refuses them and names the field.
    pub fn invalid(
        mut self,
        field: &'static str,
        patch: impl Fn(&Ids) -> Json + Send + Sync + 'static,
    ) -> Self {
        self.invalid.push(Invalid { field, patch: Box::new(patch) });
        self
    }

    /// An input field that no case gives, or that no update changes although it could.
    pub fn exempt(mut self, field: &'static str, reason: &'static str) -> Self {
        self.exempt.insert(field, reason);
        self
    }

    /// An output that may have changed by the next read, such as a status.
    pub fn passing(mut self, output: &'static str) -> Self {
        self.passing.insert(output);
        self
    }

    /// Leaves out [`Check::Duplicate`](super::Check::Duplicate): the cloud takes a second object with
    /// the same inputs, or refuses it for another reason.
    pub fn without_duplicate(mut self, reason: &'static str) -> Self {
        self.duplicates = Some(reason);
        self
    }

    /// The type and the case, as failures name it.
    pub(super) fn title(&self) -> String {
        format!("{} ({})", self.type_token, self.name)
    }
}
