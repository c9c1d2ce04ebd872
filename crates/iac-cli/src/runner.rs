//! [`Runner`]: from a command line to an exit code. Knows nothing of how a command does its work.

use std::ffi::OsString;
use std::marker::PhantomData;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use clap::Args;
use iac_core::state::{Backend, Keyring, StackId};
use iac_core::{BuildId, Cancel, Clock, Graph, HISTORY_RUNS_DEFAULT, Stack, SystemClock};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::arguments::{
    Common, DefaultCommand, HistoryTask, NoArgs, Parsed, Shape, StateTask, Task, describe, parse,
};
use crate::arguments_replay::Replaying;
use crate::command::{self, Look, Work};
use crate::console::{Console, Environment};
use crate::context::RunContext;
use crate::exit::{EXIT_DONE, EXIT_FAILED};
use crate::failure::{Failure, Problem};
use crate::place::{Choice, Place, Process};
use crate::screen::Screen;
use crate::settings::{NoSettings, SettingsDesk, SettingsDoor};
use crate::signals::Signals;
use crate::watch::{Mode, Surroundings};

/// What a program's closure may fail with.
pub type ProgramError = Box<dyn std::error::Error + Send + Sync>;

/// Runs a program's stack from the command line: what `main` hands over to.
///
/// The program's own options come from a struct with `#[derive(clap::Args)]`:
///
/// ```no_run
/// use iac_cli::{ProgramError, RunContext, Runner};
/// use iac_core::Stack;
///
/// #[derive(clap::Args)]
/// struct Settings {
///     /// How many workers
///     #[arg(long, default_value_t = 3)]
///     workers: u32,
/// }
///
/// fn main() -> std::process::ExitCode {
///     Runner::new("philotes").args::<Settings>().run(
///         async |cx: &RunContext<Settings>, stack: &Stack| -> Result<(), ProgramError> {
///             for number in 0..cx.args().workers {
///                 // stack.add(format!("worker-{number}"), …)?;
///                 # let _ = (stack, number);
///             }
///             Ok(())
///         },
///     )
/// }
/// ```
///
/// Exit codes: 0 done or nothing to do, 1 failed or refused, 2 changes (with
/// `plan --detailed-exitcode` only), 130 stopped by a signal.
#[must_use]
pub struct Runner<A = NoArgs, S = ()> {
    project: String,
    about: Option<String>,
    pub(crate) version: Option<String>,
    stacks: Vec<String>,
    default_stack: Option<String>,
    default_command: DefaultCommand,
    pub(crate) backend: Option<Arc<dyn Backend>>,
    pub(crate) keyring: Option<Arc<dyn Keyring>>,
    pub(crate) clock: Arc<dyn Clock>,
    cancel: Cancel,
    build: Option<BuildId>,
    history_runs_max: u64,
    args: PhantomData<fn() -> A>,
    pub(crate) settings: Arc<dyn SettingsDoor<S>>,
}

impl Runner {
    /// A runner for the stacks of `project`, a name of letters, digits, `-`, `_` and `.`.
    pub fn new(project: impl Into<String>) -> Self {
        Self {
            project: project.into(),
            about: None,
            version: None,
            stacks: Vec::new(),
            default_stack: None,
            default_command: DefaultCommand::default(),
            backend: None,
            keyring: None,
            clock: Arc::new(SystemClock),
            cancel: Cancel::new(),
            build: None,
            history_runs_max: HISTORY_RUNS_DEFAULT,
            args: PhantomData,
            settings: Arc::new(NoSettings),
        }
    }
}

impl<A, S> Runner<A, S> {
    /// What the program is for, in its help.
    pub fn about(mut self, text: impl Into<String>) -> Self {
        self.about = Some(text.into());
        self
    }

