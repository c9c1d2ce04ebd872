//! A picture in DOT, for Graphviz. Knows nothing of places: Graphviz finds them.

use std::fmt::Write as _;

use super::model::Picture;
use crate::escape::dot;

impl Picture {
    /// DOT for Graphviz: `dot -Tpng`. Components are clusters.
    pub fn to_dot(&self) -> String {
        let mut text = String::from("digraph stack {\n");
        let _ = writeln!(
            text,
            "  graph [label={}, labelloc=t, rankdir=RL, fontname=\"sans-serif\"];",
            dot(self.title())
        );
        text.push_str("  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n");
        text.push_str("  edge [color=\"#6b7684\"];\n");
        let mut open: Vec<&str> = Vec::new();
        let mut clusters = 0;
        for (index, node) in self.by_scope() {
            let scope: Vec<&str> = node.scope.iter().map(String::as_str).collect();
            let shared = open.iter().zip(&scope).take_while(|(a, b)| a == b).count();
            while open.len() > shared {
                open.pop();
                let _ = writeln!(text, "{}}}", indent(open.len()));
            }
            for part in scope.iter().skip(shared) {
                let at = indent(open.len());
                let _ = writeln!(text, "{at}subgraph cluster_{clusters} {{\n{at}  label={};", dot(part));
                clusters += 1;
                open.push(part);
            }
            let [fill, line, ink] = node.action.light();
            let label = format!("{} {}\n{}", node.action.mark(), node.name, node.type_token);
            let tip = format!("{} ({})", node.urn, node.action.word());
            let _ = writeln!(
                text,
                "{}n{index} [label={}, tooltip={}, fillcolor=\"{fill}\", color=\"{line}\", fontcolor=\"{ink}\"];",
                indent(open.len()),
                dot(&label),
                dot(&tip),
            );
        }
        while open.pop().is_some() {
            let _ = writeln!(text, "{}}}", indent(open.len()));
        }
        for (index, node) in self.nodes().iter().enumerate() {
            for needed in &node.needs {
                let _ = writeln!(text, "  n{index} -> n{needed};");
            }
        }
        text.push_str("}\n");
        text
    }

    /// The nodes with their positions, component by component, each component before those in it.
    pub(super) fn by_scope(&self) -> Vec<(usize, &super::Node)> {
        let mut nodes: Vec<_> = self.nodes().iter().enumerate().collect();
        nodes.sort_by(|(_, a), (_, b)| a.scope.cmp(&b.scope).then_with(|| a.urn.cmp(&b.urn)));
        nodes
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth + 1)
}
