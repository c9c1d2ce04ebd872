//! From remembered rows to a graph: each row becomes a node again, wired to the others as it was.
//! Pure; knows nothing of where rows are kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::error::EngineError;
use super::relink::{Relinker, Source};
use crate::expr::{Expr, NodeRef, Scope};
use crate::graph::{Graph, GraphNode, Maker, Uses, order};
use crate::hook::HookUse;
use crate::options::Options;
use crate::plan::physical_name;
use crate::provider::TypeSpec;
use crate::snapshot::Snapshot;
use crate::state::{ExportRecord, PastRecord, PastRename, ResourceRecord, Status};
use crate::urn::Urn;
use crate::value::{Value, ValueError};

/// The graph whose plan leads to `past`. `program` gives the drivers, and the options that are no part
/// of a row; `current` says what has another name or is protected by now.
pub(super) fn rebuild(
    program: &Graph,
    past: &PastRecord,
    current: &Snapshot,
    run: u64,
) -> Result<Graph, EngineError> {
    let rows: Vec<&ResourceRecord> =
        past.resources.iter().filter(|row| row.status == Status::Ready).collect();
    let mut rebuilder = Rebuilder::new(program, current, run, rows, &past.renames)?;
    let order = order(&rebuilder.nodes)
        .map_err(|error| EngineError::NoRollback { run, reason: error.to_string() })?;
    for index in &order {
        rebuilder.wire(*index);
    }
    let exports = rebuilder.exports(&past.exports, &order);
    let by_urn = (0..).zip(&rebuilder.nodes).map(|(index, node)| (node.urn.clone(), index)).collect();
    Ok(Graph {
        project: Arc::clone(&program.project),
        stack: Arc::clone(&program.stack),
        nodes: rebuilder.nodes,
        order,
        by_urn,
        exports,
        providers: program.providers.clone(),
        hooks: program.hooks.clone(),
        policies: program.policies.clone(),
        rollback_to: Some(run),
        uses: Uses::default(),
    })
}

struct Rebuilder<'a> {
    program: &'a Graph,
    current: &'a Snapshot,
    /// The run that the rows are of.
    run: u64,
    /// What was renamed, oldest first.
    renames: &'a [PastRename],
    /// By URN, as the nodes are.
    rows: Vec<&'a ResourceRecord>,
    nodes: Vec<GraphNode>,
    references: Vec<NodeRef>,
    /// The nodes that each row recorded as needed.
    needed: Vec<Vec<u32>>,
    by_id: HashMap<&'a str, Vec<u32>>,
    /// The texts of each row that refer to nothing.
    literals: Vec<BTreeSet<String>>,
}

impl<'a> Rebuilder<'a> {
    fn new(
        program: &'a Graph,
        current: &'a Snapshot,
        run: u64,
        rows: Vec<&'a ResourceRecord>,
        renames: &'a [PastRename],
    ) -> Result<Self, EngineError> {
        let index: HashMap<&Urn, u32> = (0..).zip(&rows).map(|(index, row)| (&row.urn, index)).collect();
        let mut by_id: HashMap<&str, Vec<u32>> = HashMap::new();
        let (mut nodes, mut references, mut needed) = (Vec::new(), Vec::new(), Vec::new());
        for (at, row) in (0..).zip(&rows) {
            let reference = NodeRef::new(row.urn.clone());
            reference.0.index.set(at).expect("a new reference has no index yet");
            references.push(reference);
            if !row.id.is_empty() {
                by_id.entry(&row.id).or_default().push(at);
            }
            // What was forgotten since is not there to be needed.
            let mut needs: Vec<u32> =
                row.dependencies.iter().filter_map(|urn| index.get(urn).copied()).collect();
            needs.sort_unstable();
            needed.push(needs.clone());
            let Some(driver) = program.driver_for(&row.provider, &row.type_token) else {
                return Err(EngineError::NoRollback { run, reason: unregistered(row) });
            };
            nodes.push(GraphNode {
                urn: row.urn.clone(),
                maker: Maker::Driver(driver),
                provider: row.provider.as_str().into(),
                inputs: Expr::Literal(Value::Null),
                options: Options::new(),
                dependencies: needs,
                hooks: hooks(program, row),
            });
        }
        let literals = vec![BTreeSet::new(); rows.len()];
        Ok(Self { program, current, run, renames, rows, nodes, references, needed, by_id, literals })
    }

