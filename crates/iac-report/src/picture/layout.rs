//! Where each resource stands in a picture: a layered layout, from what is needed on the left to what
//! needs it on the right, with one box for each component. Knows nothing of colours or text.
//!
//! The layout crates that draw without Graphviz have no nested groups, and boxes of components that
//! never overlap are what makes a stack readable. This one is linear in resources and dependencies,
//! so that thousands take milliseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;

use super::model::Picture;

/// Width of a resource in pixels.
pub(crate) const NODE_WIDTH: i32 = 190;
/// Height of a resource in pixels.
pub(crate) const NODE_HEIGHT: i32 = 44;
/// Between two resources of a column.
const ROW_GAP: i32 = 14;
/// Between two layers, for the arrows.
const LAYER_GAP: i32 = 84;
/// Between the columns of one layer.
const COLUMN_GAP: i32 = 26;
/// From a component's edge to what is in it.
const PADDING: i32 = 14;
/// For a component's name.
const HEADER: i32 = 26;
/// Between components.
const GROUP_GAP: i32 = 18;
/// Layers are at least so high before they wrap into columns.
const ROWS_MIN: usize = 10;
/// Components one below the other are put side by side when they get so many times as high as wide.
const TOWER: i32 = 2;
/// Width to height of components that are put side by side.
const SHAPE: f64 = 1.6;
/// How often neighbours pull each other together; more changes little.
const SWEEPS: usize = 4;

/// The box of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Group {
    /// The component's path: `edge/inner`.
    pub(crate) path: String,
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

/// A picture's places, in pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The left upper corner of each node, in the picture's order.
    pub(crate) nodes: Vec<(i32, i32)>,
    /// Outer components come before inner ones.
    pub(crate) groups: Vec<Group>,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

/// A component while it is laid out. The root has an empty path.
#[derive(Default)]
struct Component {
    nodes: Vec<usize>,
    inner: BTreeMap<String, Component>,
}

impl Component {
    /// The sum of the layers of everything in it, and how many that are: components on the left of
    /// the flow come first.
    fn weight(&self, layers: &[usize]) -> (usize, usize) {
        let own =
            (self.nodes.iter().map(|node| layers.get(*node).copied().unwrap_or(0)).sum(), self.nodes.len());
        self.inner.values().map(|inner| inner.weight(layers)).fold(own, |a, b| (a.0 + b.0, a.1 + b.1))
    }

    /// Everything in it.
    fn collect(&self, into: &mut Vec<usize>) {
        into.extend(&self.nodes);
        self.inner.values().for_each(|inner| inner.collect(into));
    }

    /// The inner components, those on the left of the flow first.
    fn ordered(&self, layers: &[usize]) -> Vec<(&String, &Component)> {
        let mut inner: Vec<_> = self.inner.iter().collect();
        inner.sort_by(|(a_name, a), (b_name, b)| {
            let ((a, a_count), (b, b_count)) = (a.weight(layers), b.weight(layers));
            (a * b_count.max(1)).cmp(&(b * a_count.max(1))).then(a_name.cmp(b_name))
        });
        inner
    }
}

/// Lays `picture` out. The same picture gives the same places.
pub(crate) fn layout(picture: &Picture) -> Layout {
    let layers = layers(picture);
    let mut root = Component::default();
    let mut depth_max = 0;
    for (index, node) in picture.nodes().iter().enumerate() {
        depth_max = depth_max.max(node.scope.len());
        let place = node.scope.iter().fold(&mut root, |at, part| at.inner.entry(part.clone()).or_default());
        place.nodes.push(index);
    }
    let rows_max = ROWS_MIN.max(((picture.nodes().len() * 2) as f64).sqrt() as usize);
    let cells = cells(picture, &layers, &root);
    let mut columns: BTreeMap<usize, usize> = BTreeMap::new();
    for ((_, layer), nodes) in &cells {
        let wanted = nodes.len().div_ceil(rows_max);
        let most = columns.entry(*layer).or_insert(1);
        *most = wanted.max(*most);
    }
    let padding = PADDING * (1 + i32::try_from(depth_max).unwrap_or(i32::MAX / PADDING / 4));
    let mut left: BTreeMap<usize, i32> = BTreeMap::new();
    let mut x = padding;
    for (layer, columns) in &columns {
        left.insert(*layer, x);
        x += *columns as i32 * (NODE_WIDTH + COLUMN_GAP) - COLUMN_GAP + LAYER_GAP + 2 * padding - 2 * PADDING;
    }
    let mut placing = Placing {
        cells: &cells,
        layers: &layers,
        left: &left,
        rows_max,
        next: 0,
        places: vec![(0, 0); picture.nodes().len()],
        groups: Vec::new(),
    };
    let placed = placing.place(&root, "", PADDING);
    let right = placed.right + PADDING;
    Layout {
        nodes: placing.places,
        groups: placing.groups,
        width: right.max(NODE_WIDTH),
        height: placed.bottom + PADDING,
    }
}

