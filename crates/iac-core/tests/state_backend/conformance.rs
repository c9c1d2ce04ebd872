//! What every backend promises. Each case gets an empty one.

use std::sync::Arc;

use iac_core::state::{
    Backend, BackendError, JournalOp, MemoryBackend, PastRecord, PastRename, RunKind, RunRecord, RunStatus,
    Sealed, SqliteBackend, StackId, StateRecord, Status, TraceRecord, Write,
};

use crate::rows::*;

/// Runs each case on both backends.
macro_rules! on_every_backend {
    ($($case:ident),+ $(,)?) => {
        mod memory {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(Arc::new(MemoryBackend::new())).await;
            })+
        }
        mod sqlite {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let directory = tempfile::tempdir().unwrap();
                let backend = Arc::new(SqliteBackend::open(directory.path().join("state.db")).unwrap());
                super::$case(backend.clone()).await;
                assert_eq!(backend.check().await.unwrap(), Vec::<String>::new());
            })+
        }
    };
}

on_every_backend!(
    rows_come_back_as_they_were,
    an_unknown_stack_is_empty,
    a_commit_is_all_or_nothing,
    misfits_are_refused,
    journal_rows_live_from_begin_to_end,
    the_serial_counts_changes_of_resources_and_exports,
    a_check_that_found_nothing_leaves_rows_and_serial_alone,
    history_is_newest_first_and_limited,
    the_past_is_what_was_remembered,
    a_rename_is_remembered_with_its_run,
    what_later_runs_need_survives_a_prune,
    a_trace_lives_and_dies_with_its_run,
    a_lease_can_be_looked_at,
    stacks_do_not_see_each_other,
    a_lease_excludes_others_until_it_expires,
    a_clock_that_was_set_back_locks_nobody_out,
    an_old_lease_cannot_write,
    concurrent_commits_each_get_their_own_answer,
);

type Shared = Arc<dyn Backend>;

async fn rows_come_back_as_they_were(backend: Shared) {
    let lease = lease(&*backend).await;
    let mut a = resource("a", "t1");
    a.dependencies = vec![urn("b"), urn("c")];
    let mut old = resource("a", "t0");
    old.status = Status::PendingDelete;
    old.observed = None;
    (old.missing, old.protect, old.retain) = (false, false, true);
    let (b, mut c) = (resource("b", "t"), resource("c", "t"));
    c.status = Status::Incomplete;
    let mut deletion = begin(1, 1);
    (deletion.op, deletion.id, deletion.resource) = (JournalOp::Delete, Some("x".into()), resource("d", "t"));
    let mut update = deletion.clone();
    (update.op, update.key) = (JournalOp::Update, key(1, 2));
    let rows = [b.clone(), a.clone(), c.clone(), old.clone()];
    let mut writes: Vec<_> = rows.into_iter().map(|row| Write::Put(Box::new(row))).collect();
    writes.push(Write::RunBegin(run(1)));
    for row in [update.clone(), begin(1, 0), deletion.clone()] {
        writes.push(Write::Begin(Box::new(row)));
    }
    writes.push(Write::Exports(vec![export("z", "1"), export("y", "\"two\"")]));
    writes.push(Write::KeyEnvelope("envelope".into()));
    assert_eq!(backend.commit(&lease, writes).await.unwrap(), 1);

    let expected = StateRecord {
        serial: 1,
        last_run: 1,
        key_envelope: Some("envelope".into()),
        resources: vec![old, a.clone(), b, c],
        journal: vec![begin(1, 0), deletion, update],
        exports: vec![export("y", "\"two\""), export("z", "1")],
        checks: vec![],
    };
    assert_eq!(backend.load(&stack()).await.unwrap(), expected);
    assert_eq!(backend.exports(&stack()).await.unwrap(), (Some("envelope".into()), expected.exports.clone()));

    // A put replaces the whole row, and exports replace each other.
    (a.id, a.status, a.observed, a.dependencies) = ("new".into(), Status::Incomplete, None, Vec::new());
    let writes = vec![
        Write::Put(Box::new(a.clone())),
        Write::Remove { urn: urn("a"), token: "t0".into() },
        Write::Remove { urn: urn("absent"), token: "t".into() },
        Write::Exports(vec![export("x", "[]")]),
    ];
    backend.commit(&lease, writes).await.unwrap();
    let state = backend.load(&stack()).await.unwrap();
    assert_eq!(state.resources[0], a);
    assert_eq!((state.resources.len(), state.exports), (3, vec![export("x", "[]")]));
    // The dependencies of the sample rows are whole for a check.
    backend.commit(&lease, (0..3).map(|step| Write::End { key: key(1, step) }).collect()).await.unwrap();
}