    /// What `--version` says; `env!("CARGO_PKG_VERSION")` as a rule.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The stacks there are; any other name is refused. Without a list every name is a stack.
    pub fn stacks<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.stacks = names.into_iter().map(Into::into).collect();
        self
    }

    /// The stack to work on without `--stack`.
    pub fn default_stack(mut self, name: impl Into<String>) -> Self {
        self.default_stack = Some(name.into());
        self
    }

    /// What to do without a subcommand; to explain itself unless set.
    pub fn default_command(mut self, command: DefaultCommand) -> Self {
        self.default_command = command;
        self
    }

    /// The program's own options, a struct with `#[derive(clap::Args)]`: options only, no
    /// positional arguments. They work before and after the subcommand.
    pub fn args<B: Args>(self) -> Runner<B, S> {
        let settings = Arc::clone(&self.settings);
        self.rebuilt(settings)
    }

    /// The same runner for other types of arguments and settings.
    pub(crate) fn rebuilt<B, T>(self, settings: Arc<dyn SettingsDoor<T>>) -> Runner<B, T> {
        Runner {
            settings,
            project: self.project,
            about: self.about,
            version: self.version,
            stacks: self.stacks,
            default_stack: self.default_stack,
            default_command: self.default_command,
            backend: self.backend,
            keyring: self.keyring,
            clock: self.clock,
            cancel: self.cancel,
            build: self.build,
            history_runs_max: self.history_runs_max,
            args: PhantomData,
        }
    }

    /// The project's name.
    pub(crate) fn project(&self) -> &str {
        &self.project
    }

    /// Keeps the state here in place of the file that `--state` names. A clone of the `Arc` sees
    /// what was stored.
    pub fn backend(mut self, backend: Arc<dyn Backend>) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Locks the state's secrets with this in place of a key file or a variable.
    pub fn keyring(mut self, keyring: impl Keyring + 'static) -> Self {
        self.keyring = Some(Arc::new(keyring));
        self
    }

    /// The wall clock; the system's by default.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// A handle that stops an apply from outside, as a signal does.
    pub fn cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Which build of the program this is, in place of a digest of the executable. A saved plan is
    /// applied by the build that made it.
    pub fn build_id(mut self, build: BuildId) -> Self {
        self.build = Some(build);
        self
    }

    /// How many runs of each stack the history keeps; [`HISTORY_RUNS_DEFAULT`] by default. Older ones can no longer be
    /// shown or rolled back to.
    pub fn history_runs_max(mut self, runs: u64) -> Self {
        self.history_runs_max = runs;
        self
    }
}

impl<A: Args, S> Runner<A, S> {
    /// Runs with the process's arguments, streams, environment and signals.
    ///
    /// `program` declares the resources and may register providers, start a simulator or read
    /// files before. It is called for the commands that need it: `plan`, `up`, `destroy`,
    /// `cost`, `refresh`, `import` and `rollback`.
    pub fn run<E: Into<ProgramError>>(
        self,
        program: impl AsyncFnOnce(&RunContext<A, S>, &Stack) -> Result<(), E>,
    ) -> ExitCode {
        ExitCode::from(self.run_with(std::env::args_os(), Console::process(), program))
    }

