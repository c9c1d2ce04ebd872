//! Per-resource options: how the engine treats a resource, whatever its type.

use std::sync::Arc;
use std::time::Duration;

use crate::expr::{Expr, NodeRef};
use crate::output::Output;
use crate::provider::ProviderInstance;
use crate::resource::Resource;
use crate::stack::Handle;

/// Longest time for one create, update or delete, unless an option says otherwise.
pub const STEP_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30 * 60);

/// How the engine treats one resource. Build it with the methods; every option has a default.
///
/// ```
/// use iac_core::Options;
///
/// let options = Options::new().protect().ignore_changes(["labels"]).alias("old-name");
/// # let _ = options;
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Options {
    pub(crate) protect: bool,
    pub(crate) retain_on_delete: bool,
    pub(crate) delete_before_replace: bool,
    pub(crate) ignore_changes: Vec<String>,
    pub(crate) replace_on_changes: Vec<String>,
    pub(crate) replace_triggers: Vec<Expr>,
    pub(crate) depends_on: Vec<NodeRef>,
    pub(crate) aliases: Vec<String>,
    pub(crate) provider: Option<Arc<str>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) import: Option<Arc<str>>,
}

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses every step that would delete or replace the resource. State remembers it, so that
    /// deleting the line does not lift it; to lift it, apply the program without this option and
    /// with the resource still in it.
    pub fn protect(mut self) -> Self {
        self.protect = true;
        self
    }

    /// Leaves the object in the cloud when the resource leaves the stack; only its state goes.
    pub fn retain_on_delete(mut self) -> Self {
        self.retain_on_delete = true;
        self
    }

    /// Deletes the old object before the new one is made, whatever the type prefers.
    pub fn delete_before_replace(mut self) -> Self {
        self.delete_before_replace = true;
        self
    }

    /// Ignores differences at these field paths and below.
    pub fn ignore_changes<S: Into<String>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        self.ignore_changes.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Replaces the resource when one of these field paths differs.
    pub fn replace_on_changes<S: Into<String>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        self.replace_on_changes.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Replaces the resource when this value differs from the one it was made with.
    pub fn replace_trigger<T>(mut self, value: &Output<T>) -> Self {
        self.replace_triggers.push(value.expr.clone());
        self
    }

    /// Orders this resource after `other` although no field refers to it.
    pub fn depends_on<R: Resource>(mut self, other: &Handle<R>) -> Self {
        self.depends_on.push(other.node.clone());
        self
    }

    /// An earlier name of the resource: its scopes and name (`edge/web`), or a whole URN.
    pub fn alias(mut self, path: impl Into<String>) -> Self {
        self.aliases.push(path.into());
        self
    }

    /// The provider instance to use instead of the type's default one.
    pub fn provider(mut self, instance: &ProviderInstance) -> Self {
        self.provider = Some(instance.name.clone());
        self
    }

    /// The resource is the object `id` that exists already: where the state has no row for it, the
    /// next plan imports that object in place of creating one. Once there is a row this has no
    /// effect, and the line may stay or go.
    ///
    /// An import never replaces: where the object could not become what the program says in place,
    /// the plan is refused and names the field.
    ///
    /// ```
    /// use iac_core::Options;
    ///
    /// let options = Options::new().import("4711");
    /// # let _ = options;
    /// ```
    pub fn import(mut self, id: impl Into<Arc<str>>) -> Self {
        self.import = Some(id.into());
        self
    }

    /// Longest time for one create, update or delete.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}
