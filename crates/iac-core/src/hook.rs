//! Hooks: code of the program that runs before or after the steps of one resource. Knows nothing of
//! when they are run.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::caught::{caught, panicked};
use crate::error::{Error, ErrorKind, Result};
use crate::field::FieldType;
use crate::id::Id;
use crate::resource::Resource;
use crate::stack::{Handle, Stack, StackError};
use crate::urn::{Urn, check_name};
use crate::value::{Value, from_value};

/// Before or after what a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookPhase {
    /// Before the object is created, also as the new half of a replacement.
    BeforeCreate,
    /// After the object was created. What depends on the resource waits for the hook.
    AfterCreate,
    /// Before a change in place.
    BeforeUpdate,
    /// After a change in place. What depends on the resource waits for the hook.
    AfterUpdate,
    /// Before the object is deleted, also as the old half of a replacement.
    BeforeDelete,
    /// After the object was deleted. What it needed is deleted only after the hook.
    AfterDelete,
}

impl HookPhase {
    /// The phase in a sentence: `before create`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeCreate => "before create",
            Self::AfterCreate => "after create",
            Self::BeforeUpdate => "before update",
            Self::AfterUpdate => "after update",
            Self::BeforeDelete => "before delete",
            Self::AfterDelete => "after delete",
        }
    }

    pub(crate) fn is_before(self) -> bool {
        matches!(self, Self::BeforeCreate | Self::BeforeUpdate | Self::BeforeDelete)
    }

    /// Whether the resource's row must remember it: its line may have left the program by then.
    pub(crate) fn is_of_deletion(self) -> bool {
        matches!(self, Self::BeforeDelete | Self::AfterDelete)
    }
}

/// A hook that is attached to a resource, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HookUse {
    /// When it runs.
    pub phase: HookPhase,
    /// The name it is registered under.
    pub name: Arc<str>,
}

impl fmt::Display for HookUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hook {:?} {}", self.name, self.phase.as_str())
    }
}

/// What a resource's row remembers of its hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedHooks {
    /// What runs before and after its deletion.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deletion: Vec<HookUse>,
    /// What has not run yet although its step is done: a run failed or died in between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<HookUse>,
}

impl RecordedHooks {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.deletion.is_empty() && self.owed.is_empty()
    }
}

/// A hook for resources of type `R`, registered with [`Stack::hook`](crate::Stack::hook) and attached
/// with [`Stack::attach`](crate::Stack::attach).
#[derive(Debug)]
pub struct Hook<R> {
    pub(crate) name: Arc<str>,
    resource: PhantomData<fn() -> R>,
}

impl<R> Hook<R> {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), resource: PhantomData }
    }
    /// The name it is registered under.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl<R> Clone for Hook<R> {
    fn clone(&self) -> Self {
        Self { name: Arc::clone(&self.name), resource: PhantomData }
    }
}

/// What a hook is told.
#[non_exhaustive]
pub struct HookContext<R: Resource> {
    /// The resource.
    pub urn: Urn,
    /// Why the hook runs.
    pub phase: HookPhase,
    /// The physical id; none before it is created.
    pub id: Option<Id<R>>,
    /// The inputs: wanted ones before a step, the object's own after it and when it is deleted.
    pub inputs: R::Inputs,
    /// The outputs last seen; none before it is created.
    pub outputs: Option<R::Outputs>,
    /// Before an update: the inputs as they are.
    pub old_inputs: Option<R::Inputs>,
}

/// What a hook is told, untyped.
pub(crate) struct HookCall {
    pub(crate) urn: Urn,
    pub(crate) phase: HookPhase,
    pub(crate) id: Option<String>,
    pub(crate) inputs: Value,
    pub(crate) outputs: Option<Value>,
    pub(crate) old_inputs: Option<Value>,
}

/// A registered hook with its type erased.
#[derive(Clone)]
pub(crate) struct RegisteredHook {
    pub(crate) type_token: &'static str,
    run: Arc<dyn Fn(HookCall) -> BoxFuture<'static, Result<()>> + Send + Sync>,
}

