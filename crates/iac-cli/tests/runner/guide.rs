//! What the pages of the guide show of the runner: one transcript for each page.

use iac_core::state::{Backend as _, Holder, StackId};
use iac_core::{Options, Stack};

use crate::cloud::{Disk, Machine};
use crate::desk::{Desk, NOW};

type Declared = Result<(), iac_cli::ProgramError>;

fn nothing(_: &Stack) -> Declared {
    Ok(())
}

fn database(stack: &Stack, region: &str, options: Options) -> Declared {
    stack.add_with("database", Machine::args().size(4u32).region(region), options)?;
    Ok(())
}

#[test]
fn protection_is_refused_lifted_and_gone() {
    let mut desk = Desk::default();
    let up = "up --yes --parallelism 1";
    assert_eq!(desk.run(up, |s| database(s, "nbg1", Options::new().protect())).code, 0);
    assert_eq!(desk.run("plan", nothing).code, 1);
    assert_eq!(desk.run("plan", |s| database(s, "fsn1", Options::new())).code, 1);
    assert_eq!(desk.run("destroy --yes", |s| database(s, "nbg1", Options::new().protect())).code, 1);
    assert_eq!(desk.run("plan", |s| database(s, "nbg1", Options::new())).code, 0);
    assert_eq!(desk.run(up, |s| database(s, "nbg1", Options::new())).code, 0);
    assert_eq!(desk.run("plan", |s| database(s, "fsn1", Options::new())).code, 0);
    desk.matches("guide_protect");
}

#[test]
fn options_show_in_the_plan() {
    let mut desk = Desk::default();
    let up = "up --yes --parallelism 1";
    fn first(stack: &Stack) -> Declared {
        stack.add("kept", Machine::args().size(1u32))?;
        stack.add("triggered", Machine::args().size(1u32))?;
        stack.add_with(
            "by-field",
            Machine::args().size(1u32),
            Options::new().replace_on_changes(["size"]),
        )?;
        stack.add("first-gone", Machine::args().size(1u32).region("nbg1"))?;
        Ok(())
    }
    fn second(stack: &Stack) -> Declared {
        stack.add_with("kept", Machine::args().size(1u32), Options::new().retain_on_delete())?;
        let trigger = iac_core::Output::literal(String::from("2026-11"));
        stack.add_with("triggered", Machine::args().size(1u32), Options::new().replace_trigger(&trigger))?;
        stack.add_with(
            "by-field",
            Machine::args().size(2u32),
            Options::new().replace_on_changes(["size"]),
        )?;
        let options = Options::new().delete_before_replace();
        stack.add_with("first-gone", Machine::args().size(1u32).region("fsn1"), options)?;
        Ok(())
    }
    fn third(stack: &Stack) -> Declared {
        let trigger = iac_core::Output::literal(String::from("2026-12"));
        stack.add_with("triggered", Machine::args().size(1u32), Options::new().replace_trigger(&trigger))?;
        stack.add_with("by-field", Machine::args().size(3u32), Options::new().ignore_changes(["size"]))?;
        stack.add_with(
            "first-gone",
            Machine::args().size(1u32).region("fsn1"),
            Options::new().ignore_changes(["sise"]),
        )?;
        Ok(())
    }
    assert_eq!(desk.run(up, first).code, 0);
    assert_eq!(desk.run("plan", second).code, 0);
    assert_eq!(desk.run(up, second).code, 0);
    assert_eq!(desk.run("plan", third).code, 1);
    assert_eq!(desk.run("plan --exclude first-gone", third).code, 0);
    desk.matches("guide_options");
}

#[test]
fn a_replacement_says_its_order_and_why() {
    fn program(stack: &Stack, region: &str, format: &str) -> Declared {
        let web = stack.add("web", Machine::args().size(1u32).region(region))?;
        stack.add("proxy", Machine::args().size(1u32).peer(&web.address))?;
        stack.add("data", Disk::args().format(format))?;
        Ok(())
    }
    let mut desk = Desk::default();
    assert_eq!(desk.run("up --yes --parallelism 1", |s| program(s, "nbg1", "ext4")).code, 0);
    assert_eq!(
        desk.run("up --yes --parallelism 1 --destroy-data data", |s| program(s, "fsn1", "xfs")).code,
        0
    );
    desk.matches("guide_replacement");
}

