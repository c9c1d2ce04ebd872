//! The contract of a resource type and of a data source. What a provider author reads first.

use async_trait::async_trait;

use crate::caught::catch;
use crate::cost::{Cost, PriceList};
use crate::duration::Typical;
use crate::error::Result;
use crate::expr::{Expr, NodeRef};
use crate::field::{FieldSpec, FieldType};
use crate::id::Id;
use crate::provider::{Cx, Driver, Provider};
use crate::scrub::Scrub;
use crate::value::{Path, Value};

/// The inputs of a resource: a serde struct with `#[derive(Inputs)]`.
pub trait Inputs: FieldType {}

/// The outputs of a resource: a serde struct with `#[derive(Outputs)]`.
pub trait Outputs: FieldType {
    /// The same fields as [`Output`](crate::Output)s; a [`Handle`](crate::Handle) derefs to it.
    type Attributes: Clone + Send + Sync;
    /// The attributes of the resource at `node`.
    #[doc(hidden)]
    fn attributes(node: &NodeRef) -> Self::Attributes;
}

/// A complete set of arguments for a resource or a data source, as its builder makes it.
///
/// Only a builder whose required fields are all set implements it.
pub trait Args {
    /// What the arguments are for.
    type Target;
    #[doc(hidden)]
    fn into_fields(self) -> FieldExprs;
}

/// The fields a program has set. Generated builders collect them.
#[doc(hidden)]
#[derive(Clone, Default)]
pub struct FieldExprs(Vec<(&'static str, Expr)>);

impl FieldExprs {
    /// For generated builders: sets one field, replacing an earlier setting.
    pub fn set<T>(&mut self, name: &'static str, value: crate::Input<T>) {
        self.0.retain(|(existing, _)| *existing != name);
        self.0.push((name, value.expr));
    }
    /// For generated builders: a nested struct as an input.
    pub fn into_input<T>(self) -> crate::Input<T> {
        crate::Input::from_expr(self.into_expr())
    }
    pub(crate) fn into_expr(self) -> Expr {
        Expr::Map(self.0.into_iter().map(|(name, expr)| (name.into(), expr)).collect())
    }
}

/// For generated builders: a required field that is set. One that is not is a type with the
/// field's name.
#[doc(hidden)]
pub struct Given;

/// For generated builders: whether a required field is set.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "required field `{Self}` is not set",
    label = "these arguments lack `{Self}`",
    note = "call the builder's method of that name before the arguments are used"
)]
pub trait FieldGiven {}
impl FieldGiven for Given {}

/// How a create whose answer was lost is found again after a crash or a cut connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovery {
    /// The create call itself carries the [`Marker`](crate::Marker) as labels or tags, and
    /// [`Resource::find`] searches for them.
    Label,
    /// A unique name given in the create call; a second create with it is refused.
    UniqueName,
    /// The inputs identify the object (a route in a network, a record of a zone), so that a
    /// second create is refused or has no effect.
    NaturalKey,
    /// The API takes an idempotency token: [`Marker::token`](crate::Marker::token).
    RequestToken,
    /// The API gives no way to tell. After a crash the run stops and names the candidates.
    Uncertain,
}

/// Which half of a replacement comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplaceOrder {
    /// The new object is made first and dependants move over before the old one is deleted.
    CreateFirst,
    /// The old object is deleted first, because both cannot exist at once.
    DeleteFirst,
}

/// What a changed field makes of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum OnChange {
    /// Nothing to do: both values mean the same.
    Ignore,
    /// An update in place.
    Update,
    /// A replacement.
    Replace,
}

/// A changed top-level input field, for [`Resource::on_change`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FieldChange<'a> {
    /// The field's row in the field table.
    pub field: &'static FieldSpec,
    /// The value in the cloud; null if none.
    pub old: &'a Value,
    /// The value wanted; null if none, unknown if a dependency decides it during the apply.
    pub new: &'a Value,
}

impl<'a> FieldChange<'a> {
    /// A changed field.
    pub fn new(field: &'static FieldSpec, old: &'a Value, new: &'a Value) -> Self {
        Self { field, old, new }
    }

    /// What the field table says: replace for `#[field(replace)]`, else update.
    pub fn declared(&self) -> OnChange {
        if self.field.replace { OnChange::Replace } else { OnChange::Update }
    }
}

