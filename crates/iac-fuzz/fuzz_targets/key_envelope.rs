//! Any text in the place of a wrapped key is refused or gives the key.

#![no_main]

use iac_core::state::{Keyring, RawKey, StackId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let keyring = RawKey::new("fuzz", [7; 32]);
    let _ = keyring.unwrap(text, &StackId::new("p", "s"));
});