async fn an_unknown_stack_is_empty(backend: Shared) {
    assert_eq!(backend.load(&stack()).await.unwrap(), StateRecord::default());
    assert_eq!(backend.exports(&stack()).await.unwrap(), (None, Vec::new()));
    assert_eq!(backend.runs(&stack(), 10).await.unwrap(), Vec::new());
    assert_eq!(backend.steps(&stack(), 1).await.unwrap(), Vec::new());
    let lease = lease(&*backend).await;
    assert_eq!(backend.stacks().await.unwrap(), Vec::new(), "a lease alone makes no stack");
    backend.commit(&lease, vec![put("a")]).await.unwrap();
    assert_eq!(backend.stacks().await.unwrap(), vec![stack()]);
}

async fn a_commit_is_all_or_nothing(backend: Shared) {
    let lease = lease(&*backend).await;
    backend.commit(&lease, vec![Write::RunBegin(run(1)), put("a")]).await.unwrap();
    let before = backend.load(&stack()).await.unwrap();
    let writes = vec![
        put("b"),
        Write::Remove { urn: urn("a"), token: "t".into() },
        Write::Exports(vec![export("x", "1")]),
        Write::Begin(Box::new(begin(1, 0))),
        Write::RunEnd { run: 1, status: RunStatus::Succeeded, at: 20 },
        Write::KeyEnvelope("envelope".into()),
        Write::Step(Box::new(step(1, 0))),
        Write::End { key: key(9, 9) },
    ];
    let error = backend.commit(&lease, writes).await.unwrap_err();
    assert!(matches!(error, BackendError::Conflict { .. }), "{error}");
    assert_eq!(backend.load(&stack()).await.unwrap(), before);
    assert_eq!(backend.runs(&stack(), 1).await.unwrap(), vec![run(1)]);
    assert_eq!(backend.steps(&stack(), 1).await.unwrap(), Vec::new());
    assert_eq!(backend.commit(&lease, vec![put("b")]).await.unwrap(), 2, "it goes on as if nothing was");
}

async fn misfits_are_refused(backend: Shared) {
    let lease = lease(&*backend).await;
    let first =
        vec![Write::RunBegin(run(1)), Write::Begin(Box::new(begin(1, 0))), Write::Step(Box::new(step(1, 7)))];
    backend.commit(&lease, first).await.unwrap();
    let misfits = [
        ("run 1", vec![Write::RunBegin(run(1))]),
        ("run 2", vec![Write::RunBegin(run(2)), Write::RunBegin(run(2))]),
        ("run 3", vec![Write::RunEnd { run: 3, status: RunStatus::Failed, at: 1 }]),
        ("step 0 of run 1", vec![Write::Begin(Box::new(begin(1, 0)))]),
        ("step 0 of run 4", vec![Write::Begin(Box::new(begin(4, 0)))]),
        ("step 1 of run 1", vec![Write::End { key: key(1, 1) }]),
        ("step 1 of run 1", vec![Write::Checkpoint { key: key(1, 1), id: "x".into() }]),
        ("step 0 of run 1", vec![Write::End { key: key(1, 0) }, Write::End { key: key(1, 0) }]),
        ("step 7 of run 1", vec![Write::Step(Box::new(step(1, 7)))]),
        ("run 5", vec![Write::Step(Box::new(step(5, 0)))]),
        ("output", vec![Write::Exports(vec![export("x", "1"), export("x", "2")])]),
    ];
    for (named, writes) in misfits {
        let error = backend.commit(&lease, writes).await.unwrap_err();
        assert!(matches!(error, BackendError::Conflict { .. }), "{named}: {error}");
        assert!(error.to_string().contains(named) && error.to_string().contains("p/s"), "{named}: {error}");
    }
    let state = backend.load(&stack()).await.unwrap();
    assert_eq!((state.last_run, state.journal), (1, vec![begin(1, 0)]));
}

