//! What `cargo iac init` writes compiles and passes its own tests, and what it refuses it leaves alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

fn init(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-iac"))
        .args(["iac", "init"])
        .args(args)
        .arg("--directory")
        .arg(directory)
        .arg("--path-dependency")
        .arg(root())
        .output()
        .unwrap()
}

/// Runs the tests of the crate in `directory`, with what the workspace has built already.
fn passes_its_tests(directory: &Path, options: &[&str]) {
    std::fs::copy(root().join("Cargo.lock"), directory.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--offline"]).args(options).current_dir(directory);
    cargo.env("CARGO_TARGET_DIR", root().join("target")).env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    let output = cargo.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("test result: ok"), "{out}");
    assert!(!err.contains("warning: unused"), "{err}");
}

#[test]
fn a_new_program_compiles_and_passes_its_tests() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("shop");
    let output = init(&directory, &["shop"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    passes_its_tests(&directory, &[]);
}

#[test]
fn a_new_provider_compiles_and_conforms() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("iac-acme");
    let output = init(&directory, &["--provider", "acme"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    passes_its_tests(&directory, &["--features", "sim"]);
}

#[test]
fn nothing_is_overwritten_and_names_are_checked() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("kept"), "x").unwrap();
    for (args, told) in [
        (vec!["shop"], "it is not empty"),
        (vec!["../shop"], "begins with a lower-case letter"),
        (vec!["--provider", "my-cloud"], "lower-case letters and digits"),
        (vec!["shop", "--provider", "acme"], "there is a template for hetzner"),
    ] {
        let output = init(place.path(), &args);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && text.contains(told) && text.contains("hint: "),
            "{args:?}: {text}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
}
