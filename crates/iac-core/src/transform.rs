//! Transformations: code of the program that changes what is declared in a scope, whoever declared
//! it. Knows nothing of plans.

use std::borrow::Cow;
use std::sync::Arc;

use crate::expr::{Expr, NodeRef};
use crate::field::FieldSpec;
use crate::graph::{Declared, Kind};
use crate::options::Options;
use crate::resource::Resource;
use crate::stack::{Inner, IntoExport, Stack, StackError};
use crate::urn::Urn;
use crate::value::{Value, ValueMap};

/// One registered transformation.
pub(crate) type Transformation = Arc<dyn Fn(&mut Declaration<'_>) -> Result<(), StackError> + Send + Sync>;

/// A declared resource that a transformation may change.
pub struct Declaration<'a> {
    node: &'a NodeRef,
    fields: &'static [FieldSpec],
    inputs: Vec<(Arc<str>, Expr)>,
    options: Options,
}

impl Declaration<'_> {
    /// The resource's logical name.
    pub fn urn(&self) -> &Urn {
        self.node.urn()
    }

    /// Whether it is of type `R`.
    pub fn is<R: Resource>(&self) -> bool {
        self.urn().type_token() == R::TYPE
    }

    /// Whether its type has the input `field`.
    pub fn has_input(&self, field: &str) -> bool {
        self.fields.iter().any(|spec| spec.name == field)
    }

    /// Whether the program, or an earlier transformation, sets the input `field`.
    pub fn sets(&self, field: &str) -> bool {
        self.inputs.iter().any(|(name, _)| &**name == field)
    }

    /// Sets the input `field`, whatever the program says. The plan checks the value as any other.
    ///
    /// # Errors
    /// The type has no such input.
    pub fn set(&mut self, field: &str, value: impl IntoExport) -> Result<(), StackError> {
        let name = self.known(field)?;
        self.inputs.retain(|(existing, _)| *existing != name);
        self.inputs.push((name, value.into_export().0));
        Ok(())
    }

    /// Adds entries to the map input `field`, for example labels. An entry that the program itself
    /// gives stays as it is.
    ///
    /// # Errors
    /// The type has no such input.
    pub fn add_entries<K, V>(
        &mut self,
        field: &str,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), StackError>
    where
        K: AsRef<str>,
        V: Into<Value>,
    {
        let name = self.known(field)?;
        let added: ValueMap =
            entries.into_iter().map(|(key, value)| (key.as_ref().into(), value.into())).collect();
        let at = self.inputs.iter().position(|(existing, _)| *existing == name);
        let own = at.map(|at| self.inputs.remove(at).1);
        self.inputs.push((name, merged(own, added)));
        Ok(())
    }

    /// Changes the options: `declaration.options(|options| options.protect())`.
    pub fn options(&mut self, change: impl FnOnce(Options) -> Options) {
        self.options = change(std::mem::take(&mut self.options));
    }

    fn known(&self, field: &str) -> Result<Arc<str>, StackError> {
        match self.has_input(field) {
            true => Ok(field.into()),
            false => Err(StackError::NoSuchInput { urn: self.urn().clone(), field: field.to_owned() }),
        }
    }
}

/// A map with `added` where `own` has no entry of its own.
fn merged(own: Option<Expr>, added: ValueMap) -> Expr {
    let literals = |added: ValueMap| added.into_iter().map(|(key, value)| (key, Expr::Literal(value)));
    match own {
        None => Expr::Literal(Value::Map(Arc::new(added))),
        Some(Expr::Map(entries)) => {
            let missing = literals(added).filter(|(key, _)| entries.iter().all(|(own, _)| own != key));
            Expr::Map(entries.iter().cloned().chain(missing).collect())
        }
        Some(own) => {
            let fill = move |own: &Value| {
                let mut filled = added.clone();
                let own = own.peel().as_map();
                filled.extend(own.into_iter().flatten().map(|(key, value)| (Arc::clone(key), value.clone())));
                Ok(Value::Map(Arc::new(filled)))
            };
            Expr::Apply(Arc::new(own), Arc::new(fill))
        }
    }
}

impl Stack {
    /// Registers a transformation of every resource in this scope and below, declared before or
    /// after. Those of inner scopes come first; of one scope, in the order of registration.
    ///
    /// ```
    /// # use iac_core::{Stack, StackError};
    /// # fn program(stack: &Stack) -> Result<(), StackError> {
    /// stack.transform(|declaration| {
    ///     if declaration.has_input("labels") {
    ///         declaration.add_entries("labels", [("team", "edge")])?;
    ///     }
    ///     Ok(())
    /// });
    /// # Ok(())
    /// # }
    /// # program(&Stack::new("philotes", "dev")?)?;
    /// # Ok::<(), StackError>(())
    /// ```
    pub fn transform<F>(&self, transformation: F)
    where
        F: Fn(&mut Declaration<'_>) -> Result<(), StackError> + Send + Sync + 'static,
    {
        self.lock().transformations.push((self.scope.clone(), Arc::new(transformation)));
    }
}

/// `declared` as the transformations of its scopes leave it. Data reads stay as they are.
pub(crate) fn transformed<'a>(
    inner: &Inner,
    declared: &'a Declared,
) -> Result<Cow<'a, Declared>, StackError> {
    if inner.transformations.is_empty() || declared.kind != Kind::Resource {
        return Ok(Cow::Borrowed(declared));
    }
    let path: Vec<&str> = declared.node.urn().path().split('/').collect();
    let holds = |scope: &[String]| scope.len() < path.len() && scope.iter().zip(&path).all(|(a, b)| a == b);
    let mut chosen: Vec<_> = inner.transformations.iter().filter(|(scope, _)| holds(scope)).collect();
    if chosen.is_empty() {
        return Ok(Cow::Borrowed(declared));
    }
    chosen.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
    let driver = inner
        .providers
        .get(&declared.provider)
        .and_then(|instance| instance.types.drivers.get(declared.type_token));
    let inputs = match &declared.inputs {
        Expr::Map(entries) => entries.to_vec(),
        _ => Vec::new(),
    };
    let mut declaration = Declaration {
        node: &declared.node,
        fields: driver.map_or(&[], |driver| driver.spec().inputs),
        inputs,
        options: declared.options.clone(),
    };
    for (_, transformation) in chosen {
        transformation(&mut declaration)?;
    }
    let Declaration { inputs, options, .. } = declaration;
    let provider = options.provider.clone().unwrap_or_else(|| Arc::clone(&declared.provider));
    Ok(Cow::Owned(Declared {
        node: declared.node.clone(),
        inputs: Expr::Map(inputs.into()),
        provider,
        options,
        ..declared.clone()
    }))
}
