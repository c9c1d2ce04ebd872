//! The page `src/guide/terraform.md`: what it shows of this program is what the program prints, and what
//! it shows of Terraform stands in the recording beside it.

use iac_core::Stack;

use crate::cloud::Machine;
use crate::desk::Desk;

const PAGE: &str = include_str!("../../../../src/guide/terraform.md");
const RECORDED: &str = include_str!("../../../../src/guide/terraform/recorded.txt");
/// What stands on the page where something is left out.
const LEFT_OUT: &str = "...";

/// What differs from command to command.
struct Settings {
    size: u32,
    region: &'static str,
    password: &'static str,
}

fn shop(stack: &Stack, settings: &Settings) -> Result<(), iac_cli::ProgramError> {
    let network = stack.add("network", Machine::args().size(1u32))?;
    let server = stack
        .add("server", Machine::args().size(settings.size).region(settings.region).peer(&network.address))?;
    stack.add("record", Machine::args().size(1u32).peer(&server.address))?;
    let password = iac_core::Secret::from(settings.password);
    stack.add("login", Machine::args().size(1u32).password(&password))?;
    stack.export("server", &server.address)?;
    Ok(())
}

/// The blocks of the page that begin with this prompt.
fn blocks<'p>(page: &'p str, prompt: &str) -> Vec<&'p str> {
    let texts = page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    texts.filter(|text| text.starts_with(prompt)).collect()
}

/// Whether every part of `block` stands in `recorded`, one after the other and within one command.
fn is_in(block: &str, recorded: &str) -> bool {
    let command = block.lines().next().unwrap_or_default();
    let Some(at) = recorded.find(&format!("{command}\n")) else { return false };
    let rest = recorded.get(at..).unwrap_or_default();
    let end = rest.get(1..).and_then(|after| after.find("\n$ ")).map_or(rest.len(), |end| end + 2);
    let mut rest = rest.get(..end).unwrap_or_default();
    block.split(&format!("{LEFT_OUT}\n")).all(|part| match rest.find(part) {
        Some(found) => {
            rest = rest.get(found + part.len()..).unwrap_or_default();
            true
        }
        None => false,
    })
}

#[test]
fn our_side_of_the_page_is_what_is_printed() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    let up = "up --yes --parallelism 1";
    let first = |s: &Stack| shop(s, &Settings { size: 2, region: "nbg1", password: "correct-horse" });
    let grown = |s: &Stack| shop(s, &Settings { size: 4, region: "nbg1", password: "correct-horse" });
    let changed = |s: &Stack| shop(s, &Settings { size: 4, region: "nbg1", password: "battery-staple" });
    let moved = |s: &Stack| shop(s, &Settings { size: 4, region: "fsn1", password: "battery-staple" });
    let refused = |s: &Stack| shop(s, &Settings { size: 400, region: "hel1", password: "battery-staple" });
    let repaired = |s: &Stack| shop(s, &Settings { size: 4, region: "hel1", password: "battery-staple" });
    let runs: [(&str, &str, crate::desk::Program, u8); 8] = [
        ("create", up, first, 0),
        ("change in place", up, grown, 0),
        ("change a secret", up, changed, 0),
        ("the secret in the state", "state show login", changed, 0),
        ("replace", up, moved, 0),
        ("fail", up, refused, 1),
        ("plan after the failure", "plan", repaired, 0),
        ("destroy", "destroy --yes --parallelism 1", repaired, 0),
    ];
    for (what, line, program, code) in runs {
        desk.transcript.push_str(&format!("# {what}\n"));
        let answer = desk.run(line, program);
        assert_eq!(answer.code, code, "{what}: {}{}", answer.stdout, answer.stderr);
        for password in ["correct-horse", "battery-staple"] {
            assert!(!answer.stdout.contains(password) && !answer.stderr.contains(password), "{what}");
        }
    }
    desk.matches("guide_terraform");
    // The same command stands there several times, so each of its runs may be the one of a block.
    let sections: Vec<&str> = desk.transcript.split("# ").collect();
    let ours = blocks(PAGE, "$ shop ");
    assert!(ours.len() >= 7, "the page shows only {} of our commands", ours.len());
    for block in ours {
        assert!(sections.iter().any(|section| is_in(block, section)), "is not printed:\n{block}");
    }
}

#[test]
fn terraforms_side_of_the_page_is_in_the_recording() {
    let recorded_with = RECORDED.lines().next().expect("the recording says what made it");
    assert!(PAGE.contains(recorded_with), "the page must say: {recorded_with}");
    let theirs = blocks(PAGE, "$ terraform ");
    assert!(theirs.len() >= 6, "the page shows only {} of Terraform's commands", theirs.len());
    for block in theirs.into_iter().chain(blocks(PAGE, "$ grep ")) {
        assert!(is_in(block, RECORDED), "is not in the recording:\n{block}");
    }
}

#[test]
fn a_block_that_says_something_else_is_noticed() {
    let recorded = "$ a\none\ntwo\nthree\n--- exit code 0\n\n$ b\nfour\n";
    assert!(is_in("$ a\none\n...\nthree\n", recorded));
    assert!(!is_in("$ a\none\n...\nfour\n", recorded), "that is of another command");
    assert!(!is_in("$ a\nthree\n...\none\n", recorded), "that is another order");
    assert!(!is_in("$ a\nzero\n", recorded) && !is_in("$ c\n", recorded));
}
