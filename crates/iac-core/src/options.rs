//! Per-resource options: how the engine treats a resource, whatever its type.

use std::sync::Arc;
use std::time::Duration;

use crate::expr::{Expr, NodeRef};
use crate::output::Output;
use crate::plan::Op;
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
    pub(crate) create_timeout: Option<Duration>,
    pub(crate) update_timeout: Option<Duration>,
    pub(crate) delete_timeout: Option<Duration>,
    pub(crate) import: Option<Arc<str>>,
}

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses every step that would delete or replace the resource. It holds from the first plan
    /// of a program that has it. State remembers it, so that deleting the line does not lift it; to
    /// lift it, apply the program without this option and with the resource still in it. An object
    /// whose creation failed halfway may be replaced.
    pub fn protect(mut self) -> Self {
        self.protect = true;
        self
    }

    /// Leaves the object in the cloud when the resource leaves the stack or is replaced; only its
    /// state goes. It counts from the apply that records it.
    pub fn retain_on_delete(mut self) -> Self {
        self.retain_on_delete = true;
        self
    }

    /// Deletes the old object before the new one is made, whatever the type prefers.
    pub fn delete_before_replace(mut self) -> Self {
        self.delete_before_replace = true;
        self
    }

    /// Ignores differences at these field paths and below: after the first apply the fields stay as
    /// the cloud has them. A path is written as plans show it: `size`, `labels.team`,
    /// `rules[2].port`, `labels["a/b"]`. A field that the type does not have is a fault of the plan.
    pub fn ignore_changes<S: Into<String>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        self.ignore_changes.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Replaces the resource when one of these field paths differs. They are written and checked as
    /// for [`ignore_changes`](Options::ignore_changes).
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

    /// Longest time for one create, update or delete, where none of the three options below says
    /// otherwise; [`STEP_TIMEOUT_DEFAULT`] where this one is not set either.
    ///
    /// A call that takes longer fails with a timeout. What became of it is found out by the next run
    /// before anything else is done, so nothing is made twice.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use iac_core::Options;
    ///
    /// let minutes = |count: u64| Duration::from_secs(count * 60);
    /// // Slow to come up, quick to change and to go.
    /// let options = Options::new().timeout(minutes(5)).create_timeout(minutes(45));
    /// # let _ = options;
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Longest time for one create, the new half of a replacement included.
    pub fn create_timeout(mut self, limit: Duration) -> Self {
        self.create_timeout = Some(limit);
        self
    }

    /// Longest time for one update in place.
    pub fn update_timeout(mut self, limit: Duration) -> Self {
        self.update_timeout = Some(limit);
        self
    }

    /// Longest time for one delete, the old half of a replacement included. A resource that left the
    /// program has no options any more, and the default holds for its delete.
    pub fn delete_timeout(mut self, limit: Duration) -> Self {
        self.delete_timeout = Some(limit);
        self
    }

    /// Longest time for a call that does `op`.
    pub(crate) fn limit_for(&self, op: Op) -> Duration {
        let own = match op {
            Op::Create | Op::CreateReplacement => self.create_timeout,
            Op::Update => self.update_timeout,
            Op::Delete | Op::DeleteReplaced => self.delete_timeout,
            _ => None,
        };
        own.or(self.timeout).unwrap_or(STEP_TIMEOUT_DEFAULT)
    }
}
