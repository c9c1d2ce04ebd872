//! Any text is a state document or an error; a document is written and read back as itself, and what a
//! state takes from it is what that state then exports.

#![no_main]

use iac_core::state::{MemoryBackend, RawKey, StateDocument};
use iac_core::{Engine, ImportOptions};
use libfuzzer_sys::fuzz_target;

fn without_time(document: &StateDocument) -> serde_json::Value {
    let mut json: serde_json::Value = serde_json::from_str(&document.to_json()).expect("it is JSON");
    let fields = json.as_object_mut().expect("it is an object");
    fields.remove("exported_at");
    fields.remove("serial");
    json
}

fuzz_target!(|text: &str| {
    let Ok(document) = StateDocument::parse(text) else { return };
    let written = document.to_json();
    let again = StateDocument::parse(&written).expect("what was written is read");
    assert_eq!(again.to_json(), written);
    assert_eq!((again.serial(), again.resource_count()), (document.serial(), document.resource_count()));
    assert_eq!(again.stack(), document.stack());

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let key = RawKey::new("fuzz", [7; 32]);
        let engine = Engine::builder().backend(MemoryBackend::new()).keyring(key).build();
        let stack = document.stack();
        if engine.import_state(&stack, &document, ImportOptions::new()).await.is_ok() {
            let exported = engine.export_state(&stack).await.expect("what was taken is given");
            assert_eq!(exported.resource_count(), document.resource_count());
            let shown = without_time(&exported);
            let parsed = StateDocument::parse(&exported.to_json()).expect("an export is read");
            assert_eq!(without_time(&parsed), shown);
        }
    });
});
