//! The order in which things are looked at: first what needs nothing, last what runs the program, which
//! may end the process. Whatever fails, the rest is looked at.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use iac_core::state::{Backend, Keyring, MemoryBackend, SqliteBackend, StackId};
use iac_core::{Engine, Graph, Stack};
use tokio::runtime::Runtime;

use super::check::{Check, Checks, Status};
use super::keys::{KEY, opens};
use super::{providers, state};
use crate::arguments::Common;
use crate::failure::Failure;
use crate::keys::{self, SharedKeyring};
use crate::place::Process;
use crate::render::counted;
use crate::runner::{ProgramError, Runner, context, declare};
use crate::settings::SettingsDesk;

/// What a check says of something that another one keeps from being looked at.
const MEND_FIRST: &str = "mend what failed above, and look again";

/// The state as far as it can be looked at.
struct Examined {
    backend: Option<Arc<dyn Backend>>,
    keyring: Option<Arc<dyn Keyring>>,
}

impl<A: Args, S> Runner<A, S> {
    /// Looks at everything that a run needs; answers the exit code.
    pub(crate) fn examine<E: Into<ProgramError>>(
        self,
        process: &Process,
        common: &Common,
        own: Result<A, clap::Error>,
        program: impl AsyncFnOnce(&crate::RunContext<A, S>, &Stack) -> Result<(), E>,
    ) -> Result<u8, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::runtime(&error))?;
        let mut checks = Checks::new(&process.screen);
        checks.tell(self.versions());
        let stack = self.choose_stack(common);
        if let Err(failure) = &stack {
            checks.tell_all(Check::of_failure("stack", failure));
        }
        let args = own.map_err(|refused| checks.tell(of_arguments(&refused))).ok();
        let place = self.look_at_state(&mut checks, process, common);
        if let Ok(stack) = stack {
            let settings = self.look_at_settings(&mut checks, &runtime, process, common, &stack);
            let engine = self.engine(&place);
            let path = self.state_file(common);
            runtime.block_on(async {
                // State that ends with the process has a key of its own.
                let mut opens_values = place.backend.as_ref().is_some_and(|backend| !backend.is_durable());
                if let Some(keyring) = &place.keyring {
                    let check = opens(keyring, place.backend.as_ref(), &stack).await;
                    opens_values = check.status == Status::Ok;
                    checks.tell(check);
                }
                if place.backend.is_some() {
                    checks.tell_all(state::content(&engine, &stack, path, opens_values).await);
                }
                let declared = match args.zip(settings) {
                    Some((args, settings)) => {
                        let cx = context(&stack, args, settings, process);
                        let graph = declare(&cx, program).await;
                        // A simulator that the program keeps for the run must outlive the questions.
                        (graph.map(Some), Some(cx))
                    }
                    None => (Ok(None), None),
                };
                look_at_program(&mut checks, &engine, &stack, &declared.0).await;
            });
        }
        let code = checks.finish();
        // What the program left running ends with it.
        runtime.shutdown_background();
        Ok(code)
    }

    fn versions(&self) -> Check {
        let program = match &self.version {
            Some(version) => format!("{} {version}", self.project()),
            None => self.project().to_owned(),
        };
        let text = format!(
            "{program}, engine {}, state format {}, SQLite {}",
            env!("CARGO_PKG_VERSION"),
            SqliteBackend::format_supported(),
            SqliteBackend::sqlite_version()
        );
        Check::ok("versions", text)
    }

    /// The file that keeps the state, unless the program keeps it elsewhere.
    fn state_file<'a>(&self, common: &'a Common) -> Option<&'a Path> {
        self.backend.is_none().then_some(common.state.as_path())
    }

    fn look_at_state(&self, checks: &mut Checks<'_>, process: &Process, common: &Common) -> Examined {
        let backend = match &self.backend {
            Some(backend) => {
                checks.tell(Check::ok("state", format!("the program keeps it at {}", backend.location())));
                Some(Arc::clone(backend))
            }
            None => {
                let looked = state::look(&common.state);
                checks.tell_all(looked.checks);
                looked.backend
            }
        };
        let durable = backend.as_ref().is_none_or(|backend| backend.is_durable());
        let keyring = match &self.keyring {
            Some(keyring) => Some(Arc::clone(keyring)),
            None if !durable => None,
            None => {
                let named = common.named_key();
                let chosen =
                    keys::choose(named.as_ref(), &common.state, &process.environment, &process.screen);
                chosen
                    .map(|keyring| keyring.0)
                    .map_err(|failure| checks.tell_all(Check::of_failure(KEY, &failure)))
                    .ok()
            }
        };
        Examined { backend, keyring }
    }

    /// The settings, if they are right and the program has any.
    fn look_at_settings(
        &self,
        checks: &mut Checks<'_>,
        runtime: &Runtime,
        process: &Process,
        common: &Common,
        stack: &StackId,
    ) -> Option<S> {
        const NAME: &str = "settings";
        let desk = SettingsDesk::new(self.settings.as_ref(), self.keyring.as_ref(), process, common, stack);
        let loaded = desk.and_then(|desk| runtime.block_on(desk.load()));
        match loaded {
            Ok(settings) => {
                if self.settings.exists() {
                    checks
                        .tell(Check::ok(NAME, format!("those of {stack} are right, and their secrets open")));
                }
                Some(settings)
            }
            Err(failure) => {
                checks.tell_all(Check::of_failure(NAME, &failure));
                None
            }
        }
    }

    /// An engine that only looks.
    fn engine(&self, place: &Examined) -> Engine {
        let nothing = || Arc::new(MemoryBackend::new()) as Arc<dyn Backend>;
        let backend = place.backend.clone().unwrap_or_else(nothing);
        let builder = Engine::builder().shared_backend(backend).clock(Arc::clone(&self.clock));
        match &place.keyring {
            Some(keyring) => builder.keyring(SharedKeyring(Arc::clone(keyring))).build(),
            None => builder.build(),
        }
    }
}

fn of_arguments(refused: &clap::Error) -> Check {
    let text = refused.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    Check::failed("arguments", message).way_out("pass them to `doctor` as to `plan`; see `plan --help`")
}

/// What the program declares, and whether the clouds it names can be reached.
async fn look_at_program(
    checks: &mut Checks<'_>,
    engine: &Engine,
    stack: &StackId,
    declared: &Result<Option<Graph>, Failure>,
) {
    const NAME: &str = "program";
    let graph = match declared {
        Ok(Some(graph)) => graph,
        Ok(None) => {
            let text = "was not run, and no provider was asked: its arguments or settings are not usable";
            return checks.tell(Check::warning(NAME, text).way_out(MEND_FIRST));
        }
        Err(failure) => {
            checks.tell_all(Check::of_failure(NAME, failure));
            let text = "none was asked: the program failed before it named them all";
            return checks.tell(Check::warning("providers", text).way_out(MEND_FIRST));
        }
    };
    checks.tell(Check::ok(NAME, format!("declares {} for {stack}", counted(graph.len(), "resource"))));
    // Without its state an instance that resources configure is not asked.
    let snapshot = engine.snapshot(stack).await.unwrap_or_default();
    for probe in engine.probe(graph, &snapshot).await {
        checks.tell_all(providers::checks(&probe));
    }
}
