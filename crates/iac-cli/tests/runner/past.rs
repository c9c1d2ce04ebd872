//! The history, rollbacks and the commands on the state, against stored transcripts.

use iac_core::{Options, Stack};

use crate::cloud::{Disk, Machine};
use crate::desk::Desk;
use crate::transcripts::{Declared, first, second};

fn nothing(_: &Stack) -> Declared {
    Ok(())
}

#[test]
fn a_run_is_shown_with_every_field_before_and_after() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", first);
    desk.run("up --yes --parallelism 1 --allow-renames --destroy-data data", second);
    desk.transcript.clear();
    assert_eq!(desk.run("history show 1", second).code, 0);
    let shown = desk.run("history show 2", second);
    assert_eq!(desk.run("history 2", second).stdout, shown.stdout);
    let json = desk.run("history show 2 --json", second);
    for line in shown.stdout.lines().chain(json.stdout.lines()) {
        assert!(!line.contains("canary"), "{line}");
    }
    assert_eq!(desk.run("history show 3", second).code, 1);
    assert_eq!(desk.run("history show 0", second).code, 1);
    assert_eq!(desk.run("history show", second).code, 1);
    desk.matches("history_show");
}

#[test]
fn a_rollback_is_shown_approved_and_applied_like_any_plan() {
    let mut desk = Desk::default();
    assert_eq!(desk.run("rollback 1 --plan", first).code, 1);
    desk.run("up --yes --parallelism 1", first);
    desk.run("up --yes --parallelism 1 --allow-renames --destroy-data data", second);
    desk.transcript.clear();
    assert_eq!(desk.run("rollback 1 --plan", second).code, 0);
    assert_eq!(desk.run("rollback 1", second).code, 1);
    desk.typed = Some("no\n");
    assert_eq!(desk.run("rollback 1", second).code, 1);
    desk.typed = Some("yes\ndata\n");
    assert_eq!(desk.run("rollback 1 --parallelism 1", second).code, 0);
    desk.typed = None;
    assert_eq!(desk.run("rollback 1 --yes", second).code, 0);
    assert_eq!(desk.run("history", second).code, 0);
    assert_eq!(desk.run("history show 3", second).code, 0);
    assert_eq!(desk.run("plan --allow-renames", second).code, 0);
    assert_eq!(desk.run("rollback 9", second).code, 1);
    assert_eq!(desk.run("rollback 0", second).code, 1);
    let json = desk.run("rollback 2 --plan --json", second);
    assert!(!json.stdout.contains("canary"));
    assert!(desk.transcript.contains("the next `up` goes forward"));
    desk.transcript.truncate(desk.transcript.find("$ shop rollback 2 --plan --json").unwrap());
    desk.matches("rollback");
}

#[test]
fn a_rollback_that_would_lose_what_is_protected_is_refused() {
    fn machine(stack: &Stack) -> Declared {
        stack.add("web", Machine::args().size(1u32))?;
        Ok(())
    }
    fn kept(stack: &Stack) -> Declared {
        machine(stack)?;
        stack.add_with("data", Disk::args().format("ext4"), Options::new().protect())?;
        Ok(())
    }
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", machine);
    desk.run("up --yes --parallelism 1", kept);
    desk.transcript.clear();
    assert_eq!(desk.run("rollback 1 --yes", kept).code, 1);
    assert_eq!(desk.cloud.disks.lock().unwrap().len(), 1);
    desk.matches("rollback_protected");
}

#[test]
fn a_rollback_to_a_run_that_failed_says_so() {
    fn failing(stack: &Stack) -> Declared {
        stack.add("apart", Machine::args().size(3u32))?;
        stack.add("big", Machine::args().size(500u32))?;
        Ok(())
    }
    fn corrected(stack: &Stack) -> Declared {
        stack.add("apart", Machine::args().size(4u32))?;
        stack.add("big", Machine::args().size(50u32))?;
        Ok(())
    }
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", failing);
    desk.run("up --yes --parallelism 1", corrected);
    desk.transcript.clear();
    assert_eq!(desk.run("rollback 1 --yes --parallelism 1", corrected).code, 0);
    desk.matches("rollback_failed_run");
}

