//! The shape of the workspace: which crate may use which, how long a file may be, and what the core
//! must not do. Knows nothing of behaviour.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE_LINES_MAX: usize = 800;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The crates of this workspace, each with the workspace crates it needs outside of tests.
fn crates() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let needs = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().expect("a list of dependencies");
        let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
        let in_workspace = normal.filter_map(|dependency| dependency["name"].as_str());
        in_workspace.filter(|name| names.contains(name)).map(str::to_owned).collect()
    };
    packages.iter().map(|package| (package["name"].as_str().unwrap().to_owned(), needs(package))).collect()
}

#[test]
fn dependencies_point_one_way() {
    // Each layer may use the ones before it, and never its neighbours.
    let layers: [&[&str]; 8] = [
        &["iac-macros", "cargo-iac"],
        &["iac-core"],
        &["iac-adopt", "iac-report"],
        &["iac-http"],
        &["iac-testkit", "iac-settings"],
        &["iac-cli"],
        &["iac-hetzner", "iac-scaleway", "iac-ovh", "iac-exoscale", "iac-contabo", "iac-cloudflare"],
        &["iac"],
    ];
    let layer = |name: &str| layers.iter().position(|layer| layer.contains(&name));
    for (name, needs) in crates() {
        let own = layer(&name).unwrap_or_else(|| panic!("{name} has no layer: add it to this test"));
        for needed in needs {
            assert!(layer(&needed) < Some(own), "{name} must not depend on {needed}");
        }
    }
}

fn sources(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("the directory is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target" && name != ".git") {
                sources(&path, into);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    sources(&root(), &mut paths);
    paths.sort();
    assert!(paths.len() > 50, "found only {} source files", paths.len());
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("UTF-8"))).collect()
}

#[test]
fn files_stay_short_and_say_what_they_own() {
    let mut faults = Vec::new();
    for (path, text) in all_sources() {
        let lines = text.lines().count();
        let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{shown} has {lines} lines, more than {FILE_LINES_MAX}"));
        }
        // The cases of the compile-fail tests are shown in messages and stay bare.
        if !text.starts_with("//!") && !shown.contains("tests/ui/") {
            faults.push(format!("{shown} does not begin with what it owns (`//! …`)"));
        }
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if ["utils", "helpers", "common", "misc", "util", "helper"].contains(&name) {
            faults.push(format!("{shown} has a name that says nothing"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_core_neither_prints_nor_reads_the_environment_nor_knows_the_network() {
    let core = root().join("crates/iac-core/src");
    let banned =
        ["println!", "eprintln!", "print!(", "std::env::", "env::var", "reqwest", "TcpStream", "home_dir"];
    let mut faults = Vec::new();
    for (path, text) in all_sources().into_iter().filter(|(path, _)| path.starts_with(&core)) {
        for (number, line) in text.lines().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") {
                continue;
            }
            for word in banned.iter().filter(|word| code.contains(**word)) {
                faults.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_lint_exception_gives_a_reason() {
    // Put together here, so that this file does not find itself.
    let silenced = ["#[", "allow("].concat();
    let bare_expect = |line: &str| line.contains("#[expect(") && !line.contains("reason");
    let mut faults = Vec::new();
    for (path, text) in all_sources() {
        for (number, line) in text.lines().enumerate() {
            let starts_here = line.trim_start().starts_with("#[expect(") && line.trim_end().ends_with(")]");
            if line.contains(&silenced) || (starts_here && bare_expect(line)) {
                faults.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
