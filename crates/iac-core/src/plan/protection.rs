//! Whether a row must not be deleted or replaced. Knows nothing of the plan that would do it.

use super::planner::alias_urn;
use crate::graph::{Graph, GraphNode};
use crate::state::{ResourceRecord, Status};

/// Whether the row is protected, or the program that is planned protects it: the option holds before
/// an apply has recorded it.
pub(super) fn is_protected(graph: &Graph, row: &ResourceRecord) -> bool {
    // What was never finished was never in use; kept, it could neither be used nor made anew.
    row.status != Status::Incomplete && (row.protect || program_protects(graph, row))
}

fn program_protects(graph: &Graph, row: &ResourceRecord) -> bool {
    let was_called = |node: &GraphNode| {
        let mut earlier = node.options.aliases.iter().filter_map(|alias| alias_urn(&node.urn, alias));
        earlier.any(|urn| urn == row.urn)
    };
    match graph.by_urn.get(&row.urn) {
        Some(index) => graph.node(*index).options.protect,
        None => graph.nodes.iter().any(|node| node.options.protect && was_called(node)),
    }
}
