//! The untyped expression behind every output: what depends on what, and how a value is computed.
//! Knows nothing of IO: attributes come from a [`Scope`].

use std::sync::{Arc, OnceLock};

use crate::caught::catch;
use crate::urn::Urn;
use crate::value::{Value, ValueError};

/// Computes a value from a known value.
pub(crate) type Function = dyn Fn(&Value) -> Result<Value, ValueError> + Send + Sync;

/// One declared resource or data read, shared by everything that refers to it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) urn: Urn,
    /// The place in the frozen graph; set once by freezing.
    pub(crate) index: OnceLock<u32>,
}

/// A reference to a resource of the same stack. Opaque: handles and generated code carry it.
#[derive(Clone, Debug)]
pub struct NodeRef(pub(crate) Arc<Node>);

impl NodeRef {
    pub(crate) fn new(urn: Urn) -> Self {
        Self(Arc::new(Node { urn, index: OnceLock::new() }))
    }
    /// The URN of the resource referred to.
    pub fn urn(&self) -> &Urn {
        &self.0.urn
    }
    pub(crate) fn index(&self) -> Option<u32> {
        self.0.index.get().copied()
    }
    /// The place in the frozen graph.
    pub(crate) fn frozen(&self) -> Result<u32, ValueError> {
        self.index().ok_or_else(|| ValueError(format!("{} is not part of this stack", self.urn())))
    }
}

/// An expression over literals and attributes. Cloning shares.
#[derive(Clone)]
pub(crate) enum Expr {
    Literal(Value),
    Id(NodeRef),
    Attribute(NodeRef, Arc<str>),
    List(Arc<[Expr]>),
    Map(Arc<[(Arc<str>, Expr)]>),
    /// Text pieces put together.
    Concat(Arc<[Expr]>),
    Apply(Arc<Expr>, Arc<Function>),
    /// Marks the value as secret.
    Secret(Arc<Expr>),
    /// Removes the mark: an explicit decision of the program.
    Expose(Arc<Expr>),
    /// An output of another stack in the same backend.
    StackOutput(Arc<str>, Arc<str>),
}

/// Where the attributes of other resources come from during evaluation.
pub(crate) trait Scope {
    /// The physical id of a node; unknown before it exists.
    fn id(&self, node: &NodeRef) -> Result<Value, ValueError>;
    /// One output attribute of a node.
    fn attribute(&self, node: &NodeRef, name: &str) -> Result<Value, ValueError>;
    /// An exported output of another stack.
    fn stack_output(&self, stack: &str, name: &str) -> Result<Value, ValueError>;
}

impl Expr {
    /// Calls `visit` for every node this expression reads.
    pub(crate) fn visit_nodes(&self, visit: &mut dyn FnMut(&NodeRef)) {
        match self {
            Self::Literal(_) | Self::StackOutput(..) => {}
            Self::Id(node) | Self::Attribute(node, _) => visit(node),
            Self::List(items) | Self::Concat(items) => items.iter().for_each(|item| item.visit_nodes(visit)),
            Self::Map(entries) => entries.iter().for_each(|(_, entry)| entry.visit_nodes(visit)),
            Self::Apply(source, _) | Self::Secret(source) | Self::Expose(source) => source.visit_nodes(visit),
        }
    }

    /// Calls `visit` for every output of another stack this expression reads.
    pub(crate) fn visit_stacks(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Self::StackOutput(stack, _) => visit(stack),
            Self::Literal(_) | Self::Id(_) | Self::Attribute(..) => {}
            Self::List(items) | Self::Concat(items) => items.iter().for_each(|item| item.visit_stacks(visit)),
            Self::Map(entries) => entries.iter().for_each(|(_, entry)| entry.visit_stacks(visit)),
            Self::Apply(source, _) | Self::Secret(source) | Self::Expose(source) => {
                source.visit_stacks(visit)
            }
        }
    }

    /// Computes the value. Unknown in, unknown out; secret in, secret out.
    pub(crate) fn eval(&self, scope: &dyn Scope) -> Result<Value, ValueError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Id(node) => scope.id(node),
            Self::Attribute(node, name) => scope.attribute(node, name),
            Self::List(items) => {
                items.iter().map(|item| item.eval(scope)).collect::<Result<Vec<_>, _>>().map(Value::list)
            }
            Self::Map(entries) => eval_map(entries, scope),
            Self::Concat(pieces) => eval_concat(pieces, scope),
            Self::Apply(source, function) => eval_apply(&source.eval(scope)?, &**function),
            Self::Secret(source) => source.eval(scope).map(Value::secret),
            Self::Expose(source) => source.eval(scope).map(|value| exposed(&value)),
            Self::StackOutput(stack, name) => scope.stack_output(stack, name),
        }
    }
}

fn eval_map(entries: &[(Arc<str>, Expr)], scope: &dyn Scope) -> Result<Value, ValueError> {
    let mut map = crate::value::ValueMap::new();
    for (key, entry) in entries {
        let value = entry.eval(scope).map_err(|error| ValueError(format!("field `{key}`: {error}")))?;
        if value != Value::Null {
            map.insert(Arc::clone(key), value);
        }
    }
    Ok(Value::Map(Arc::new(map)))
}

fn eval_concat(pieces: &[Expr], scope: &dyn Scope) -> Result<Value, ValueError> {
    let mut text = String::new();
    let (mut secret, mut unknown) = (false, false);
    for piece in pieces {
        let value = piece.eval(scope)?;
        secret |= value.has_secret();
        match value.peel() {
            Value::Unknown => unknown = true,
            Value::String(piece) => text.push_str(piece),
            Value::Int(piece) => text.push_str(&piece.to_string()),
            Value::Float(piece) => text.push_str(&piece.to_string()),
            Value::Bool(piece) => text.push_str(if *piece { "true" } else { "false" }),
            Value::Null => {}
            _ => return Err(ValueError("a list or map cannot be put into text".into())),
        }
    }
    let value = if unknown { Value::Unknown } else { text.into() };
    Ok(if secret { Value::secret(value) } else { value })
}

fn eval_apply(source: &Value, function: &Function) -> Result<Value, ValueError> {
    let result = match source.has_unknown() {
        true => Value::Unknown,
        false => catch(|| function(source)).unwrap_or_else(|text| Err(panicked(source, text)))?,
    };
    Ok(if source.has_secret() { Value::secret(result) } else { result })
}

fn panicked(source: &Value, text: String) -> ValueError {
    ValueError(match source.has_secret() {
        true => "its function panicked; what it said is left out, since it may quote the secret".into(),
        false => format!("its function: {text}"),
    })
}

/// The value without any secret mark.
fn exposed(value: &Value) -> Value {
    match value {
        Value::Secret(inner) => exposed(inner),
        Value::List(items) => Value::list(items.iter().map(exposed)),
        Value::Map(entries) => {
            Value::map(entries.iter().map(|(key, value)| (Arc::clone(key), exposed(value))))
        }
        other => other.clone(),
    }
}