    fn row(&self, index: u32) -> &'a ResourceRecord {
        self.rows.get(index as usize).expect("nodes and rows have the same indices")
    }

    fn reference(&self, index: u32) -> NodeRef {
        self.references.get(index as usize).expect("every row has a reference").clone()
    }

    fn spec(&self, index: u32) -> &TypeSpec {
        let node = self.nodes.get(index as usize).expect("nodes and rows have the same indices");
        node.driver().expect("every rebuilt node has a driver").spec()
    }

    fn needed(&self, index: u32) -> &[u32] {
        self.needed.get(index as usize).map_or(&[], Vec::as_slice)
    }

    /// Gives a node its inputs and options. What it needs has got its own before.
    fn wire(&mut self, index: u32) {
        let row = self.row(index);
        let elsewhere = |text: &str| self.far_id(index, text).map(|far| Expr::Id(self.reference(far)));
        let mut relinker = Relinker {
            sources: self.sources(index),
            elsewhere: &elsewhere,
            outputs_too: true,
            literals: BTreeSet::new(),
        };
        let declared = self.declared(row);
        let names = self.names_since(row);
        let given = self.without_derived_names(self.spec(index), row, &names);
        let fields = given.as_map().into_iter().flatten().map(|(name, value)| {
            relinker.outputs_too = !declared.is_some_and(|declared| is_fixed(&declared.inputs, name, value));
            (Arc::clone(name), relinker.expr(value))
        });
        let inputs = Expr::Map(fields.collect());
        relinker.outputs_too = true;
        let triggers = row.triggers.as_list().unwrap_or_default();
        let triggers: Vec<Expr> = triggers.iter().map(|trigger| relinker.expr(trigger)).collect();
        let found = relinker.literals;

        let options = self.options(row, triggers, index, &names);
        let mut dependencies: BTreeSet<u32> = self.needed(index).iter().copied().collect();
        let mut visit = |node: &NodeRef| dependencies.extend(node.index());
        inputs.visit_nodes(&mut visit);
        options.replace_triggers.iter().for_each(|trigger| trigger.visit_nodes(&mut visit));
        if let Some(literals) = self.literals.get_mut(index as usize) {
            *literals = found;
        }
        let node = self.nodes.get_mut(index as usize).expect("nodes and rows have the same indices");
        node.inputs = inputs;
        node.options = options;
        node.dependencies = dependencies.into_iter().collect();
    }

    /// What the objects that a row needed directly gave: ids first, then what stays as long as they do.
    fn sources(&self, index: u32) -> Vec<Source> {
        let needed = self.needed(index);
        let ids = needed.iter().filter_map(|on| self.id_source(*on));
        ids.chain(needed.iter().flat_map(|on| self.output_sources(*on, true))).collect()
    }

    fn id_source(&self, on: u32) -> Option<Source> {
        let row = self.row(on);
        let source =
            Source { text: row.id.clone(), expr: Expr::Id(self.reference(on)), secret: false, output: false };
        (!row.id.is_empty()).then_some(source)
    }

    /// The text outputs of a row that it does not merely repeat from its own inputs.
    fn output_sources(&self, on: u32, stable_only: bool) -> Vec<Source> {
        let row = self.row(on);
        let repeated = self.literals.get(on as usize);
        let fields = self.spec(on).outputs.iter().filter(|field| field.stable || !stable_only);
        fields
            .filter_map(|field| {
                let value = row.outputs.get(field.name);
                let text = value.peel().as_str().filter(|text| !text.is_empty())?.to_owned();
                let expr = Expr::Attribute(self.reference(on), field.name.into());
                let gave = !repeated.is_some_and(|literals| literals.contains(&text));
                gave.then_some(Source {
                    text,
                    expr,
                    secret: value.has_secret() || field.secret,
                    output: true,
                })
            })
            .collect()
    }

    /// The row with the id `text` that `index` needs through others.
    fn far_id(&self, index: u32, text: &str) -> Option<u32> {
        let candidates = self.by_id.get(text)?;
        let mut open = self.needed(index).to_vec();
        let mut seen: HashSet<u32> = HashSet::new();
        while let Some(on) = open.pop() {
            if candidates.contains(&on) {
                return Some(on);
            }
            if seen.insert(on) {
                open.extend(self.needed(on));
            }
        }
        None
    }

    /// The node that the program has for a row today.
    fn declared(&self, row: &ResourceRecord) -> Option<&'a GraphNode> {
        self.program.by_urn.get(&row.urn).map(|index| self.program.node(*index))
    }

    fn options(&self, row: &ResourceRecord, triggers: Vec<Expr>, index: u32, names: &[Urn]) -> Options {
        let mut options = Options::new();
        if let Some(declared) = self.declared(row).map(|node| &node.options) {
            options.ignore_changes.clone_from(&declared.ignore_changes);
            options.replace_on_changes.clone_from(&declared.replace_on_changes);
            options.delete_before_replace = declared.delete_before_replace;
            options.timeout = declared.timeout;
        }
        // An earlier rollback may have brought it back under a name that it had before.
        let before = self.names_before(row);
        let now = self.today(names, &before);
        // A rollback takes no protection away.
        options.protect = row.protect || now.is_some_and(|now| now.protect);
        options.retain_on_delete = row.retain || now.is_some_and(|now| now.retain);
        options.replace_triggers = triggers;
        options.depends_on = self.needed(index).iter().map(|on| self.reference(*on)).collect();
        let renamed = names.last().filter(|name| **name != row.urn);
        options.aliases.extend(renamed.into_iter().chain(&before).map(|name| name.as_str().to_owned()));
        options
    }

    /// What the resource of a row has been called since then; the last is its name today. It may have
    /// been replaced in between.
    fn names_since(&self, row: &ResourceRecord) -> Vec<Urn> {
        let (mut names, mut renamed_in) = (vec![row.urn.clone()], self.run);
        for rename in self.renames {
            // Within one run, what takes a name that was given up is another resource.
            if names.last() == Some(&rename.from) && rename.run > renamed_in {
                renamed_in = rename.run;
                names.push(rename.to.clone());
            }
        }
        names
    }

    /// What the resource of a row had been called before, the newest first.
    fn names_before(&self, row: &ResourceRecord) -> Vec<Urn> {
        let (mut names, mut renamed_in): (Vec<Urn>, _) = (Vec::new(), self.run.saturating_add(1));
        for rename in self.renames.iter().rev() {
            if rename.to == *names.last().unwrap_or(&row.urn) && rename.run < renamed_in {
                renamed_in = rename.run;
                names.push(rename.from.clone());
            }
        }
        names
    }

    /// The row that the plan will continue: the one that has the name now, or else the one that the resource
    /// has under its newest name, or under one it had before.
    fn today(&self, names: &[Urn], before: &[Urn]) -> Option<&'a ResourceRecord> {
        let current: &'a Snapshot = self.current;
        let mut candidates = names.first().into_iter().chain(names.last()).chain(before);
        candidates.find_map(|name| current.resources.get(name)).map(|now| &**now)
    }

    /// The recorded inputs without the names that the engine had derived and derives again. Where the
    /// resource got a name of the program's since, the engine would keep that one; so the recorded one is
    /// asked for.
    fn without_derived_names(&self, spec: &TypeSpec, row: &ResourceRecord, names: &[Urn]) -> Value {
        let before = self.names_before(row);
        let derived = |generations: u32, name: &str, length_max: usize| {
            names.iter().chain(&before).any(|urn| {
                (0..=generations).any(|generation| physical_name(urn, generation, length_max) == name)
            })
        };
        let now = names.last().and_then(|name| self.current.resources.get(name));
        let mut inputs = row.inputs.clone();
        for field in spec.inputs {
            let Some(length_max) = field.auto_name_length_max else { continue };
            let Some(name) = inputs.get(field.name).as_str() else { continue };
            let fixed_since = now.is_some_and(|now| {
                let today = now.inputs.get(field.name).as_str().filter(|today| *today != name);
                today.is_some_and(|today| !derived(now.generation, today, length_max))
            });
            if derived(row.generation, name, length_max) && !fixed_since {
                inputs = inputs.with(field.name, Value::Null);
            }
        }
        inputs
    }

    fn exports(&self, exports: &[ExportRecord], order: &[u32]) -> BTreeMap<String, Expr> {
        let ids = order.iter().filter_map(|on| self.id_source(*on));
        // Who gave a text comes before who repeats it.
        let sources: Vec<Source> =
            ids.chain(order.iter().flat_map(|on| self.output_sources(*on, true))).collect();
        let mut passing: HashMap<String, Option<Source>> = HashMap::new();
        for source in order.iter().flat_map(|on| self.output_sources(*on, false)) {
            // What several objects say at once, as a status, says nothing of where it came from.
            let seen = passing.contains_key(&source.text);
            passing.insert(source.text.clone(), (!seen).then_some(source));
        }
        let elsewhere = |text: &str| {
            let source = passing.get(text)?.as_ref().filter(|source| !source.secret)?;
            Some(source.expr.clone())
        };
        let mut relinker =
            Relinker { sources, elsewhere: &elsewhere, outputs_too: true, literals: BTreeSet::new() };
        exports.iter().map(|export| (export.name.clone(), relinker.expr(&export.value))).collect()
    }
}

