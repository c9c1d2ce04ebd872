//! [`Shape`]: which resource needs which others. Knows nothing of the engine.

use clap::ValueEnum;

/// How the resources of a stack depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShapeKind {
    /// None needs another.
    Wide,
    /// Each needs the one before it.
    Chain,
    /// Layers of equal width; each resource needs three of the layer before.
    Layered,
}

/// References of a layered resource to the layer before.
const REFERENCES: u32 = 3;

/// A generated graph of so many resources.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    kind: ShapeKind,
    resources: u32,
    /// Resources in one layer.
    width: u32,
}

impl Shape {
    pub(crate) fn new(kind: ShapeKind, resources: u32) -> Self {
        // As many layers as each has resources.
        let width = resources.isqrt().max(REFERENCES);
        Self { kind, resources, width }
    }

    pub(crate) fn len(&self) -> u32 {
        self.resources
    }

    /// The resources that `index` needs, all of them before it.
    pub(crate) fn needs(&self, index: u32) -> Vec<u32> {
        match self.kind {
            ShapeKind::Wide => Vec::new(),
            ShapeKind::Chain => index.checked_sub(1).into_iter().collect(),
            ShapeKind::Layered if index < self.width => Vec::new(),
            ShapeKind::Layered => {
                let (layer, place) = (index / self.width, index % self.width);
                let before = (layer - 1) * self.width;
                (0..REFERENCES).map(|step| before + (place + step) % self.width).collect()
            }
        }
    }

    /// The longest time that any chain of dependent calls takes, if each takes as long as `cost`
    /// says.
    pub(crate) fn critical_path(&self, cost: impl Fn(u32) -> f64) -> f64 {
        let mut ends: Vec<f64> = Vec::with_capacity(self.resources as usize);
        for index in 0..self.resources {
            let needs = self.needs(index);
            let begin = needs.iter().filter_map(|on| ends.get(*on as usize)).fold(0.0, |a: f64, b| a.max(*b));
            ends.push(begin + cost(index));
        }
        ends.into_iter().fold(0.0, f64::max)
    }
}