/// A fault in the inputs, found before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// The field, as a path.
    pub field: String,
    /// What is wrong and what would be right, a lowercase fragment.
    pub message: String,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// What the type says of `inputs`, without the secrets in these: it may quote them. A check that panics
/// is a fault that says so. The only way to a check: [`Driver::check`] itself passes on whatever is said.
///
/// ```
/// use iac_core::Value;
/// use iac_core::provider::{Driver, checked};
///
/// fn fits(driver: &dyn Driver, inputs: &Value) -> bool {
///     checked(driver, inputs).is_empty()
/// }
/// ```
pub fn checked(driver: &dyn Driver, inputs: &Value) -> Vec<Fault> {
    let mut faults = catch(|| driver.check(inputs))
        .unwrap_or_else(|text| vec![Fault::new("", format!("its check: {text}"))]);
    if !faults.is_empty() {
        let mut secrets = Vec::new();
        inputs.secret_texts(&mut secrets);
        let scrub = Scrub::new(&secrets);
        for fault in &mut faults {
            scrub.clean(&mut fault.message);
            scrub.clean(&mut fault.field);
        }
    }
    faults
}

/// A freshly created resource.
#[non_exhaustive]
pub struct Created<R: Resource> {
    /// Its physical id.
    pub id: Id<R>,
    /// Its outputs.
    pub outputs: R::Outputs,
}

impl<R: Resource> Created<R> {
    /// A created resource.
    pub fn new(id: Id<R>, outputs: R::Outputs) -> Self {
        Self { id, outputs }
    }
}

/// A resource as the cloud has it.
#[non_exhaustive]
pub struct Observed<R: Resource> {
    /// Its physical id.
    pub id: Id<R>,
    /// The inputs that would describe it. Fields marked `write_only` are ignored: put anything.
    /// Marker labels MUST be left out.
    pub inputs: R::Inputs,
    /// Its outputs. One marked `write_only`, which only the answer to the create tells, MUST serialise as
    /// nothing where it is not known: the engine keeps what is recorded, and makes the resource anew where
    /// nothing was.
    pub outputs: R::Outputs,
}

impl<R: Resource> Observed<R> {
    /// An observed resource.
    pub fn new(id: Id<R>, inputs: R::Inputs, outputs: R::Outputs) -> Self {
        Self { id, inputs, outputs }
    }
}

/// An update in place: what is, what is wanted, and which fields differ.
#[non_exhaustive]
pub struct Change<R: Resource> {
    /// The inputs as they are.
    pub old: R::Inputs,
    /// The inputs as they shall be.
    pub new: R::Inputs,
    /// The outputs as they were before the update.
    pub outputs: R::Outputs,
    /// The paths that differ.
    pub changed: Vec<Path>,
}

impl<R: Resource> Change<R> {
    /// Whether the top-level `field` or anything inside it differs.
    pub fn touches(&self, field: &str) -> bool {
        self.changed.iter().any(|path| path.starts_with(field))
    }
}

/// Where a listing goes on. Opaque to the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageToken(pub Option<String>);

/// One page of a listing.
#[non_exhaustive]
pub struct Page<R: Resource> {
    /// The resources on this page.
    pub items: Vec<Observed<R>>,
    /// The next page; `None` on the last.
    pub next: Option<PageToken>,
}

impl<R: Resource> Page<R> {
    /// A page; `next` is `None` on the last.
    pub fn new(items: Vec<Observed<R>>, next: Option<PageToken>) -> Self {
        Self { items, next }
    }
}

