//! What the engine costs beside the cloud: declaring, evaluating, planning, journaling, loading, and
//! what is made of a plan: its file, its picture, its report.
//!
//! ```text
//! cargo bench --bench engine
//! IAC_BENCH_LARGE=1 cargo bench --bench engine     # also 100,000 resources
//! cargo bench --bench engine -- --save-baseline before
//! cargo bench --bench engine -- --baseline before  # the change since then, with its significance
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
#[path = "../examples/scale/timer.rs"]
mod timer;

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use iac_core::state::{MemoryBackend, RawKey, SqliteBackend, StackId};
use iac_core::{
    ApplyOptions, BuildId, Engine, Graph, NoReporter, PARALLELISM_DEFAULT, PlanOptions, Snapshot, Stack,
    interpolate, plan,
};
use iac_report::{Picture, Report};
use tokio::runtime::Runtime;

use null::{Latency, Null, NullCloud};
use program::graph;
use shape::{Shape, ShapeKind};

/// Resources of a stack.
const SIZES: [u32; 2] = [1_000, 10_000];
/// With `IAC_BENCH_LARGE` set, also this many.
const SIZE_LARGE: u32 = 100_000;
/// Resources of a stack whose apply is measured: each one is flushed to the disk.
const SIZE_JOURNAL: u32 = 1_000;
/// Attributes that each resource of the evaluated stack refers to, in one text.
const REFERENCES: u32 = 8;
/// Resources of the largest picture: beyond that nobody looks at one.
const SIZE_PICTURE_MAX: u32 = 10_000;
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

/// Resources that exist, and as many new ones whose names are put together from their addresses.
fn named_after_others(cloud: &NullCloud, shape: Shape) -> Graph {
    let stack = Stack::new(program::PROJECT, program::STACK).expect("the names are valid");
    stack.provider(cloud.clone()).expect("it is the only provider");
    let mut handles = Vec::new();
    for index in 0..shape.len() {
        let name = null::name(index);
        let args = Null::args().name(&name).size(null::SIZE);
        handles.push(stack.add(&name, args).expect("the name is new"));
    }
    for index in 0..shape.len() {
        let of = |place: u32| &handles[((index + place) % shape.len()) as usize].address;
        let first = interpolate!("{}-{}-{}-{}", of(0), of(1), of(2), of(3));
        let second = interpolate!("{}-{}-{}-{}", of(4), of(5), of(6), of(7));
        let args = Null::args().name(interpolate!("{}/{}", first, second)).size(null::SIZE);
        stack.add(format!("new-{index}"), args).expect("the name is new");
    }
    stack.freeze().expect("every reference is to an earlier resource")
}

fn evaluating(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan, texts of 8 attributes");
    for size in sizes() {
        let shape = Shape::new(ShapeKind::Wide, size);
        let (graph, snapshot) = (named_after_others(&cloud(shape), shape), applied(shape));
        group.sample_size(SAMPLES).throughput(Throughput::Elements(u64::from(size) * u64::from(REFERENCES)));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let options = PlanOptions::new();
            bencher.iter_with_large_drop(|| plan(black_box(&graph), &snapshot, &options).expect("a plan"));
        });
    }
}

fn encoding(criterion: &mut Criterion) {
    let runtime = runtime();
    let (options, build) = (PlanOptions::new(), BuildId::named("the bench"));
    for size in sizes() {
        let shape = Shape::new(ShapeKind::Layered, size);
        let graph = graph(&cloud(shape), shape, None).expect("the program is valid");
        let planned = plan(&graph, &Snapshot::default(), &options).expect("a plan");
        let mut group = criterion.benchmark_group("write a plan");
        group.sample_size(SAMPLES).throughput(Throughput::Elements(size.into()));
        group.bench_function(BenchmarkId::new("JSON", size), |bencher| {
            bencher.iter_with_large_drop(|| serde_json::to_vec(black_box(&planned)).expect("plans are JSON"));
        });
        let engine = Engine::builder().backend(MemoryBackend::new()).keyring(RawKey::new("bench", [7; 32]));
        let engine = engine.build();
        group.bench_function(BenchmarkId::new("sealed", size), |bencher| {
            bencher.iter_with_large_drop(|| {
                let sealed = engine.seal_plan(&graph, &planned, &options, &build);
                runtime.block_on(sealed).expect("the engine has a key")
            });
        });
    }
}

fn rendering(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("render a plan");
    let (options, before) = (PlanOptions::new(), Snapshot::default());
    for size in sizes() {
        let shape = Shape::new(ShapeKind::Layered, size);
        let graph = graph(&cloud(shape), shape, None).expect("the program is valid");
        let planned = plan(&graph, &before, &options).expect("a plan");
        group.sample_size(SAMPLES / 2).throughput(Throughput::Elements(size.into()));
        group.bench_function(BenchmarkId::new("DOT", size), |bencher| {
            bencher.iter_with_large_drop(|| Picture::of_plan(&graph, &before, black_box(&planned)).to_dot());
        });
        if size > SIZE_PICTURE_MAX {
            continue;
        }
        group.bench_function(BenchmarkId::new("SVG", size), |bencher| {
            bencher.iter_with_large_drop(|| Picture::of_plan(&graph, &before, black_box(&planned)).to_svg());
        });
        group.bench_function(BenchmarkId::new("HTML", size), |bencher| {
            bencher.iter_with_large_drop(|| Report::of_plan(&graph, &before, black_box(&planned)).to_html());
        });
    }
}

criterion_group!(benches, declaring, evaluating, planning, journaling, loading, encoding, rendering);
criterion_main!(benches);