async fn journal_rows_live_from_begin_to_end(backend: Shared) {
    let lease = lease(&*backend).await;
    backend.commit(&lease, vec![Write::RunBegin(run(1)), Write::Begin(Box::new(begin(1, 0)))]).await.unwrap();
    backend.commit(&lease, vec![Write::Checkpoint { key: key(1, 0), id: "i-1".into() }]).await.unwrap();
    let mut expected = begin(1, 0);
    expected.id = Some("i-1".into());
    assert_eq!(backend.load(&stack()).await.unwrap().journal, vec![expected]);
    backend.commit(&lease, vec![put("begun"), Write::End { key: key(1, 0) }]).await.unwrap();
    let state = backend.load(&stack()).await.unwrap();
    assert_eq!((state.journal, state.resources.len()), (Vec::new(), 1));
    let whole = vec![Write::Begin(Box::new(begin(1, 1))), Write::End { key: key(1, 1) }];
    backend.commit(&lease, whole).await.unwrap();
    assert_eq!(backend.load(&stack()).await.unwrap().journal, Vec::new());
}

async fn the_serial_counts_changes_of_resources_and_exports(backend: Shared) {
    let lease = lease(&*backend).await;
    let cases = [
        (vec![], 0),
        (vec![Write::RunBegin(run(1)), Write::Begin(Box::new(begin(1, 0)))], 0),
        (vec![Write::KeyEnvelope("envelope".into())], 0),
        (vec![put("a"), put("b")], 1),
        (vec![Write::End { key: key(1, 0) }], 1),
        (vec![Write::Exports(vec![])], 2),
        (vec![Write::Remove { urn: urn("a"), token: "t".into() }], 3),
        (vec![Write::RunEnd { run: 1, status: RunStatus::Cancelled, at: 30 }], 3),
    ];
    for (writes, serial) in cases {
        assert_eq!(backend.commit(&lease, writes).await.unwrap(), serial);
        assert_eq!(backend.load(&stack()).await.unwrap().serial, serial);
    }
}

async fn a_check_that_found_nothing_leaves_rows_and_serial_alone(backend: Shared) {
    let lease = lease(&*backend).await;
    assert_eq!(backend.commit(&lease, vec![put("a"), put("b")]).await.unwrap(), 1);
    let before = backend.load(&stack()).await.unwrap();
    let writes = vec![
        Write::Checked(check("two", "test:thing", 5)),
        Write::Checked(check("one", "test:thing", 6)),
        Write::Checked(check("one", "test:other", 7)),
        Write::Checked(check("one", "test:thing", 8)),
    ];
    assert_eq!(backend.commit(&lease, writes).await.unwrap(), 1);
    let after = backend.load(&stack()).await.unwrap();
    let by_provider_and_type =
        vec![check("one", "test:other", 7), check("one", "test:thing", 8), check("two", "test:thing", 5)];
    assert_eq!(after.checks, by_provider_and_type);
    assert_eq!(after, StateRecord { checks: by_provider_and_type, ..before });

    let seen = |name: &str, token: &str| Write::Seen { urn: urn(name), token: token.into(), at: 9 };
    let writes = vec![seen("a", "t"), seen("b", "another"), seen("absent", "t")];
    assert_eq!(backend.commit(&lease, writes).await.unwrap(), 1);
    let rows = backend.load(&stack()).await.unwrap().resources;
    let times: Vec<_> = rows.iter().map(|row| row.refreshed_at).collect();
    assert_eq!(times, [9, resource("b", "t").refreshed_at]);

    // Another stack has checks of its own.
    let other = StackId::new("p", "other");
    assert_eq!(backend.load(&other).await.unwrap().checks, vec![]);
    // A check takes part in a commit like anything else.
    let misfit = vec![Write::Checked(check("one", "test:thing", 99)), Write::End { key: key(9, 9) }];
    assert!(backend.commit(&lease, misfit).await.is_err());
    assert_eq!(backend.load(&stack()).await.unwrap().checks[1], check("one", "test:thing", 8));
}

