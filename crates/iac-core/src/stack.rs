//! [`Stack`]: where a program declares its resources. Knows nothing of state or of what exists.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::expr::{Expr, NodeRef};
use crate::field::FieldType;
use crate::graph::{Declared, Graph, Kind, freeze};
use crate::hook::{HookUse, Hooks};
use crate::id::Id;
use crate::options::Options;
use crate::output::Output;
use crate::policy::Rule;
use crate::provider::{Provider, ProviderInstance};
use crate::resource::{Args, DataSource, Outputs, Resource};
use crate::transform::Transformation;
use crate::urn::{Urn, UrnError, check_name};

/// A stack under construction: the resources a program wants, before anything is looked up.
///
/// Components are functions that take a `&Stack` from [`scope`](Stack::scope) and return a struct
/// of handles.
///
/// ```
/// # use iac_core::{Stack, StackError};
/// fn program(stack: &Stack) -> Result<(), StackError> {
///     let edge = stack.scope("edge")?;
///     // let web = edge.add("web", Server::args().size("small"))?;
///     stack.export("region", "nbg1")?;
///     # let _ = edge;
///     Ok(())
/// }
/// let stack = Stack::new("philotes", "dev")?;
/// program(&stack)?;
/// let graph = stack.freeze()?;
/// assert!(graph.is_empty());
/// # Ok::<(), StackError>(())
/// ```
#[derive(Clone)]
pub struct Stack {
    inner: Arc<Mutex<Inner>>,
    pub(crate) scope: Vec<String>,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) project: String,
    pub(crate) name: String,
    /// Every URN that was declared or referred to.
    pub(crate) nodes: BTreeMap<Urn, NodeRef>,
    pub(crate) declared: Vec<Declared>,
    pub(crate) providers: BTreeMap<Arc<str>, ProviderInstance>,
    pub(crate) exports: BTreeMap<String, Expr>,
    pub(crate) hooks: Hooks,
    pub(crate) policies: BTreeMap<Arc<str>, Rule>,
    pub(crate) attached: Vec<(NodeRef, HookUse)>,
    /// In the order of registration, each with the scope it is for.
    pub(crate) transformations: Vec<(Vec<String>, Transformation)>,
}

/// What is wrong with a declared stack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// A name that cannot be part of a URN.
    #[error(transparent)]
    Name(#[from] UrnError),
    /// Two resources with one name.
    #[error("{0} is declared twice; give one of them another name or put it into a scope of its own")]
    DuplicateResource(Urn),
    /// Two outputs with one name.
    #[error("output {0:?} is exported twice; give one of them another name")]
    DuplicateExport(String),
    /// Two provider instances with one name.
    #[error(
        "provider instance {0:?} is registered twice; name the second one with `ProviderInstance::named`"
    )]
    DuplicateProvider(String),
    /// A reference to something that was never declared in this stack.
    #[error("{from} refers to {to}, which this stack does not declare; declare it, or correct the name")]
    UnknownReference {
        /// Who refers.
        from: String,
        /// To what.
        to: Urn,
    },
    /// Two hooks with one name.
    #[error("hook {0:?} is registered twice; give one of them another name")]
    DuplicateHook(String),
    /// Two policies with one name.
    #[error("policy {0:?} is added twice; give one of them another name")]
    DuplicatePolicy(String),
    /// A transformation that asks for what a resource does not have.
    #[error("{urn}: a transformation sets input `{field}`, which {} does not have; ask `has_input` first", .urn.type_token())]
    NoSuchInput {
        /// The resource.
        urn: Urn,
        /// The input.
        field: String,
    },
    /// Resources that need each other.
    #[error("resources depend on each other in a circle: {}", circle(.0))]
    Cycle(Vec<Urn>),
    /// A resource whose provider is not registered.
    #[error("{urn} needs provider instance {provider:?}, which is not registered; call `stack.provider(…)`")]
    NoProvider {
        /// The resource.
        urn: Urn,
        /// The instance it names.
        provider: String,
    },
    /// A resource whose type the provider instance does not have.
    #[error("{urn}: provider instance {provider:?} has no type {type_token:?}")]
    UnknownType {
        /// The resource.
        urn: Urn,
        /// The instance it names.
        provider: String,
        /// The type.
        type_token: String,
    },
    /// A fault that the program itself found.
    #[error("{0}")]
    Program(String),
}

impl StackError {
    /// A fault that the program itself found, for example in its settings.
    pub fn program(message: impl fmt::Display) -> Self {
        Self::Program(message.to_string())
    }
}

fn circle(urns: &[Urn]) -> String {
    let first = urns.first().map(ToString::to_string);
    urns.iter().map(ToString::to_string).chain(first).collect::<Vec<_>>().join(" -> ")
}

