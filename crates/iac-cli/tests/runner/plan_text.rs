//! The text of a plan that has some of everything, at 40, 80 and 120 columns and in a pipe.

use iac_cli::ProgramError;
use iac_core::{HookContext, HookPhase, Options, Secret, Stack};

use crate::cloud::{Disk, DiskInputs, Image, Machine};
use crate::desk::Desk;

const SCRIPT: &str = "#!/bin/sh\nset -e\napt-get update\napt-get install -y nginx\nreboot\n";

fn before(stack: &Stack) -> Result<(), ProgramError> {
    let edge = stack.scope("edge")?;
    let web = edge.add(
        "web",
        Machine::args().size(10u32).region("nbg1").script(SCRIPT).password(Secret::from("hunter2-one")),
    )?;
    edge.add("proxy", Machine::args().size(4u32).password(Secret::from("hunter2-same")).peer(&web.address))?;
    let data = stack.scope("data")?;
    data.add("primary", Disk::args().format("ext4"))?;
    data.scope("archive")?.add("old", Disk::args().format("ext4"))?;
    data.scope("archive")?.add_with(
        "kept",
        Disk::args().format("ext4"),
        Options::new().retain_on_delete(),
    )?;
    stack.add("bastion", Machine::args().size(1u32))?;
    stack.export("address", &web.address)?;
    stack.export("region", "nbg1")?;
    Ok(())
}

/// Creates, updates, replaces in both orders, deletes, forgets, imports, reads and runs a hook.
fn after(stack: &Stack) -> Result<(), ProgramError> {
    let edge = stack.scope("edge")?;
    let web = edge.add(
        "web",
        Machine::args()
            .size(12u32)
            .region("fsn1")
            .script(SCRIPT.replace("-e", "-eu"))
            .password(Secret::from("hunter2-two")),
    )?;
    let ready = stack.hook("ready", |_: HookContext<Machine>| async { Ok::<_, String>(()) })?;
    edge.add("proxy", Machine::args().size(8u32).password(Secret::from("hunter2-same")).peer(&web.address))?;
    let cache = edge.scope("inner")?.add("cache", Machine::args().size(5u32).peer(&web.address))?;
    stack.attach(&cache, HookPhase::AfterCreate, &ready);
    let image = stack.read("image", Image::args().of(&cache.address))?;
    stack.add("builder", Machine::args().size(2u32).script(&image.name))?;
    stack.scope("data")?.add("primary", Disk::args().format("xfs"))?;
    stack.add_with("found", Disk::args().format("xfs"), Options::new().import("disk-81"))?;
    stack.add("bastion", Machine::args().size(1u32))?;
    stack.export("address", &web.address)?;
    stack.export("image", &image.name)?;
    Ok(())
}

#[test]
fn a_plan_is_readable_at_every_width() {
    for width in [40, 80, 120] {
        let mut desk = Desk { width, typed: Some("d\nno\n"), ..Desk::default() };
        desk.cloud.priced = true;
        desk.run("up --yes --parallelism 1", before);
        desk.cloud.disks.lock().unwrap().insert("disk-81".into(), DiskInputs { format: "xfs".into() });
        // Somebody else changed one machine and deleted another.
        {
            let mut machines = desk.cloud.machines.lock().unwrap();
            machines.retain(|_, machine| machine.size != 1);
            machines.values_mut().filter(|machine| machine.size == 4).for_each(|machine| machine.size = 6);
        }
        desk.transcript.clear();
        let answer = desk.run("up", after);
        assert_eq!(answer.code, 1);
        for line in answer.stdout.lines().chain(answer.stderr.lines()) {
            assert!(line.chars().count() <= width, "{width}: {line:?}");
        }
        for mark in [
            "+ create",
            "~ update",
            "-/+ replace",
            "+/- replace",
            "- delete",
            "= import",
            "<= read",
            "* run hook",
        ] {
            assert!(answer.stdout.contains(mark), "{width}: {mark}");
        }
        desk.matches(&format!("plan_text_{width}"));
    }
}

#[test]
fn a_plan_in_a_pipe_has_neither_colours_nor_questions() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", before);
    desk.cloud.disks.lock().unwrap().insert("disk-81".into(), DiskInputs { format: "xfs".into() });
    desk.transcript.clear();
    let answer = desk.run("plan", after);
    assert!(!answer.stdout.contains('\u{1b}') && !answer.stdout.contains('?'), "{}", answer.stdout);
    assert!(answer.stdout.lines().all(|line| line.chars().count() <= 100));
}
