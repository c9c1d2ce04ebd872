//! A picture in Mermaid, which many code forges draw inside a page. Knows nothing of places.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::model::Picture;
use crate::action::Action;
use crate::escape::mermaid;

impl Picture {
    /// A Mermaid flowchart. Components are subgraphs.
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("flowchart RL\n");
        let _ = writeln!(text, "  accTitle: {}", plain(self.title()));
        let _ = writeln!(text, "  accDescr: {}", plain(&self.description()));
        let mut open: Vec<&str> = Vec::new();
        let mut groups = 0;
        for (index, node) in self.by_scope() {
            let scope: Vec<&str> = node.scope.iter().map(String::as_str).collect();
            let shared = open.iter().zip(&scope).take_while(|(a, b)| a == b).count();
            while open.len() > shared {
                open.pop();
                let _ = writeln!(text, "{}end", indent(open.len()));
            }
            for part in scope.iter().skip(shared) {
                let _ = writeln!(text, "{}subgraph g{groups}[{}]", indent(open.len()), mermaid(part));
                groups += 1;
                open.push(part);
            }
            // Words in place of marks: Mermaid takes a label that begins with `+` for a list.
            let label = format!("{}\n{}\n{}", node.name, node.type_token, node.action.word());
            let at = indent(open.len());
            let _ = writeln!(text, "{at}n{index}[{}]:::{}", mermaid(&label), node.action.key());
        }
        while open.pop().is_some() {
            let _ = writeln!(text, "{}end", indent(open.len()));
        }
        for (index, node) in self.nodes().iter().enumerate() {
            for needed in &node.needs {
                let _ = writeln!(text, "  n{index} --> n{needed}");
            }
        }
        let used: BTreeSet<Action> = self.nodes().iter().map(|node| node.action).collect();
        for action in Action::ALL.into_iter().filter(|action| used.contains(action)) {
            let ([fill, line, ink], key) = (action.light(), action.key());
            let _ = writeln!(text, "  classDef {key} fill:{fill},stroke:{line},color:{ink}");
        }
        text
    }
}

/// The title takes one bare line.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || " -_./:,".contains(*c)).collect()
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth + 1)
}
