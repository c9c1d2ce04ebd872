//! What compiles and what does not, with the messages a person reads. Knows nothing of what the
//! programs would do.
//!
//! The messages in `ui/fail/*.stderr` are compared always; they were recorded with rustc 1.95. After
//! a change of the toolchain or of a message, record them again with
//! `TRYBUILD=overwrite cargo test -p iac-core --test ui` and read the difference before keeping it.

#[test]
fn what_fits_compiles_and_what_does_not_says_why() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
