//! [`Graph`]: a validated, acyclic, immutable set of declared resources. Knows nothing of state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};

use petgraph::graph::{DiGraph, NodeIndex};

use crate::expr::{Expr, NodeRef};
use crate::hook::{HookUse, Hooks};
use crate::options::Options;
use crate::policy::Rule;
use crate::provider::{Deferred, Driver, ProviderInstance, Reader};
use crate::stack::{Inner, StackError};
use crate::transform::transformed;
use crate::urn::Urn;

/// Whether a node is managed or only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Resource,
    Read,
}

/// A resource as declared, before its references are checked.
#[derive(Clone)]
pub(crate) struct Declared {
    pub(crate) node: NodeRef,
    pub(crate) kind: Kind,
    pub(crate) type_token: &'static str,
    pub(crate) provider: Arc<str>,
    pub(crate) inputs: Expr,
    pub(crate) options: Options,
}

/// What a node is made by.
#[derive(Clone)]
pub(crate) enum Maker {
    Driver(Arc<dyn Driver>),
    Reader(Arc<dyn Reader>),
}

/// One node of a frozen graph.
pub(crate) struct GraphNode {
    pub(crate) urn: Urn,
    pub(crate) maker: Maker,
    pub(crate) provider: Arc<str>,
    pub(crate) inputs: Expr,
    pub(crate) options: Options,
    /// The nodes this one needs, ascending.
    pub(crate) dependencies: Vec<u32>,
    /// In the order in which they were attached.
    pub(crate) hooks: Vec<HookUse>,
}

impl GraphNode {
    pub(crate) fn driver(&self) -> Option<&Arc<dyn Driver>> {
        match &self.maker {
            Maker::Driver(driver) => Some(driver),
            Maker::Reader(_) => None,
        }
    }
}

/// A stack whose references are checked and whose dependencies have no circle.
///
/// Made by [`Stack::freeze`](crate::Stack::freeze); planned by [`plan`](crate::plan()).
pub struct Graph {
    pub(crate) project: Arc<str>,
    pub(crate) stack: Arc<str>,
    pub(crate) nodes: Vec<GraphNode>,
    /// Node indices, every node after the ones it needs.
    pub(crate) order: Vec<u32>,
    pub(crate) by_urn: HashMap<Urn, u32>,
    pub(crate) exports: BTreeMap<String, Expr>,
    pub(crate) providers: BTreeMap<Arc<str>, ProviderInstance>,
    pub(crate) hooks: Hooks,
    pub(crate) policies: BTreeMap<Arc<str>, Rule>,
    /// The run that this graph leads back to, where it was made from the history.
    pub(crate) rollback_to: Option<u64>,
    pub(crate) uses: Uses,
}

/// What the nodes of a graph use, found once: a plan and its apply both ask.
#[derive(Default)]
pub(crate) struct Uses {
    stacks: OnceLock<BTreeSet<String>>,
    providers: OnceLock<BTreeSet<Arc<str>>>,
}