/// What a program holds of a declared resource: its id and its output attributes.
///
/// It derefs to the attributes, so `server.ipv4` is an [`Output`]; and a `&Handle<Server>` is
/// accepted wherever a field wants an `Id<Server>`.
pub struct Handle<R: Resource> {
    pub(crate) node: NodeRef,
    /// The physical id.
    pub id: Output<Id<R>>,
    attributes: <R::Outputs as Outputs>::Attributes,
}

impl<R: Resource> Handle<R> {
    fn new(node: NodeRef) -> Self {
        Self { id: Output::id_of(&node), attributes: R::Outputs::attributes(&node), node }
    }
    /// The logical name of the resource.
    pub fn urn(&self) -> &Urn {
        self.node.urn()
    }
}

impl<R: Resource> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), id: self.id.clone(), attributes: self.attributes.clone() }
    }
}
impl<R: Resource> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.urn())
    }
}
impl<R: Resource> Deref for Handle<R> {
    type Target = <R::Outputs as Outputs>::Attributes;
    fn deref(&self) -> &Self::Target {
        &self.attributes
    }
}

/// What can be exported from a stack.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be exported",
    note = "export an `Output`, text, a number, a truth value, or a resource's handle (its id)"
)]
pub trait IntoExport {
    #[doc(hidden)]
    fn into_export(self) -> Export;
}
/// An exported expression.
#[doc(hidden)]
pub struct Export(pub(crate) Expr);

impl<T> IntoExport for Output<T> {
    fn into_export(self) -> Export {
        Export(self.expr)
    }
}
impl<T> IntoExport for &Output<T> {
    fn into_export(self) -> Export {
        Export(self.expr.clone())
    }
}
impl IntoExport for &str {
    fn into_export(self) -> Export {
        Export(Expr::Literal(self.into()))
    }
}
impl IntoExport for String {
    fn into_export(self) -> Export {
        Export(Expr::Literal(self.into()))
    }
}
impl IntoExport for &String {
    fn into_export(self) -> Export {
        Export(Expr::Literal(self.as_str().into()))
    }
}
macro_rules! plain_exports {
    ($($type:ty),*) => {$(
        impl IntoExport for $type {
            fn into_export(self) -> Export {
                Export(Output::literal(self).expr)
            }
        }
    )*};
}
plain_exports!(bool, i32, i64, u16, u32, u64);

impl<R: Resource> IntoExport for &Handle<R> {
    fn into_export(self) -> Export {
        Export(self.id.expr.clone())
    }
}

