//! What goes wrong in a case: failing calls, lost answers, a dead process, changes outside. All
//! from one seed.

use std::collections::BTreeMap;

use iac_core::{Error, ErrorKind, Value};
use iac_testkit::explore::CutPoint;
use iac_testkit::fake::{Call, CallOp, FakeCloud, Hook, Moment, Node, Verdict};
use iac_testkit::sim::SplitMix64;

/// Boundaries within which a process dies.
const CUT_RANGE: u64 = 60;

/// How much less likely a read fails than a call that changes something.
const READS_FAIL_LESS: f64 = 15.0;

/// The trouble of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    /// How likely a call fails at a moment.
    failing: f64,
    /// Where the process dies; `usize::MAX` for nowhere.
    pub(crate) cut: CutPoint,
    /// Whether the run is told to stop there instead.
    pub(crate) stops: bool,
    seed: u64,
}

impl Trouble {
    pub(crate) fn new(random: &mut SplitMix64) -> Self {
        let failing = if random.chance(0.6) { 0.15 } else { 0.0 };
        let dies = random.chance(0.5);
        let cut_at = random.below(CUT_RANGE) as usize;
        let cut = CutPoint::new(if dies { cut_at } else { usize::MAX });
        let stops = random.chance(0.3);
        Self { failing, cut, stops, seed: random.next_u64() }
    }

    /// Where the randomness of its failures starts.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// What the cloud does while it lasts. Where it refuses what it was sent, it repeats the password.
    pub(crate) fn hook(&self, passwords: BTreeMap<String, String>) -> Hook {
        let (cut, failing) = (self.cut.clone(), self.failing);
        let mut random = SplitMix64::new(self.seed);
        Box::new(move |call, moment| {
            if cut.dies() {
                return Verdict::Hang;
            }
            // A failed read refuses the whole plan, so that little is tried.
            let likely = if call.mutates() { failing } else { failing / READS_FAIL_LESS };
            if !random.chance(likely) {
                return Verdict::Go;
            }
            let sent = matches!(call.op, CallOp::Create | CallOp::Update);
            let own = passwords.get(&call.path).filter(|_| sent).map_or("", String::as_str);
            let error = Error::new(kind(call, moment, &mut random), format!("trouble {own}"));
            Verdict::Fail(error.hint(own.to_owned()).code(own))
        })
    }
}

/// A kind that the contract allows at that moment.
fn kind(call: &Call, moment: Moment, random: &mut SplitMix64) -> ErrorKind {
    const BEFORE: &[ErrorKind] = &[
        ErrorKind::Conflict,
        ErrorKind::QuotaExceeded,
        ErrorKind::RateLimited,
        ErrorKind::Unavailable,
        ErrorKind::Ambiguous,
        ErrorKind::InvalidInput,
        ErrorKind::PermissionDenied,
        ErrorKind::Internal,
    ];
    const LOST: &[ErrorKind] = &[ErrorKind::Ambiguous, ErrorKind::Timeout];
    let kinds = match (call.op, moment) {
        (CallOp::Create | CallOp::Delete, Moment::Effect) => LOST,
        _ => BEFORE,
    };
    kinds.get(random.below(kinds.len() as u64) as usize).copied().unwrap_or(ErrorKind::Internal)
}

/// Changes or deletes something behind the program's back.
pub(crate) fn drift(cloud: &FakeCloud, random: &mut SplitMix64) {
    let objects = cloud.inventory();
    let Some(object) = objects.get(random.below(objects.len() as u64) as usize) else { return };
    if object.kind == <Node as iac_core::Resource>::TYPE && random.chance(0.6) {
        match random.below(3) {
            0 => cloud.mutate(&object.id, "size", Value::Int(77)),
            1 => cloud.mutate(&object.id, "note", "from outside".into()),
            _ => cloud.mutate(&object.id, "image", "image-from-outside".into()),
        }
    } else {
        cloud.destroy(&object.id);
    }
}
