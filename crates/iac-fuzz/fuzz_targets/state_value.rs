//! Any text in a column of the state is a value or an error, with and without a key; what was opened
//! is sealed again without its secrets in the clear.

#![no_main]

use iac_core::state::{Codec, DataKey, Sealed, StackId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let key = Some(DataKey::from_bytes([7; 32]));
    for codec in [Codec::new(StackId::new("p", "s"), None), Codec::new(StackId::new("p", "s"), key)] {
        let Ok(value) = codec.open("urn:p:s:a:b:c", "inputs", &Sealed::from_stored(text.to_owned())) else {
            continue;
        };
        if let Ok(sealed) = codec.seal("urn:p:s:a:b:c", "inputs", &value) {
            let again = codec.open("urn:p:s:a:b:c", "inputs", &sealed).expect("what was sealed opens");
            assert_eq!(again, value);
        }
    }
});
