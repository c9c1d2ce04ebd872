//! What came of matching another tool's state with a program. Data only; holds no attribute of any
//! object, and so no secret.

use iac_core::{Adoption, Urn};
use serde::Serialize;

/// What told which resource an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum How {
    /// It was said.
    Mapped,
    /// The object has the resource's physical name.
    PhysicalName,
    /// The other tool and the program use the same name.
    SameName,
    /// Both sides have one of the type left.
    OnlyOne,
    /// The fields that identify it are the same.
    NaturalKey,
}

impl How {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mapped => "as mapped",
            Self::PhysicalName => "by its name in the cloud",
            Self::SameName => "by its name",
            Self::OnlyOne => "as the only one of its type",
            Self::NaturalKey => "by what identifies it",
        }
    }
}

/// An object that is a resource of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Found {
    /// What the other tool calls it.
    pub address: String,
    /// The resource and the physical id here.
    pub adoption: Adoption,
    /// What told so.
    pub how: How,
}

/// Something that another tool has as a resource and the program as a field of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InField {
    /// What the other tool calls it.
    pub address: String,
    /// The resource.
    pub urn: Urn,
    /// The field.
    pub field: String,
}

/// Why an object was left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// No registered provider knows the type.
    UnknownType,
    /// The provider knows the type and cannot say what this one is here.
    NoCounterpart,
    /// The program declares no such resource.
    NotDeclared,
    /// Several resources or objects fit.
    Ambiguous,
    /// The resource that should have it in a field leaves the field out, or is not there.
    NotInField,
    /// The other tool had not finished with it.
    Unusual,
}

/// An object that was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeftOver {
    /// What the other tool calls it.
    pub address: String,
    /// The other tool's type.
    pub kind: String,
    /// Its id there.
    pub id: String,
    /// Its type and physical id here, as far as known.
    pub object: Option<(String, String)>,
    /// Why.
    pub why: Why,
    /// That in words: a lowercase fragment.
    pub text: String,
    /// What to do.
    pub way_out: String,
}

/// What came of matching.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct MatchedState {
    /// Objects that are resources of the program.
    pub found: Vec<Found>,
    /// Objects that the state records already.
    pub recorded: Vec<Found>,
    /// What is a field here.
    pub fields: Vec<InField>,
    /// What was left alone.
    pub left: Vec<LeftOver>,
    /// Resources of the program that nothing was found for.
    pub missing: Vec<Urn>,
}

impl MatchedState {
    /// What [`Engine::adopt`](iac_core::Engine::adopt) takes.
    pub fn adoptions(&self) -> Vec<Adoption> {
        self.found.iter().map(|found| found.adoption.clone()).collect()
    }
}
