//! [`Picture`]: a graph of resources with an action each, grouped by component, and its forms as text.

mod dot;
mod layout;
mod mermaid;
mod model;
mod svg;

pub use model::{Node, Picture};

pub(crate) use layout::{Group, Layout, NODE_HEIGHT, NODE_WIDTH, layout};