/// The layer of each node: one more than the highest of what it needs. A circle, which only a state
/// edited by hand can have, is cut where it is met.
fn layers(picture: &Picture) -> Vec<usize> {
    let nodes = picture.nodes();
    let mut dependants: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut open: Vec<usize> = nodes.iter().map(|node| node.needs.len()).collect();
    for (index, node) in nodes.iter().enumerate() {
        for needed in &node.needs {
            if let Some(dependants) = dependants.get_mut(*needed) {
                dependants.push(index);
            }
        }
    }
    let mut layers = vec![0; nodes.len()];
    let mut ready: BTreeSet<usize> = (0..nodes.len()).filter(|index| open.get(*index) == Some(&0)).collect();
    let mut waiting: BTreeSet<usize> = (0..nodes.len()).filter(|index| !ready.contains(index)).collect();
    while let Some(index) = ready.pop_first().or_else(|| waiting.pop_first()) {
        let next = layers.get(index).copied().unwrap_or(0) + 1;
        for dependant in dependants.get(index).into_iter().flatten() {
            let left = open.get_mut(*dependant).expect("as many counts as nodes");
            *left = left.saturating_sub(1);
            // What was taken out of a circle stays where it was put.
            if waiting.contains(dependant) {
                let layer = layers.get_mut(*dependant).expect("as many layers as nodes");
                *layer = next.max(*layer);
                if *left == 0 {
                    waiting.remove(dependant);
                    ready.insert(*dependant);
                }
            }
        }
    }
    layers
}

/// A component's number and a layer.
type Cell = (usize, usize);

/// The nodes of each component and layer, those with neighbours at the same height together.
/// Components are numbered in the order in which they are placed.
fn cells(picture: &Picture, layers: &[usize], root: &Component) -> BTreeMap<Cell, Vec<usize>> {
    fn number(
        component: &Component,
        layers: &[usize],
        next: &mut usize,
        cells: &mut BTreeMap<Cell, Vec<usize>>,
    ) {
        let own = *next;
        *next += 1;
        for node in &component.nodes {
            cells.entry((own, layers.get(*node).copied().unwrap_or(0))).or_default().push(*node);
        }
        component.ordered(layers).iter().for_each(|(_, inner)| number(inner, layers, next, cells));
    }
    let mut cells = BTreeMap::new();
    number(root, layers, &mut 0, &mut cells);
    let mut neighbours: Vec<Vec<usize>> = picture.nodes().iter().map(|node| node.needs.clone()).collect();
    for (index, node) in picture.nodes().iter().enumerate() {
        for needed in &node.needs {
            if let Some(list) = neighbours.get_mut(*needed) {
                list.push(index);
            }
        }
    }
    // Heights over all components, so that a neighbour in another one pulls as well.
    let mut heights = vec![0.0_f64; picture.nodes().len()];
    settle(&cells, &mut heights);
    for _ in 0..SWEEPS {
        for nodes in cells.values_mut() {
            let pull = |node: &usize| {
                let near = neighbours.get(*node).map(Vec::as_slice).unwrap_or_default();
                let own = heights.get(*node).copied().unwrap_or(0.0);
                let sum: f64 = near.iter().filter_map(|near| heights.get(*near)).sum();
                if near.is_empty() { own } else { sum / near.len() as f64 }
            };
            nodes.sort_by(|a, b| pull(a).total_cmp(&pull(b)).then(a.cmp(b)));
        }
        settle(&cells, &mut heights);
    }
    cells
}

/// Writes each node's height: the rows of the components before, and its row in its own.
fn settle(cells: &BTreeMap<Cell, Vec<usize>>, heights: &mut [f64]) {
    let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
    for ((component, _), nodes) in cells {
        let most = rows.entry(*component).or_insert(0);
        *most = nodes.len().max(*most);
    }
    let mut before = BTreeMap::new();
    let mut sum = 0;
    for (component, rows) in &rows {
        before.insert(*component, (sum, *rows));
        sum += rows;
    }
    for ((component, _), nodes) in cells {
        let (start, most) = before.get(component).copied().unwrap_or((0, 0));
        let shift = (most.saturating_sub(nodes.len())) as f64 / 2.0;
        for (row, node) in nodes.iter().enumerate() {
            if let Some(height) = heights.get_mut(*node) {
                *height = start as f64 + shift + row as f64;
            }
        }
    }
}