impl Stack {
    /// An empty stack `name` of `project`. The random values of [`crate::random`] need no
    /// provider; every cloud needs [`Stack::provider`].
    ///
    /// # Errors
    /// A name that cannot be part of a URN.
    pub fn new(project: &str, name: &str) -> Result<Self, StackError> {
        check_name("project", project)?;
        check_name("stack", name)?;
        let inner = Inner { project: project.to_owned(), name: name.to_owned(), ..Inner::default() };
        let stack = Self { inner: Arc::new(Mutex::new(inner)), scope: Vec::new() };
        stack.provider(crate::random::Random)?;
        Ok(stack)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The project's name.
    pub fn project(&self) -> String {
        self.lock().project.clone()
    }

    /// The stack's name.
    pub fn name(&self) -> String {
        self.lock().name.clone()
    }

    /// Registers a provider under its default name.
    ///
    /// # Errors
    /// The name is taken.
    pub fn provider<P: Provider>(&self, provider: P) -> Result<ProviderInstance, StackError> {
        self.provider_instance(ProviderInstance::new(provider))
    }

    /// Registers a provider instance: a second account, or a mock.
    ///
    /// # Errors
    /// The name is taken.
    pub fn provider_instance(&self, instance: ProviderInstance) -> Result<ProviderInstance, StackError> {
        check_name("provider", &instance.name)?;
        let mut inner = self.lock();
        if inner.providers.contains_key(&instance.name) {
            return Err(StackError::DuplicateProvider(instance.name.to_string()));
        }
        inner.providers.insert(instance.name.clone(), instance.clone());
        Ok(instance)
    }

    /// This stack, one scope deeper: resources added to it carry the scope in their URN.
    ///
    /// # Errors
    /// A name that cannot be part of a URN.
    pub fn scope(&self, name: &str) -> Result<Self, StackError> {
        check_name("scope", name)?;
        let mut scope = self.scope.clone();
        scope.push(name.to_owned());
        Ok(Self { inner: Arc::clone(&self.inner), scope })
    }

    /// Declares a resource.
    ///
    /// # Errors
    /// A bad or taken name.
    pub fn add<A>(&self, name: impl AsRef<str>, args: A) -> Result<Handle<A::Target>, StackError>
    where
        A: Args,
        A::Target: Resource,
    {
        self.add_with(name, args, Options::new())
    }

    /// Declares a resource with options.
    ///
    /// # Errors
    /// A bad or taken name.
    pub fn add_with<A>(
        &self,
        name: impl AsRef<str>,
        args: A,
        options: Options,
    ) -> Result<Handle<A::Target>, StackError>
    where
        A: Args,
        A::Target: Resource,
    {
        let type_token = <A::Target as Resource>::TYPE;
        let provider = <<A::Target as Resource>::Provider as Provider>::NAME;
        let node = self.declare(
            name.as_ref(),
            Kind::Resource,
            type_token,
            provider,
            args.into_fields().into_expr(),
            options,
        )?;
        Ok(Handle::new(node))
    }

    /// Declares a data read. Where its query is known it is read before planning, so plans show
    /// real values; otherwise during the apply.
    ///
    /// # Errors
    /// A bad or taken name.
    pub fn read<A>(
        &self,
        name: impl AsRef<str>,
        args: A,
    ) -> Result<<<A::Target as DataSource>::Data as Outputs>::Attributes, StackError>
    where
        A: Args,
        A::Target: DataSource,
    {
        self.read_with(name, args, Options::new())
    }

    /// Declares a data read with options (`provider`, `depends_on`).
    ///
    /// # Errors
    /// A bad or taken name.
    pub fn read_with<A>(
        &self,
        name: impl AsRef<str>,
        args: A,
        options: Options,
    ) -> Result<<<A::Target as DataSource>::Data as Outputs>::Attributes, StackError>
    where
        A: Args,
        A::Target: DataSource,
    {
        let type_token = <A::Target as DataSource>::TYPE;
        let provider = <<A::Target as DataSource>::Provider as Provider>::NAME;
        let node = self.declare(
            name.as_ref(),
            Kind::Read,
            type_token,
            provider,
            args.into_fields().into_expr(),
            options,
        )?;
        Ok(<<A::Target as DataSource>::Data as Outputs>::attributes(&node))
    }

    /// Refers to a resource by its path from the stack's root (`edge/web`), declared elsewhere or
    /// later. [`Stack::freeze`] refuses the stack if it never is.
    ///
    /// # Errors
    /// A path that cannot be part of a URN.
    pub fn lookup<R: Resource>(&self, path: &str) -> Result<Handle<R>, StackError> {
        let parts: Vec<&str> = path.split('/').collect();
        let (name, scope) = parts.split_last().expect("split yields at least one part");
        let mut inner = self.lock();
        let urn = Urn::new(&inner.project, &inner.name, R::TYPE, scope, name)?;
        let node = inner.nodes.entry(urn.clone()).or_insert_with(|| NodeRef::new(urn)).clone();
        Ok(Handle::new(node))
    }

    /// An output of another stack of the same project in the same state. It is read before
    /// planning, and a secret stays secret: use `Output<Secret<T>>` for one.
    pub fn stack_output<T: FieldType>(&self, stack: &str, output: &str) -> Output<T> {
        Output::from_expr(Expr::StackOutput(stack.into(), output.into()))
    }

    /// Exports a value under `name`: shown after an apply, readable by other programs.
    ///
    /// # Errors
    /// The name is taken.
    pub fn export(&self, name: &str, value: impl IntoExport) -> Result<(), StackError> {
        check_name("output", name)?;
        let mut inner = self.lock();
        if inner.exports.contains_key(name) {
            return Err(StackError::DuplicateExport(name.to_owned()));
        }
        inner.exports.insert(name.to_owned(), value.into_export().0);
        Ok(())
    }

    /// Checks the stack and turns it into an immutable acyclic graph.
    ///
    /// # Errors
    /// References to undeclared resources, circles, missing providers.
    pub fn freeze(&self) -> Result<Graph, StackError> {
        freeze(&self.lock())
    }

    fn declare(
        &self,
        name: &str,
        kind: Kind,
        type_token: &'static str,
        provider: &'static str,
        inputs: Expr,
        options: Options,
    ) -> Result<NodeRef, StackError> {
        let mut inner = self.lock();
        let scope: Vec<&str> = self.scope.iter().map(String::as_str).collect();
        let urn = Urn::new(&inner.project, &inner.name, type_token, &scope, name)?;
        let node = inner.nodes.entry(urn.clone()).or_insert_with(|| NodeRef::new(urn.clone())).clone();
        let index = u32::try_from(inner.declared.len()).expect("fewer than 2^32 resources");
        if node.0.index.set(index).is_err() {
            return Err(StackError::DuplicateResource(urn));
        }
        let provider = options.provider.clone().unwrap_or_else(|| provider.into());
        inner.declared.push(Declared { node: node.clone(), kind, type_token, provider, inputs, options });
        Ok(node)
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        write!(f, "Stack({}/{}, {} resources)", inner.project, inner.name, inner.declared.len())
    }
}
