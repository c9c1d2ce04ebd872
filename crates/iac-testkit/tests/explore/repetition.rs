//! The same seed gives the same schedule; what is asked for alone is done alone.

use iac_testkit::explore::{Boundary, BoundaryKind, Exploration, explore};

use crate::boxes::Sabotage;
use crate::{options, program};

fn with_seed(seed: u64) -> Exploration {
    let options = options(Sabotage::Nothing).up().change(program(2, "other")).destroy().seed(seed);
    explore(program(1, "second"), options)
}

fn logs(exploration: &Exploration) -> Vec<&[Boundary]> {
    exploration.phases.iter().map(|phase| &*phase.boundaries).collect()
}

#[test]
fn one_seed_gives_one_log_and_one_report() {
    let (first, second) = (with_seed(3), with_seed(3));
    assert_eq!(logs(&first), logs(&second));
    assert_eq!(first.to_string(), second.to_string());
    // Boxes are made side by side, so that another seed gives another order.
    let up_alone = |seed| {
        let options = options(Sabotage::Nothing).up().troubles([]).second_cuts(0).seed(seed).every(1_000);
        explore(program(1, "second"), options)
    };
    assert!((4..20).any(|seed| logs(&up_alone(seed))[0] != logs(&first)[0]));
}

#[test]
fn a_report_that_ends_early_repeats_too() {
    // A search that stays behind makes two boxes of one; several threads see that at once.
    let early = || explore(program(1, "second"), options(Sabotage::Nothing).up().failures_max(2).threads(4));
    let report = early();
    assert_eq!(report.failures.len(), 2, "{report}");
    assert_eq!(report.to_string(), early().to_string());
}

#[test]
fn every_kind_of_boundary_is_cut() {
    let exploration = with_seed(1);
    let mut kinds: Vec<BoundaryKind> =
        exploration.phases.iter().flat_map(|phase| phase.cuts.keys().copied()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let names: Vec<&str> = kinds.into_iter().map(BoundaryKind::name).collect();
    let all = [
        "lease_taken",
        "commit_before",
        "commit_after",
        "checkpoint_before",
        "checkpoint_after",
        "request_before",
        "request_under_way",
        "request_effect",
        "request_answered",
        "lease_return",
    ];
    assert_eq!(names, all);
    for phase in &exploration.phases {
        assert_eq!(phase.cut_count(), phase.boundaries.len(), "{exploration}");
    }
}

#[test]
fn a_stride_makes_a_part_and_all_parts_make_the_whole() {
    let whole = with_seed(0).cuts();
    let parts = (0..3).map(|seed| {
        let options = options(Sabotage::Nothing).up().change(program(2, "other")).destroy().troubles([]);
        explore(program(1, "second"), options.second_cuts(0).seed(seed).every(3)).cuts()
    });
    let parts: Vec<usize> = parts.collect();
    assert!(parts.iter().all(|part| part * 2 < whole && part * 4 > whole), "{parts:?} of {whole}");
}

#[test]
fn what_does_not_repeat_is_told_so() {
    let exploration = explore(program(1, "second"), options(Sabotage::AsksSometimes).up().threads(1));
    let text = exploration.to_string();
    assert!(text.contains("the run does not repeat: boundary"), "{text}");
    assert!(text.contains("order of a hash map?"), "{text}");
}

#[test]
fn one_run_alone_is_asked_for_by_its_name() {
    let only = |reproduction: &str| {
        let options = options(Sabotage::Nothing).up().change(program(2, "other"));
        explore(program(1, "second"), options.only(reproduction))
    };
    let one = only("boxes/change/cut-7/seed-5");
    assert_eq!((one.seed, one.cuts(), one.second_cuts(), one.troubles()), (5, 1, 0, 0));
    one.assert();
    assert_eq!(only("boxes/change/cut-7-9/seed-5").second_cuts(), 1);
    assert_eq!(only("boxes/up/lost_answer-2/seed-5").troubles(), 1);

    let other = only("another_test/change/cut-7/seed-5");
    assert!(other.skipped.as_ref().unwrap().contains("another_test"));
    other.assert();
    let none = only("boxes/destroy/cut-7/seed-5");
    assert!(none.skipped.as_ref().unwrap().contains("no phase \"destroy\""), "{none}");
    let far = only("boxes/up/cut-4000/seed-5");
    assert!(far.failures[0].faults[0].contains("was not reached"), "{far}");
    let unreadable = only("cut 7");
    assert!(unreadable.failures[0].faults[0].contains("my_test/up/cut-12/seed-1"), "{unreadable}");
}

#[test]
#[should_panic(expected = "nothing was explored: add a phase and a cloud")]
fn an_exploration_of_nothing_fails() {
    explore(|_| Ok(()), options(Sabotage::Nothing)).assert();
}