/// What a component takes.
struct Extent {
    left: i32,
    right: i32,
    bottom: i32,
}

/// A component that is placed, and can still be moved.
struct Block {
    nodes: Vec<usize>,
    groups: Range<usize>,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

struct Placing<'a> {
    cells: &'a BTreeMap<Cell, Vec<usize>>,
    layers: &'a [usize],
    left: &'a BTreeMap<usize, i32>,
    rows_max: usize,
    /// The number of the next component.
    next: usize,
    places: Vec<(i32, i32)>,
    groups: Vec<Group>,
}

impl Placing<'_> {
    /// Places what is in `component` from `top` on: its own resources, then the components in it.
    fn place(&mut self, component: &Component, path: &str, top: i32) -> Extent {
        let number = self.next;
        self.next += 1;
        let mut extent = self.rows(number, top);
        let first = if extent.bottom > top { extent.bottom + GROUP_GAP } else { top };
        let mut blocks: Vec<Block> = Vec::new();
        for (name, inner) in component.ordered(self.layers) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let at = self.groups.len();
            let box_top = blocks.last().map_or(first, |before| before.bottom + GROUP_GAP);
            // Outer boxes are drawn first, so it is reserved before what is in it.
            self.groups.push(Group { path: path.clone(), x: 0, y: box_top, width: 0, height: 0 });
            let taken = self.place(inner, &path, box_top + HEADER + PADDING / 2);
            let (left, right) = (taken.left - PADDING, taken.right + PADDING);
            let bottom = taken.bottom + PADDING;
            if let Some(group) = self.groups.get_mut(at) {
                (group.x, group.width, group.height) = (left, right - left, bottom - box_top);
            }
            let (mut nodes, groups) = (Vec::new(), at..self.groups.len());
            inner.collect(&mut nodes);
            blocks.push(Block { nodes, groups, left, right, top: box_top, bottom });
        }
        self.wrap(&mut blocks);
        for block in &blocks {
            extent.left = extent.left.min(block.left);
            extent.right = extent.right.max(block.right);
            extent.bottom = extent.bottom.max(block.bottom);
        }
        extent
    }

    /// Puts components that would make a tower side by side.
    fn wrap(&mut self, blocks: &mut [Block]) {
        let left = blocks.iter().map(|block| block.left).min().unwrap_or(0);
        let right = blocks.iter().map(|block| block.right).max().unwrap_or(0);
        let (Some(top), Some(bottom)) =
            (blocks.first().map(|block| block.top), blocks.last().map(|block| block.bottom))
        else {
            return;
        };
        let (width, height) = ((right - left + LAYER_GAP).max(1), bottom - top);
        if height <= TOWER * width {
            return;
        }
        let columns = (SHAPE * f64::from(height) / f64::from(width)).sqrt().round().max(1.0) as i32;
        let column_height = height / columns;
        let (mut column, mut next) = (0, top);
        for block in blocks {
            if next - top >= column_height {
                (column, next) = (column + 1, top);
            }
            let (dx, dy) = (column * width, next - block.top);
            for node in &block.nodes {
                if let Some((x, y)) = self.places.get_mut(*node) {
                    (*x, *y) = (*x + dx, *y + dy);
                }
            }
            for group in self.groups.get_mut(block.groups.clone()).into_iter().flatten() {
                (group.x, group.y) = (group.x + dx, group.y + dy);
            }
            (block.left, block.right) = (block.left + dx, block.right + dx);
            (block.top, block.bottom) = (block.top + dy, block.bottom + dy);
            next = block.bottom + GROUP_GAP;
        }
    }

    /// Places a component's own resources: a column, or several, for each layer.
    fn rows(&mut self, number: usize, top: i32) -> Extent {
        let mut extent = Extent { left: i32::MAX, right: 0, bottom: top };
        let own = self.cells.range((number, 0)..=(number, usize::MAX));
        let rows = own.clone().map(|(_, nodes)| nodes.len().min(self.rows_max)).max().unwrap_or(0);
        for ((_, layer), nodes) in own {
            let left = self.left.get(layer).copied().unwrap_or(0);
            let columns = nodes.len().div_ceil(self.rows_max).max(1);
            let high = nodes.len().div_ceil(columns);
            let pitch = NODE_HEIGHT + ROW_GAP;
            let shift = (rows - high) as i32 * pitch / 2;
            for (position, node) in nodes.iter().enumerate() {
                let x = left + (position / high) as i32 * (NODE_WIDTH + COLUMN_GAP);
                let y = top + shift + (position % high) as i32 * pitch;
                if let Some(place) = self.places.get_mut(*node) {
                    *place = (x, y);
                }
                extent.left = extent.left.min(x);
                extent.right = extent.right.max(x + NODE_WIDTH);
                extent.bottom = extent.bottom.max(y + NODE_HEIGHT);
            }
        }
        extent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;

    fn picture(nodes: Vec<(&str, &str, Vec<usize>)>) -> Picture {
        let nodes = nodes.into_iter().map(|(scope, name, needs)| (scope, name, "t:t", Action::Same, needs));
        Picture::for_test("p", nodes.collect())
    }

    fn overlap(a: (i32, i32, i32, i32), b: (i32, i32, i32, i32)) -> bool {
        a.0 < b.0 + b.2 && b.0 < a.0 + a.2 && a.1 < b.1 + b.3 && b.1 < a.1 + a.3
    }

    #[test]
    fn what_is_needed_stands_on_the_left() {
        let places =
            layout(&picture(vec![("", "a", vec![]), ("", "b", vec![0]), ("", "c", vec![0, 1])])).nodes;
        assert!(
            places[0].0 + NODE_WIDTH < places[1].0 && places[1].0 + NODE_WIDTH < places[2].0,
            "{places:?}"
        );
    }

    #[test]
    fn boxes_of_components_hold_their_resources_and_nothing_else() {
        let scopes = ["", "edge", "edge/inner", "far", "far/deep/deeper"];
        let mut nodes = Vec::new();
        for index in 0..60usize {
            let needs = if index < 7 { vec![] } else { vec![index / 2, index - 7] };
            nodes.push((scopes[index % scopes.len()], "n", needs));
        }
        let picture = picture(nodes);
        let laid = layout(&picture);
        let node = |at: (i32, i32)| (at.0, at.1, NODE_WIDTH, NODE_HEIGHT);
        for (index, place) in laid.nodes.iter().enumerate() {
            assert!(
                place.0 >= 0 && place.0 + NODE_WIDTH <= laid.width && place.1 + NODE_HEIGHT <= laid.height
            );
            for other in laid.nodes.iter().skip(index + 1) {
                assert!(!overlap(node(*place), node(*other)), "two resources overlap");
            }
            let scope = picture.nodes()[index].scope.join("/");
            for group in &laid.groups {
                let inside = scope == group.path || scope.starts_with(&format!("{}/", group.path));
                let frame = (group.x, group.y, group.width, group.height);
                assert_eq!(overlap(node(*place), frame), inside, "{scope} and {}", group.path);
            }
        }
        assert_eq!(laid.groups.len(), 5);
    }

    #[test]
    fn many_components_stand_side_by_side() {
        let names: Vec<String> = (0..40).map(|number| format!("team-{number:02}")).collect();
        let mut nodes = vec![("", "root", vec![])];
        for (number, name) in names.iter().enumerate() {
            nodes.push((name, "a", vec![0]));
            nodes.push((name, "b", vec![1 + 2 * number]));
        }
        let laid = layout(&picture(nodes));
        assert!(
            laid.width < 3 * laid.height && laid.height < 3 * laid.width,
            "{}x{}",
            laid.width,
            laid.height
        );
        let frame = |group: &Group| (group.x, group.y, group.width, group.height);
        for (number, group) in laid.groups.iter().enumerate() {
            assert!(
                group.x >= 0 && group.x + group.width <= laid.width && group.y + group.height <= laid.height
            );
            for other in laid.groups.iter().skip(number + 1) {
                assert!(!overlap(frame(group), frame(other)), "{} and {}", group.path, other.path);
            }
        }
    }

    #[test]
    fn a_circle_is_laid_out_all_the_same() {
        let laid = layout(&picture(vec![("", "a", vec![1]), ("", "b", vec![0]), ("", "c", vec![1])]));
        assert_eq!(laid.nodes.iter().collect::<BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn nothing_is_a_picture_too() {
        let laid = layout(&picture(vec![]));
        assert!(laid.width > 0 && laid.height > 0);
    }
}
