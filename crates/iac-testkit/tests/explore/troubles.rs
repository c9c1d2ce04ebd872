//! Requests that go wrong while the process lives.

use iac_testkit::explore::{Trouble, explore};

use crate::boxes::Sabotage;
use crate::{options, program};

#[test]
fn every_trouble_with_every_request_comes_together() {
    let exploration = explore(
        program(1, "second"),
        options(Sabotage::Nothing).up().change(program(2, "other")).destroy().second_cuts(0).troubles(
            // Nothing but the marker tells boxes apart: a search that stays behind makes two of one.
            Trouble::ALL.into_iter().filter(|trouble| *trouble != Trouble::LostAnswerStaleLists),
        ),
    );
    exploration.assert();
    for phase in &exploration.phases {
        let kinds: Vec<Trouble> = phase.troubles.keys().copied().collect();
        assert_eq!(kinds.len(), Trouble::ALL.len() - 1, "{}: {kinds:?}", phase.name);
    }
}

#[test]
fn a_search_that_stays_behind_makes_two_of_what_only_its_marker_tells_apart() {
    let options = options(Sabotage::Nothing).up().second_cuts(0).troubles([Trouble::LostAnswerStaleLists]);
    let exploration = explore(program(1, "second"), options);
    assert_eq!(exploration.troubles(), 3, "{exploration}");
    let failure = &exploration.failures[0];
    assert!(failure.place.starts_with("lost_answer_stale_lists at request"), "{failure}");
    assert!(failure.faults.iter().any(|fault| fault.contains("under one marker")), "{failure}");
}
