//! What the engine costs beside the cloud: declaring, planning, journaling, loading.
//!
//! ```text
//! cargo bench --bench engine
//! IAC_BENCH_LARGE=1 cargo bench --bench engine     # also 100,000 resources
//! cargo test --bench engine                        # each once, as a check
//! ```
//!
//! The stacks are those of `examples/scale`, in layers with three references each.

#[expect(dead_code, reason = "the example uses more of it")]
#[path = "../examples/scale/null.rs"]
mod null;
#[path = "../examples/scale/program.rs"]
mod program;
#[expect(dead_code, reason = "the example uses more of it")]
#[path = "../examples/scale/shape.rs"]
mod shape;

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use iac_core::state::{MemoryBackend, SqliteBackend, StackId};
use iac_core::{ApplyOptions, Engine, NoReporter, PARALLELISM_DEFAULT, PlanOptions, Snapshot, plan};
use tokio::runtime::Runtime;

use null::{Latency, NullCloud};
use program::graph;
use shape::{Shape, ShapeKind};

/// Resources of a stack.
const SIZES: [u32; 2] = [1_000, 10_000];
/// With `IAC_BENCH_LARGE` set, also this many.
const SIZE_LARGE: u32 = 100_000;
/// Resources of a stack whose apply is measured: each one is flushed to the disk.
const SIZE_JOURNAL: u32 = 1_000;
/// Samples of each measurement.
const SAMPLES: usize = 20;

fn sizes() -> Vec<u32> {
    let large = std::env::var_os("IAC_BENCH_LARGE").map(|_| SIZE_LARGE);
    SIZES.into_iter().chain(large).collect()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime starts")
}

fn cloud(shape: Shape) -> NullCloud {
    NullCloud::new(shape, Latency::None, PARALLELISM_DEFAULT)
}

/// Applies a whole stack.
async fn fill(engine: &Engine, shape: Shape) {
    let graph = graph(&cloud(shape), shape, None).expect("the program is valid");
    let plan = engine.plan(&graph, &PlanOptions::new(), false, &mut NoReporter).await;
    let plan = plan.expect("the stack can be planned");
    let outcome = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await;
    assert!(outcome.expect("the stack can be applied").succeeded());
}

fn on_file(path: &Path) -> Engine {
    Engine::builder().backend(SqliteBackend::open(path).expect("a new state file opens")).build()
}

fn applied(shape: Shape) -> Snapshot {
    let engine = Engine::builder().backend(MemoryBackend::new()).build();
    runtime().block_on(async {
        fill(&engine, shape).await;
        engine.snapshot(&StackId::new(program::PROJECT, program::STACK)).await.expect("memory can be read")
    })
}

fn declaring(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("declare and freeze");
    for size in sizes() {
        let shape = Shape::new(ShapeKind::Layered, size);
        let cloud = cloud(shape);
        group.sample_size(SAMPLES).throughput(Throughput::Elements(size.into()));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_with_large_drop(|| graph(&cloud, shape, None).expect("the program is valid"));
        });
    }
}

fn planning(criterion: &mut Criterion) {
    for size in sizes() {
        let shape = Shape::new(ShapeKind::Layered, size);
        let cloud = cloud(shape);
        let before = Snapshot::default();
        let after = applied(shape);
        let same = graph(&cloud, shape, None).expect("the program is valid");
        let changed = graph(&cloud, shape, Some(size / 2)).expect("the program is valid");
        let cases =
            [("create", &same, &before), ("no change", &same, &after), ("one change", &changed, &after)];
        for (name, graph, snapshot) in cases {
            let mut group = criterion.benchmark_group(format!("plan, {name}"));
            group.sample_size(SAMPLES).throughput(Throughput::Elements(size.into()));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                let options = PlanOptions::new();
                bencher.iter_with_large_drop(|| plan(black_box(graph), snapshot, &options).expect("a plan"));
            });
        }
    }
}

fn journaling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("apply on a file");
    let runtime = runtime();
    for (name, kind) in
        [("wide", ShapeKind::Wide), ("layered", ShapeKind::Layered), ("chain", ShapeKind::Chain)]
    {
        let shape = Shape::new(kind, SIZE_JOURNAL);
        group.sample_size(SAMPLES / 2).throughput(Throughput::Elements(SIZE_JOURNAL.into()));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || tempfile::tempdir().expect("a directory can be made"),
                |directory| {
                    let engine = on_file(&directory.path().join("state.sqlite"));
                    runtime.block_on(fill(&engine, shape));
                    directory
                },
                BatchSize::PerIteration,
            );
        });
    }
}

fn loading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load from a file");
    let runtime = runtime();
    let stack = StackId::new(program::PROJECT, program::STACK);
    for size in sizes() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let engine = on_file(&directory.path().join("state.sqlite"));
        runtime.block_on(fill(&engine, Shape::new(ShapeKind::Layered, size)));
        group.sample_size(SAMPLES).throughput(Throughput::Elements(size.into()));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_with_large_drop(|| {
                runtime.block_on(engine.snapshot(&stack)).expect("the state can be read")
            });
        });
    }
}

criterion_group!(benches, declaring, planning, journaling, loading);
criterion_main!(benches);
