//! `state check`: whether the state is whole, and the way back where it is not.

use super::work::Look;
use crate::exit::{EXIT_DONE, EXIT_FAILED};
use crate::failure::Failure;
use crate::place::restore_hint;
use crate::render::{self, to_json};

/// Looks for damage. Fails where there is any, and where something could not be looked at.
pub(crate) async fn state_check(look: &Look<'_>) -> Result<u8, Failure> {
    let restore = look.state_file.map(restore_hint);
    let checked = look.engine.check_state(look.stack).await;
    let health = checked.map_err(|error| {
        let failure = Failure::engine(&format!("check the state of {}", look.stack), error);
        match &restore {
            Some(hint) => failure.hint(hint.clone()),
            None => failure,
        }
    })?;
    let mut line = to_json(&health);
    if let Some(fields) = line.as_object_mut() {
        fields.insert("damaged".to_owned(), health.is_damaged().into());
        fields.insert("whole".to_owned(), health.is_whole().into());
    }
    look.screen.json_line("health", line);
    let restore = restore.filter(|_| health.is_damaged());
    look.screen.out(&render::health(look.stack, &health, restore.as_deref(), look.screen.width));
    Ok(if health.is_whole() { EXIT_DONE } else { EXIT_FAILED })
}
