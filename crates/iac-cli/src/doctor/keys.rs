//! The key to the state's secrets: where it is, and whether it opens them. Makes none.

use std::sync::Arc;

use iac_core::state::{Backend, Keyring, StackId, recipients};

use super::check::Check;
use crate::render::counted;

/// The name of the checks of a key.
pub(super) const KEY: &str = "key";

/// Whether `keyring` opens the secrets of `stack`.
pub(super) async fn opens(
    keyring: &Arc<dyn Keyring>,
    backend: Option<&Arc<dyn Backend>>,
    stack: &StackId,
) -> Check {
    let what = keyring.describe();
    let Some(backend) = backend else {
        return Check::ok(KEY, format!("{what} is for secrets; there is no state to open with it yet"));
    };
    match backend.exports(stack).await {
        Err(_) => Check::warning(KEY, format!("{what} was not tried: the state cannot be read"))
            .way_out("mend what is said of the state, and look again"),
        Ok((None, _)) => {
            Check::ok(KEY, format!("{what} is for secrets; the state of {stack} holds none yet"))
        }
        Ok((Some(envelope), _)) => match keyring.unwrap(&envelope, stack) {
            Ok(_) => {
                let others = recipients(&envelope, stack).map_or(1, |known| known.len());
                Check::ok(KEY, format!("{what} opens the secrets of {stack}; {} can", counted(others, "key")))
            }
            Err(error) => Check::failed(KEY, error.to_string()).way_out(
                "give the right key with `--key-file`, `--key` or a variable; `keys list` says who has one",
            ),
        },
    }
}