#[test]
fn a_rename_is_refused_until_it_is_an_alias() {
    fn old(stack: &Stack) -> Declared {
        stack.add("web", Machine::args().size(1u32))?;
        Ok(())
    }
    fn new(stack: &Stack) -> Declared {
        stack.scope("edge")?.add("proxy", Machine::args().size(1u32))?;
        Ok(())
    }
    fn alias(stack: &Stack) -> Declared {
        let options = Options::new().alias("web");
        stack.scope("edge")?.add_with("proxy", Machine::args().size(1u32), options)?;
        Ok(())
    }
    let mut desk = Desk::default();
    assert_eq!(desk.run("up --yes", old).code, 0);
    assert_eq!(desk.run("plan", new).code, 1);
    assert_eq!(desk.run("plan --allow-renames", new).code, 0);
    assert_eq!(desk.run("up --yes", alias).code, 0);
    assert_eq!(desk.run("plan", new).code, 0);
    desk.matches("guide_renames");
}

#[test]
fn components_are_a_tree() {
    fn pool(stack: &Stack, name: &str, count: u32) -> Declared {
        let scope = stack.scope(name)?;
        for number in 0..count {
            let node = scope.scope(&format!("node-{number}"))?;
            let machine = node.add("machine", Machine::args().size(2u32))?;
            node.add_with("disk", Disk::args().format("ext4"), Options::new().depends_on(&machine))?;
        }
        Ok(())
    }
    fn program(stack: &Stack) -> Declared {
        pool(stack, "web", 2)?;
        pool(stack, "jobs", 1)
    }
    let mut desk = Desk::default();
    assert_eq!(desk.run("plan", program).code, 0);
    assert_eq!(desk.run("up --yes --parallelism 1", program).code, 0);
    assert_eq!(desk.run("state list", program).code, 0);
    desk.matches("guide_components");
}

#[test]
fn another_stacks_outputs_are_found_or_asked_for() {
    fn program(stack: &Stack) -> Declared {
        if stack.name() == "staging" {
            let base = stack.add("base", Machine::args().size(1u32))?;
            stack.export("address", &base.address)?;
        } else {
            let address = stack.stack_output::<String>("staging", "address");
            stack.add("web", Machine::args().size(1u32).peer(&address))?;
        }
        Ok(())
    }
    let mut desk = Desk::default();
    assert_eq!(desk.run("plan", program).code, 1);
    assert_eq!(desk.run("up --yes --stack staging", program).code, 0);
    assert_eq!(desk.run("plan", program).code, 0);
    desk.matches("guide_data");
}

#[test]
fn secrets_are_marked_everywhere() {
    const PASSWORD: &str = "correct-horse";
    fn program(stack: &Stack) -> Declared {
        let password = iac_core::Secret::from(PASSWORD);
        let web = stack.add("web", Machine::args().size(1u32).password(&password))?;
        stack.export("url", iac_core::interpolate_secret!("https://admin:{}@{}", &password, &web.address))?;
        Ok(())
    }
    let mut desk = Desk::default();
    for line in ["plan", "up --yes", "outputs", "outputs url", "state show web"] {
        let answer = desk.run(line, program);
        assert!(!answer.stdout.contains(PASSWORD) && !answer.stderr.contains(PASSWORD), "{line}");
    }
    assert!(desk.run("outputs url --show-secrets", program).stdout.contains(PASSWORD));
    desk.matches("guide_secrets");
}

#[test]
fn a_held_lease_names_its_holder() {
    let mut desk = Desk::default();
    let holder = Holder { id: "a-run".into(), name: "ci".into(), host: "build-7".into(), pid: 4711 };
    let stack = StackId::new("shop", "dev");
    let held = desk.backend.acquire(&stack, &holder, NOW - 3000, NOW + 7000);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(held).unwrap();
    assert_eq!(desk.run("up --yes --lease-wait 0", |s| database(s, "nbg1", Options::new())).code, 1);
    // Nobody renewed it.
    desk.now += 7001;
    assert_eq!(desk.run("up --yes --lease-wait 0", |s| database(s, "nbg1", Options::new())).code, 0);
    desk.matches("guide_lease");
}
