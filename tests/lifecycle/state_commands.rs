//! Changes of the state alone and looks at it: renaming, exporting, importing, checking. None of them
//! changes the cloud, and what they write is in the history.

use std::sync::Arc;

use iac_core::state::{
    Backend, EphemeralKeyring, MemoryBackend, RawKey, RunKind, SqliteBackend, StackId, StateDocument, Write,
};
use iac_core::{
    Engine, EngineError, FindingSeverity, ImportOptions, Options, Secret, Stack, interpolate_secret,
};
use iac_testkit::fake::{CallOp, Disk, Moment, Node, Verdict};

use crate::world::{Declared, TestClock, World, node};

const CANARY: &str = "canary-42";

/// `web` under `path`, and what needs it.
fn program(path: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let (scope, name) = match path.split_once('/') {
            Some((scope, name)) => (s.scope(scope)?, name),
            None => (s.clone(), path),
        };
        let password = Secret::new(CANARY.to_owned());
        let args = Node::args().name("w").size(1u32).image("a").password(&password).user_data("x");
        let web = scope.add(name, args)?;
        s.add("child", node!("b").parent(&web))?;
        s.add_with("data", Disk::args().size(5u32).attached(&web), Options::new().protect())?;
        s.export("password", interpolate_secret!("{}", &password))
    }
}

fn engine(backend: &Arc<dyn Backend>, clock: &TestClock, key: u8) -> Engine {
    Engine::builder()
        .shared_backend(Arc::clone(backend))
        .keyring(RawKey::new("the other test", [key; 32]))
        .clock(clock.clone())
        .build()
}

/// Another place with its own state, under the key of [`World`] or another one.
fn elsewhere(world: &World, key: u8) -> (Arc<dyn Backend>, Engine) {
    let backend: Arc<dyn Backend> = Arc::new(MemoryBackend::new());
    let engine = engine(&backend, &world.clock, key);
    (backend, engine)
}

const KEY: u8 = 7;

async fn last_run(world: &World) -> (RunKind, Vec<String>) {
    let runs = world.engine.runs(&world.id(), 1).await.unwrap();
    let steps = world.engine.steps(&world.id(), runs[0].run).await.unwrap();
    (runs[0].kind, steps.iter().map(|step| format!("{} {}", step.op, step.urn.path())).collect())
}

#[tokio::test]
async fn a_renamed_resource_keeps_its_object_and_its_dependants() {
    for mut world in World::both() {
        world.up(program("web")).await;
        let id = world.row("web").await.id.clone();
        let calls = world.cloud.mutations().len();
        let (from, to) = world.engine.rename(&world.id(), "web", "edge/web").await.unwrap();
        assert_eq!((from.path(), to.path()), ("web", "edge/web"));
        assert_eq!(world.row("edge/web").await.id, id);
        assert_eq!(last_run(&world).await, (RunKind::State, vec!["rename edge/web".into()]));
        // Everything opens under the new name, and the dependants follow: nothing is left to do.
        world.settled(program("edge/web")).await;
        assert_eq!(world.row("child").await.dependencies, vec![to.clone()]);
        assert_eq!(world.cloud.mutations().len(), calls);
        assert!(!world.engine.check_state(&world.id()).await.unwrap().is_damaged());
        // And back by its whole URN.
        world.engine.rename(&world.id(), to.as_str(), from.as_str()).await.unwrap();
        world.settled(program("web")).await;
    }
}

#[tokio::test]
async fn the_old_half_of_a_replacement_is_renamed_with_the_new_one() {
    let mut world = World::new();
    let replaced = |image: &'static str| move |s: &Stack| s.add("web", node!(image)).map(drop);
    world.up(replaced("a")).await;
    world.cloud.set_hook(Box::new(|call, at| {
        let stays = call.op == CallOp::Delete && at == Moment::Before;
        if stays {
            Verdict::Fail(iac_core::Error::new(iac_core::ErrorKind::Conflict, "busy"))
        } else {
            Verdict::Go
        }
    }));
    assert!(!world.try_up(replaced("b")).await.succeeded());
    world.cloud.heal();
    assert_eq!(world.snapshot().await.pending_deletes.len(), 1);
    world.engine.rename(&world.id(), "web", "site").await.unwrap();
    assert_eq!(world.snapshot().await.pending_deletes[0].urn.path(), "site");
    assert_eq!(world.up(|s| s.add("site", node!("b")).map(drop)).await, ["delete_replaced site"]);
}

