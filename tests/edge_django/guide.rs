//! The guide's page on writing a provider shows the example's real code.

/// The files whose code the page may show.
const SOURCES: [&str; 10] = [
    include_str!("../../examples/edge-django/neon/mod.rs"),
    include_str!("../../examples/edge-django/neon/client.rs"),
    include_str!("../../examples/edge-django/neon/marked.rs"),
    include_str!("../../examples/edge-django/neon/project.rs"),
    include_str!("../../examples/edge-django/neon/branch.rs"),
    include_str!("../../examples/edge-django/neon/role.rs"),
    include_str!("../../examples/edge-django/neon/fake.rs"),
    include_str!("../../examples/edge-django/database.rs"),
    include_str!("providers.rs"),
    include_str!("crash.rs"),
];
/// Fewest blocks of code on the page.
const BLOCKS_MIN: usize = 10;

/// The lines of a text without the spaces before and after them.
fn lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_shows_the_real_code() {
    let page = include_str!("../../src/guide/write-a-provider.md");
    let blocks: Vec<&str> =
        page.split("```rs\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= BLOCKS_MIN, "the page has only {} blocks", blocks.len());
    for block in blocks {
        // A line with three dots stands for code that is left out.
        for part in block.split("// ...\n").map(lines).filter(|part| !part.is_empty()) {
            assert!(
                SOURCES.iter().any(|source| lines(source).contains(&part)),
                "not in the example:\n{part}"
            );
        }
    }
}
