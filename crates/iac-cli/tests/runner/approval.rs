//! Approval: what can be answered, what is shown on demand, and that data is only lost by name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use iac_core::{Options, Stack};

use crate::cloud::{Disk, Machine};
use crate::desk::Desk;
use crate::transcripts::{Declared, first, second};

fn disk(stack: &Stack) -> Declared {
    stack.add("data", Disk::args().format("ext4"))?;
    Ok(())
}

/// Another format, which makes a new disk.
fn other_disk(stack: &Stack) -> Declared {
    stack.add("data", Disk::args().format("xfs"))?;
    Ok(())
}

fn nothing(_: &Stack) -> Declared {
    Ok(())
}

fn disks(desk: &Desk) -> Vec<String> {
    desk.cloud.disks.lock().unwrap().values().map(|disk| disk.format.clone()).collect()
}

#[test]
fn details_are_shown_on_demand() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    desk.run("up --yes --parallelism 1", first);
    desk.transcript.clear();
    desk.typed = Some("?\nnonsense\nweb\ndata\nurn:shop:dev:fake:machine:old\nno\n");
    assert_eq!(desk.run("up --allow-renames", second).code, 1);
    desk.typed = Some("d\nyes\nno\n");
    assert_eq!(desk.run("up --allow-renames", second).code, 1);
    assert_eq!(disks(&desk), ["ext4"]);
    assert!(!desk.transcript.contains("canary"));
    desk.matches("approval_details");
}

#[test]
fn long_texts_are_whole_in_the_details_only() {
    fn long(stack: &Stack) -> Declared {
        let script: String = (1..=30).map(|line| format!("echo line {line}\n")).collect();
        stack.add("web", Machine::args().size(1u32).script(script).region("r".repeat(300)))?;
        Ok(())
    }
    let mut desk = Desk { typed: Some("no\n"), width: 1000, ..Desk::default() };
    let short = desk.run("up", long).stdout;
    assert!(
        !short.contains("echo line 30") && short.contains("more lines") && short.contains("302 characters")
    );
    desk.typed = Some("d\nno\n");
    let shown = desk.run("up", long).stdout;
    assert!(shown.contains("echo line 30"), "{shown}");
    let region: String = shown.rsplit("region:").next().unwrap().chars().filter(|c| *c == 'r').collect();
    assert!(region.len() >= 300, "{shown}");
}

#[test]
fn a_name_that_several_resources_have_is_asked_back() {
    fn twins(stack: &Stack) -> Declared {
        stack.scope("a")?.add("web", Machine::args().size(1u32))?;
        stack.scope("b")?.add("web", Machine::args().size(2u32))?;
        Ok(())
    }
    let mut desk = Desk { typed: Some("web\nb/web\n\n"), width: 80, ..Desk::default() };
    assert_eq!(desk.run("up", twins).code, 1);
    assert!(desk.cloud.machines.lock().unwrap().is_empty());
    desk.matches("approval_twins");
}

#[test]
fn data_is_lost_by_name_only() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    desk.run("up --yes", disk);
    desk.transcript.clear();
    // Without a terminal.
    assert_eq!(desk.run("up --yes", other_disk).code, 1);
    assert_eq!(desk.run("up", other_disk).code, 1);
    assert_eq!(desk.run("up --yes --destroy-data other", other_disk).code, 1);
    assert_eq!(desk.run("up --yes --json", other_disk).code, 1);
    assert_eq!(desk.run("up --keep-data", other_disk).code, 1);
    assert_eq!(desk.run("up --keep-data --destroy-data data", other_disk).code, 1);
    // With one: `yes` for the plan, the name for the data.
    for typed in ["yes\nyes\n", "yes\n", "yes\ndev\n"] {
        desk.typed = Some(typed);
        assert_eq!(desk.run("up", other_disk).code, 1);
    }
    desk.typed = Some("dev\n");
    assert_eq!(desk.run("up --yes", other_disk).code, 1);
    assert_eq!(disks(&desk), ["ext4"]);
    desk.typed = Some("yes\ndata\n");
    assert_eq!(desk.run("up", other_disk).code, 0);
    assert_eq!(disks(&desk), ["xfs"]);
    desk.matches("approval_data");
}