impl Graph {
    /// The project's name.
    pub fn project(&self) -> &str {
        &self.project
    }
    /// The stack's name.
    pub fn stack(&self) -> &str {
        &self.stack
    }
    /// The stack, as state names it.
    pub fn stack_id(&self) -> crate::state::StackId {
        crate::state::StackId::new(self.project(), self.stack())
    }
    /// How many resources and reads it has.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
    /// Whether it declares nothing.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
    /// The URNs in an order in which each comes after what it needs.
    pub fn urns(&self) -> impl Iterator<Item = &Urn> {
        self.order.iter().map(|index| &self.node(*index).urn)
    }
    /// The URNs that `urn` needs directly.
    pub fn dependencies<'a>(&'a self, urn: &Urn) -> impl Iterator<Item = &'a Urn> {
        let node = self.by_urn.get(urn).map(|index| self.node(*index));
        node.into_iter().flat_map(|node| node.dependencies.iter()).map(|index| &self.node(*index).urn)
    }
    /// Whether `urn` is data that is only read, and never in the state.
    pub fn is_read(&self, urn: &Urn) -> bool {
        self.by_urn.get(urn).is_some_and(|index| self.node(*index).driver().is_none())
    }

    pub(crate) fn node(&self, index: u32) -> &GraphNode {
        self.nodes.get(index as usize).expect("indices of a frozen graph are valid")
    }

    /// The other stacks of the project whose outputs it refers to.
    pub(crate) fn stacks_used(&self) -> &BTreeSet<String> {
        self.uses.stacks.get_or_init(|| {
            let mut names = BTreeSet::new();
            let mut visit = |expr: &Expr| {
                expr.visit_stacks(&mut |stack| {
                    names.insert(stack.to_owned());
                });
            };
            self.nodes.iter().for_each(|node| visit(&node.inputs));
            self.exports.values().for_each(visit);
            names
        })
    }

    /// The provider instances that its nodes belong to.
    pub(crate) fn providers_used(&self) -> &BTreeSet<Arc<str>> {
        self.uses.providers.get_or_init(|| {
            let mut names = BTreeSet::new();
            for node in &self.nodes {
                if !names.contains(&node.provider) {
                    names.insert(Arc::clone(&node.provider));
                }
            }
            names
        })
    }

    /// The registered provider instances, by name.
    pub fn providers(&self) -> impl Iterator<Item = &ProviderInstance> {
        self.providers.values()
    }

    /// The driver of a type that a registered provider instance has, used by the program or not.
    pub fn driver_for(&self, provider: &str, type_token: &str) -> Option<Arc<dyn Driver>> {
        self.providers.get(provider)?.types.drivers.get(type_token).cloned()
    }

    /// Most calls at once of the provider instance `provider`.
    pub(crate) fn parallelism_of(&self, provider: &str) -> usize {
        self.providers.get(provider).map_or(1, |instance| instance.parallelism_max)
    }

    /// The same stack with nothing in it: what `destroy` plans towards.
    pub fn without_resources(&self) -> Self {
        Self {
            project: Arc::clone(&self.project),
            stack: Arc::clone(&self.stack),
            nodes: Vec::new(),
            order: Vec::new(),
            by_urn: HashMap::new(),
            exports: BTreeMap::new(),
            providers: self.providers.clone(),
            hooks: self.hooks.clone(),
            policies: self.policies.clone(),
            rollback_to: None,
            uses: Uses::default(),
        }
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Graph({}/{}, {} nodes)", self.project, self.stack, self.nodes.len())
    }
}

/// Checks references and order, and resolves every node's driver.
pub(crate) fn freeze(inner: &Inner) -> Result<Graph, StackError> {
    let mut hooks = attached(inner)?;
    let mut nodes = Vec::with_capacity(inner.declared.len());
    for (index, declared) in (0..).zip(&inner.declared) {
        let declared = &*transformed(inner, declared)?;
        nodes.push(GraphNode {
            urn: declared.node.urn().clone(),
            maker: maker(inner, declared)?,
            provider: Arc::clone(&declared.provider),
            inputs: declared.inputs.clone(),
            options: declared.options.clone(),
            dependencies: dependencies(inner, declared)?,
            hooks: hooks.remove(&index).unwrap_or_default(),
        });
    }
    for (name, expr) in &inner.exports {
        let mut unknown = None;
        expr.visit_nodes(&mut |node| unknown = unknown.take().or_else(|| check(inner, node).err()));
        if let Some(to) = unknown {
            return Err(StackError::UnknownReference { from: format!("output {name:?}"), to });
        }
    }
    for (name, instance) in &inner.providers {
        for node in instance.deferred_source().map(Deferred::nodes).unwrap_or_default() {
            let from = || format!("provider instance {name:?}");
            check(inner, &node).map_err(|to| StackError::UnknownReference { from: from(), to })?;
        }
    }
    let order = order(&nodes)?;
    let by_urn =
        (0..).zip(&nodes).map(|(index, node)| (node.urn.clone(), index)).collect::<HashMap<Urn, u32>>();
    Ok(Graph {
        project: inner.project.as_str().into(),
        stack: inner.name.as_str().into(),
        nodes,
        order,
        by_urn,
        exports: inner.exports.clone(),
        providers: inner.providers.clone(),
        hooks: inner.hooks.clone(),
        policies: inner.policies.clone(),
        rollback_to: None,
        uses: Uses::default(),
    })
}

/// The hooks of each node.
fn attached(inner: &Inner) -> Result<HashMap<u32, Vec<HookUse>>, StackError> {
    let mut hooks: HashMap<u32, Vec<HookUse>> = HashMap::new();
    for (node, used) in &inner.attached {
        let index =
            check(inner, node).map_err(|to| StackError::UnknownReference { from: used.to_string(), to })?;
        hooks.entry(index).or_default().push(used.clone());
    }
    Ok(hooks)
}

