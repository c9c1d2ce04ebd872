//! A new data key: everything or nothing is sealed anew, nobody is locked out by mistake, and nothing
//! of the old one is left.

use std::sync::Arc;

use iac_core::random::RandomToken;
use iac_core::state::{
    Backend, Codec, CodecError, DataKey, Keyring, MemoryBackend, RawKey, Sealed, SealedCell, StackId,
};
use iac_core::{
    ApplyOptions, Engine, NoReporter, PlanOptions, RotateKeys, Secret, Stack, interpolate_secret,
};
use iac_testkit::explore::{CutBackend, CutPoint, Durability};
use iac_testkit::fake::{CallOp, Moment, Verdict};

use crate::world::{Declared, TestClock, World, node};

fn program(suffix: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let web = s.add("web", node!("a").password(Secret::new(format!("hunter2-{suffix}"))))?;
        s.add("plain", node!("b"))?;
        s.export("joined", interpolate_secret!("{}", &web.token))
    }
}

/// The key that the engines of [`World`] have.
fn own() -> RawKey {
    RawKey::new("the test", [7; 32])
}

fn other(byte: u8) -> RawKey {
    RawKey::new(format!("key {byte}"), [byte; 32])
}

/// Every stored value: owner, column, text.
async fn stored(backend: &dyn Backend, stack: &StackId) -> Vec<(String, String, Sealed)> {
    let state = backend.load(stack).await.unwrap();
    let mut all = Vec::new();
    let journal = state.journal.iter().map(|entry| &entry.resource);
    for row in state.resources.iter().chain(journal) {
        let mut put = |column: &str, text: &Sealed| {
            all.push((row.urn.to_string(), column.to_owned(), text.clone()));
        };
        put("inputs", &row.inputs);
        put("outputs", &row.outputs);
        put("triggers", &row.triggers);
        row.observed.iter().for_each(|text| put("observed", text));
    }
    for export in &state.exports {
        all.push(("output".into(), export.name.clone(), export.value.clone()));
    }
    for run in 1..=state.last_run {
        for step in backend.steps(stack, run).await.unwrap() {
            for (column, text) in [("before", step.before), ("after", step.after)] {
                all.extend(text.map(|text| (step.urn.to_string(), column.to_owned(), text)));
            }
        }
    }
    for (cell, text) in backend.past_values(stack).await.unwrap() {
        all.push(match cell {
            SealedCell::PastResource { urn, column, .. } => {
                (urn.to_string(), format!("{column:?}").to_lowercase(), text)
            }
            SealedCell::PastExport { name, .. } => ("output".into(), name, text),
            other => panic!("{other:?} is not of the past"),
        });
    }
    all
}

async fn data_key(backend: &dyn Backend, stack: &StackId, keyring: &dyn Keyring) -> DataKey {
    let envelope = backend.load(stack).await.unwrap().key_envelope.unwrap();
    keyring.unwrap(&envelope, stack).unwrap()
}

fn is_secret(text: &Sealed) -> bool {
    text.as_str().contains("$secret")
}