#[tokio::test]
async fn names_that_cannot_be_are_refused() {
    for mut world in World::both() {
        world.up(program("web")).await;
        let before = world.backend.load(&world.id()).await.unwrap();
        for (from, to, words) in [
            ("nothing", "x", "has no \"nothing\""),
            ("web", "child", "is recorded already"),
            ("web", "web", "is recorded already"),
            ("web", "a b", "use letters"),
            ("web", "", "it is empty"),
            ("web", "urn:philotes:dev:fake:disk:web", "a resource keeps its type"),
            ("web", "urn:philotes:prod:fake:node:web", "another stack"),
            ("web", "urn:philotes", "is not a URN"),
        ] {
            let error = world.engine.rename(&world.id(), from, to).await.unwrap_err().to_string();
            assert!(error.contains(words), "{from} -> {to}: {error}");
        }
        assert_eq!(world.backend.load(&world.id()).await.unwrap(), before);
    }
}

#[tokio::test]
async fn while_a_call_is_open_rows_stay_where_they_are() {
    let mut world = World::new();
    let web = |note: &'static str| move |s: &Stack| s.add("web", node!("a").note(note)).map(drop);
    world.up(web("one")).await;
    let document = world.engine.export_state(&world.id()).await.unwrap();
    world.cloud.set_hook(Box::new(|call, at| {
        if call.op == CallOp::Update && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
    }));
    world.up_until_hung(web("two")).await;
    world.restart();
    let id = world.id();
    let options = ImportOptions::new().replace();
    let errors = [
        world.engine.rename(&id, "web", "x").await.map(drop).unwrap_err(),
        world.engine.export_state(&id).await.map(drop).unwrap_err(),
        world.engine.import_state(&id, &document, options).await.map(drop).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, EngineError::Open { urns, .. } if urns.len() == 1), "{error}");
        assert!(error.to_string().contains("run `plan`"), "{error}");
    }
    let health = world.engine.check_state(&id).await.unwrap();
    assert!(!health.is_damaged(), "{health:?}");
    let told: Vec<&str> = health.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(told[0].contains("to update urn:philotes:dev:fake:node:web"), "{told:?}");
    world.up(web("two")).await;
    world.engine.rename(&id, "web", "x").await.unwrap();
}

#[tokio::test]
async fn an_export_goes_into_an_empty_state_and_nothing_changes() {
    for mut world in World::both() {
        world.up(program("web")).await;
        let document = world.engine.export_state(&world.id()).await.unwrap();
        let text = document.to_json();
        assert!(!text.contains(CANARY) && !text.contains("token-of-"), "a secret in the clear");
        assert!(text.contains("\"$secret\""));
        let document = StateDocument::parse(&text).unwrap();
        assert_eq!((document.resource_count(), document.stack()), (3, world.id()));

        let (backend, other) = elsewhere(&world, KEY);
        assert_eq!(other.import_state(&world.id(), &document, ImportOptions::new()).await.unwrap(), 3);
        let (old, new) =
            (world.backend.load(&world.id()).await.unwrap(), backend.load(&world.id()).await.unwrap());
        assert_eq!(old.key_envelope, new.key_envelope, "its recipients stay");
        world.backend = backend;
        world.engine = other;
        world.settled(program("web")).await;
        let (kind, steps) = last_run(&world).await;
        assert_eq!(
            (kind, steps),
            (RunKind::State, ["import data", "import child", "import web"].map(str::to_owned).into())
        );
        assert!(world.snapshot().await.exports["password"].has_secret());
        // From here on there is a way back.
        assert!(world.engine.rollback(&world.graph(program("web")), 1).await.is_ok());
    }
}