async fn history_is_newest_first_and_limited(backend: Shared) {
    let lease = lease(&*backend).await;
    for number in 1..=3 {
        let mut failed = step(number, 1);
        failed.before = Some(sealed("{\"n\":1}"));
        let mut good = step(number, 0);
        good.error = None;
        let writes = vec![
            Write::RunBegin(run(number)),
            Write::Step(Box::new(failed)),
            Write::Step(Box::new(good)),
            Write::RunEnd { run: number, status: RunStatus::Failed, at: 40 },
        ];
        backend.commit(&lease, writes).await.unwrap();
    }
    let runs = backend.runs(&stack(), 2).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.run).collect::<Vec<_>>(), [3, 2]);
    assert_eq!((runs[0].status, runs[0].ended_at), (RunStatus::Failed, Some(40)));
    let steps = backend.steps(&stack(), 2).await.unwrap();
    assert_eq!(steps.iter().map(|step| step.key).collect::<Vec<_>>(), [key(2, 0), key(2, 1)]);
    assert_eq!((steps[0].error.clone(), steps[1].error.clone()), (None, step(2, 1).error));
    assert_eq!(steps[1].before, Some(sealed("{\"n\":1}")));
    assert_eq!(backend.load(&stack()).await.unwrap().last_run, 3);
}

/// A run that puts and removes rows, and remembers them.
fn changing(number: u64, puts: &[(&str, &str)], removes: &[&str]) -> Vec<Write<Sealed>> {
    let remember =
        |name: &str| Write::Remember { run: number, urn: urn(name), token: "t".into(), renamed_from: None };
    let mut writes = vec![Write::RunBegin(run(number)), Write::Step(Box::new(step(number, 0)))];
    for (name, id) in puts {
        let mut row = resource(name, "t");
        row.id = (*id).into();
        writes.extend([Write::Put(Box::new(row)), remember(name)]);
    }
    for name in removes {
        writes.extend([Write::Remove { urn: urn(name), token: "t".into() }, remember(name)]);
    }
    writes
}

async fn ids_after(backend: &Shared, run: u64) -> Vec<String> {
    let past = backend.past(&stack(), run).await.unwrap();
    past.resources.into_iter().map(|row| row.id).collect()
}

async fn exports_after(backend: &Shared, run: u64) -> Vec<String> {
    let past = backend.past(&stack(), run).await.unwrap();
    past.exports.iter().map(|row| format!("{}={}", row.name, row.value.as_str())).collect()
}