/// A type of resource.
///
/// The implementation talks to one cloud through [`Cx::client`]. It never sees the state, and the
/// engine never sees the API: what the engine needs to know is in the constants, in the field
/// table and in the kinds of errors.
///
/// # Contract
/// - `create` MUST call [`Cx::checkpoint`] as soon as the id is known and before it waits for
///   anything. Otherwise a crash during the wait has to search.
/// - `create` MUST put what [`RECOVERY`](Resource::RECOVERY) promises into the creating request
///   itself. A label added by a second request is lost if the process dies between the two.
/// - A `create` or `update` whose effect is unknown MUST fail with
///   [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous).
/// - `read` MUST answer `None` for an object that is gone, and MUST wait (bounded by
///   [`Cx::deadline`]) while the object is still being built: after a crash the engine reads what
///   was begun.
/// - `delete` MUST succeed when the object is gone already, and MUST return only once a new object
///   of the same name can be created.
/// - `update` and `delete` MUST be repeatable: after a crash they are called again.
/// - No method may put a secret into an error message.
#[async_trait]
pub trait Resource: Sized + Send + Sync + 'static {
    /// The type's token, `<provider>:<kind>`. It is stored: changing it orphans state.
    const TYPE: &'static str;
    /// How a lost create is found again.
    const RECOVERY: Recovery;
    /// Which half of a replacement comes first where both are possible.
    const REPLACE: ReplaceOrder = ReplaceOrder::CreateFirst;
    /// Whether deleting it loses data that the program cannot make again.
    const HOLDS_DATA: bool = false;
    /// Whether it lives in the state alone (a random value): there is nothing to refresh, and
    /// after a crash it is simply made again.
    const LOCAL: bool = false;
    /// How long its calls usually take: what an apply goes by until the state has seen some.
    const TYPICAL: Typical = Typical::UNKNOWN;
    /// Whether it is a setting of something else, which is always there: a create sets it, a delete
    /// only ends its management, and `find` always finds it. A create whose answer was lost is then
    /// recorded with the value that a read sees, and the next plan changes it where that is not the
    /// wanted one. It MUST declare [`Recovery::NaturalKey`].
    const SETTING: bool = false;

    /// The provider whose client the methods get.
    type Provider: Provider;
    /// The inputs.
    type Inputs: Inputs;
    /// The outputs.
    type Outputs: Outputs;

    /// Creates the resource.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind); the kind decides what the engine does next.
    async fn create(cx: &Cx<'_, Self::Provider>, inputs: Self::Inputs) -> Result<Created<Self>>;

    /// Reads the resource; `None` if it does not exist.
    ///
    /// # Errors
    /// Anything but absence.
    async fn read(cx: &Cx<'_, Self::Provider>, id: &Id<Self>) -> Result<Option<Observed<Self>>>;

    /// Changes the resource in place and answers its outputs afterwards.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    async fn update(
        cx: &Cx<'_, Self::Provider>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<Self::Outputs>;

    /// Deletes the resource; gone already is success.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    async fn delete(cx: &Cx<'_, Self::Provider>, id: &Id<Self>) -> Result<()>;

    /// One page of all resources of this type in the account.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where the API has no listing; the
    /// engine then reads one by one.
    async fn list(cx: &Cx<'_, Self::Provider>, page: PageToken) -> Result<Page<Self>>;

    /// What a create with these inputs and [`Cx::marker`] left behind.
    ///
    /// # Errors
    /// Anything but absence. An empty list means that nothing was created.
    async fn find(cx: &Cx<'_, Self::Provider>, inputs: &Self::Inputs) -> Result<Vec<Id<Self>>>;

    /// What a changed field makes of the resource. Pure. By default as declared in the field
    /// table.
    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change.declared()
    }

    /// Faults that can be seen in the inputs alone. Pure; called at plan time, when parts may
    /// still be [`Value::Unknown`], and again before the request.
    fn check(inputs: &Value) -> Vec<Fault> {
        let _ = inputs;
        Vec::new()
    }

    /// What it costs with these inputs, of which parts may still be [`Value::Unknown`], by `prices`:
    /// the provider's own list, or the one that it was asked for. Pure. What the list does not say is
    /// [`Cost::Unpriced`] with the reason, never a guess.
    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        let _ = (inputs, prices);
        Cost::unpriced("the provider gives no price for this type")
    }
}

/// A type of data that is read and never managed: an image, a location, a zone.
#[async_trait]
pub trait DataSource: Sized + Send + Sync + 'static {
    /// The type's token, `<provider>:<kind>`.
    const TYPE: &'static str;
    /// The provider whose client `read` gets.
    type Provider: Provider;
    /// What selects the data.
    type Query: Inputs;
    /// The data.
    type Data: Outputs;

    /// Reads the data.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) with a hint if nothing matches.
    async fn read(cx: &Cx<'_, Self::Provider>, query: Self::Query) -> Result<Self::Data>;
}
