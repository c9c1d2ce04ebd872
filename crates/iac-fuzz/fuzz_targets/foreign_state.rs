//! Any bytes are the state of Terraform or Pulumi or an error; neither errors nor `Debug` repeat an
//! attribute, and the same bytes are read alike.

#![no_main]

use iac_adopt::{ForeignState, Tool};
use libfuzzer_sys::fuzz_target;

/// Replaces what stands in the seeds as a password.
const CANARY: &str = "canary-2f9c61d0";

fuzz_target!(|bytes: &[u8]| {
    let read = ForeignState::parse(bytes);
    match (&read, &ForeignState::parse(bytes)) {
        (Ok(state), Ok(again)) => assert_eq!(format!("{state:?}"), format!("{again:?}")),
        (Err(error), Err(again)) => assert_eq!(error.to_string(), again.to_string()),
        _ => panic!("the same bytes were read in two ways"),
    }
    match read {
        Ok(state) => {
            let json: serde_json::Value = serde_json::from_slice(bytes).expect("a state is JSON");
            let pulumi = json.get("deployment").is_some() || json.get("checkpoint").is_some();
            assert_eq!(state.tool == Tool::Pulumi, pulumi);
            for resource in &state.resources {
                let shown = format!("{resource:?}");
                let named = [&resource.address, &resource.kind, &resource.id];
                let own_name = named.iter().any(|text| text.contains(CANARY));
                assert!(own_name || !shown.contains(CANARY), "{shown}");
            }
        }
        Err(error) => assert!(!error.to_string().contains(CANARY), "{error}"),
    }
});