    /// Runs with the given arguments (the program's name first) and console; answers the exit code.
    ///
    /// It starts a tokio runtime of its own, so it must not be called from inside another.
    pub fn run_with<L: Into<OsString>, E: Into<ProgramError>>(
        self,
        line: impl IntoIterator<Item = L>,
        mut console: Console,
        program: impl AsyncFnOnce(&RunContext<A, S>, &Stack) -> Result<(), E>,
    ) -> u8 {
        crate::panics::leave_to_the_engine();
        let line: Vec<OsString> = line.into_iter().map(Into::into).collect();
        let called = called(line.first(), &self.project);
        let json = line.iter().take_while(|part| *part != "--").any(|part| part == "--json");
        let environment = std::mem::replace(&mut console.environment, Environment::Process);
        let signals = console.signals;
        let screen = Arc::new(Screen::new(console, json));
        let parsed = match parse::<A>(&self.shape(screen.width), line) {
            Ok(parsed) => parsed,
            Err(answer) => return answered(&screen, &answer),
        };
        let Parsed { common, task, program: own, again } = parsed;
        let around = Surroundings {
            terminal: screen.has_terminal(),
            ci: environment.get("CI").is_some(),
            logs: common.log.is_some(),
        };
        let mode = Mode::choose(common.progress, around);
        let tool = command::tool(&screen, &task, &called, || {
            describe::<A>(&Shape { name: &called, ..self.shape(screen.width) })
        });
        if let Some(done) = tool {
            return done.unwrap_or_else(|failure| {
                failure.print(&screen);
                failure.code
            });
        }
        let process = Process { environment, signals, screen: Arc::clone(&screen), mode, again };
        if signals && mode == Mode::Live {
            make_way_for_panics(&screen);
        }
        if let Task::Doctor = task {
            return self.examine(&process, &common, own, program).unwrap_or_else(|failure| {
                failure.print(&screen);
                failure.code
            });
        }
        let own = match own {
            Ok(own) => Some(own),
            Err(answer) if runs_program(&task) => return answered(&screen, &answer),
            Err(_) => None,
        };
        let ended = self.execute(&process, common, task, own, program);
        let code = ended.unwrap_or_else(|failure| {
            failure.print(&screen);
            failure.code
        });
        match screen.output_error() {
            Some(error) => {
                Failure::new("write to standard output", error)
                    .hint("write to a place that takes all of it; `history` shows what was done")
                    .print(&screen);
                code.max(EXIT_FAILED)
            }
            None => code,
        }
    }

