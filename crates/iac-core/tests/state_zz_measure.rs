//! temporary
#[path = "state_backend/rows.rs"]
#[allow(dead_code)]
mod rows;
use iac_core::state::*;
use rows::*;
use std::time::Instant;
#[tokio::test(flavor = "multi_thread")]
async fn measure() {
    let directory = tempfile::tempdir_in("/work").unwrap();
    let backend = std::sync::Arc::new(SqliteBackend::open(directory.path().join("state.db")).unwrap());
    let lease = lease(&*backend).await;
    let t = Instant::now();
    for n in 0..1000 {
        backend.commit(&lease, vec![put(&format!("s{n}"))]).await.unwrap();
    }
    println!("1000 single commits {:?}", t.elapsed());
    let t = Instant::now();
    for g in 0..100 {
        backend.commit(&lease, (0..1000).map(|n| put(&format!("g{g}-{n}"))).collect()).await.unwrap();
    }
    println!("100k rows in commits of 1000: {:?}", t.elapsed());
    let t = Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for g in 0..64 {
        let (b, l) = (backend.clone(), lease.clone());
        set.spawn(async move {
            for n in 0..300 {
                b.commit(&l, vec![put(&format!("c{g}-{n}"))]).await.unwrap();
            }
        });
    }
    set.join_all().await;
    println!("19200 concurrent single-row commits: {:?}", t.elapsed());
    let t = Instant::now();
    let s = backend.load(&stack()).await.unwrap();
    println!("load {} rows {:?}", s.resources.len(), t.elapsed());
    let codec = Codec::new(stack(), None);
    let t = Instant::now();
    for r in &s.resources {
        for v in [&r.inputs, &r.outputs, &r.triggers] {
            codec.open("", "", v).unwrap();
        }
    }
    println!("open them {:?}", t.elapsed());
    let t = Instant::now();
    println!("check {:?} {:?}", backend.check().await.unwrap().len(), t.elapsed());
}
