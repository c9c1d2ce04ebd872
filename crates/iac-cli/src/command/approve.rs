//! Approval: asks whether a plan shall be applied, shows details on demand, and has the name typed of
//! what loses data. Knows nothing of how plans are made or applied.

use std::io;
use std::sync::Arc;

use iac_core::{EngineError, Plan, Urn};

use super::work::Work;
use crate::arguments::Applying;
use crate::failure::{Failure, Problem};
use crate::render;

/// Most answers to one question: a script that answers at random must come to an end.
const ANSWERS_MAX: usize = 100;
/// Resources that are offered where a name means several.
const OFFERED_MAX: usize = 5;

/// What is asked before a plan is applied.
pub(super) struct Asking<'a> {
    /// `apply`, for what failed.
    pub(super) verb: &'a str,
    /// `Apply this plan to shop/dev?`
    pub(super) question: String,
    /// Whether only the stack's name goes on, in place of `yes`: then it covers the data as well.
    pub(super) by_stack_name: bool,
}

/// Has `plan` approved, by the command line or by whoever sits there.
pub(super) async fn approve(
    work: &Work<'_>,
    plan: &Plan,
    applying: &Applying,
    asking: Asking<'_>,
) -> Result<(), Failure> {
    let desk = Desk { work, plan, action: format!("{} {}", asking.verb, work.stack) };
    // Nobody shall approve what is refused anyway.
    let beyond = applying.budget().exceeded_by(plan);
    if !beyond.is_empty() {
        return Err(Failure::engine(&desk.action, EngineError::OverBudget(beyond)));
    }
    if work.approved {
        return Ok(());
    }
    let lost = desk.uncovered(applying);
    if applying.yes && lost.is_empty() {
        return Ok(());
    }
    if !work.screen.interactive {
        return Err(desk.nobody_to_ask(applying, &lost));
    }
    if !applying.yes {
        let wanted = if asking.by_stack_name { work.stack.stack.as_str() } else { "yes" };
        desk.ask(&asking.question, wanted).await?;
        if asking.by_stack_name {
            return Ok(());
        }
    }
    desk.confirm_loss(&lost).await
}

/// Has what the data of `plan` approved that it loses: for a plan that was looked at before.
pub(super) async fn approve_loss(
    work: &Work<'_>,
    plan: &Plan,
    applying: &Applying,
    action: String,
) -> Result<(), Failure> {
    let desk = Desk { work, plan, action };
    let lost = desk.uncovered(applying);
    if work.approved || lost.is_empty() {
        return Ok(());
    }
    if !work.screen.interactive {
        return Err(desk.nobody_to_ask(applying, &lost));
    }
    desk.confirm_loss(&lost).await
}

/// One plan and who is asked about it.
struct Desk<'a> {
    work: &'a Work<'a>,
    plan: &'a Plan,
    /// `apply shop/dev`.
    action: String,
}

impl Desk<'_> {
    /// The resources whose data the plan loses and the command line does not name.
    fn uncovered(&self, applying: &Applying) -> Vec<&Urn> {
        let named = |urn: &Urn| {
            applying
                .destroy_data
                .iter()
                .any(|name| *name == self.work.stack.stack || name == urn.as_str() || name == urn.path())
        };
        self.plan.data_lost().into_iter().filter(|urn| !named(urn)).collect()
    }

    fn nobody_to_ask(&self, applying: &Applying, lost: &[&Urn]) -> Failure {
        let (action, screen) = (&self.action, self.work.screen);
        let why = if screen.json { "`--json` asks nothing" } else { "there is no terminal to ask on" };
        if lost.is_empty() {
            let problem = Problem::new(format!("failed to {action}: the plan needs approval, and {why}"));
            return problem.hint("check the plan and pass `--yes`; nothing was changed").into();
        }
        let names: Vec<String> = lost.iter().map(|urn| render::name(urn)).collect();
        let all = lost.len() > OFFERED_MAX;
        let options: Vec<String> = match all {
            true => vec![format!("--destroy-data {}", self.work.stack.stack)],
            false => lost.iter().map(|urn| format!("--destroy-data {}", urn.path())).collect(),
        };
        let yes = if applying.yes { "" } else { "--yes " };
        let problem = Problem::new(format!(
            "failed to {action}: the plan loses the data on {}; that needs approval of its own, and {why}",
            names.join(", ")
        ));
        problem
            .hint(format!("if that is meant, pass `{yes}{}`; nothing was changed", options.join(" ")))
            .hint("to refuse such plans at once, pass `--keep-data`; to keep the objects, declare them with `retain_on_delete`")
            .into()
    }

    /// Asks until the answer is `wanted`, and shows what is asked for meanwhile.
    async fn ask(&self, question: &str, wanted: &str) -> Result<(), Failure> {
        let screen = self.work.screen;
        for _ in 0..ANSWERS_MAX {
            let prompt = render::prompt(question, wanted, screen.size().columns);
            match self.answer(prompt).await?.as_str() {
                answer if answer == wanted => return Ok(()),
                "no" | "n" | "" => return Err(self.refused()),
                "?" | "h" | "help" => screen.out(&render::answers(wanted, screen.size().columns)),
                "d" | "details" => screen.out(&render::details(self.plan, None, screen.size().columns)),
                name => self.show_named(name, wanted),
            }
        }
        Err(self.refused())
    }

    /// The details of the resource that `name` means, or why there are none.
    fn show_named(&self, name: &str, wanted: &str) {
        let screen = self.work.screen;
        let is = |of: fn(&Urn) -> &str| {
            let mut found: Vec<&Urn> =
                self.plan.steps.iter().map(|step| &step.urn).filter(|urn| of(urn) == name).collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        let mut found = is(Urn::as_str);
        if found.is_empty() {
            found = is(Urn::path);
        }
        if found.is_empty() {
            found = is(Urn::name);
        }
        match found.as_slice() {
            [] => screen.out(&render::not_understood(name, wanted, screen.size().columns)),
            [urn] => screen.out(&render::details(self.plan, Some(urn), screen.size().columns)),
            several => {
                let offered = several.get(..OFFERED_MAX).unwrap_or(several);
                screen.out(&render::which_of(name, offered, screen.size().columns));
            }
        }
    }

    /// Has the name typed: of the resource where there is one, else of the stack.
    async fn confirm_loss(&self, lost: &[&Urn]) -> Result<(), Failure> {
        let wanted = match lost {
            [] => return Ok(()),
            [only] => only.path(),
            _ => self.work.stack.stack.as_str(),
        };
        let question = render::loss_question(lost, wanted, self.work.screen.size().columns);
        match self.answer(question).await? == wanted {
            true => Ok(()),
            false => Err(self.refused()),
        }
    }

    async fn answer(&self, question: String) -> Result<String, Failure> {
        // A thread of its own waits for the answer, so that a signal is seen meanwhile.
        let screen = Arc::clone(self.work.screen);
        let asked = tokio::task::spawn_blocking(move || screen.ask(&question));
        let Some(asked) = self.work.signals.or_stop(asked).await else {
            self.work.screen.out("\n");
            return Err(Failure::stopped(&self.action));
        };
        asked.map_err(io::Error::from).flatten().map_err(|error| {
            Failure::new(&self.action, format!("cannot read the answer: {error}"))
                .hint("answer on a terminal, or check the plan and pass `--yes`; nothing was changed")
        })
    }

    fn refused(&self) -> Failure {
        Failure::new(&self.action, "the plan was not approved; nothing was changed")
    }
}