/// The hooks of today's program; of what it does not declare any more, those of its deletion then.
fn hooks(program: &Graph, row: &ResourceRecord) -> Vec<HookUse> {
    match program.by_urn.get(&row.urn) {
        Some(index) => program.node(*index).hooks.clone(),
        None => row.hooks.deletion.clone(),
    }
}

/// Whether a program gives a field the same `value` without reading it from any resource: then a text in
/// it that is like an output is so by chance.
fn is_fixed(inputs: &Expr, name: &str, value: &Value) -> bool {
    let given = match inputs {
        Expr::Map(fields) => fields.iter().find(|(field, _)| **field == *name).map(|(_, field)| field),
        _ => None,
    };
    given.is_some_and(|given| given.eval(&Nothing).is_ok_and(|given| given == *value))
}

/// Where nothing is known of any resource.
struct Nothing;

impl Scope for Nothing {
    fn id(&self, _: &NodeRef) -> Result<Value, ValueError> {
        Ok(Value::Unknown)
    }
    fn attribute(&self, _: &NodeRef, _: &str) -> Result<Value, ValueError> {
        Ok(Value::Unknown)
    }
    fn stack_output(&self, _: &str, _: &str) -> Result<Value, ValueError> {
        Ok(Value::Unknown)
    }
}

fn unregistered(row: &ResourceRecord) -> String {
    format!(
        "{} lived in provider instance {:?} then, and the program registers none of that name with the type {}; \
         register it as it was and try again",
        row.urn, row.provider, row.type_token
    )
}
