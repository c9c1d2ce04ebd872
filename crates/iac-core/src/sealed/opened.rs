//! [`OpenedPlan`]: a plan that came from a file, authenticated, with what it rests on. Knows nothing
//! of bytes.

use super::content::Content;
use super::layout::PlanHeader;
use crate::plan::{Plan, PlanOptions};
use crate::state::Codec;

/// A plan from a file, decrypted and authenticated.
///
/// That it still holds is checked by [`Engine::apply_opened`](crate::Engine::apply_opened). For an
/// example see [`Engine::seal_plan`](crate::Engine::seal_plan).
#[derive(Debug, Clone)]
#[must_use]
pub struct OpenedPlan {
    header: PlanHeader,
    pub(super) content: Content,
    /// The key it was opened with, for the digests it is compared by.
    pub(super) codec: Codec,
}

impl OpenedPlan {
    pub(super) fn new(header: PlanHeader, content: Content, codec: Codec) -> Self {
        Self { header, content, codec }
    }

    /// Stack, serial, time and build.
    pub fn header(&self) -> &PlanHeader {
        &self.header
    }

    /// The plan, equal to the one that was sealed.
    pub fn plan(&self) -> &Plan {
        &self.content.plan
    }

    /// What was asked to be planned: targets, excludes and the rest.
    pub fn options(&self) -> &PlanOptions {
        &self.content.options
    }
}