    fn shape(&self, width: usize) -> Shape<'_> {
        Shape {
            name: &self.project,
            about: self.about.as_deref(),
            version: self.version.as_deref(),
            stacks: &self.stacks,
            default_stack: self.default_stack.as_deref(),
            default_command: self.default_command,
            has_settings: self.settings.exists(),
            width,
        }
    }

    fn execute<E: Into<ProgramError>>(
        self,
        process: &Process,
        common: Common,
        task: Task,
        own: Option<A>,
        program: impl AsyncFnOnce(&RunContext<A, S>, &Stack) -> Result<(), E>,
    ) -> Result<u8, Failure> {
        if let Some(level) = &common.log {
            start_log(level)?;
        }
        if let Some(done) = without_stack(process, &task) {
            return done;
        }
        let stack = match &task {
            Task::Config(task) if !task.is_of_one_stack() => self.any_stack(&common)?,
            _ => self.choose_stack(&common)?,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::runtime(&error))?;
        let desk =
            SettingsDesk::new(self.settings.as_ref(), self.keyring.as_ref(), process, &common, &stack)?;
        if let Task::Config(task) = &task {
            return runtime.block_on(command::config(&desk, task, &self.stacks));
        }
        // Before the state is opened: nothing is done under settings that are wrong.
        let own = match own.filter(|_| runs_program(&task)).map(|args| (args, runtime.block_on(desk.load())))
        {
            None => None,
            Some((args, Ok(settings))) => Some((args, settings)),
            Some((_, Err(failure))) => {
                // A look-up that was given up on is not waited for.
                runtime.shutdown_background();
                return Err(failure);
            }
        };
        let choice = Choice {
            backend: self.backend.clone(),
            keyring: self.keyring.clone(),
            clock: Arc::clone(&self.clock),
            history_runs_max: self.history_runs_max,
        };
        let place = Place::open(choice, process, &common, own.is_some() || makes_state(&task))?;
        let code = runtime.block_on(self.dispatch(process, &place, &stack, task, own, program));
        // What the program left running ends with it.
        runtime.shutdown_background();
        code
    }

    async fn dispatch<E: Into<ProgramError>>(
        &self,
        process: &Process,
        place: &Place,
        stack: &StackId,
        task: Task,
        own: Option<(A, S)>,
        program: impl AsyncFnOnce(&RunContext<A, S>, &Stack) -> Result<(), E>,
    ) -> Result<u8, Failure> {
        let screen = &process.screen;
        let engine = &place.engine;
        let look = Look {
            engine,
            stack,
            screen,
            now: self.clock.now_ms(),
            mode: process.mode,
            state_file: place.state_file.as_deref(),
        };
        if let Task::Keys(task) = &task {
            return command::keys(&look, &process.environment, task).await;
        }
        let Some((args, settings)) = own else {
            return look_at(&look, &task).await;
        };
        let cx = context(stack, args, settings, process);
        let signals = Signals::listen(process.signals);
        let Some(graph) = signals.or_stop(declare(&cx, program)).await else {
            return Err(Failure::stopped(&format!("declare stack {stack}")));
        };
        let graph = graph?;
        let work = Work {
            engine,
            graph: &graph,
            stack,
            screen,
            cancel: &self.cancel,
            signals: &signals,
            approved: cx.is_approved(),
            mode: process.mode,
            again: &process.again,
            build: self.build.as_ref(),
        };
        match &task {
            Task::Plan { selection, wishes, saving, destroy, detailed_exitcode } => {
                let mut options = wishes.add_to(selection.options());
                options.destroy = *destroy;
                command::plan(&work, options, !selection.no_refresh, saving, *detailed_exitcode).await
            }
            Task::Up { file: Some(file), applying, .. } => command::apply_file(&work, file, applying).await,
            Task::Up { file: None, selection, wishes, applying } => {
                command::up(&work, selection, wishes, applying).await
            }
            Task::Destroy { selection, saving, .. } if saving.out.is_some() => {
                let options = selection.options().destroy();
                command::plan(&work, options, !selection.no_refresh, saving, false).await
            }
            Task::Destroy { selection, applying, .. } => command::destroy(&work, selection, applying).await,
            Task::Cost { live, no_refresh } => command::cost(&work, *live, !no_refresh).await,
            Task::Import(args) => command::import(&work, args).await,
            Task::Adopt(args) => command::adopt(&work, args).await,
            Task::Refresh(refreshing) => command::refresh(&work, refreshing).await,
            Task::Rollback { run, plan, selection, applying } => {
                command::rollback(&work, *run, *plan, selection, applying).await
            }
            Task::Graph(drawing) => command::graph_of_plan(&work, drawing).await,
            Task::Report(reporting) => command::report_of_plan(&work, reporting).await,
            // Tasks that do not run the program were done above.
            _ => look_at(&look, &task).await,
        }
    }

    /// Some stack, for what is about all of them.
    fn any_stack(&self, common: &Common) -> Result<StackId, Failure> {
        let with_files = self.settings.stacks();
        let some = self.stacks.first().or(with_files.first());
        self.choose_stack(common)
            .or_else(|none| some.map(|name| StackId::new(&self.project, name)).ok_or(none))
    }

    pub(crate) fn choose_stack(&self, common: &Common) -> Result<StackId, Failure> {
        let only = match self.stacks.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        if let Some(name) = common.stack.as_ref().or(only) {
            return Ok(StackId::new(&self.project, name));
        }
        let hint = match self.stacks.as_slice() {
            [] => "pass `--stack NAME`".to_owned(),
            names => format!("pass `--stack NAME`: one of {}", names.join(", ")),
        };
        Err(Problem::new("failed to choose a stack: none was given").hint(hint).into())
    }
}

/// The name that the program is called by: the executable's, or the project's where there is none.
fn called(first: Option<&OsString>, project: &str) -> String {
    let stem = first.and_then(|first| Path::new(first).file_stem());
    stem.map_or_else(|| project.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Does what needs neither stack nor state; `None` for everything else.
fn without_stack(process: &Process, task: &Task) -> Option<Result<u8, Failure>> {
    match task {
        Task::Schema(task) => Some(command::schema(&process.screen, task)),
        Task::Replay(Replaying { from: Some(path), speed, .. }) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Failure::runtime(&error));
            Some(runtime.and_then(|runtime| {
                runtime.block_on(command::replay_file(&process.screen, process.mode, path, *speed))
            }))
        }
        _ => None,
    }
}

/// What the program gets to know of the run.
pub(crate) fn context<A, S>(stack: &StackId, args: A, settings: S, process: &Process) -> RunContext<A, S> {
    RunContext {
        project: stack.project.clone(),
        stack: stack.stack.clone(),
        args,
        settings,
        screen: Arc::clone(&process.screen),
        kept: Mutex::default(),
        approved: AtomicBool::new(false),
    }
}