async fn the_past_is_what_was_remembered(backend: Shared) {
    assert_eq!(backend.past(&stack(), 1).await.unwrap(), PastRecord::default());
    let lease = lease(&*backend).await;
    let mut first = changing(1, &[("a", "a1"), ("b", "b1"), ("brief", "x")], &["brief"]);
    first.extend([
        Write::Exports(vec![export("y", "1"), export("z", "1")]),
        Write::RememberExports { run: 1 },
        Write::Exports(vec![export("x", "1"), export("y", "1")]),
        Write::RememberExports { run: 1 },
        Write::KeyEnvelope("envelope".into()),
    ]);
    backend.commit(&lease, first).await.unwrap();
    let mut second = changing(2, &[("a", "a2"), ("a", "a2b"), ("c", "c2")], &["b"]);
    second.extend([
        Write::Exports(vec![export("x", "2"), export("y", "1")]),
        Write::RememberExports { run: 2 },
    ]);
    backend.commit(&lease, second).await.unwrap();
    // Not remembered: what a refresh saw.
    backend.commit(&lease, vec![put("a")]).await.unwrap();
    backend.commit(&lease, changing(3, &[("b", "b3")], &["c", "absent"])).await.unwrap();
    // Without any change since.
    backend.commit(&lease, vec![Write::RunBegin(run(4))]).await.unwrap();

    assert_eq!(ids_after(&backend, 0).await, Vec::<String>::new());
    assert_eq!(ids_after(&backend, 1).await, ["a1", "b1"]);
    assert_eq!(ids_after(&backend, 2).await, ["a2b", "c2"]);
    assert_eq!(ids_after(&backend, 3).await, ["a2b", "b3"]);
    assert_eq!(ids_after(&backend, 4).await, ["a2b", "b3"]);
    assert_eq!(exports_after(&backend, 1).await, ["x=1", "y=1"]);
    assert_eq!(exports_after(&backend, 2).await, ["x=2", "y=1"]);
    assert_eq!(exports_after(&backend, 4).await, ["x=2", "y=1"]);

    let past = backend.past(&stack(), 2).await.unwrap();
    assert_eq!((past.first_run, past.last_run, past.run), (1, 4, Some(run(2))));
    assert_eq!(past.key_envelope.as_deref(), Some("envelope"));
    let mut whole = resource("a", "t");
    whole.id = "a2b".into();
    assert_eq!(past.resources[0], whole);
    assert_eq!(backend.past(&stack(), 9).await.unwrap().run, None);
    assert_eq!(backend.load(&stack()).await.unwrap().serial, 4, "remembering alone changes no serial");
    let back = RunRecord { kind: RunKind::Rollback, rollback_to: Some(2), ..run(5) };
    backend.commit(&lease, vec![Write::RunBegin(back.clone())]).await.unwrap();
    assert_eq!(backend.runs(&stack(), 1).await.unwrap(), [back]);
}

async fn a_rename_is_remembered_with_its_run(backend: Shared) {
    let lease = lease(&*backend).await;
    let named = |run: u64, name: &str, from: Option<&str>| {
        let renamed_from = from.map(urn);
        let remember = Write::Remember { run, urn: urn(name), token: "t".into(), renamed_from };
        vec![Write::Put(Box::new(resource(name, "t"))), remember]
    };
    for writes in [
        named(1, "a", None),
        named(2, "b", Some("a")),
        named(3, "b", None),
        [named(4, "d", Some("b")), named(4, "b", Some("z"))].concat(),
    ] {
        backend.commit(&lease, writes).await.unwrap();
    }
    let renames = async |run: u64| {
        let past = backend.past(&stack(), run).await.unwrap();
        let told = |r: &PastRename| format!("{} {} {}", r.run, r.from.name(), r.to.name());
        past.renames.iter().map(told).collect::<Vec<_>>()
    };
    for run in [1, 3, 4] {
        assert_eq!(renames(run).await, ["2 a b", "4 b d", "4 z b"]);
    }
    backend.commit(&lease, vec![Write::Prune { before: 3 }]).await.unwrap();
    assert_eq!(renames(3).await, ["4 b d", "4 z b"]);
}

