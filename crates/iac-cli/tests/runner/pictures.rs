//! `graph` and `report`: what they write, where to, and what they refuse.

use iac_core::{Options, Secret, Stack};

use crate::cloud::{Disk, Machine};
use crate::desk::Desk;

type Declared = Result<(), iac_cli::ProgramError>;

fn first(stack: &Stack) -> Declared {
    let web = stack
        .scope("edge")?
        .add("web", Machine::args().size(10u32).region("nbg1").password(Secret::from("hunter2-canary")))?;
    stack.add("database", Machine::args().size(20u32).peer(&web.address))?;
    stack.add_with("old", Machine::args().size(1u32), Options::new().depends_on(&web))?;
    stack.export("address", &web.address)?;
    Ok(())
}

/// Updates `web`, deletes `old`, creates `data`.
fn second(stack: &Stack) -> Declared {
    let web = stack
        .scope("edge")?
        .add("web", Machine::args().size(12u32).region("nbg1").password(Secret::from("hunter3-canary")))?;
    stack.add("database", Machine::args().size(20u32).peer(&web.address))?;
    stack.add("data", Disk::args().format("ext4"))?;
    Ok(())
}

#[test]
fn a_graph_is_text_for_other_tools() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", first);
    desk.transcript.clear();
    assert_eq!(desk.run("graph", second).code, 0);
    assert_eq!(desk.run("graph --format mermaid --target data", second).code, 0);
    assert_eq!(desk.run("graph --destroy --no-refresh", second).code, 0);
    assert_eq!(desk.run("graph --of state", second).code, 0);
    assert_eq!(desk.run("graph --of state --format mermaid --json", second).code, 0);
    assert_eq!(desk.run("graph --of state --target data", second).code, 1);
    assert_eq!(desk.run("graph --target nothing", second).code, 1);
    assert!(!desk.transcript.contains("canary"), "a password was shown");
    desk.matches("graph");
    // Nothing was changed.
    assert_eq!(desk.cloud.machines.lock().unwrap().len(), 3);
}

#[test]
fn a_graph_and_a_report_go_to_files() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", first);
    let svg = desk.run(&format!("graph --format svg --out {}", at("plan.svg").display()), second);
    assert_eq!((svg.code, svg.stdout.as_str()), (0, ""));
    assert!(svg.stderr.contains("wrote the graph to"), "{}", svg.stderr);
    std::fs::write(at("plan.html"), "what was there before").unwrap();
    for line in ["report", "report 1", "report --destroy"] {
        let answer = desk.run(&format!("{line} --out {}", at("plan.html").display()), second);
        assert_eq!((answer.code, answer.stdout.as_str()), (0, ""), "{line}");
        let page = std::fs::read_to_string(at("plan.html")).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{line}");
        assert!(page.contains("edge/web") && !page.contains("canary"), "{line}");
        assert_eq!(page.contains("\"timeline\":{"), line == "report 1", "{line}");
        assert!(page.contains("2026-11-21 12:38:08Z"), "{line}");
    }
    // Standard output has the same page to the byte, or its policy would refuse its own script.
    desk.run(&format!("report --out {}", at("plan.html").display()), second);
    let page = desk.run("report", second).stdout;
    assert!(page == std::fs::read_to_string(at("plan.html")).unwrap());
    let json = desk.run(&format!("report 1 --json --out {}", at("run.html").display()), second);
    let line = json.stdout.lines().last().unwrap();
    assert!(
        line.starts_with("{\"v\":1,\"type\":\"report\",\"path\":") && line.ends_with("\"run\":1}"),
        "{line}"
    );
    // Nothing is left beside the files.
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3);
}

#[test]
fn what_cannot_be_reported_is_told() {
    let mut desk = Desk::default();
    assert_eq!(desk.run("report 1", first).code, 1);
    desk.run("up --yes --parallelism 1", first);
    desk.transcript.clear();
    assert_eq!(desk.run("report 0", first).code, 1);
    assert_eq!(desk.run("report 9", first).code, 1);
    assert_eq!(desk.run("report 9 --json", first).code, 1);
    assert_eq!(desk.run("report --out /nowhere/at/all.html", first).code, 1);
    assert_eq!(desk.run("report 1 --target web", first).code, 1);
    assert_eq!(desk.run("graph --format png", first).code, 1);
    desk.matches("pictures_refused");
}

#[test]
fn help_tells_what_pictures_there_are() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    assert_eq!(desk.run("graph --help", first).code, 0);
    assert_eq!(desk.run("report --help", first).code, 0);
    desk.matches("help_pictures");
}