#[test]
fn the_command_line_can_name_what_is_lost() {
    let mut desk = Desk::default();
    for name in ["data", "urn:shop:dev:fake:disk:data", "dev"] {
        desk.run("up --yes", disk);
        assert_eq!(disks(&desk), ["ext4"]);
        assert_eq!(desk.run(&format!("up --yes --destroy-data {name}"), nothing).code, 0, "{name}");
        assert!(disks(&desk).is_empty());
    }
    // Several: each by its name, or all by the stack's.
    fn two(stack: &Stack) -> Declared {
        stack.add("a", Disk::args().format("ext4"))?;
        stack.add("b", Disk::args().format("ext4"))?;
        Ok(())
    }
    desk.run("up --yes", two);
    let refused = desk.run("destroy --yes --destroy-data a", two);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("fake:disk b") && !refused.stderr.contains("fake:disk a"),
        "{}",
        refused.stderr
    );
    desk.typed = Some("yes\na\n");
    assert_eq!(desk.run("up", nothing).code, 1);
    desk.typed = Some("yes\ndev\n");
    assert_eq!(desk.run("up", nothing).code, 0);
    assert!(disks(&desk).is_empty());
}

#[test]
fn what_is_kept_or_retained_needs_no_name() {
    fn kept(stack: &Stack) -> Declared {
        stack.add_with("data", Disk::args().format("ext4"), Options::new().retain_on_delete())?;
        Ok(())
    }
    let mut desk = Desk::default();
    desk.run("up --yes", kept);
    assert_eq!(desk.run("destroy --yes --keep-data", kept).code, 0);
    assert_eq!(disks(&desk), ["ext4"]);
}

#[test]
fn a_destroy_is_approved_by_the_stacks_name_which_covers_its_data() {
    let mut desk = Desk::default();
    desk.run("up --yes", disk);
    for (typed, code, left) in [("yes\n\n", 1, 1), ("d\n?\ndata\nno\n", 1, 1), ("dev\n", 0, 0)] {
        desk.typed = Some(typed);
        assert_eq!(desk.run("destroy", disk).code, code, "{typed}");
        assert_eq!(disks(&desk).len(), left, "{typed}");
    }
}

#[test]
fn rollbacks_and_saved_plans_ask_for_the_name_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let plan = directory.path().join("end.plan").display().to_string();
    let mut desk = Desk::default();
    desk.run("up --yes", nothing);
    desk.run("up --yes", disk);
    desk.run("up --yes --destroy-data data", other_disk);
    assert_eq!(desk.run("rollback 1 --yes", other_disk).code, 1);
    assert_eq!(desk.run(&format!("plan --out {plan}"), nothing).code, 0);
    let refused = desk.run(&format!("apply {plan} --yes"), nothing);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("`--destroy-data data`"), "{}", refused.stderr);
    assert_eq!(disks(&desk), ["xfs"]);
    desk.typed = Some("data\n");
    assert_eq!(desk.run(&format!("apply {plan}"), nothing).code, 0);
    assert!(disks(&desk).is_empty());
}

#[test]
fn what_is_beyond_the_budget_is_refused_before_anybody_is_asked() {
    let mut desk = Desk { typed: Some("yes\n"), ..Desk::default() };
    desk.run("up", disk);
    let refused = desk.run("up --max-deletes 0", nothing);
    assert_eq!(refused.code, 1);
    assert!(!refused.stdout.contains("(yes, no"), "{}", refused.stdout);
    assert!(refused.stderr.contains("beyond the budget"), "{}", refused.stderr);
}

#[test]
fn random_answers_come_to_an_end() {
    let answers: &'static str = Box::leak("what\n".repeat(500).into_boxed_str());
    let mut desk = Desk { typed: Some(answers), ..Desk::default() };
    assert_eq!(desk.run("up", disk).code, 1);
    assert!(disks(&desk).is_empty());
}
