//! [`PlanText`]: a plan as the runner shows it. Knows nothing of where it is shown.

use std::fmt;

use iac_core::{Plan, Urn};

use super::style::Look;
use crate::render;

/// A plan as text: what `plan` prints, or with [`details`](Self::details) what `d` shows at the
/// approval. Secrets are marked as such.
///
/// ```
/// use iac_cli::PlanText;
/// use iac_core::random::RandomToken;
/// use iac_core::state::MemoryBackend;
/// use iac_core::{Engine, NoReporter, PlanOptions, Stack};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stack = Stack::new("philotes", "dev")?;
/// stack.add("token", RandomToken::args().bytes(16u32))?;
/// let graph = stack.freeze()?;
/// let engine = Engine::builder().backend(MemoryBackend::new()).build();
/// let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
///
/// let text = PlanText::new(&plan).width(80).to_string();
/// assert!(text.contains("+ create random:token token"));
/// assert!(text.ends_with("Plan: 1 to create.\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct PlanText<'a> {
    plan: &'a Plan,
    look: Look,
    details: bool,
    only: Option<&'a Urn>,
}

impl<'a> PlanText<'a> {
    /// The text of `plan`: 100 columns, no colours.
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, look: Look::default(), details: false, only: None }
    }

    /// Wraps at so many columns.
    pub fn width(mut self, columns: usize) -> Self {
        self.look.width = columns;
        self
    }

    /// Whether it has colours, as escape codes of terminals.
    pub fn color(mut self, color: bool) -> Self {
        self.look.color = color;
        self
    }

    /// Every step in full: nothing is cut, and each says where it happens and what it waits for.
    pub fn details(mut self) -> Self {
        self.details = true;
        self
    }

    /// The details of one resource.
    pub fn details_of(mut self, urn: &'a Urn) -> Self {
        self.details = true;
        self.only = Some(urn);
        self
    }
}

impl fmt::Display for PlanText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.details {
            true => render::details(self.plan, self.only, self.look.width),
            false => render::plan(self.plan, self.look.width),
        };
        self.look.write(f, &text)
    }
}