#[tokio::test]
async fn every_secret_is_sealed_anew_and_the_old_key_opens_none() {
    for mut world in World::both() {
        let id = world.id();
        world.up(program("one")).await;
        world.up(program("two")).await;
        // A create that was cut off leaves a journal row with a secret.
        let third = |s: &Stack| {
            program("two")(s)?;
            s.add("late", node!("c").password(Secret::from("hunter2-late"))).map(drop)
        };
        world.cloud.set_hook(Box::new(|call, at| {
            let dies = call.op == CallOp::Create && at == Moment::Effect;
            if dies { Verdict::Hang } else { Verdict::Go }
        }));
        world.up_until_hung(third).await;
        world.restart();

        let before = stored(&*world.backend, &id).await;
        let old = data_key(&*world.backend, &id, &own()).await;
        let rotated = world.engine.rotate_keys(&id, RotateKeys::new()).await.unwrap();
        let after = stored(&*world.backend, &id).await;
        let new = data_key(&*world.backend, &id, &own()).await;
        assert_ne!(old.expose(), new.expose());
        let secrets = before.iter().filter(|(.., text)| is_secret(text)).count();
        assert!(secrets >= 7, "rows, an open call, an output and the history: {secrets}");
        assert_eq!(rotated.values, secrets);
        assert!(rotated.compacted && rotated.dropped.is_empty());

        let (old, new) = (Codec::new(id.clone(), Some(old)), Codec::new(id.clone(), Some(new)));
        assert_eq!(before.len(), after.len());
        for ((owner, column, was), (_, _, is)) in before.iter().zip(&after) {
            let value = old.open(owner, column, was).unwrap();
            assert_eq!(new.open(owner, column, is).unwrap(), value, "{owner} {column}");
            if is_secret(was) {
                let error = old.open(owner, column, is).unwrap_err();
                assert!(matches!(error, CodecError::Rejected { .. }), "{error}");
            } else {
                assert_eq!(was, is, "{owner} {column}");
            }
        }
        // The open call is settled with the new key, and nothing changes otherwise.
        let outcome = world.try_up(third).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        world.settled(third).await;
        assert_eq!(world.engine.steps(&id, 1).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn nothing_of_the_old_texts_is_left_in_the_files() {
    let mut world = World::sqlite();
    let id = world.id();
    world.up(program("one")).await;
    world.up(program("two")).await;
    let texts = |all: Vec<(String, String, Sealed)>| -> Vec<String> {
        let secret = all.into_iter().filter(|(.., text)| is_secret(text));
        // The ciphertext itself, without what stands around it.
        secret.map(|(.., text)| text.as_str().split("\"1.").nth(1).unwrap()[..40].to_owned()).collect()
    };
    let mut old = texts(stored(&*world.backend, &id).await);
    old.push(world.backend.load(&id).await.unwrap().key_envelope.unwrap());
    let found = |texts: &[String]| {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(world.dir().unwrap()).unwrap() {
            files.push(String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap()).into_owned());
        }
        texts.iter().filter(|text| files.iter().any(|file| file.contains(*text))).count()
    };
    assert_eq!(found(&old), old.len());
    assert!(world.engine.rotate_keys(&id, RotateKeys::new()).await.unwrap().compacted);
    let new = texts(stored(&*world.backend, &id).await);
    assert_eq!((found(&old), found(&new)), (0, new.len()));
}

#[tokio::test]
async fn several_keys_open_one_stack_and_rotation_keeps_those_that_are_given() {
    for mut world in World::both() {
        let id = world.id();
        let engine = world.engine.clone();
        let none = engine.add_key(&id, &other(1), None).await.unwrap_err();
        assert!(none.to_string().contains("never held a secret"), "{none}");
        assert!(engine.key_recipients(&id).await.unwrap().is_empty());
        world.up(program("one")).await;
        engine.add_key(&id, &other(1), Some("CI")).await.unwrap();
        let two = engine.add_key(&id, &other(2), None).await.unwrap();
        assert!(engine.add_key(&id, &other(2), None).await.unwrap_err().to_string().contains("already"));
        assert!(engine.add_key(&id, &other(3), Some("a\nb")).await.is_err());

        let listed = engine.key_recipients(&id).await.unwrap();
        let labels: Vec<_> = listed.iter().filter_map(|recipient| recipient.label.as_deref()).collect();
        assert_eq!(labels, ["the test", "CI", "key 2"]);
        assert!(listed.iter().all(|recipient| recipient.added_at == Some(1_700_000_000_000)));
        for byte in [1, 2] {
            assert_eq!(with_key(&world, other(byte)).outputs(&id).await.unwrap().len(), 1);
        }

        // Nobody is locked out without a word, and a stranger's key keeps nobody in.
        let error = engine.rotate_keys(&id, RotateKeys::new().keep(other(1))).await.unwrap_err();
        assert!(error.to_string().contains(&format!("lock out key {} (key 2)", two.id)), "{error}");
        assert!(engine.rotate_keys(&id, RotateKeys::new().keep(other(9)).drop_others()).await.is_err());
        let envelope = world.backend.load(&id).await.unwrap().key_envelope;
        let rotated = engine.rotate_keys(&id, RotateKeys::new().keep(other(1)).drop_others()).await.unwrap();
        assert_ne!(world.backend.load(&id).await.unwrap().key_envelope, envelope);
        assert_eq!(rotated.kept.len(), 2);
        assert_eq!(rotated.dropped, [two]);
        let labels: Vec<_> = rotated.kept.iter().filter_map(|recipient| recipient.label.as_deref()).collect();
        assert_eq!(labels, ["the test", "CI"], "what is known of a recipient stays");
        assert!(with_key(&world, other(1)).outputs(&id).await.is_ok());
        assert!(with_key(&world, other(2)).outputs(&id).await.is_err());

        let ci = engine.key_recipient(&id, &other(1)).await.unwrap();
        assert!(engine.remove_key(&id, "00000000").await.unwrap_err().to_string().contains(&ci.id));
        engine.remove_key(&id, &ci.id).await.unwrap();
        assert!(with_key(&world, other(1)).outputs(&id).await.is_err());
        let last = engine.key_recipients(&id).await.unwrap();
        let error = engine.remove_key(&id, &last[0].id).await.unwrap_err();
        assert!(error.to_string().contains("0 recipients"), "{error}");
        world.settled(program("one")).await;
    }
}

fn with_key(world: &World, key: RawKey) -> Engine {
    Engine::builder()
        .shared_backend(Arc::clone(&world.backend))
        .keyring(key)
        .clock(world.clock.clone())
        .build()
}

#[tokio::test]
async fn a_wrong_key_changes_nothing() {
    for mut world in World::both() {
        let id = world.id();
        world.up(program("one")).await;
        let before = world.backend.load(&id).await.unwrap();
        let wrong = with_key(&world, other(9));
        let recipient = wrong.key_recipients(&id).await.unwrap().remove(0);
        for error in [
            wrong.rotate_keys(&id, RotateKeys::new()).await.unwrap_err(),
            wrong.add_key(&id, &other(8), None).await.unwrap_err(),
            wrong.remove_key(&id, &recipient.id).await.unwrap_err(),
            wrong.snapshot(&id).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains("does not open with key 9"), "{error}");
        }
        assert_eq!(world.backend.load(&id).await.unwrap(), before);
    }
}

#[tokio::test]
async fn a_plan_from_before_is_stale() {
    let mut world = World::new();
    world.up(program("one")).await;
    let plan = world.plan(program("two")).await;
    world.other_engine().rotate_keys(&world.id(), RotateKeys::new()).await.unwrap();
    let graph = world.graph(program("two"));
    let applied = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await;
    assert!(applied.unwrap_err().to_string().contains("plan again"));
    world.up(program("two")).await;
}

/// A stack with secrets in rows, outputs and history.
async fn prepared(clock: &TestClock) -> MemoryBackend {
    let memory = MemoryBackend::new();
    let engine = Engine::builder().backend(memory.clone()).keyring(own()).clock(clock.clone()).build();
    for rotate in ["1", "2"] {
        let graph = tokens(rotate);
        let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
        assert!(engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap().succeeded());
    }
    memory
}

fn tokens(rotate: &str) -> iac_core::Graph {
    let stack = Stack::new("philotes", "dev").unwrap();
    for name in ["a", "b", "c"] {
        let token = stack.add(name, RandomToken::args().bytes(8u32).rotate(rotate)).unwrap();
        stack.export(name, &token.hex).unwrap();
    }
    stack.freeze().unwrap()
}

#[tokio::test]
async fn a_process_that_dies_leaves_all_of_it_old_or_all_of_it_new() {
    let id = StackId::new("philotes", "dev");
    let (mut was_old, mut was_new) = (0, 0);
    for number in 0.. {
        let clock = TestClock::default();
        let memory = prepared(&clock).await;
        let before = stored(&memory, &id).await;
        let values = with(&memory, &clock).outputs(&id).await.unwrap();
        let envelope = memory.load(&id).await.unwrap().key_envelope;

        let cut = CutPoint::new(number);
        let dying = CutBackend::new(memory.clone(), cut.clone(), Durability::Kept);
        let dying = Engine::builder().backend(dying).keyring(own()).clock(clock.clone()).build();
        let finished = tokio::select! {
            biased;
            () = cut.reached() => false,
            rotated = dying.rotate_keys(&id, RotateKeys::new()) => { rotated.unwrap(); true }
        };
        clock.advance_s(31);
        let after = stored(&memory, &id).await;
        let secrets = before.iter().filter(|(.., text)| is_secret(text)).count();
        let changed = before.iter().zip(&after).filter(|(was, is)| was != is).count();
        if memory.load(&id).await.unwrap().key_envelope == envelope {
            assert_eq!(changed, 0, "cut {number}");
            was_old += 1;
        } else {
            assert_eq!(changed, secrets, "cut {number}");
            was_new += 1;
        }
        let next = with(&memory, &clock);
        assert_eq!(next.outputs(&id).await.unwrap(), values, "cut {number}");
        assert_eq!(next.rotate_keys(&id, RotateKeys::new()).await.unwrap().values, secrets);
        let plan = next.plan(&tokens("2"), &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
        assert!(!plan.has_changes(), "cut {number}");
        if finished {
            break;
        }
    }
    assert!(was_old >= 2 && was_new >= 2, "{was_old} old, {was_new} new");
}

fn with(memory: &MemoryBackend, clock: &TestClock) -> Engine {
    Engine::builder().backend(memory.clone()).keyring(own()).clock(clock.clone()).build()
}
