//! What other tools call a provider's types, so that their state can be adopted. Knows nothing of any
//! tool's files.

use serde_json::Value as Json;

use crate::value::Value;

/// One resource in the state of another tool, its attributes under Terraform's names
/// (`network_id`), whatever the tool.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ForeignObject<'a> {
    /// Its id there.
    pub id: &'a str,
    /// Its attributes.
    pub attributes: &'a Json,
    /// Every other resource of the state: Terraform's type, id and attributes.
    pub others: &'a [(&'a str, &'a str, &'a Json)],
}

impl<'a> ForeignObject<'a> {
    /// A resource with this id and these attributes, beside `others`.
    pub fn new(id: &'a str, attributes: &'a Json, others: &'a [(&'a str, &'a str, &'a Json)]) -> Self {
        Self { id, attributes, others }
    }

    /// A text or number, as text; nothing for one that is empty or 0, which is how Terraform writes
    /// "not set".
    ///
    /// ```
    /// use iac_core::provider::ForeignObject;
    ///
    /// let attributes = serde_json::json!({"network_id": 42, "server_id": 0, "name": ""});
    /// let object = ForeignObject::new("1", &attributes, &[]);
    /// assert_eq!(object.text("network_id").as_deref(), Some("42"));
    /// assert_eq!((object.text("server_id"), object.text("name")), (None, None));
    /// ```
    pub fn text(&self, name: &str) -> Option<String> {
        self.attributes.get(name).and_then(scalar)
    }

    /// The texts and numbers of a list, as texts.
    pub fn list(&self, name: &str) -> Vec<String> {
        let items = self.attributes.get(name).and_then(Json::as_array);
        items.into_iter().flatten().filter_map(scalar).collect()
    }

    /// The id of the first resource of Terraform's type `terraform` whose attribute `name` is `value`.
    pub fn other(&self, terraform: &str, name: &str, value: &str) -> Option<&'a str> {
        let same = |attributes: &Json| attributes.get(name).and_then(scalar).as_deref() == Some(value);
        let mut others = self.others.iter();
        others.find(|(kind, _, attributes)| *kind == terraform && same(attributes)).map(|(_, id, _)| *id)
    }
}

fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) if number.as_f64() != Some(0.0) => Some(number.to_string()),
        _ => None,
    }
}

/// What a resource of another tool is here.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ForeignClaim {
    /// An object of its own.
    Object {
        /// The type's token.
        type_token: &'static str,
        /// The physical id.
        id: String,
        /// Input fields whose values are known, to tell which declared resource it is.
        keys: Vec<(&'static str, Value)>,
        /// Where a program may say the same in a field of another resource: that one's type,
        /// physical id, and the field.
        or_field: Option<(&'static str, String, &'static str)>,
    },
    /// Not an object of its own: the value of a field of another one.
    Field {
        /// The type's token of the resource that has the field.
        type_token: &'static str,
        /// That one's physical id.
        id: String,
        /// The field.
        field: &'static str,
    },
}

impl ForeignClaim {
    /// An object with the given keys.
    pub fn object(type_token: &'static str, id: impl Into<String>, keys: Vec<(&'static str, Value)>) -> Self {
        Self::Object { type_token, id: id.into(), keys, or_field: None }
    }

    /// A field of another object.
    pub fn field(type_token: &'static str, id: impl Into<String>, field: &'static str) -> Self {
        Self::Field { type_token, id: id.into(), field }
    }

    /// The same object may be said as a field of another one.
    #[must_use]
    pub fn or(self, owner: &'static str, owner_id: impl Into<String>, field: &'static str) -> Self {
        match self {
            Self::Object { type_token, id, keys, .. } => {
                Self::Object { type_token, id, keys, or_field: Some((owner, owner_id.into(), field)) }
            }
            other => other,
        }
    }
}

/// A type of another tool's provider, and what its resources are here.
///
/// ```
/// use iac_core::provider::{ForeignClaim, ForeignObject, ForeignType};
///
/// let servers = ForeignType::new("hcloud_server", "hcloud:index/server:Server", |object| {
///     let name = object.text("name").map(|name| ("name", name.into()));
///     vec![ForeignClaim::object("hetzner:server", object.id, name.into_iter().collect())]
/// });
/// let attributes = serde_json::json!({"name": "web"});
/// assert_eq!((servers.claims)(&ForeignObject::new("42", &attributes, &[])).len(), 1);
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ForeignType {
    /// Terraform's type, `hcloud_server`.
    pub terraform: &'static str,
    /// Pulumi's type, `hcloud:index/server:Server`; empty if it has none.
    pub pulumi: &'static str,
    /// What a resource of it is here. Nothing if the attributes do not say.
    pub claims: fn(&ForeignObject<'_>) -> Vec<ForeignClaim>,
}

impl ForeignType {
    /// A type of another tool.
    pub const fn new(
        terraform: &'static str,
        pulumi: &'static str,
        claims: fn(&ForeignObject<'_>) -> Vec<ForeignClaim>,
    ) -> Self {
        Self { terraform, pulumi, claims }
    }
}
