//! The generated program: a stack of [`Null`] resources in a given shape.

use iac_core::{Graph, Stack, StackError};

use crate::null::{Null, NullCloud, SIZE, name};
use crate::shape::Shape;

/// The project of every generated stack.
pub(crate) const PROJECT: &str = "scale";
/// The name of every generated stack.
pub(crate) const STACK: &str = "bench";

/// The graph of `shape` on `cloud`; resource `changed` is larger than the others.
pub(crate) fn graph(cloud: &NullCloud, shape: Shape, changed: Option<u32>) -> Result<Graph, StackError> {
    let stack = Stack::new(PROJECT, STACK)?;
    stack.provider(cloud.clone())?;
    let mut handles = Vec::with_capacity(shape.len() as usize);
    for index in 0..shape.len() {
        let needs = shape.needs(index);
        let needs: Vec<_> = needs.iter().filter_map(|on| handles.get(*on as usize)).collect();
        let size = if changed == Some(index) { SIZE + 1 } else { SIZE };
        let name = name(index);
        let handle = stack.add(&name, Null::args().name(&name).size(size).needs(needs))?;
        handles.push(handle);
    }
    stack.freeze()
}