fn runs_program(task: &Task) -> bool {
    match task {
        Task::Plan { .. } | Task::Up { .. } | Task::Destroy { .. } | Task::Rollback { .. } => true,
        Task::Cost { .. } | Task::Refresh(_) | Task::Import(_) | Task::Adopt(_) => true,
        Task::Graph(drawing) => drawing.runs_program(),
        Task::Report(reporting) => reporting.run.is_none(),
        _ => false,
    }
}

/// Whether a command that does not run the program may begin a new state.
fn makes_state(task: &Task) -> bool {
    matches!(task, Task::State(StateTask::Import(_)))
}

async fn look_at(look: &Look<'_>, task: &Task) -> Result<u8, Failure> {
    match task {
        Task::Show { file } => command::show(look, file).await,
        Task::Outputs { name, show_secrets } => command::outputs(look, name.as_deref(), *show_secrets).await,
        Task::State(StateTask::Show { resource }) => command::state_show(look, resource).await,
        Task::State(StateTask::Rm { resource }) => command::state_rm(look, resource).await,
        Task::State(StateTask::Mv { from, to }) => command::state_mv(look, from, to).await,
        Task::State(StateTask::Export { out }) => command::state_export(look, out.as_deref()).await,
        Task::State(StateTask::Import(import)) => {
            command::state_import(look, &import.file, import.options()).await
        }
        Task::State(StateTask::Check) => command::state_check(look).await,
        Task::History { task: Some(HistoryTask::Show { run }), .. }
        | Task::History { run: Some(run), .. } => command::history_run(look, *run).await,
        Task::History { limit, .. } => command::history(look, *limit).await,
        Task::Replay(replaying) => command::replay_run(look, replaying).await,
        Task::Graph(drawing) => command::graph_of_state(look, drawing).await,
        Task::Report(reporting) => command::report_of_run(look, reporting).await,
        _ => command::state_list(look).await,
    }
}

pub(crate) async fn declare<A, S, E: Into<ProgramError>>(
    cx: &RunContext<A, S>,
    program: impl AsyncFnOnce(&RunContext<A, S>, &Stack) -> Result<(), E>,
) -> Result<Graph, Failure> {
    let action = format!("declare stack {}/{}", cx.project, cx.stack);
    let stack = Stack::new(&cx.project, &cx.stack).map_err(|error| Failure::new(&action, error))?;
    program(cx, &stack).await.map_err(|error| {
        let error: ProgramError = error.into();
        Failure::program(&action, &*error)
    })?;
    stack.freeze().map_err(|error| Failure::new(&action, error))
}

/// The message of a panic anywhere in the process does not end in the middle of a drawing.
fn make_way_for_panics(screen: &Arc<Screen>) {
    let (screen, report) = (Arc::downgrade(screen), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(screen) = screen.upgrade() {
            screen.make_way();
        }
        report(panic);
    }));
}

fn start_log(level: &str) -> Result<(), Failure> {
    let targets: Targets = level.parse().map_err(|error| {
        Failure::new("understand `--log`", error).hint("pass error, warn, info, debug or trace")
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A program that set up a log of its own keeps it.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    Ok(())
}

/// Prints what clap answered: help and version, or what is wrong with the arguments.
fn answered(screen: &Screen, answer: &clap::Error) -> u8 {
    use clap::error::ErrorKind as Kind;

    let text: String =
        answer.render().ansi().to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    match answer.kind() {
        Kind::DisplayHelp | Kind::DisplayVersion | Kind::DisplayHelpOnMissingArgumentOrSubcommand => {
            screen.out(&text);
            EXIT_DONE
        }
        _ => {
            screen.err(&text);
            let plain = answer.render().to_string();
            let message = plain.strip_prefix("error: ").unwrap_or(&plain).trim_end();
            screen.json_line("error", serde_json::json!({ "message": message, "way_out": "see `--help`" }));
            EXIT_FAILED
        }
    }
}