async fn a_trace_lives_and_dies_with_its_run(backend: Shared) {
    let lease = lease(&*backend).await;
    let outline = |run| Write::Outline { run, after: "[[],[0]]".into() };
    let events = |run| Write::Trace { run, events: "[0,0]".into() };
    for early in [outline(1), events(1)] {
        let refused = backend.commit(&lease, vec![early]).await.unwrap_err();
        assert!(matches!(refused, BackendError::Conflict { .. }), "{refused}");
    }
    assert_eq!(backend.trace(&stack(), 1).await.unwrap(), TraceRecord::default());
    backend.commit(&lease, vec![Write::RunBegin(run(1)), outline(1)]).await.unwrap();
    let begun = backend.trace(&stack(), 1).await.unwrap();
    assert_eq!((begun.after.as_deref(), begun.events), (Some("[[],[0]]"), None));
    backend.commit(&lease, vec![events(1)]).await.unwrap();
    assert_eq!(backend.trace(&stack(), 1).await.unwrap().events.as_deref(), Some("[0,0]"));
    let twice = backend.commit(&lease, vec![outline(1)]).await.unwrap_err();
    assert!(matches!(twice, BackendError::Conflict { .. }), "{twice}");
    assert_eq!(backend.load(&stack()).await.unwrap().serial, 0, "a trace changes no serial");

    backend.commit(&lease, vec![Write::RunBegin(run(2)), outline(2)]).await.unwrap();
    backend.commit(&lease, vec![Write::Prune { before: 2 }]).await.unwrap();
    assert_eq!(backend.trace(&stack(), 1).await.unwrap(), TraceRecord::default());
    assert!(backend.trace(&stack(), 2).await.unwrap().after.is_some());
}

async fn what_later_runs_need_survives_a_prune(backend: Shared) {
    let lease = lease(&*backend).await;
    let mut first = changing(1, &[("a", "a1"), ("b", "b1")], &[]);
    first.extend([
        Write::Exports(vec![export("x", "1"), export("y", "1")]),
        Write::RememberExports { run: 1 },
    ]);
    backend.commit(&lease, first).await.unwrap();
    let mut second = changing(2, &[("a", "a2")], &[]);
    second.extend([
        Write::Exports(vec![export("x", "2"), export("y", "1")]),
        Write::RememberExports { run: 2 },
    ]);
    backend.commit(&lease, second).await.unwrap();
    backend.commit(&lease, changing(3, &[("a", "a3")], &["b"])).await.unwrap();
    backend.commit(&lease, vec![Write::Begin(Box::new(begin(2, 9)))]).await.unwrap();
    let error = backend.commit(&lease, vec![Write::Prune { before: 3 }]).await.unwrap_err();
    assert!(matches!(error, BackendError::Conflict { .. }), "{error}");
    assert!(error.to_string().contains("open call"), "{error}");
    backend.commit(&lease, vec![Write::End { key: key(2, 9) }, Write::Prune { before: 2 }]).await.unwrap();

    assert_eq!(backend.past(&stack(), 1).await.unwrap().run, None);
    assert_eq!(backend.steps(&stack(), 1).await.unwrap(), Vec::new());
    assert_eq!(ids_after(&backend, 1).await, ["b1"], "what only run 1 had is gone");
    assert_eq!(ids_after(&backend, 2).await, ["a2", "b1"]);
    assert_eq!(exports_after(&backend, 2).await, ["x=2", "y=1"]);
    assert_eq!(ids_after(&backend, 3).await, ["a3"]);
    assert_eq!(backend.past(&stack(), 3).await.unwrap().first_run, 2);
    assert_eq!(backend.load(&stack()).await.unwrap().last_run, 3);
}

async fn a_lease_can_be_looked_at(backend: Shared) {
    assert_eq!(backend.lease(&stack()).await.unwrap(), None);
    let lease = backend.acquire(&stack(), &holder("a"), 100, 200).await.unwrap();
    let held = backend.lease(&stack()).await.unwrap().unwrap();
    assert_eq!((held.holder, held.acquired_at, held.expires_at), (holder("a"), 100, 200));
    backend.release(&lease).await.unwrap();
    assert_eq!(backend.lease(&stack()).await.unwrap(), None);
}

