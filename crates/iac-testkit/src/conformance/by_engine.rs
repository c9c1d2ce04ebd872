//! Owns the checks by the real engine: after each apply the next plan is empty. Calls no driver.
use super::tape::Cut;
use super::work::{NAME, PROJECT, STACK, Work};
use iac_core::state::MemoryBackend;
use iac_core::{ApplyOptions, Engine, Event, Graph, Op, Plan, PlanOptions, Recovery, Stack};
use serde_json::Value as Json;

type Checked = Result<(), String>;

/// Most applies until an interrupted one must have converged.
const ROUNDS_MAX: usize = 4;

struct Run<'a> {
    work: &'a Work<'a>,
    engine: Engine,
    interrupt: bool,
}

/// Creates, updates and destroys the case's resource. With `interrupt`, the answer of each apply's
/// first writing request is lost.
pub(super) async fn lifecycle(work: &Work<'_>, interrupt: bool) -> Checked {
    let engine = Engine::builder().backend(MemoryBackend::new()).build();
    let run = Run { work, engine, interrupt };
    let graph = run.graph(&work.json)?;
    run.converge(&graph, &PlanOptions::new(), Op::Create)
        .await
        .map_err(|error| format!("create: {error}"))?;
    let created = work.inventory();
    for (name, inputs) in work.updates() {
        let graph = run.graph(&inputs)?;
        let told = |error| format!("{name:?}: {error}");
        run.converge(&graph, &PlanOptions::new(), Op::Update).await.map_err(told)?;
        if work.inventory().len() != created.len() {
            return Err(format!("{name:?}: {created:?} became {:?}", work.inventory()));
        }
    }
    let destroy = PlanOptions::new().destroy();
    run.converge(&graph, &destroy, Op::Delete).await.map_err(|error| format!("destroy: {error}"))?;
    // A deletion whose answer was lost goes on by itself.
    (work.bench.settle)(&work.bench.server);
    let left = work.inventory();
    if left == work.before {
        Ok(())
    } else {
        Err(format!("{left:?} is left, before it was {:?}", work.before))
    }
}

impl Run<'_> {
    fn graph(&self, inputs: &Json) -> Result<Graph, String> {
        let told = |error: iac_core::StackError| error.to_string();
        let stack = Stack::new(PROJECT, STACK).map_err(told)?;
        stack.provider_instance(self.work.bench.provider.clone()).map_err(told)?;
        (self.work.case.declare)(&stack, NAME, &self.work.typed(inputs)).map_err(told)?;
        stack.freeze().map_err(told)
    }

    async fn plan(&self, graph: &Graph, options: &PlanOptions) -> Result<Plan, String> {
        let mut events: Vec<Event> = Vec::new();
        let planned = self.engine.plan(graph, options, true, &mut events).await;
        self.work.hear(&events);
        let plan = planned.map_err(|error| format!("no plan: {error}"))?;
        self.work.hear(&plan);
        self.work.hear_text(serde_json::to_string(&plan).unwrap_or_default());
        Ok(plan)
    }

    /// Plans one step of the kind `op`, applies it, and expects that nothing is left to do.
    async fn converge(&self, graph: &Graph, options: &PlanOptions, op: Op) -> Checked {
        let mut plan = self.plan(graph, options).await?;
        expect_only(&plan, op)?;
        let rounds = if self.interrupt { ROUNDS_MAX } else { 1 };
        for round in 1..=rounds {
            if self.interrupt && round == 1 {
                self.work.tape.cut(Cut::NextWrite);
            }
            let outcome = self.apply(graph, &plan).await;
            let cut = self.work.tape.mend() && self.interrupt && round == 1;
            match outcome {
                Ok(()) => {}
                Err(_) if cut => {}
                Err(error) => return Err(error),
            }
            plan = self.plan(graph, options).await?;
            if !plan.has_changes() && self.drift(&plan).is_empty() {
                return Ok(());
            }
            if !self.interrupt {
                break;
            }
            self.no_stronger(&plan, op)?;
        }
        Err(format!("the next plan is not empty: {}, drift {:?}", told(&plan), self.drift(&plan)))
    }

    /// After a lost answer at most the rest of it is left to do: never a second object.
    fn no_stronger(&self, plan: &Plan, op: Op) -> Checked {
        // What has no id of its own may be changed by taking it away and adding it again.
        let is_key = self.work.driver.spec().recovery == Recovery::NaturalKey;
        let allowed = |other: Op| match op {
            Op::Create => matches!(other, Op::Record | Op::Update),
            Op::Update => matches!(other, Op::Record | Op::Update) || (is_key && other == Op::Create),
            _ => other == op,
        };
        if plan.steps.iter().all(|step| allowed(step.op)) {
            return Ok(());
        }
        Err(format!("after a lost answer of the {}: {}", op.as_str(), told(plan)))
    }

    /// What a read sees otherwise than recorded.
    fn drift(&self, plan: &Plan) -> Vec<String> {
        let missing =
            plan.drift.iter().filter(|drift| drift.missing).map(|drift| format!("{} is gone", drift.urn));
        let diffs = plan.drift.iter().flat_map(|drift| &drift.diff);
        missing
            .chain(diffs.map(|diff| format!("{}: {:?} became {:?}", diff.path, diff.old, diff.new)))
            .collect()
    }

    async fn apply(&self, graph: &Graph, plan: &Plan) -> Checked {
        let mut events: Vec<Event> = Vec::new();
        let outcome = self.engine.apply(graph, plan, ApplyOptions::new(), &mut events).await;
        self.work.hear(&events);
        self.work.hear_text(serde_json::to_string(&events).unwrap_or_default());
        let outcome = outcome.map_err(|error| format!("no apply: {error}"))?;
        self.work.hear(&outcome);
        if outcome.succeeded() { Ok(()) } else { Err(format!("the apply failed: {:?}", outcome.failures)) }
    }
}

fn told(plan: &Plan) -> String {
    let step =
        |step: &iac_core::Step| format!("{} {:?} because {:?}", step.op.as_str(), step.diff, step.reasons);
    plan.steps.iter().map(step).collect::<Vec<_>>().join("; ")
}

fn expect_only(plan: &Plan, op: Op) -> Checked {
    match plan.steps.as_slice() {
        [step] if step.op == op => Ok(()),
        _ => Err(format!("planned is not one {}: {}", op.as_str(), told(plan))),
    }
}
