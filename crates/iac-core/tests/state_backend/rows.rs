//! Sample rows, already sealed.

use iac_core::state::{
    Backend, BackendError, CheckRecord, ExportRecord, Holder, JournalKey, JournalOp, JournalRecord, Lease,
    ResourceRecord, RunKind, RunRecord, RunStatus, Sealed, StackId, Status, StepRecord, Write,
};
use iac_core::{ErrorKind, HookPhase, HookUse, RecordedHooks, Urn};

pub(crate) fn stack() -> StackId {
    StackId::new("p", "s")
}

pub(crate) fn holder(id: &str) -> Holder {
    Holder { id: id.into(), name: format!("name of {id}"), host: "here".into(), pid: 42 }
}

pub(crate) fn urn(name: &str) -> Urn {
    Urn::new("p", "s", "test:thing", &["edge"], name).unwrap()
}

pub(crate) fn sealed(json: impl Into<String>) -> Sealed {
    Sealed::from_stored(json.into())
}

pub(crate) fn resource(name: &str, token: &str) -> ResourceRecord<Sealed> {
    ResourceRecord {
        urn: urn(name),
        token: token.into(),
        type_token: "test:thing".into(),
        provider: "test".into(),
        account: "account-1".into(),
        id: format!("id-{name}-{token}"),
        status: Status::Ready,
        inputs: sealed(format!("{{\"name\":\"{name}\",\"size\":3}}")),
        outputs: sealed(r#"{"ip":"192.0.2.1"}"#),
        observed: Some(sealed(r#"{"size":4}"#)),
        missing: true,
        triggers: sealed("[1]"),
        dependencies: Vec::new(),
        protect: true,
        retain: false,
        generation: 2,
        refreshed_at: 1_700_000_000_001,
        hooks: hooks(),
        modified_at: 1_700_000_000_000,
    }
}

fn hooks() -> RecordedHooks {
    let used = |phase, name: &str| HookUse { phase, name: name.into() };
    let mut hooks = RecordedHooks::default();
    hooks.deletion.push(used(HookPhase::BeforeDelete, "drain"));
    hooks.owed.push(used(HookPhase::AfterCreate, "join"));
    hooks
}

pub(crate) fn put(name: &str) -> Write<Sealed> {
    Write::Put(Box::new(resource(name, "t")))
}

pub(crate) fn key(run: u64, step: u32) -> JournalKey {
    JournalKey { run, step }
}

pub(crate) fn begin(run: u64, step: u32) -> JournalRecord<Sealed> {
    let mut resource = resource("begun", &format!("{run}-{step}"));
    resource.id = String::new();
    resource.outputs = sealed("null");
    resource.observed = None;
    JournalRecord { key: key(run, step), op: JournalOp::Create, id: None, resource, begun_at: 5 }
}

pub(crate) fn run(run: u64) -> RunRecord {
    RunRecord {
        run,
        kind: RunKind::Apply,
        status: RunStatus::Running,
        started_at: 10,
        ended_at: None,
        holder: "ann on desk".into(),
        rollback_to: None,
    }
}

pub(crate) fn step(run: u64, step: u32) -> StepRecord<Sealed> {
    StepRecord {
        key: key(run, step),
        urn: urn("a"),
        op: "create".into(),
        started_at: 11,
        ended_at: 12,
        error: Some((ErrorKind::QuotaExceeded, "no more".into())),
        before: None,
        after: Some(sealed("{}")),
    }
}

pub(crate) fn export(name: &str, json: &str) -> ExportRecord<Sealed> {
    ExportRecord { name: name.into(), value: sealed(json) }
}

pub(crate) fn check(provider: &str, type_token: &str, at: i64) -> CheckRecord {
    CheckRecord { provider: provider.into(), type_token: type_token.into(), at }
}

/// A lease that nobody contests.
pub(crate) async fn lease(backend: &dyn Backend) -> Lease {
    backend.acquire(&stack(), &holder("run"), 0, 1_000).await.unwrap()
}

pub(crate) fn is_lost<T>(result: &Result<T, BackendError>) -> bool {
    matches!(result, Err(BackendError::LeaseLost(lost)) if *lost == stack())
}
