//! Data sources.
use iac_testkit::conformance::DataCase;

pub(crate) fn cases() -> Vec<DataCase> {
    Vec::new()
}
