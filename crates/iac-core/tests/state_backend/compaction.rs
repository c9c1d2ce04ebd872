//! What was replaced is gone from the file: at once, or at the next opening where a process died or
//! another one was in the way.

use iac_core::state::{
    Backend, BackendError, ExportRecord, JournalKey, RowColumn, SealedCell, SqliteBackend, StepColumn, Write,
};
use rusqlite::Connection;

use crate::rows::*;

const OLD: &str = "old-text-that-must-go";

fn reseal(cell: SealedCell) -> Write<iac_core::state::Sealed> {
    Write::Reseal { cell, value: sealed("\"new\"") }
}

/// Everything that can hold a sealed value, with the old text.
async fn filled(backend: &SqliteBackend) -> iac_core::state::Lease {
    let lease = lease(backend).await;
    // Longer than a page, so that what is replaced becomes free pages.
    let old = || sealed(format!("\"{}\"", OLD.repeat(400)));
    let mut row = resource("a", "t");
    (row.inputs, row.outputs, row.triggers, row.observed) = (old(), old(), old(), Some(old()));
    let mut begun = begin(1, 0);
    begun.resource.inputs = old();
    let mut recorded = step(1, 0);
    (recorded.before, recorded.after) = (Some(old()), Some(old()));
    let writes = vec![
        Write::RunBegin(run(1)),
        Write::Put(Box::new(row)),
        Write::Begin(Box::new(begun)),
        Write::Step(Box::new(recorded)),
        Write::Exports(vec![ExportRecord { name: "x".into(), value: old() }]),
        Write::KeyEnvelope(format!("{{\"of\":\"{OLD}\"}}")),
    ];
    backend.commit(&lease, writes).await.unwrap();
    lease
}

fn resealed() -> Vec<Write<iac_core::state::Sealed>> {
    let key = JournalKey { run: 1, step: 0 };
    let columns = [RowColumn::Inputs, RowColumn::Outputs, RowColumn::Observed, RowColumn::Triggers];
    let of_row = |column| SealedCell::Resource { urn: urn("a"), token: "t".into(), column };
    let mut cells: Vec<_> = columns.into_iter().map(of_row).collect();
    cells.push(SealedCell::Journal { key, column: RowColumn::Inputs });
    cells.push(SealedCell::Export { name: "x".into() });
    cells.extend([StepColumn::Before, StepColumn::After].map(|column| SealedCell::Step { key, column }));
    let mut writes: Vec<_> = cells.into_iter().map(reseal).collect();
    writes.push(Write::KeyEnvelope("{\"of\":\"new\"}".into()));
    writes
}

/// In how many files beside `path` the old text stands.
fn found(path: &std::path::Path) -> usize {
    let files = std::fs::read_dir(path.parent().unwrap()).unwrap();
    files
        .filter(|file| {
            let bytes = std::fs::read(file.as_ref().unwrap().path()).unwrap();
            bytes.windows(OLD.len()).any(|window| window == OLD.as_bytes())
        })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_texts_are_gone_after_a_compaction() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = filled(&backend).await;
    let serial = backend.commit(&lease, resealed()).await.unwrap();
    assert_eq!(serial, 2, "a plan from before is stale");
    assert!(found(&path) > 0);
    assert!(backend.compact().await.unwrap());
    assert_eq!(found(&path), 0);
    let state = backend.load(&stack()).await.unwrap();
    let row = &state.resources[0];
    for value in [&row.inputs, &row.outputs, &row.triggers, row.observed.as_ref().unwrap()] {
        assert_eq!(value.as_str(), "\"new\"");
    }
    assert_eq!(state.journal[0].resource.inputs.as_str(), "\"new\"");
    assert_eq!(state.exports[0].value.as_str(), "\"new\"");
    let steps = backend.steps(&stack(), 1).await.unwrap();
    assert_eq!(steps[0].before, steps[0].after);
    assert_eq!(backend.check().await.unwrap(), Vec::<String>::new());
    // It goes on as before.
    backend.commit(&lease, vec![put("b")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_died_before_it_is_made_up_for_by_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = filled(&backend).await;
    backend.commit(&lease, resealed()).await.unwrap();
    drop(backend);
    assert!(found(&path) > 0, "closing alone does not drop it");
    drop(SqliteBackend::open(&path).unwrap());
    assert_eq!(found(&path), 0);
    let due: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM meta WHERE key = 'compaction_due'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(due, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_process_reads_it_waits_for_the_next_opening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = filled(&backend).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN; SELECT * FROM resource").unwrap();
    backend.commit(&lease, resealed()).await.unwrap();
    assert!(!backend.compact().await.unwrap());
    assert!(found(&path) > 0);
    // The state is as good as before, and another opening does not wait for it in vain.
    assert_eq!(backend.load(&stack()).await.unwrap().exports[0].value.as_str(), "\"new\"");
    other.execute_batch("ROLLBACK").unwrap();
    drop((other, backend));
    drop(SqliteBackend::open(&path).unwrap());
    assert_eq!(found(&path), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_not_there_is_refused_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let memory = iac_core::state::MemoryBackend::new();
    let sqlite = SqliteBackend::open(directory.path().join("state.db")).unwrap();
    for backend in [&memory as &dyn Backend, &sqlite] {
        let lease = lease(backend).await;
        let mut row = resource("a", "t");
        row.observed = None;
        backend.commit(&lease, vec![Write::RunBegin(run(1)), Write::Put(Box::new(row))]).await.unwrap();
        let key = JournalKey { run: 1, step: 0 };
        let of_row =
            |token: &str, column| SealedCell::Resource { urn: urn("a"), token: token.into(), column };
        for cell in [
            of_row("other", RowColumn::Inputs),
            of_row("t", RowColumn::Observed),
            SealedCell::Journal { key, column: RowColumn::Inputs },
            SealedCell::Export { name: "x".into() },
            SealedCell::Step { key, column: StepColumn::After },
        ] {
            let writes = vec![reseal(of_row("t", RowColumn::Inputs)), reseal(cell.clone())];
            let refused = backend.commit(&lease, writes).await;
            assert!(matches!(refused, Err(BackendError::Conflict { .. })), "{cell:?}: {refused:?}");
        }
        let inputs = backend.load(&stack()).await.unwrap().resources[0].inputs.clone();
        assert_ne!(inputs.as_str(), "\"new\"");
    }
}