fn maker(inner: &Inner, declared: &Declared) -> Result<Maker, StackError> {
    let urn = declared.node.urn();
    let Some(instance) = inner.providers.get(&declared.provider) else {
        return Err(StackError::NoProvider { urn: urn.clone(), provider: declared.provider.to_string() });
    };
    let types = &instance.types;
    match declared.kind {
        Kind::Resource => types.drivers.get(declared.type_token).cloned().map(Maker::Driver),
        Kind::Read => types.readers.get(declared.type_token).cloned().map(Maker::Reader),
    }
    .ok_or_else(|| StackError::UnknownType {
        urn: urn.clone(),
        provider: declared.provider.to_string(),
        type_token: declared.type_token.to_owned(),
    })
}

/// A reference is good when it is this stack's own node and that node was declared.
fn check(inner: &Inner, node: &NodeRef) -> Result<u32, Urn> {
    let declared = node.index().and_then(|index| Some((index, inner.declared.get(index as usize)?)));
    match declared {
        Some((index, own)) if Arc::ptr_eq(&own.node.0, &node.0) => Ok(index),
        _ => Err(node.urn().clone()),
    }
}

fn dependencies(inner: &Inner, declared: &Declared) -> Result<Vec<u32>, StackError> {
    let mut found = BTreeSet::new();
    let mut unknown = None;
    let mut visit = |node: &NodeRef| match check(inner, node) {
        Ok(index) => {
            found.insert(index);
        }
        Err(urn) => unknown = unknown.take().or(Some(urn)),
    };
    declared.inputs.visit_nodes(&mut visit);
    declared.options.replace_triggers.iter().for_each(|trigger| trigger.visit_nodes(&mut visit));
    declared.options.depends_on.iter().for_each(&mut visit);
    let instance = inner.providers.get(&declared.provider);
    let configured_by = instance.and_then(|instance| instance.deferred_source());
    configured_by.into_iter().for_each(|source| source.config().visit_nodes(&mut visit));
    match unknown {
        Some(to) => Err(StackError::UnknownReference { from: declared.node.urn().to_string(), to }),
        None => Ok(found.into_iter().collect()),
    }
}

pub(crate) fn order(nodes: &[GraphNode]) -> Result<Vec<u32>, StackError> {
    // Programs declare what they use first, so declaration order is usually the answer.
    let declared_in_order =
        (0..).zip(nodes).all(|(index, node)| node.dependencies.last().is_none_or(|last| *last < index));
    let count = u32::try_from(nodes.len()).expect("fewer than 2^32 resources");
    if declared_in_order {
        return Ok((0..count).collect());
    }
    let edges =
        (0..).zip(nodes).flat_map(|(index, node)| node.dependencies.iter().map(move |on| (*on, index)));
    let graph: DiGraph<(), (), u32> = DiGraph::from_edges(edges);
    let mut order: Vec<u32> = match petgraph::algo::toposort(&graph, None) {
        Ok(order) => order.into_iter().map(|index| index.index() as u32).collect(),
        Err(_) => return Err(StackError::Cycle(cycle(&graph, nodes))),
    };
    // `from_edges` knows no node beyond the last one with an edge.
    order.extend((graph.node_count() as u32)..count);
    Ok(order)
}

/// One circle, in the direction of need, for the message.
fn cycle(graph: &DiGraph<(), (), u32>, nodes: &[GraphNode]) -> Vec<Urn> {
    let component = petgraph::algo::tarjan_scc(graph)
        .into_iter()
        .filter(|members| {
            members.len() > 1 || members.first().is_some_and(|one| graph.contains_edge(*one, *one))
        })
        .min_by_key(|members| members.iter().min().copied());
    let members: BTreeSet<u32> =
        component.unwrap_or_default().into_iter().map(|index: NodeIndex<u32>| index.index() as u32).collect();
    let mut path: Vec<u32> = Vec::new();
    let mut at = members.first().copied();
    while let Some(index) = at {
        if let Some(start) = path.iter().position(|seen| *seen == index) {
            path.drain(..start);
            break;
        }
        path.push(index);
        let node = nodes.get(index as usize);
        at = node.and_then(|node| node.dependencies.iter().copied().find(|on| members.contains(on)));
    }
    path.iter().filter_map(|index| nodes.get(*index as usize)).map(|node| node.urn.clone()).collect()
}
