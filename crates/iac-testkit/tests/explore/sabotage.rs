//! Providers that are built wrongly, each in a way that a test without crashes does not see.

use iac_testkit::explore::{Exploration, Failure, Trouble, explore};

use crate::boxes::Sabotage;
use crate::{options, program};

fn exploration(sabotage: Sabotage) -> Exploration {
    let options = options(sabotage).up().change(program(2, "other")).destroy().troubles([]).failures_max(100);
    explore(program(1, "second"), options)
}

/// The first failure, after a look whether it can be run again.
fn first(sabotage: Sabotage) -> Failure {
    let found = exploration(sabotage);
    let failure = found.failures.first().unwrap_or_else(|| panic!("{sabotage:?} is not found: {found}"));
    let options = options(sabotage).up().change(program(2, "other")).destroy();
    let again = explore(program(1, "second"), options.only(&failure.reproduction));
    let [repeated] = &*again.failures else { panic!("it did not happen again: {again}") };
    assert_eq!((&repeated.place, &repeated.faults), (&failure.place, &failure.faults));
    assert!(!repeated.processes.is_empty());
    failure.clone()
}

#[test]
fn a_sound_provider_comes_together() {
    let found = exploration(Sabotage::Nothing);
    found.assert();
    let counts: Vec<(&str, bool)> =
        found.phases.iter().map(|phase| (phase.name.as_str(), phase.cut_count() > 25)).collect();
    assert_eq!(counts, [("up", true), ("change", true), ("destroy", true)], "{found}");
}

#[test]
fn a_create_without_its_marker_makes_duplicates() {
    let failure = first(Sabotage::CreatesWithoutMarker);
    assert!(failure.place.contains("POST /boxes"), "{failure}");
    assert!(failure.faults[0].contains("orphan and a duplicate of boxes:box"), "{failure}");
}

#[test]
fn a_search_that_finds_nothing_leaves_orphans() {
    let found = exploration(Sabotage::FindsNothing);
    assert!(found.failures.iter().all(|failure| failure.faults[0].contains("orphan")), "{found}");
    let failure = first(Sabotage::FindsNothing);
    assert!(failure.faults[0].contains("no row knows it"), "{failure}");
    // The dead process's request takes effect after its death: that must be found as well.
    assert!(found.failures.iter().any(|failure| failure.place.contains("is under way")), "{found}");
}

#[test]
fn a_client_that_repeats_creates_makes_two_under_one_marker() {
    let options = options(Sabotage::RepeatsCreates).up().troubles([Trouble::LostAnswer, Trouble::BadGateway]);
    let found = explore(program(1, "second"), options);
    let failure = found.failures.first().unwrap();
    assert!(failure.place.starts_with("bad_gateway at") || failure.place.starts_with("lost_answer at"));
    assert!(failure.faults.iter().any(|fault| fault.contains("under one marker")), "{failure}");
    assert!(found.cuts() > 25 && found.failures.iter().all(|failure| !failure.place.starts_with("cut")));
}

#[test]
fn a_change_that_is_done_by_half_is_wanted_again() {
    let options = options(Sabotage::ForgetsTheNote).up().second_cuts(0).troubles([]).change(|stack| {
        let args = crate::boxes::BoxResource::args().name("first").size(1u32).note("new");
        stack.add("first", args).map(drop)
    });
    let found = explore(program(1, "second"), options);
    let failure = found.failures.first().unwrap();
    // Nothing need go wrong for this one.
    assert_eq!(
        (failure.phase.as_str(), failure.place.as_str()),
        ("change", "nothing went wrong with this run")
    );
    assert!(failure.faults[0].contains("update first"), "{failure}");
}
