//! `import` and `adopt` as a person or a script sees them, against stored transcripts.

use iac_cli::ProgramError;
use iac_core::{Options, Secret, Stack};

use crate::cloud::{Disk, DiskInputs, Machine, MachineInputs};
use crate::desk::Desk;

type Declared = Result<(), ProgramError>;

const SECRET: &str = "hunter2-canary";

/// A machine and two disks that somebody else made.
fn filled() -> Desk {
    let desk = Desk::default();
    let machine = MachineInputs {
        size: 10,
        region: Some("nbg1".into()),
        script: Some("#!/bin/sh\nreboot\n".into()),
        password: Some(Secret::from(SECRET)),
        peer: None,
    };
    desk.cloud.machines.lock().expect("no holder panicked").insert("machine-71".into(), machine);
    let mut disks = desk.cloud.disks.lock().expect("no holder panicked");
    disks.insert("disk-81".into(), DiskInputs { format: "ext4".into() });
    disks.insert("disk-82".into(), DiskInputs { format: "xfs".into() });
    drop(disks);
    desk
}

fn web(stack: &Stack) -> Declared {
    let web = Machine::args()
        .size(10u32)
        .region("nbg1")
        .script("#!/bin/sh\nreboot\n")
        .password(Secret::from(SECRET));
    stack.scope("edge")?.add("web", web)?;
    stack.add("data", Disk::args().format("ext4"))?;
    Ok(())
}

#[test]
fn one_object_is_imported_and_its_code_is_printed() {
    let mut desk = filled();
    assert_eq!(desk.run("import edge/web machine-71", web).code, 0);
    assert_eq!(desk.run("plan", web).code, 0);
    assert_eq!(desk.run("import edge/web machine-71", web).code, 1);
    assert_eq!(desk.run("import nothing machine-71", web).code, 1);
    assert_eq!(desk.run("import data disk-404", web).code, 1);
    assert_eq!(desk.run("import --print fake:machine machine-71", web).code, 0);
    assert_eq!(desk.run("import --print fake:thing x", web).code, 1);
    assert_eq!(desk.run("import edge/web", web).code, 1);
    assert!(!desk.transcript.contains(SECRET));
    desk.matches("import");
}

#[test]
fn all_objects_are_imported_at_once() {
    let mut desk = filled();
    assert_eq!(desk.run("import --all --dry-run", web).code, 0);
    assert_eq!(desk.run("import --all --print", web).code, 0);
    assert_eq!(desk.run("import --all --json --type fake:disk", web).code, 0);
    assert_eq!(desk.run("import --all --label broken", web).code, 1);
    assert_eq!(desk.run("history", web).code, 0);
    assert_eq!(desk.run("history 1", web).code, 0);
    desk.matches("import_all");
}

#[test]
fn a_program_imports_with_an_option() {
    fn as_it_is(stack: &Stack) -> Declared {
        stack.add_with("data", Disk::args().format("ext4"), Options::new().import("disk-81"))?;
        Ok(())
    }
    fn larger(stack: &Stack) -> Declared {
        let web = Machine::args().size(12u32).region("nbg1").script("#!/bin/sh\nreboot\n");
        let web = web.password(Secret::from(SECRET));
        stack.add_with("web", web, Options::new().import("machine-71"))?;
        as_it_is(stack)
    }
    fn other(stack: &Stack) -> Declared {
        stack.add_with("data", Disk::args().format("xfs"), Options::new().import("disk-81"))?;
        Ok(())
    }
    let mut desk = filled();
    assert_eq!(desk.run("plan", other).code, 1);
    assert_eq!(desk.run("plan", as_it_is).code, 0);
    assert_eq!(desk.run("up --yes --parallelism 1", larger).code, 0);
    assert_eq!(desk.run("plan", larger).code, 0);
    desk.matches("import_option");
}

#[test]
fn a_terraform_state_is_adopted() {
    let directory = tempfile::tempdir().unwrap();
    let state = r#"{"version": 4, "terraform_version": "1.9.8", "serial": 3, "lineage": "x", "resources": [
        {"mode": "managed", "type": "fake_machine", "name": "front", "provider": "p",
         "instances": [{"attributes": {"id": "machine-71", "password": "hunter2-canary"}}]},
        {"mode": "managed", "type": "fake_disk", "name": "data", "provider": "p",
         "instances": [{"attributes": {"id": "disk-81", "format": "ext4"}}]},
        {"mode": "managed", "type": "fake_disk", "name": "spare", "provider": "p",
         "instances": [{"attributes": {"id": "disk-82", "format": "xfs"}}]},
        {"mode": "managed", "type": "random_pet", "name": "pet", "provider": "p",
         "instances": [{"attributes": {"id": "clever-cat"}}]}]}"#;
    let path = directory.path().join("terraform.tfstate");
    std::fs::write(&path, state).unwrap();
    std::fs::write(directory.path().join("cut.tfstate"), &state[..200]).unwrap();
    let file = path.display().to_string();
    let cut = directory.path().join("cut.tfstate").display().to_string();

    let mut desk = filled();
    // Wherever the directory is, no line is broken.
    desk.width = 1000;
    assert_eq!(desk.run(&format!("adopt {cut}"), web).code, 1);
    assert_eq!(desk.run(&format!("adopt {file} --map fake_machine.back=edge/web"), web).code, 1);
    assert_eq!(desk.run(&format!("adopt {file} --dry-run"), web).code, 0);
    assert_eq!(desk.run(&format!("adopt {file}"), web).code, 0);
    assert_eq!(desk.run("state list", web).code, 0);
    assert_eq!(desk.run("state show data", web).code, 0);
    assert_eq!(desk.run("plan --no-refresh --detailed-exitcode", web).code, 0);
    assert_eq!(desk.run("state list", web).code, 0);
    assert_eq!(desk.run(&format!("adopt {file}"), web).code, 0);
    assert!(!desk.transcript.contains(SECRET));
    desk.transcript = desk.transcript.replace(&format!("{}/", directory.path().display()), "");
    desk.matches("adopt");
}