/// The hooks of a program, by name.
pub(crate) type Hooks = BTreeMap<Arc<str>, RegisteredHook>;

impl RegisteredHook {
    pub(crate) fn new<R, F, Fut, E>(function: F) -> Self
    where
        R: Resource,
        F: Fn(HookContext<R>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        let function = Arc::new(function);
        let run = move |call: HookCall| -> BoxFuture<'static, Result<()>> {
            let function = Arc::clone(&function);
            Box::pin(async move {
                let context = typed::<R>(call)?;
                function(context).await.map_err(|error| Error::new(ErrorKind::HookFailed, error.to_string()))
            })
        };
        Self { type_token: R::TYPE, run: Arc::new(run) }
    }

    pub(crate) async fn run(&self, call: HookCall) -> Result<()> {
        caught((self.run)(call)).await.unwrap_or_else(|text| Err(panicked(ErrorKind::HookFailed, text)))
    }
}

fn typed<R: Resource>(call: HookCall) -> Result<HookContext<R>> {
    fn read<T: FieldType>(what: &str, value: &Value) -> Result<T> {
        let unreadable = |error| Error::internal(format!("the {what} cannot be read for a hook: {error}"));
        from_value(value).map_err(unreadable)
    }
    Ok(HookContext {
        urn: call.urn,
        phase: call.phase,
        id: call.id.map(Id::new),
        inputs: read("inputs", &call.inputs)?,
        outputs: call.outputs.as_ref().map(|value| read("outputs", value)).transpose()?,
        old_inputs: call.old_inputs.as_ref().map(|value| read("old inputs", value)).transpose()?,
    })
}

impl Stack {
    /// Registers a hook for resources of type `R`: code that the engine runs as a step of its own,
    /// recorded in the journal and in the history.
    ///
    /// The function MUST be repeatable: a run that dies while the hook runs, or before its end is
    /// recorded, runs it again. A hook that runs before a step and fails keeps the step from being
    /// done. One that runs after a step and fails leaves the resource as it is, keeps from being done
    /// what depends on the resource, and stays owed: the next apply runs it again.
    ///
    /// ```
    /// # use iac_core::{HookContext, HookPhase, Stack, StackError, random::RandomToken};
    /// # fn program(stack: &Stack) -> Result<(), StackError> {
    /// let token = stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let tell = stack.hook("tell", |cx: HookContext<RandomToken>| async move {
    ///     println!("{} has {} bytes", cx.urn, cx.inputs.bytes);
    ///     Ok::<_, std::io::Error>(())
    /// })?;
    /// stack.attach(&token, HookPhase::AfterCreate, &tell);
    /// # Ok(())
    /// # }
    /// # program(&Stack::new("philotes", "dev")?)?;
    /// # Ok::<(), StackError>(())
    /// ```
    ///
    /// # Errors
    /// A name that cannot be part of a URN, or a taken one.
    pub fn hook<R, F, Fut, E>(&self, name: &str, function: F) -> std::result::Result<Hook<R>, StackError>
    where
        R: Resource,
        F: Fn(HookContext<R>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        check_name("hook", name)?;
        let hook = Hook::new(name);
        let mut inner = self.lock();
        if inner.hooks.contains_key(&hook.name) {
            return Err(StackError::DuplicateHook(name.to_owned()));
        }
        inner.hooks.insert(Arc::clone(&hook.name), RegisteredHook::new(function));
        Ok(hook)
    }

    /// Attaches a hook to a resource. Several hooks of one phase run in the order in which they were
    /// attached.
    ///
    /// The hooks of a deletion are remembered in the state when the resource is created or next
    /// changed, so that they also run when its line has left the program; the program must still
    /// register them.
    pub fn attach<R: Resource>(&self, resource: &Handle<R>, phase: HookPhase, hook: &Hook<R>) {
        let used = HookUse { phase, name: Arc::clone(&hook.name) };
        let mut inner = self.lock();
        let again = inner.attached.iter().any(|(node, other)| *other == used && node.urn() == resource.urn());
        if !again {
            inner.attached.push((resource.node.clone(), used));
        }
    }
}
