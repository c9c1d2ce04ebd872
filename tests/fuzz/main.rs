//! Random programs on a failing, crashing, drifting cloud: as soon as the trouble stops, one apply
//! brings cloud, state and program together, and the next plan has nothing to do. A rollback leads to
//! what was there after the run it names. Nothing that a case leaves holds a password of its nodes, or a
//! secret that the cloud made.
//!
//! `IAC_FUZZ_CASES` sets how many cases run; `IAC_FUZZ_SEED` runs one case again.

mod case;
mod hooks;
mod model;
mod part;
mod past;
#[path = "../canary/spelling.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is a part of the canary test, which uses all of it")]
mod spelling;
mod trouble;
mod watch;

/// Cases of an ordinary test run.
const CASES_DEFAULT: u64 = 150;
/// The seed of the first case; the others follow.
const SEED_FIRST: u64 = 1;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text:?}")))
}

#[test]
fn random_programs_converge_when_the_trouble_stops() {
    run(false);
}

#[test]
fn a_rollback_leads_to_what_was_there() {
    run(true);
}

fn run(rollbacks: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a test has a runtime");
    let seeds = match setting("IAC_FUZZ_SEED") {
        Some(seed) => seed..seed + 1,
        None => SEED_FIRST..SEED_FIRST + setting("IAC_FUZZ_CASES").unwrap_or(CASES_DEFAULT),
    };
    let mut total = case::Tally::default();
    for seed in seeds {
        match runtime.block_on(case::run(seed, rollbacks)) {
            Ok(tally) => total += tally,
            Err(fault) => panic!("seed {seed}: {fault}\nrun it again with IAC_FUZZ_SEED={seed}"),
        }
    }
    assert!(total.marks > 0, "no case had a secret");
    println!("{total:?}");
}
