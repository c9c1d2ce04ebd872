//! Hooks on every node of a case: they fail and die with everything else, and yet each object's hook
//! after its creation has run when the case has converged.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iac_core::{Handle, Hook, HookContext, HookPhase, Stack, StackError};
use iac_testkit::fake::Node;
use iac_testkit::sim::SplitMix64;

use crate::spelling::quoted;
use crate::trouble::Trouble;

const PHASES: [HookPhase; 6] = [
    HookPhase::BeforeCreate,
    HookPhase::AfterCreate,
    HookPhase::BeforeUpdate,
    HookPhase::AfterUpdate,
    HookPhase::BeforeDelete,
    HookPhase::AfterDelete,
];

/// How likely a hook fails while there is trouble.
const FAILING: f64 = 0.2;

#[derive(Default)]
struct Inner {
    /// The objects whose hook after the creation ran to its end.
    welcomed: BTreeSet<String>,
    trouble: Option<(Trouble, SplitMix64)>,
    /// What a hook was told wrongly. The engine catches what panics, so it is kept here.
    fault: Option<String>,
}

/// The hooks of one case.
#[derive(Clone, Default)]
pub(crate) struct Hooks(Arc<Mutex<Inner>>);

impl Hooks {
    /// Fails and dies as `trouble` says, until [`heal`](Hooks::heal).
    pub(crate) fn trouble(&self, trouble: &Trouble) {
        let random = SplitMix64::new(trouble.seed());
        self.lock().trouble = Some((trouble.clone(), random));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn heal(&self) {
        self.lock().trouble = None;
    }

    pub(crate) fn has_welcomed(&self, id: &str) -> bool {
        self.lock().welcomed.contains(id)
    }

    pub(crate) fn register(&self, stack: &Stack) -> Result<Hook<Node>, StackError> {
        let hooks = self.clone();
        stack.hook("hook", move |cx: HookContext<Node>| {
            let hooks = hooks.clone();
            async move { hooks.run(cx).await }
        })
    }

    pub(crate) fn attach(stack: &Stack, node: &Handle<Node>, hook: &Hook<Node>) {
        PHASES.into_iter().for_each(|phase| stack.attach(node, phase, hook));
    }

    /// What a hook was told wrongly, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        self.lock().fault.clone()
    }

    async fn run(&self, cx: HookContext<Node>) -> Result<(), String> {
        let (dies, fails) = match &mut self.lock().trouble {
            Some((trouble, random)) => (trouble.cut.dies(), random.chance(FAILING)),
            None => (false, false),
        };
        if dies {
            std::future::pending::<()>().await;
        }
        if fails {
            let password = cx.inputs.password.as_ref().map(|password| quoted(password.expose()));
            return Err(format!("trouble {}", password.unwrap_or_default()));
        }
        let complete = match cx.phase {
            HookPhase::BeforeCreate => cx.id.is_none() && cx.outputs.is_none(),
            HookPhase::BeforeUpdate => cx.old_inputs.is_some() && cx.outputs.is_some(),
            _ => cx.id.is_some() && cx.outputs.is_some() && cx.old_inputs.is_none(),
        };
        if !complete {
            self.lock().fault = Some(format!("{} {:?} was told too little or too much", cx.urn, cx.phase));
        }
        if let (HookPhase::AfterCreate, Some(id)) = (cx.phase, cx.id) {
            self.lock().welcomed.insert(id.as_str().to_owned());
        }
        Ok(())
    }
}
