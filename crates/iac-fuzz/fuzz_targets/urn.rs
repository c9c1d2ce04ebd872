//! Any text is a URN or an error; a URN reads back as itself.

#![no_main]

use iac_core::Urn;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(urn) = Urn::parse(text) {
        assert_eq!(urn.as_str(), text);
        let parts: Vec<&str> = urn.path().split('/').collect();
        let (name, scope) = parts.split_last().expect("a path has a name");
        let again = Urn::new(urn.project(), urn.stack(), urn.type_token(), scope, name);
        assert_eq!(again.as_ref(), Ok(&urn));
    }
});
