//! The digest of a graph, resource by resource: what the same program with other settings would
//! change. Knows nothing of state.
//!
//! It covers everything of a resource that is data: its type, provider instance, options, and its
//! input expressions with their literals and references. What a closure (`Output::map`) does is
//! code, which the build's id covers; a value that it captured is not seen here.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::expr::Expr;
use crate::graph::{Graph, GraphNode, Maker};
use crate::hash::hex;
use crate::hook::HookUse;
use crate::options::Options;
use crate::state::Codec;

/// Bytes kept of a digest.
const PRINT_LENGTH: usize = 16;

/// The digests of a program, by URN; exported outputs as `output NAME`.
pub(super) type Prints = BTreeMap<String, ResourcePrint>;

/// The digest of one resource or output, in two parts so that a difference can be told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourcePrint {
    /// Its inputs.
    pub(super) inputs: String,
    /// Type, provider instance and options.
    pub(super) rest: String,
}

/// The digests of everything `graph` declares.
pub(super) fn fingerprint(graph: &Graph, codec: &Codec) -> Prints {
    let nodes = graph.nodes.iter().map(|node| (node.urn.to_string(), resource(node, codec)));
    let exports = graph.exports.iter().map(|(name, expr)| {
        let mut digest = Print::new(codec);
        digest.expr(expr);
        (format!("output {name}"), ResourcePrint { inputs: digest.finish(), rest: String::new() })
    });
    nodes.chain(exports).collect()
}

fn resource(node: &GraphNode, codec: &Codec) -> ResourcePrint {
    // Dependencies follow from inputs and options.
    let GraphNode { urn: _, maker, provider, inputs, options, dependencies: _, hooks } = node;
    let mut input = Print::new(codec);
    input.expr(inputs);
    let mut rest = Print::new(codec);
    match maker {
        Maker::Driver(driver) => rest.tag("resource").text(driver.spec().type_token),
        // A reader's type is in the URN.
        Maker::Reader(_) => rest.tag("read"),
    };
    rest.text(provider);
    rest.options(options);
    for HookUse { phase, name } in hooks {
        rest.tag(phase.as_str()).text(name);
    }
    ResourcePrint { inputs: input.finish(), rest: rest.finish() }
}

/// A digest under construction. Every part has its length before it, so that no two lists of parts
/// are the same bytes.
struct Print<'a> {
    codec: &'a Codec,
    hasher: Sha256,
}

impl<'a> Print<'a> {
    fn new(codec: &'a Codec) -> Self {
        Self { codec, hasher: Sha256::new() }
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.hasher.update((text.len() as u64).to_be_bytes());
        self.hasher.update(text.as_bytes());
        self
    }

    /// What kind of part comes next.
    fn tag(&mut self, tag: &'static str) -> &mut Self {
        self.text(tag)
    }

    fn count(&mut self, count: usize) -> &mut Self {
        self.hasher.update((count as u64).to_be_bytes());
        self
    }

    fn texts(&mut self, texts: &[String]) {
        self.count(texts.len());
        for text in texts {
            self.text(text);
        }
    }

    fn options(&mut self, options: &Options) {
        let Options {
            protect,
            retain_on_delete,
            delete_before_replace,
            ignore_changes,
            replace_on_changes,
            replace_triggers,
            depends_on,
            aliases,
            // The instance is part of the node.
            provider: _,
            timeout,
            create_timeout,
            update_timeout,
            delete_timeout,
            import,
        } = options;
        self.hasher.update([*protect, *retain_on_delete, *delete_before_replace].map(u8::from));
        self.texts(ignore_changes);
        self.texts(replace_on_changes);
        self.count(replace_triggers.len());
        replace_triggers.iter().for_each(|trigger| self.expr(trigger));
        self.count(depends_on.len());
        for on in depends_on {
            self.text(on.urn().as_str());
        }
        self.texts(aliases);
        self.text(import.as_deref().unwrap_or_default());
        for limit in [timeout, create_timeout, update_timeout, delete_timeout] {
            match limit {
                Some(limit) => self.tag("timeout").count(limit.as_millis().try_into().unwrap_or(usize::MAX)),
                None => self.tag("no timeout"),
            };
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Literal(value) => {
                // Keyed where there is a secret in it.
                let print = self.codec.fingerprint(value);
                self.tag("literal").text(&print);
            }
            Expr::Id(node) => {
                self.tag("id").text(node.urn().as_str());
            }
            Expr::Attribute(node, name) => {
                self.tag("attribute").text(node.urn().as_str()).text(name);
            }
            Expr::List(items) => self.exprs("list", items),
            Expr::Concat(pieces) => self.exprs("concat", pieces),
            Expr::Map(entries) => {
                self.tag("map").count(entries.len());
                for (name, entry) in entries.iter() {
                    self.text(name);
                    self.expr(entry);
                }
            }
            Expr::Apply(source, _) => {
                self.tag("apply");
                self.expr(source);
            }
            Expr::Secret(source) => {
                self.tag("secret");
                self.expr(source);
            }
            Expr::Expose(source) => {
                self.tag("expose");
                self.expr(source);
            }
            Expr::StackOutput(stack, name) => {
                self.tag("stack output").text(stack).text(name);
            }
        }
    }

    fn exprs(&mut self, tag: &'static str, items: &[Expr]) {
        self.tag(tag).count(items.len());
        items.iter().for_each(|item| self.expr(item));
    }

    fn finish(self) -> String {
        let digest = self.hasher.finalize();
        hex(digest.get(..PRINT_LENGTH).unwrap_or_default())
    }
}