async fn stacks_do_not_see_each_other(backend: Shared) {
    let other = StackId::new("p", "other");
    let mine = lease(&*backend).await;
    let theirs = backend.acquire(&other, &holder("other"), 0, 1_000).await.unwrap();
    backend.commit(&mine, vec![Write::RunBegin(run(1)), Write::Begin(Box::new(begin(1, 0)))]).await.unwrap();
    backend.commit(&theirs, vec![Write::RunBegin(run(1)), Write::RunBegin(run(2))]).await.unwrap();
    assert_eq!(backend.load(&other).await.unwrap().last_run, 2);
    assert_eq!(backend.load(&stack()).await.unwrap().last_run, 1);
    let error = backend.commit(&theirs, vec![Write::End { key: key(1, 0) }]).await.unwrap_err();
    assert!(matches!(error, BackendError::Conflict { .. }), "{error}");
    assert_eq!(backend.stacks().await.unwrap(), vec![other, stack()]);
}

async fn a_lease_excludes_others_until_it_expires(backend: Shared) {
    let first = backend.acquire(&stack(), &holder("a"), 100, 200).await.unwrap();
    let error = backend.acquire(&stack(), &holder("b"), 199, 300).await.unwrap_err();
    let BackendError::Leased { held, .. } = &error else { panic!("{error}") };
    assert_eq!((held.holder.clone(), held.acquired_at, held.expires_at), (holder("a"), 100, 200));
    assert!(error.to_string().contains("name of a"), "{error}");

    backend.renew(&first, 400).await.unwrap();
    assert!(backend.acquire(&stack(), &holder("b"), 399, 500).await.is_err());
    let second = backend.acquire(&stack(), &holder("b"), 400, 500).await.unwrap();
    assert!(second.epoch > first.epoch);
    assert!(is_lost(&backend.renew(&first, 900).await));

    backend.release(&first).await.unwrap();
    assert!(backend.acquire(&stack(), &holder("c"), 450, 550).await.is_err(), "b still holds it");
    backend.release(&second).await.unwrap();
    backend.release(&second).await.unwrap();
    let third = backend.acquire(&stack(), &holder("c"), 450, 550).await.unwrap();
    assert!(third.epoch > second.epoch);
    let again = backend.acquire(&stack(), &holder("c"), 460, 560).await.unwrap();
    assert!(again.epoch > third.epoch, "the holder itself gets it again, and its old lease is void");
    assert!(is_lost(&backend.commit(&third, vec![put("a")]).await));

    let far = backend.acquire(&stack(), &holder("c"), 1_000, i64::MAX).await.unwrap();
    let taken = backend.acquire(&stack(), &holder("d"), 31_000, 32_000).await.unwrap();
    assert!(taken.epoch > far.epoch, "no lease outlasts its longest time");
}

/// The holder died, and its clock was a year ahead: nobody waits a year.
async fn a_clock_that_was_set_back_locks_nobody_out(backend: Shared) {
    const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;
    let ahead = backend.acquire(&stack(), &holder("a"), YEAR, YEAR + 10_000).await.unwrap();
    let next = backend.acquire(&stack(), &holder("b"), 1_000, 11_000).await.unwrap();
    assert!(next.epoch > ahead.epoch);
    // If it lives, it is told, and writes nothing.
    assert!(is_lost(&backend.commit(&ahead, vec![put("a")]).await));
    backend.commit(&next, vec![put("a")]).await.unwrap();
    // A lease of the time that is right again keeps others out as ever.
    assert!(backend.acquire(&stack(), &holder("a"), 2_000, 12_000).await.is_err());
}

