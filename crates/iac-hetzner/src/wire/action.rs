//! An action: work that the API does after it has answered.

use serde::Deserialize;

use super::error::ErrorDetail;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Action {
    pub(crate) id: u64,
    pub(crate) command: String,
    pub(crate) status: ActionStatus,
    /// Percent done.
    #[serde(default)]
    pub(crate) progress: u8,
    #[serde(default)]
    pub(crate) error: Option<ErrorDetail>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ActionStatus {
    Running,
    Success,
    Error,
}
