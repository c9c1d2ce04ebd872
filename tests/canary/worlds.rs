//! The report of the crash explorer for a stack that fails: faults, processes and reproductions.

use iac_core::{Secret, Stack, StackError, interpolate_secret};
use iac_testkit::explore::{Durability, Explore, FakeWorld, explore};
use iac_testkit::fake::Node;

use crate::log::log;
use crate::spelling::{Hunt, canary};

fn program(stack: &Stack) -> Result<(), StackError> {
    let password = Secret::new(canary("EXPLORED"));
    let first = stack.add("first", Node::args().size(1u32).image("a").password(&password))?;
    let joined = interpolate_secret!("{}:{}", &first.token, &password);
    stack.add("second", Node::args().size(1u32).image("a").password(&joined))?;
    stack.export("joined", &joined)
}

#[test]
fn a_report_of_failures_holds_no_secret() {
    log();
    let mut hunt = Hunt::default();
    hunt.plant("the password", &canary("EXPLORED"));
    hunt.plant("an output", "token-of-");
    // A disk that keeps begin rows too late: what it acknowledged is gone after a crash.
    let options =
        || Explore::new().named("canary").cloud(FakeWorld).durability(Durability::BeginLate).up().destroy();
    let found = explore(program, options().failures_max(20));
    let failure = found.failures.first().expect("the disk is bad");
    hunt.search("the report", format!("{found} {found:?} {found:#?}"));
    let again = explore(program, options().only(&failure.reproduction));
    assert!(!again.failures.is_empty(), "{again}");
    hunt.search("the report of one run", format!("{again} {again:?} {again:#?}"));
    hunt.search("the log", log().bytes());
}
