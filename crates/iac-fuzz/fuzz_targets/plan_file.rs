//! Any bytes are a plan file or an error. What is read as one is kept byte for byte, and only the
//! very bytes that were sealed open: any change of them is noticed.

#![no_main]

use std::sync::OnceLock;

use iac_core::random::RandomToken;
use iac_core::state::{MemoryBackend, RawKey, StackId};
use iac_core::{ApplyOptions, BuildId, Engine, NoReporter, Plan, PlanOptions, SealedPlan, Stack};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

struct World {
    runtime: Runtime,
    engine: Engine,
    stack: StackId,
    plan: Plan,
    sealed: Vec<u8>,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let key = RawKey::new("fuzz", [7; 32]);
        let engine = Engine::builder().backend(MemoryBackend::new()).keyring(key).build();
        let program = |bytes: u32| {
            let stack = Stack::new("fuzz", "dev").expect("a name");
            stack.add("token", RandomToken::args().bytes(bytes)).expect("it is new");
            stack.freeze().expect("a graph")
        };
        let (plan, sealed) = runtime.block_on(async {
            let (options, build) = (PlanOptions::new(), BuildId::named("fuzz"));
            let first = program(16);
            let plan = engine.plan(&first, &options, true, &mut NoReporter).await.expect("a plan");
            let applied = engine.apply(&first, &plan, ApplyOptions::new(), &mut NoReporter).await;
            assert!(applied.expect("an outcome").succeeded());
            let next = program(32);
            let plan = engine.plan(&next, &options, true, &mut NoReporter).await.expect("a plan");
            let sealed = engine.seal_plan(&next, &plan, &options, &build).await.expect("it is sealed");
            (plan, sealed.as_bytes().to_vec())
        });
        World { runtime, engine, stack: StackId::new("fuzz", "dev"), plan, sealed }
    })
}

impl World {
    /// The plan of `bytes`, if they are one and open.
    fn open(&self, bytes: &[u8]) -> Option<Plan> {
        let sealed = SealedPlan::from_bytes(bytes.to_vec()).ok()?;
        assert_eq!(sealed.as_bytes(), bytes);
        let opened = self.runtime.block_on(self.engine.open_plan(&self.stack, &sealed)).ok()?;
        Some(opened.plan().clone())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let world = world();
    assert_eq!(world.open(&world.sealed).as_ref(), Some(&world.plan));
    // Nobody can make one without the key.
    assert_eq!(world.open(bytes), None);

    // The input as edits of a good one: three bytes each, place and what is flipped there.
    let mut edited = world.sealed.clone();
    let length = edited.len();
    for edit in bytes.chunks_exact(3) {
        let place = (usize::from(edit[0]) << 8 | usize::from(edit[1])) % length;
        edited[place] ^= edit[2];
    }
    if edited != world.sealed {
        assert_eq!(world.open(&edited), None, "a changed plan opened");
    }
    // And as what follows a part of it.
    let kept = bytes.first().map_or(0, |first| usize::from(*first) * length / 255);
    let mut spliced = world.sealed[..kept].to_vec();
    spliced.extend_from_slice(bytes);
    if spliced != world.sealed {
        assert_eq!(world.open(&spliced), None, "a spliced plan opened");
    }
});
