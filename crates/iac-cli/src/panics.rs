//! What the process says when code of a provider or a hook panics: nothing, where the engine catches it
//! and tells of it without secrets. Knows nothing of what panicked.

use std::sync::Once;

static INSTALLED: Once = Once::new();

/// Keeps the panics that the engine reports from being printed with all they quote; others go to the
/// hook that was there.
pub(crate) fn leave_to_the_engine() {
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !iac_core::panic_is_reported(info) {
                before(info);
            }
        }));
    });
}
