//! The page `src/guide/embedding.md` names a call for every command that the program has.

use std::collections::BTreeSet;

use crate::every_command::every_command;

const PAGE: &str = include_str!("../../../../src/guide/embedding.md");

/// The commands in the first column of the page's table.
fn told() -> BTreeSet<String> {
    let rows = PAGE.lines().skip_while(|line| *line != "| command | call |").skip(2);
    let cells = rows.take_while(|line| line.starts_with('|')).filter_map(|row| row.split('|').nth(1));
    let names = cells.filter_map(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'));
    // `up FILE` and `plan --out FILE` are the commands `up` and `plan` once more.
    names
        .map(|name| {
            let words = name.split(' ').take_while(|word| !word.starts_with('-') && *word != "FILE");
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn every_command_has_a_call() {
    let (told, there) = (told(), every_command());
    assert!(there.contains("plan") && there.contains("state mv"), "{there:?}");
    let missing: Vec<_> = there.difference(&told).collect();
    assert!(missing.is_empty(), "the page tells no call for {missing:?}");
    let gone: Vec<_> = told.difference(&there).collect();
    assert!(gone.is_empty(), "the page tells of {gone:?}, which the program does not have");
}
