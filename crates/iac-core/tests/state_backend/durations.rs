//! How long calls took: what every backend remembers of it, and what it forgets.

use std::sync::Arc;

use iac_core::Urn;
use iac_core::state::{
    Backend, DURATION_SAMPLE_MAX, DURATIONS_KEPT, DurationQuery, DurationRecord, MemoryBackend,
    SqliteBackend, Write,
};

use crate::rows::*;

fn took(run: u64, name: &str, op: &str, ms: u64) -> Write<iac_core::state::Sealed> {
    Write::Took { run, urn: urn(name), op: op.into(), ms }
}

async fn asked(backend: &Arc<dyn Backend>, op: &str, names: &[String]) -> Vec<DurationRecord> {
    let urns: Vec<Urn> = names.iter().map(|name| urn(name)).collect();
    let query = DurationQuery { op: op.into(), type_token: "test:thing".into(), urns };
    backend.durations(&stack(), vec![query]).await.unwrap()
}

fn names(rows: &[DurationRecord]) -> Vec<&str> {
    rows.iter().map(|row| row.urn.name()).collect()
}

async fn both(case: impl AsyncFn(Arc<dyn Backend>)) {
    case(Arc::new(MemoryBackend::new())).await;
    let directory = tempfile::tempdir().unwrap();
    let backend = Arc::new(SqliteBackend::open(directory.path().join("state.db")).unwrap());
    case(backend.clone()).await;
    assert_eq!(backend.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_ones_are_kept_newest_first() {
    both(async |backend| {
        let lease = lease(&*backend).await;
        for run in 1..=7 {
            let writes = vec![Write::RunBegin(crate::rows::run(run)), took(run, "a", "create", run * 10)];
            backend.commit(&lease, writes).await.unwrap();
        }
        backend.commit(&lease, vec![took(7, "a", "delete", 3)]).await.unwrap();
        let rows = asked(&backend, "create", &["a".into()]).await;
        let expected = DurationRecord {
            urn: urn("a"),
            op: "create".into(),
            run: 7,
            recent_ms: vec![70, 60, 50, 40, 30],
        };
        assert_eq!((rows, expected.recent_ms.len()), (vec![expected], DURATIONS_KEPT));
        assert_eq!(asked(&backend, "delete", &["a".into()]).await[0].recent_ms, [3]);
        assert_eq!(asked(&backend, "update", &["a".into()]).await, []);
        let serial = backend.load(&stack()).await.unwrap().serial;
        assert_eq!(serial, 0, "that something took its time is no change of the state");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_of_the_type_stand_in_for_what_is_missing_and_only_then() {
    both(async |backend| {
        let lease = lease(&*backend).await;
        let other = |name: &str, type_token: &str| Urn::new("p", "s", type_token, &[], name).unwrap();
        let mut writes = vec![Write::RunBegin(run(1))];
        for name in ["a", "b", "c"] {
            writes.push(took(1, name, "create", 5));
        }
        // A type whose name begins like the other one's.
        for (name, type_token) in [("x", "test:thing-2"), ("y", "test:thin")] {
            writes.push(Write::Took { run: 1, urn: other(name, type_token), op: "create".into(), ms: 9 });
        }
        backend.commit(&lease, writes).await.unwrap();
        assert_eq!(names(&asked(&backend, "create", &["b".into()]).await), ["b"]);
        assert_eq!(names(&asked(&backend, "create", &["b".into(), "new".into()]).await), ["b", "a", "c"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_are_answered_as_a_few_are() {
    both(async |backend| {
        let lease = lease(&*backend).await;
        let all: Vec<String> = (0..2000).map(|number| format!("n-{number:04}")).collect();
        let mut writes = vec![Write::RunBegin(run(1))];
        writes.extend(all.iter().map(|name| took(1, name, "create", 5)));
        backend.commit(&lease, writes).await.unwrap();
        let some = &all[500..1500];
        assert_eq!(names(&asked(&backend, "create", some).await), some.iter().collect::<Vec<_>>());
        let mut with_new = some.to_vec();
        with_new.push("new".into());
        let rows = asked(&backend, "create", &with_new).await;
        assert_eq!(rows.len(), some.len() + DURATION_SAMPLE_MAX);
        assert_eq!(asked(&backend, "create", &["new".into()]).await.len(), DURATION_SAMPLE_MAX);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_last_as_long_as_the_resource_or_the_history() {
    both(async |backend| {
        let lease = lease(&*backend).await;
        let mut writes = vec![Write::RunBegin(run(1)), put("kept")];
        writes.extend(["kept", "gone"].map(|name| took(1, name, "create", 5)));
        writes.extend([Write::RunBegin(run(2)), took(2, "later", "create", 5)]);
        backend.commit(&lease, writes).await.unwrap();
        let all = ["kept", "gone", "later"].map(str::to_owned);
        assert_eq!(names(&asked(&backend, "create", &all).await), all.each_ref());
        backend.commit(&lease, vec![Write::Prune { before: 2 }]).await.unwrap();
        assert_eq!(names(&asked(&backend, "create", &all).await), ["kept", "later"]);
    })
    .await;
}