#[tokio::test]
async fn a_wrong_key_writes_nothing() {
    let mut world = World::new();
    world.up(program("web")).await;
    let document = world.engine.export_state(&world.id()).await.unwrap();
    let (backend, other) = elsewhere(&world, 8);
    for options in [ImportOptions::new(), ImportOptions::new().as_stack()] {
        let error = other.import_state(&world.id(), &document, options).await.unwrap_err().to_string();
        assert!(error.contains("does not open with"), "{error}");
    }
    assert!(backend.stacks().await.unwrap().is_empty());
    // Another kind of key.
    let engine =
        Engine::builder().shared_backend(Arc::clone(&backend)).keyring(EphemeralKeyring::new()).build();
    assert!(engine.import_state(&world.id(), &document, ImportOptions::new()).await.is_err());
    assert!(backend.stacks().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_document_of_another_stack_is_taken_over_only_when_asked_to() {
    for mut world in World::both() {
        world.up(program("web")).await;
        let document = world.engine.export_state(&world.id()).await.unwrap();
        let staging = StackId::new("shop", "staging");
        let refused = world.engine.import_state(&staging, &document, ImportOptions::new()).await.unwrap_err();
        assert!(refused.to_string().contains("state of philotes/dev, not of shop/staging"), "{refused}");
        let taken = world.engine.import_state(&staging, &document, ImportOptions::new().as_stack()).await;
        assert_eq!(taken.unwrap(), 3);
        let snapshot = world.engine.snapshot(&staging).await.unwrap();
        let web = snapshot.resources.values().find(|row| row.urn.path() == "web").unwrap();
        assert_eq!(web.urn.as_str(), "urn:shop:staging:fake:node:web");
        let password: Secret<String> = iac_core::from_value(web.inputs.get("password")).unwrap();
        assert_eq!(password.expose(), CANARY);
        let child = snapshot.resources.values().find(|row| row.urn.path() == "child").unwrap();
        assert_eq!(child.dependencies, vec![web.urn.clone()]);
        // The key is another one, and the envelope is bound to the stack.
        let (old, new) =
            (world.backend.load(&world.id()).await.unwrap(), world.backend.load(&staging).await.unwrap());
        assert_ne!(old.key_envelope, new.key_envelope);
        assert!(!world.engine.check_state(&staging).await.unwrap().is_damaged());
    }
}

#[tokio::test]
async fn what_is_there_is_replaced_only_as_it_was_when_the_document_was_made() {
    for mut world in World::both() {
        world.up(program("web")).await;
        let id = world.id();
        let document = world.engine.export_state(&id).await.unwrap();
        let occupied = world.engine.import_state(&id, &document, ImportOptions::new()).await.unwrap_err();
        assert!(occupied.to_string().contains("has 3 resources already"), "{occupied}");

        world.engine.forget(&id, "child").await.unwrap();
        world.engine.rename(&id, "web", "site").await.unwrap();
        let found = world.snapshot().await.serial;
        let stale =
            world.engine.import_state(&id, &document, ImportOptions::new().replace()).await.unwrap_err();
        assert!(stale.to_string().contains(&format!("--serial {found}")), "{stale}");
        assert_eq!(world.snapshot().await.serial, found);

        let options = ImportOptions::new().replace().serial(found);
        assert_eq!(world.engine.import_state(&id, &document, options).await.unwrap(), 3);
        world.settled(program("web")).await;
        let (_, steps) = last_run(&world).await;
        assert_eq!(steps, ["import data", "import child", "import web", "forget site"]);
        // The document fits as long as nothing changed.
        let again = world.engine.export_state(&id).await.unwrap();
        assert_eq!(world.engine.import_state(&id, &again, ImportOptions::new().replace()).await.unwrap(), 3);
    }
}

#[test]
fn texts_that_are_no_document_are_refused_without_repeating_them() {
    let row = |urn: &str, token: &str, on: &str| {
        format!(
            "{{\"urn\":\"{urn}\",\"token\":\"{token}\",\"type\":\"a:b\",\"provider\":\"a\",\"account\":\"\",\"id\":\"1\",\
             \"status\":\"ready\",\"inputs\":{{}},\"outputs\":{{}},\"observed\":null,\"missing\":false,\"triggers\":null,\
             \"dependencies\":[{on}],\"protect\":false,\"retain\":false,\"generation\":0,\"refreshed_at\":0,\
             \"modified_at\":0}}"
        )
    };
    let document = |version: u32, rows: &str| {
        format!(
            "{{\"kind\":\"iac state\",\"version\":{version},\"project\":\"p\",\"stack\":\"s\",\"serial\":1,\
             \"exported_at\":0,\"key_envelope\":null,\"resources\":[{rows}],\"exports\":[]}}"
        )
    };
    let a = "urn:p:s:a:b:a";
    assert_eq!(StateDocument::parse(&document(1, &row(a, "t", ""))).unwrap().resource_count(), 1);
    let cases = [
        ("canary".to_owned(), "not JSON"),
        ("{\"canary\":1}".to_owned(), "not JSON with a kind"),
        ("{\"kind\":\"canary\",\"version\":1}".to_owned(), "another one"),
        (document(0, ""), "never existed"),
        (document(2, ""), "document format 2; this program reads up to 1"),
        (document(1, "{\"canary\":1}"), "a field is missing"),
        (document(1, &row("urn:p:x:a:b:a", "t", "")), "another stack"),
        (document(1, &row("urn:p:s:a:c:a", "t", "")), "type of another resource"),
        (document(1, &format!("{},{}", row(a, "t", ""), row(a, "t", ""))), "two rows"),
        (document(1, &format!("{},{}", row(a, "t", ""), row(a, "u", ""))), "two rows"),
        (document(1, &row(a, "t", "\"urn:p:s:a:b:gone\"")), "needs urn:p:s:a:b:gone, which is not in it"),
    ];
    for (text, words) in cases {
        let error = StateDocument::parse(&text).unwrap_err().to_string();
        assert!(error.contains(words), "{words:?}: {error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn a_healthy_state_has_no_findings() {
    for mut world in World::both() {
        world.up(program("web")).await;
        let health = world.engine.check_state(&world.id()).await.unwrap();
        assert_eq!((health.resources, health.findings.len()), (3, 0), "{health:?}");
    }
}

#[tokio::test]
async fn values_that_do_not_open_are_named() {
    let mut world = World::sqlite();
    world.up(program("web")).await;
    let wrong = engine(&world.backend, &world.clock, 8).check_state(&world.id()).await.unwrap();
    // Of what another key locks nothing is known; to put a backup in its place would be wrong.
    assert!(!wrong.is_whole() && !wrong.is_damaged(), "{wrong:?}");
    assert!(wrong.findings[0].way_out.starts_with("check with the right key"), "{wrong:?}");
    assert!(wrong.findings[0].message.contains("does not open with"), "{wrong:?}");

    // Somebody swaps the ciphertexts of two places.
    let lease = world
        .backend
        .acquire(
            &world.id(),
            &iac_core::state::Holder { id: "x".into(), name: "x".into(), host: "h".into(), pid: 1 },
            0,
            1,
        )
        .await
        .unwrap();
    let state = world.backend.load(&world.id()).await.unwrap();
    let mut row = state.resources.into_iter().find(|row| row.urn.path() == "web").unwrap();
    row.inputs = row.outputs.clone();
    world.backend.commit(&lease, vec![Write::Put(Box::new(row))]).await.unwrap();
    let health = world.engine.check_state(&world.id()).await.unwrap();
    let told: Vec<&str> = health.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(told[0].starts_with("urn:philotes:dev:fake:node:web: inputs"), "{told:?}");
    assert!(told[0].contains("does not decrypt"), "{told:?}");
    // The lease was never given back.
    let last = health.findings.last().unwrap();
    assert_eq!(last.severity, FindingSeverity::Note);
    assert!(last.message.contains("expired"), "{}", last.message);
}

#[tokio::test]
async fn a_missing_need_is_a_note_and_two_claims_are_damage() {
    let mut world = World::new();
    world.up(program("web")).await;
    let holder = iac_core::state::Holder { id: "x".into(), name: "ann".into(), host: "desk".into(), pid: 1 };
    let now = 1_700_000_000_000;
    let lease = world.backend.acquire(&world.id(), &holder, now, now + 20_000).await.unwrap();
    let state = world.backend.load(&world.id()).await.unwrap();
    let web = state.resources.iter().find(|row| row.urn.path() == "web").unwrap().clone();
    let remove = Write::Remove { urn: web.urn.clone(), token: web.token.clone() };
    world.backend.commit(&lease, vec![remove]).await.unwrap();
    let health = world.engine.check_state(&world.id()).await.unwrap();
    assert!(!health.is_damaged(), "{health:?}");
    assert_eq!(health.findings.len(), 3, "{health:?}");
    assert!(health.findings[0].message.contains("needs urn:philotes:dev:fake:node:web, which is not"));
    assert!(health.findings[2].message.contains("held by ann on desk"), "{health:?}");

    let child = state.resources.iter().find(|row| row.urn.path() == "child").unwrap().clone();
    let mut twin = child.clone();
    twin.token = "other".into();
    world.backend.commit(&lease, vec![Write::Put(Box::new(twin))]).await.unwrap();
    let health = world.engine.check_state(&world.id()).await.unwrap();
    assert!(health.is_damaged());
    assert!(health.findings[0].message.contains("rows that are in use"), "{health:?}");
    assert!(health.findings.iter().any(|finding| finding.message.contains("both claim")), "{health:?}");
}

/// Every page of the file, one by one.
#[tokio::test]
async fn a_damaged_file_is_told_as_such() {
    const PAGE: usize = 4096;
    let mut world = World::sqlite();
    world.up(program("web")).await;
    let (id, clock) = (world.id(), world.clock.clone());
    let (dir, backend) = (world.dir().unwrap().to_owned(), Arc::clone(&world.backend));
    let copy = dir.join("copy.db");
    rusqlite::Connection::open(dir.join("state.db"))
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
        .unwrap();
    drop(backend);
    let whole = std::fs::read(&copy).unwrap();
    for page in 0..whole.len() / PAGE {
        let path = dir.join(format!("damaged-{page}.db"));
        let mut damaged = whole.clone();
        damaged[page * PAGE..][..PAGE].fill(0xff);
        std::fs::write(&path, damaged).unwrap();
        let Ok(backend) = SqliteBackend::open(&path) else { continue };
        let backend: Arc<dyn Backend> = Arc::new(backend);
        match engine(&backend, &clock, KEY).check_state(&id).await {
            Ok(health) => assert!(health.is_damaged(), "page {page}"),
            Err(error) => assert!(error.to_string().contains("damaged"), "page {page}: {error}"),
        }
    }
}