#[test]
fn a_run_that_never_ended_is_no_way_back() {
    fn one(stack: &Stack) -> Declared {
        stack.add("one", Machine::args().size(1u32))?;
        Ok(())
    }
    let mut desk = Desk::default();
    // Abandoned by two requests: the call stays open, and the run says that it was stopped.
    desk.cloud.cancel = Some(desk.cancel.clone());
    desk.cloud.hangs = true;
    assert_eq!(desk.run("up --yes", one).code, 130);
    desk.transcript.clear();
    assert_eq!(desk.run("state check", one).code, 0);
    assert_eq!(desk.run("state mv one two", one).code, 1);
    assert_eq!(desk.run("state export", one).code, 1);
    desk.matches("open_call");
}

#[test]
fn a_resource_is_renamed_in_the_state() {
    fn renamed(stack: &Stack) -> Declared {
        let edge = stack.scope("front")?;
        let web = edge.add("site", Machine::args().size(1u32))?;
        stack.add("next", Machine::args().size(2u32).peer(&web.address))?;
        Ok(())
    }
    fn named(stack: &Stack) -> Declared {
        let web = stack.add("web", Machine::args().size(1u32))?;
        stack.add("next", Machine::args().size(2u32).peer(&web.address))?;
        Ok(())
    }
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", named);
    desk.transcript.clear();
    assert_eq!(desk.run("state mv web next", named).code, 1);
    assert_eq!(desk.run("state mv nothing x", named).code, 1);
    assert_eq!(desk.run("state mv web front/si:te", named).code, 1);
    assert_eq!(desk.run("state mv web urn:shop:dev:fake:disk:web", named).code, 1);
    assert_eq!(desk.run("state mv web front/site", named).code, 0);
    assert_eq!(desk.run("plan --detailed-exitcode", renamed).code, 0);
    assert_eq!(desk.run("state show next", renamed).code, 0);
    assert_eq!(desk.run("history show 2", renamed).code, 0);
    assert_eq!(desk.run("state mv front/site web --json", renamed).code, 0);
    desk.matches("state_mv");
}

#[test]
fn a_state_goes_into_a_file_and_out_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dev.json");
    let shown = path.display().to_string();
    let mut desk = Desk { width: 400, ..Desk::default() };
    desk.run("up --yes --parallelism 1", first);
    let exported = desk.run("state export", first);
    assert_eq!(exported.code, 0);
    assert!(exported.stdout.starts_with("{\n  \"kind\": \"iac state\""), "{}", exported.stdout);
    assert!(!exported.stdout.contains("canary") && exported.stdout.contains("$secret"));
    let json = desk.run("state export --json", first);
    let line: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&line["type"], &line["document"]["stack"]), (&"state".into(), &"dev".into()));
    desk.transcript.clear();

    assert_eq!(desk.run(&format!("state export --out {shown}"), first).code, 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(desk.run(&format!("state export --out {shown}"), first).code, 1);
    assert_eq!(desk.run(&format!("state import {shown}"), first).code, 1);
    assert_eq!(desk.run(&format!("state import {shown} --serial 3"), first).code, 1);
    assert_eq!(desk.run(&format!("state import {shown} --stack staging"), first).code, 1);
    assert_eq!(desk.run(&format!("state import {shown} --stack staging --as-stack"), first).code, 0);
    assert_eq!(desk.run("state list --stack staging", first).code, 0);
    desk.run("state rm old", first);
    assert_eq!(desk.run(&format!("state import {shown} --replace"), first).code, 1);
    let found = desk.transcript.split("`--serial ").nth(1).unwrap().split('`').next().unwrap().to_owned();
    assert_eq!(desk.run(&format!("state import {shown} --replace --serial {found}"), first).code, 0);
    assert_eq!(desk.run("plan --detailed-exitcode", first).code, 0);
    assert_eq!(desk.run("state check", first).code, 0);
    assert_eq!(desk.run("history", first).code, 0);

    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"version\": 1", "\"version\": 9")).unwrap();
    assert_eq!(desk.run(&format!("state import {shown} --replace"), first).code, 1);
    std::fs::write(&path, "something else").unwrap();
    assert_eq!(desk.run(&format!("state import {shown} --replace"), first).code, 1);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(desk.run(&format!("state import {shown} --replace"), first).code, 1);
    assert_eq!(desk.run("state export --out", nothing).code, 1);
    desk.transcript = desk.transcript.replace(&directory.path().display().to_string(), "DIR");
    desk.matches("state_transfer");
}
