//! What changed outside of the program, as a person sees it: told, accepted, and how old it is.

use iac_core::random::RandomToken;
use iac_core::{Options, ProviderInstance, Secret, Stack};

use crate::cloud::{Cloud, Disk, Machine};
use crate::desk::Desk;

type Declared = Result<(), iac_cli::ProgramError>;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// `database` points at `web`, `old` only comes after it.
fn shop(stack: &Stack) -> Declared {
    let web = stack
        .scope("edge")?
        .add("web", Machine::args().size(10u32).region("nbg1").password(Secret::from("hunter2-canary")))?;
    stack.add("database", Machine::args().size(20u32).peer(&web.address))?;
    stack.add("data", Disk::args().format("ext4"))?;
    stack.add_with("old", Machine::args().size(1u32), Options::new().depends_on(&web))?;
    stack.add("token", RandomToken::args().bytes(8u32))?;
    stack.export("address", &web.address)?;
    Ok(())
}

/// Somebody resizes `web` and gives it another password, and deletes `old`.
fn meddle(cloud: &Cloud) {
    let mut machines = cloud.machines.lock().expect("no holder panicked");
    let web = machines.values_mut().find(|found| found.size == 10).expect("web is there");
    (web.size, web.password) = (99, Some(Secret::from("outside-canary")));
    machines.retain(|_, found| found.size != 1);
}

#[test]
fn a_refresh_tells_and_an_accepted_one_takes_over() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", shop);
    assert_eq!(desk.run("refresh", shop).code, 0);
    meddle(&desk.cloud);
    assert_eq!(desk.run("refresh", shop).code, 0);
    // Nothing was accepted, so it is told again, and apart from what the program changes.
    assert_eq!(desk.run("refresh --target old", shop).code, 0);
    assert_eq!(desk.run("plan", shop).code, 0);
    // One at a time, and then the rest.
    assert_eq!(desk.run("refresh --accept --target edge/web", shop).code, 0);
    assert_eq!(desk.run("refresh --accept", shop).code, 0);
    assert_eq!(desk.run("refresh --accept", shop).code, 0);
    assert_eq!(desk.run("state show edge/web", shop).code, 0);
    // What the program wants back is ordinary intent now.
    assert_eq!(desk.run("plan", shop).code, 0);
    assert_eq!(desk.run("history 6", shop).code, 0);
    assert_eq!(desk.run("refresh --target nothing", shop).code, 1);
    assert!(!desk.transcript.contains("canary"), "a password was shown");
    desk.matches("accept");
}

#[test]
fn a_plan_that_only_refreshes_is_applied_after_approval() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", shop);
    assert_eq!(desk.run("plan --refresh-only --detailed-exitcode", shop).code, 0);
    meddle(&desk.cloud);
    assert_eq!(desk.run("plan --refresh-only --detailed-exitcode", shop).code, 2);
    assert_eq!(desk.run("up --refresh-only", shop).code, 1);
    desk.typed = Some("no\n");
    assert_eq!(desk.run("up --refresh-only", shop).code, 1);
    desk.typed = Some("yes\n");
    assert_eq!(desk.run("up --refresh-only --parallelism 1", shop).code, 0);
    assert_eq!(desk.run("up --refresh-only", shop).code, 0);
    assert_eq!(desk.run("plan --refresh-only --replace old", shop).code, 1);
    assert_eq!(desk.run("plan --refresh-only --no-refresh", shop).code, 1);
    assert!(!desk.transcript.contains("canary"), "a password was shown");
    // Nothing was changed in the cloud.
    assert_eq!(desk.cloud.machines.lock().unwrap().values().map(|found| found.size).max(), Some(99));
    desk.matches("refresh_only");
}

#[test]
fn a_refresh_answers_programs_in_json() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", shop);
    meddle(&desk.cloud);
    desk.transcript.clear();
    desk.run("refresh --json", shop);
    desk.run("plan --refresh-only --json", shop);
    desk.run("refresh --accept --json", shop);
    assert!(!desk.transcript.contains("canary"), "a password was shown");
    desk.matches("refresh_json");
}

#[test]
fn a_plan_without_a_refresh_says_how_old_its_facts_are() {
    fn wider(stack: &Stack) -> Declared {
        shop(stack)?;
        stack.add("late", Machine::args().size(5u32))?;
        Ok(())
    }
    fn bigger(stack: &Stack) -> Declared {
        stack.scope("edge")?.add("web", Machine::args().size(11u32).region("nbg1"))?;
        stack.add("late", Machine::args().size(6u32))?;
        Ok(())
    }
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", shop);
    desk.run("plan --no-refresh", shop);
    desk.now += 50 * HOUR_MS;
    desk.run("up --yes --no-refresh", wider);
    desk.now += 3 * HOUR_MS;
    desk.transcript.clear();
    assert_eq!(desk.run("plan --no-refresh", wider).code, 0);
    assert_eq!(desk.run("plan --no-refresh --allow-renames", bigger).code, 0);
    // Only what a plan relies on counts.
    assert_eq!(desk.run("plan --no-refresh --target late", bigger).code, 0);
    assert_eq!(desk.run("plan --no-refresh --json --target late", bigger).code, 0);
    // One resource read just now leaves the others as old as they were.
    assert_eq!(desk.run("refresh --target edge/web", wider).code, 0);
    assert_eq!(desk.run("state show edge/web", wider).code, 0);
    assert_eq!(desk.run("state show database", wider).code, 0);
    assert_eq!(desk.run("plan --no-refresh", wider).code, 0);
    // Read just now: nothing to say.
    assert_eq!(desk.run("plan", wider).code, 0);
    desk.now += HOUR_MS;
    assert_eq!(desk.run("plan --no-refresh", wider).code, 0);
    assert_eq!(desk.run("state show database", wider).code, 0);
    desk.matches("ages");
}

#[test]
fn a_resource_whose_provider_left_the_program_is_named() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", |stack| {
        let second = stack.provider_instance(ProviderInstance::new(Cloud::default()).named("second"))?;
        stack.add_with("far", Machine::args().size(1u32), Options::new().provider(&second))?;
        stack.add("near", Machine::args().size(2u32))?;
        Ok(())
    });
    fn near(stack: &Stack) -> Declared {
        stack.add("near", Machine::args().size(2u32))?;
        Ok(())
    }
    desk.transcript.clear();
    assert_eq!(desk.run("refresh", near).code, 0);
    assert_eq!(desk.run("plan --target near", near).code, 0);
    assert_eq!(desk.run("plan --exclude far", near).code, 0);
    desk.matches("provider_left");
}

#[test]
fn help_tells_what_a_refresh_does() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    assert_eq!(desk.run("refresh --help", shop).code, 0);
    desk.matches("help_refresh");
}
