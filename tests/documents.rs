//! What the documents claim is there: every test that the README's comparison names, every file that the
//! documents name, every page of the guide. Knows nothing of whether a claim is well put.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The documents a newcomer reads first.
const DOCUMENTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
/// The least rows the comparison has; fewer mean that this test does not see it.
const ROWS_MIN: usize = 30;
/// Where the comparison of the README begins.
const COMPARISON: &str = "| feature |";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A text without its blocks of code.
fn prose(path: &Path) -> String {
    let mut in_code = false;
    let text = read(path);
    let prose = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    });
    prose.collect::<Vec<_>>().join("\n")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file outside of `target`, by its path from the root.
fn sources(directory: &Path, into: &mut BTreeMap<String, PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("the directory is readable") {
        let path = entry.expect("the entry is readable").path();
        let name = path.file_name().unwrap_or_default().to_owned();
        if path.is_dir() && name != "target" && name != ".git" {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let shown = path.strip_prefix(root()).expect("it is below the root").display().to_string();
            into.insert(shown, path);
        }
    }
}

/// The texts between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of the comparison, without head and rule.
fn comparison(readme: &str) -> Vec<&str> {
    let rows = readme.lines().skip_while(|line| !line.starts_with(COMPARISON)).skip(2);
    rows.take_while(|line| line.starts_with('|')).collect()
}

/// Whether the file has a test of this name: its line is `fn name(`, with an attribute that makes it a
/// test among the lines right before it.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
    let declares = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let found = lines.iter().position(|line| declares(line));
    found.is_some_and(|at| {
        let before =
            lines.iter().take(at).rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        before.clone().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    })
}

#[test]
fn every_test_that_the_comparison_names_is_there() {
    let mut files = BTreeMap::new();
    sources(&root(), &mut files);
    let readme = read(&root().join("README.md"));
    let rows = comparison(&readme);
    assert!(rows.len() >= ROWS_MIN, "only {} rows of the comparison are seen", rows.len());
    let mut faults = Vec::new();
    for row in rows {
        let feature = row.trim_start_matches("| ").split('|').next().unwrap_or_default().trim();
        let tests: Vec<(&str, &str)> = quoted(row).filter_map(|text| text.split_once("::")).collect();
        let tests: Vec<_> = tests.into_iter().filter(|(file, _)| file.ends_with(".rs")).collect();
        if tests.is_empty() {
            faults.push(format!("{feature}: names no test"));
        }
        for (file, name) in tests {
            // A name without a directory is one of the engine's behaviours.
            let path = if file.contains('/') { file.to_owned() } else { format!("tests/lifecycle/{file}") };
            match files.get(&path) {
                None => faults.push(format!("{feature}: there is no file {path}")),
                Some(found) if !has_test(&read(found), name) => {
                    faults.push(format!("{feature}: {path} has no test {name}"));
                }
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_is_no_test_is_not_taken_for_one() {
    let source =
        "#[test]\nfn one() {}\nfn two() {}\n#[tokio::test(start_paused = true)]\nasync fn three() {}\n";
    let seen = |name: &str| has_test(source, name);
    assert!(seen("one") && seen("three"));
    assert!(!seen("two") && !seen("thre") && !seen("four"));
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut faults = Vec::new();
    for document in DOCUMENTS {
        let text = prose(&root().join(document));
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("http") && !target.starts_with('#')) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = root().join(path);
            if !path.exists() {
                faults.push(format!("{document}: {target} is not there"));
            } else if !anchor.is_empty() && !headings(&read(&path)).contains(&anchor.to_owned()) {
                faults.push(format!("{document}: {target} has no such heading"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The anchors of a Markdown text's headings.
fn headings(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        words.replace(' ', "-").replace(['`', ',', '.', ':', '(', ')', '\''], "")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_file_that_the_architecture_leads_to_is_there() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let rows = text.lines().skip_while(|line| !line.starts_with("| question |")).skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= ROWS_MIN, "only {} rows are seen", rows.len());
    let core = root().join("crates/iac-core/src");
    let files = rows.iter().filter_map(|row| row.rsplit_once("? |")).flat_map(|(_, answer)| quoted(answer));
    let missing: Vec<&str> =
        files.filter(|file| !core.join(file).exists() && !root().join(file).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_file_that_the_documents_name_is_there() {
    let pages = std::fs::read_dir(root().join("src/guide")).expect("the guide is readable");
    let pages = pages.map(|entry| entry.expect("the entry is readable").path());
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let documents: Vec<PathBuf> = DOCUMENTS.iter().map(|name| root().join(name)).chain(pages).collect();
    assert!(documents.len() > DOCUMENTS.len(), "the guide has no pages");
    let mut faults = Vec::new();
    for document in documents {
        let text = prose(&document);
        for name in quoted(&text).filter(|name| !name.contains([' ', '\n', '*', '{'])) {
            let file = name.split("::").next().unwrap_or(name);
            let ours = ["crates/", "tests/", "examples/", "src/", "benches/", ".ci/"];
            // What stands below a crate of the reader's choice is no path of ours.
            let placeholder = file == "tests/conformance/";
            if ours.iter().any(|start| file.starts_with(start)) && !placeholder && !root().join(file).exists()
            {
                faults.push(format!("{}: {file} is not there", document.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_readme_leads_to_every_page_of_the_guide() {
    let readme = read(&root().join("README.md"));
    let pages = std::fs::read_dir(root().join("src/guide")).expect("the guide is readable");
    let mut missing = Vec::new();
    for page in pages {
        let name = page.expect("the entry is readable").file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") && !readme.contains(&format!("](src/guide/{name})")) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "the README leads to none of {missing:?}");
}
