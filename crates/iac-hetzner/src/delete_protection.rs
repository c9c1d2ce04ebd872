//! Protection against deletion, which many kinds of objects have. Knows nothing of any one kind.

use iac_core::{Cx, Result};
use serde::Serialize;

use crate::client::Hetzner;
use crate::verb::{self, Noun};

#[derive(Serialize)]
struct ChangeProtection {
    delete: bool,
}

/// Switches the protection on or off.
pub(crate) async fn set<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str, on: bool) -> Result<()> {
    verb::command::<T>(cx, id, "change_protection", &ChangeProtection { delete: on }).await
}