async fn an_old_lease_cannot_write(backend: Shared) {
    let old = backend.acquire(&stack(), &holder("a"), 0, 100).await.unwrap();
    backend.commit(&old, vec![put("a")]).await.unwrap();
    let new = backend.acquire(&stack(), &holder("b"), 100, 200).await.unwrap();
    assert!(is_lost(&backend.commit(&old, vec![put("b")]).await));
    assert_eq!(backend.commit(&new, vec![put("c")]).await.unwrap(), 2);
    backend.release(&new).await.unwrap();
    assert!(is_lost(&backend.commit(&new, vec![put("d")]).await), "nor one that was given back");
    let mut forged = new.clone();
    forged.epoch += 1;
    assert!(is_lost(&backend.commit(&forged, vec![put("e")]).await));
    let names: Vec<_> = backend.load(&stack()).await.unwrap().resources;
    assert_eq!(names.iter().map(|row| row.urn.name().to_owned()).collect::<Vec<_>>(), ["a", "c"]);
}

async fn concurrent_commits_each_get_their_own_answer(backend: Shared) {
    const COMMITS: u32 = 600;
    let lease = lease(&*backend).await;
    let stale = {
        let mut stale = lease.clone();
        stale.epoch = 0;
        stale
    };
    backend.commit(&lease, vec![Write::RunBegin(run(1))]).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..COMMITS {
        let (backend, lease, stale) = (backend.clone(), lease.clone(), stale.clone());
        tasks.spawn(async move {
            let good = vec![Write::Begin(Box::new(begin(1, number))), put(&format!("r{number}"))];
            let result = match number % 3 {
                0 => backend.commit(&lease, good).await,
                1 => {
                    let misfit = Write::End { key: key(8, number) };
                    backend.commit(&lease, good.into_iter().chain([misfit]).collect()).await
                }
                _ => backend.commit(&stale, good).await,
            };
            (number, result)
        });
    }
    let mut serials = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done.unwrap() {
            (number, Ok(serial)) if number % 3 == 0 => serials.push(serial),
            (number, Err(BackendError::Conflict { reason, .. })) if number % 3 == 1 => {
                assert!(reason.contains(&format!("step {number} ")), "its own failure: {reason}");
            }
            (number, result) => assert!(number % 3 == 2 && is_lost(&result), "{number}: {result:?}"),
        }
    }
    serials.sort_unstable();
    assert_eq!(serials, (1..=u64::from(COMMITS / 3)).collect::<Vec<_>>());
    let state = backend.load(&stack()).await.unwrap();
    let begun: Vec<_> = state.journal.iter().map(|row| row.key.step).collect();
    assert_eq!(begun, (0..COMMITS).step_by(3).collect::<Vec<_>>());
    assert_eq!(state.resources.len(), begun.len());
}

#[tokio::test]
async fn a_memory_backend_fails_on_demand_and_its_clones_share_the_store() {
    let backend = MemoryBackend::new();
    let lease = lease(&backend).await;
    let lost =
        || BackendError::Unavailable { action: "write", location: "test".into(), reason: "fault".into() };
    let mut left = 1;
    backend.set_fault(Box::new(move |writes| {
        left -= i32::from(!writes.is_empty());
        (left < 0).then(lost)
    }));
    assert_eq!(backend.commit(&lease, vec![put("a")]).await.unwrap(), 1);
    assert!(backend.commit(&lease, vec![put("b")]).await.is_err());
    backend.clear_faults();
    backend.set_fault_after(Box::new(move |_| Some(lost())));
    assert!(backend.commit(&lease, vec![put("c")]).await.is_err());
    let restarted = backend.clone();
    drop(backend);
    restarted.clear_faults();
    assert_eq!(restarted.commit(&lease, vec![]).await.unwrap(), 2);
    let found = restarted.load(&stack()).await.unwrap().resources;
    assert_eq!(found.iter().map(|row| row.urn.name()).collect::<Vec<_>>(), ["a", "c"]);
}
