//! The command line: what can be asked for, and how it is explained. Knows nothing of how it is done.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use iac_core::cost::Money;
use iac_core::{Budget, ImportOptions, PARALLELISM_DEFAULT, PlanOptions, RefreshOptions};

use crate::again::Again;
use crate::keys::{KeysTask, Source};
use crate::pictures::{Drawing, Reporting};

use crate::arguments_examples::{
    CONFIG_EXAMPLES, FIRST_STEPS, KEYS_EXAMPLES, SCHEMA_EXAMPLES, STATE_EXAMPLES, typed_examples,
};
use crate::arguments_import::{AdoptArgs, ImportArgs};
use crate::arguments_replay::{Replaying, SchemaTask};
use crate::arguments_tools::{Completing, Manual};

/// Where the state is unless `--state` says otherwise.
const STATE_DEFAULT: &str = ".iac/state.sqlite";
/// Runs that `history` shows unless `--limit` says otherwise.
const HISTORY_LIMIT_DEFAULT: u32 = 20;
/// The heading over what every subcommand takes.
const COMMON_HEADING: &str = "Common options";
/// The heading over the limits of an apply.
const BUDGET_HEADING: &str = "Budget";
/// The heading over the program's own options.
const PROGRAM_HEADING: &str = "Options of this program";

/// The arguments of a program that has none of its own.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct NoArgs {}

/// What a program does when it is started without a subcommand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DefaultCommand {
    /// Explains itself.
    #[default]
    Help,
    /// Shows what `up` would do.
    Plan,
    /// Plans, asks, and applies.
    Up,
}

impl DefaultCommand {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Help => None,
            Self::Plan => Some("plan"),
            Self::Up => Some("up"),
        }
    }
}

/// What every subcommand understands.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The stack to work on
    #[arg(long, global = true, help_heading = COMMON_HEADING, value_name = "NAME")]
    pub(crate) stack: Option<String>,
    /// Seconds to wait for a stack that another run works on
    #[arg(long, global = true, help_heading = COMMON_HEADING, value_name = "SECONDS", default_value_t = LEASE_WAIT_DEFAULT_S)]
    pub(crate) lease_wait: u64,
    /// Seconds that others wait when this run dies
    #[arg(long, global = true, help_heading = COMMON_HEADING, value_name = "SECONDS", default_value_t = LEASE_DEFAULT_S, value_parser = clap::value_parser!(u64).range(1..=30))]
    pub(crate) lease: u64,
    /// The file that keeps the state
    #[arg(long, global = true, help_heading = COMMON_HEADING, value_name = "PATH", default_value = STATE_DEFAULT)]
    pub(crate) state: PathBuf,
    /// The file with the key to the state's secrets [default: the state's path with `.key` after it]
    ///
    /// It is made, readable by its owner alone, when a stack first needs it. In its place the
    /// variable IAC_PASSPHRASE may hold a passphrase, or IAC_KEY 64 hexadecimal digits.
    #[arg(long, global = true, help_heading = COMMON_HEADING, value_name = "PATH")]
    pub(crate) key_file: Option<PathBuf>,
    /// Where else that key is: file:PATH, passphrase:VARIABLE, key:VARIABLE or os:ENTRY
    #[arg(id = "key_source", long = "key", global = true, help_heading = COMMON_HEADING, value_name = "SOURCE", conflicts_with = "key_file")]
    pub(crate) key: Option<Source>,
    /// Write JSON lines to standard output; secrets are marked, never written
    #[arg(long, global = true, help_heading = COMMON_HEADING)]
    pub(crate) json: bool,
    /// How to show what goes on
    #[arg(long, global = true, help_heading = COMMON_HEADING, value_name = "HOW", value_enum, default_value = "auto")]
    pub(crate) progress: crate::watch::Wanted,
    /// Set one of the program's settings for this run, above files and variables; repeatable
    #[arg(long = "set", global = true, help_heading = COMMON_HEADING, value_name = "KEY=VALUE")]
    pub(crate) assignments: Vec<String>,
    /// Log to standard error: error, warn, info, debug, trace, or filters as in `iac_core=debug`
    #[arg(long, global = true, help_heading = COMMON_HEADING, value_name = "LEVEL")]
    pub(crate) log: Option<String>,
}

impl Common {
    /// The source of the key that the command line names, if it names one.
    pub(crate) fn named_key(&self) -> Option<Source> {
        self.key_file.clone().map(Source::File).or_else(|| self.key.clone())
    }
}

/// Which part of the stack, and how to look at it.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Trust the state: do not compare it with the cloud first
    #[arg(long)]
    pub(crate) no_refresh: bool,
    /// Only this resource, what it needs and what must follow it; when destroying, what needs it. URN
    /// or path; repeatable
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) target: Vec<String>,
    /// Leave this resource and what needs it as they are. URN or path; repeatable
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) exclude: Vec<String>,
}

/// What to do beyond the differences.
#[derive(Debug, Args)]
pub(crate) struct Wishes {
    /// Replace this resource although nothing differs. URN or path; repeatable
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) replace: Vec<String>,
    /// Accept a delete and a create that look like a rename
    #[arg(long)]
    pub(crate) allow_renames: bool,
    /// Only look for what changed outside of this program; `up` takes it as the recorded state
    ///
    /// What was changed is accepted, what is gone is dropped from the state, and nothing is changed in
    /// the cloud. The next plan shows what the program wants to change back. `--target` and
    /// `--exclude` then mean exactly the resources they name.
    #[arg(long, conflicts_with_all = ["no_refresh", "replace", "allow_renames"])]
    pub(crate) refresh_only: bool,
}

/// What to compare, and what to do about differences.
#[derive(Debug, Args)]
pub(crate) struct Refreshing {
    /// Take what the cloud has as the recorded state: accept what was changed, drop what is gone
    #[arg(long)]
    pub(crate) accept: bool,
    /// Exactly this resource. URN or path; repeatable
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) target: Vec<String>,
    /// Not this resource. URN or path; repeatable
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) exclude: Vec<String>,
}

impl Refreshing {
    /// Options for the engine.
    pub(crate) fn options(&self) -> RefreshOptions {
        let mut options = RefreshOptions::new();
        options.accept = self.accept;
        options.targets.clone_from(&self.target);
        options.excludes.clone_from(&self.exclude);
        options
    }
}

/// Whether to keep a plan.
#[derive(Debug, Args)]
pub(crate) struct Saving {
    /// Write the plan to this file, encrypted; `show` and `apply` read it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// With `--out`: replace a file that is not a plan
    #[arg(long, requires = "out")]
    pub(crate) overwrite: bool,
}

/// How to apply.
#[derive(Debug, Args)]
pub(crate) struct Applying {
    /// Go on without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Most steps at once
    #[arg(long, value_name = "N", default_value_t = PARALLELISM_DEFAULT, value_parser = at_least_one)]
    pub(crate) parallelism: usize,
    /// Refuse a plan that deletes more resources than this
    #[arg(long, value_name = "N", help_heading = BUDGET_HEADING)]
    max_deletes: Option<usize>,
    /// Refuse a plan that replaces more resources than this
    #[arg(long, value_name = "N", help_heading = BUDGET_HEADING)]
    max_replaces: Option<usize>,
    /// Refuse a plan that loses data
    #[arg(long, help_heading = BUDGET_HEADING, conflicts_with = "destroy_data")]
    keep_data: bool,
    /// Lose the data of this resource without asking, which `--yes` alone does not cover. URN or path,
    /// or the stack's name for all; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) destroy_data: Vec<String>,
    /// Refuse a plan that adds more than this to the monthly cost without tax, as in 25EUR, or that
    /// creates or changes what has no monthly price
    #[arg(long, value_name = "AMOUNT", help_heading = BUDGET_HEADING)]
    max_monthly_increase: Option<Money>,
    /// With `--max-monthly-increase`: count what has no monthly price as nothing
    #[arg(long, requires = "max_monthly_increase", help_heading = BUDGET_HEADING)]
    allow_unpriced: bool,
    /// Start nothing new after so many seconds
    #[arg(long, value_name = "SECONDS", help_heading = BUDGET_HEADING)]
    max_seconds: Option<u64>,
}

impl Applying {
    /// How much the apply may change.
    pub(crate) fn budget(&self) -> Budget {
        let mut budget = Budget::new();
        if let Some(resources) = self.max_deletes {
            budget = budget.deletes_max(resources);
        }
        if let Some(resources) = self.max_replaces {
            budget = budget.replaces_max(resources);
        }
        if self.keep_data {
            budget = budget.keeps_data();
        }
        if let Some(amount) = self.max_monthly_increase {
            budget = budget.monthly_increase_max(amount);
        }
        if self.allow_unpriced {
            budget = budget.allow_unpriced();
        }
        match self.max_seconds {
            Some(seconds) => budget.duration_max(Duration::from_secs(seconds)),
            None => budget,
        }
    }
}

/// Longer than a lease lasts, so that the run after a crash needs no second try.
const LEASE_WAIT_DEFAULT_S: u64 = 15;
/// How long a dead run keeps others out.
const LEASE_DEFAULT_S: u64 = 10;

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 step must run".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a whole number".into()),
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Show what `up` would do, and change nothing
    #[command(
        visible_alias = "preview",
        after_help = "Examples:
  plan                          what differs from the program
  plan --detailed-exitcode      exit code 2 if anything differs, for scripts
  plan --out web.plan           keep the plan, for `show` and `apply`"
    )]
    Plan {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        wishes: Wishes,
        #[command(flatten)]
        saving: Saving,
        /// Show what `destroy` would do
        #[arg(long, conflicts_with_all = ["replace", "allow_renames"])]
        destroy: bool,
        /// Exit with 2 if there are changes, 0 if there are none
        #[arg(long)]
        detailed_exitcode: bool,
    },
    /// Plan, ask, and make the cloud what the program says
    #[command(
        visible_alias = "apply",
        after_help = "Examples:
  up                            show the plan, ask, apply
  up --yes                      apply without asking, for scripts
  apply web.plan                what a saved plan says, without asking

`--yes` alone loses no data; `--destroy-data` names the resources whose data may go. Ctrl-C lets running steps end and starts no new ones; a second one abandons them."
    )]
    Up {
        /// A plan that `plan --out` saved; without it a new plan is made
        #[arg(value_name = "FILE", conflicts_with_all = ["no_refresh", "target", "exclude", "replace", "allow_renames"])]
        file: Option<PathBuf>,
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        wishes: Wishes,
        #[command(flatten)]
        applying: Applying,
    },
    /// Delete everything the stack owns
    #[command(after_help = "Examples:
  destroy                       show it, ask for the stack's name, delete
  destroy --target edge/web     one resource and what needs it
  destroy --out end.plan        delete nothing yet; keep the plan for `apply`")]
    Destroy {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        saving: Saving,
        #[command(flatten)]
        applying: Applying,
    },
    /// Show what the stack costs a month, now and after what `up` would do
    #[command(after_help = "Examples:
  cost                          by component, from the providers' price lists
  cost --live                   by the prices of the vendors' APIs today
  cost --json                   the same as JSON, amounts as exact text

Nothing is changed. What nobody knows the price of is listed with the reason and is in no total.")]
    Cost {
        /// Ask the vendors' APIs for the prices of today
        #[arg(long)]
        live: bool,
        /// Trust the state: do not compare it with the cloud first
        #[arg(long)]
        no_refresh: bool,
    },
    /// Show a plan that was saved with `plan --out`
    #[command(after_help = "Examples:
  show web.plan                 the plan as `plan` showed it
  show web.plan --json          the same as JSON")]
    Show {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Compare the state with the cloud; `--accept` takes it over
    #[command(after_help = "Examples:
  refresh                       show what changed outside, field by field
  refresh --target edge/web     one resource only
  refresh --accept              take what the cloud has into the state

Nothing is changed in the cloud. Without `--accept` the next plan still tells what changed outside
apart from what the program changes; with it the next plan shows what the program wants to change
back. `up --refresh-only` does the same and asks before.")]
    Refresh(Refreshing),
    /// Show the outputs of the last apply
    #[command(after_help = "Examples:
  outputs                       all outputs, secrets marked
  outputs ip                    one value, bare, for scripts
  outputs kubeconfig --show-secrets > kubeconfig")]
    Outputs {
        /// Only this one, without its name
        name: Option<String>,
        /// Show secrets in place of `[secret]`
        #[arg(long, conflicts_with = "json")]
        show_secrets: bool,
    },
    /// Record an object that exists already as a resource of the program
    #[command(after_help = "Examples:
  import web 4711               object 4711 is the resource at path web
  import --all --dry-run        find what the program describes
  import --print hetzner:server 4711  the code that describes it

The program must declare what is imported. Nothing is changed in the cloud; `plan` then shows what
differs from the program.")]
    Import(ImportArgs),
    /// Take over what Terraform, OpenTofu or Pulumi manage, from their state file
    #[command(after_help = "Examples:
  adopt terraform.tfstate --dry-run  what would become what
  adopt export.json             what `pulumi stack export` wrote
  adopt terraform.tfstate --map 'hcloud_server.web[0]=edge/web'  say what an object is where names do not tell

Nothing is asked of the cloud.")]
    Adopt(AdoptArgs),
    /// Lead the stack back to what it was after an earlier run
    #[command(after_help = "Examples:
  rollback 7 --plan             what it would do; `history` shows the runs
  rollback 7                    show it, ask, apply

It is an ordinary plan: data that it would lose is announced, and what is protected stays. The program is
not changed, so the next `up` goes forward again.")]
    Rollback {
        /// The run after which the stack was as it shall be
        run: u64,
        /// Only show the plan
        #[arg(long)]
        plan: bool,
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        applying: Applying,
    },
    /// Look at the resources in the state, rename or forget one, move all of them
    #[command(subcommand, after_help = STATE_EXAMPLES)]
    State(StateTask),
    /// Show or change who opens the secrets in the state, or make a new key
    #[command(subcommand, after_help = KEYS_EXAMPLES)]
    Keys(KeysTask),
    /// Show, check or change the stack's settings
    #[command(subcommand, after_help = CONFIG_EXAMPLES)]
    Config(ConfigTask),
    /// Draw a plan or the state as a graph
    #[command(after_help = "Examples:
  graph --format svg --out plan.svg     what `up` would do, drawn
  graph | dot -Tpng > plan.png          the same, drawn by Graphviz
  graph --of state --format mermaid     what the state holds, as Mermaid

Colours and marks say what happens to each resource, boxes are components, and an arrow goes from a resource to what it needs. Nothing is changed, and no values are shown.")]
    Graph(Drawing),
    /// Make an HTML page of a plan, or of an earlier run
    #[command(after_help = "Examples:
  report --out plan.html        what `up` would do, why, and its graph
  report 7 --out run-7.html     what run 7 did, and when

The file opens from disk, loads nothing and sends nothing. Secrets are marked, never shown.")]
    Report(Reporting),
    /// Show a past run once more as it was reported, or one that `--json` recorded
    #[command(after_help = "Examples:
  replay 7                      what run 7 said, at once
  replay 7 --speed 10           ten times as fast as it was
  replay --from up.jsonl        what `up --json > up.jsonl` recorded

Nothing is done and no cloud is asked.")]
    Replay(Replaying),
    /// Look at everything that a run needs and say what is wrong with it
    #[command(after_help = "Examples:
  doctor                        credentials, network, clock, state, key, settings
  doctor --stack staging        those of another stack
  doctor --json                 one line for each check, for scripts

Nothing is changed. The exit code is 1 where a run would fail.")]
    Doctor,
    /// Print the completions of this program for a shell
    #[command(after_help = "Examples:
  completions bash > ~/.local/share/bash-completion/completions/PROGRAM
  completions zsh > ~/.zfunc/_PROGRAM
  completions fish > ~/.config/fish/completions/PROGRAM.fish

They complete the commands, the options, the stacks and this program's own
options.")]
    Completions(Completing),
    /// Print the manual page of this program
    #[command(after_help = "Examples:
  man | man -l -                read it
  man --out share/man/man1      a page for the program and for each command")]
    Man(Manual),
    /// Print the form of what this program writes for programs
    #[command(subcommand, after_help = SCHEMA_EXAMPLES)]
    Schema(SchemaTask),
    /// Show the runs of the stack, or what one of them changed
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:
  history                       the newest runs
  history show 7                the steps of run 7, field by field
  history 7                     the same"
    )]
    History {
        #[command(subcommand)]
        task: Option<HistoryTask>,
        /// The run whose steps to show
        run: Option<u64>,
        /// Most runs
        #[arg(long, value_name = "N", default_value_t = HISTORY_LIMIT_DEFAULT)]
        limit: u32,
    },
}

pub(crate) use crate::command::ConfigTask;

/// The subcommands of `state`.
#[derive(Debug, Subcommand)]
pub(crate) enum StateTask {
    /// List the resources
    #[command(after_help = "Examples:
  state list                    path, type and id of every resource")]
    List,
    /// Show one resource as it is recorded
    #[command(after_help = "Examples:
  state show edge/web           by path, or by URN:
  state show urn:shop:dev:hetzner:server:edge/web")]
    Show {
        /// The resource: its URN or its path
        #[arg(value_name = "URN_OR_PATH")]
        resource: String,
    },
    /// Rename one resource in the state
    #[command(after_help = "Examples:
  state mv web edge/web         the program declares it in `edge` now
  state mv old urn:shop:dev:hetzner:server:new")]
    Mv {
        /// The resource: its URN or its path
        #[arg(value_name = "FROM")]
        from: String,
        /// Its new path, or its new URN
        #[arg(value_name = "TO")]
        to: String,
    },
    /// Write the state of the stack as one JSON document; secrets stay encrypted
    #[command(after_help = "Examples:
  state export > dev.json       where the shell puts it
  state export --out dev.json   a new file that only its owner can read")]
    Export {
        /// The file to write; it must not exist [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Put an exported document into the state
    #[command(after_help = "Examples:
  state import dev.json                     into an empty stack
  state import dev.json --replace           in the place of what is recorded
  state import dev.json --stack staging --as-stack  as another stack

The key that locked the document's secrets must be at hand. Nothing is changed in the cloud.")]
    Import(StateImport),
    /// Look for damage; fails where there is any
    #[command(after_help = "Examples:
  state check                   the file, every row and value, open calls, the lease")]
    Check,
    /// Forget one resource; the object stays in the cloud
    #[command(after_help = "Examples:
  state rm edge/web             by path, or by URN

The next plan creates it anew if the program declares it.")]
    Rm {
        /// The resource: its URN or its path
        #[arg(value_name = "URN_OR_PATH")]
        resource: String,
    },
}

/// The subcommands of `history`.
#[derive(Debug, Subcommand)]
pub(crate) enum HistoryTask {
    /// Show the steps of one run, with every field before and after
    #[command(after_help = "Examples:
  history show 7                the steps of run 7
  history show 7 --json         the same as JSON")]
    Show {
        /// The run
        run: u64,
    },
}

/// What `state import` takes.
#[derive(Debug, Args)]
pub(crate) struct StateImport {
    /// The document
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Put it in the place of what is recorded
    #[arg(long)]
    replace: bool,
    /// Replace the state of this serial, whatever changed since the document was made
    #[arg(long, value_name = "SERIAL", requires = "replace")]
    serial: Option<u64>,
    /// Take a document of another project or stack; its resources get the names of this one
    #[arg(long)]
    as_stack: bool,
}

impl StateImport {
    /// How to import.
    pub(crate) fn options(&self) -> ImportOptions {
        let mut options = ImportOptions::new();
        options.replace = self.replace;
        options.serial = self.serial;
        options.as_stack = self.as_stack;
        options
    }
}

impl Selection {
    /// Plan options for this part of the stack.
    pub(crate) fn options(&self) -> PlanOptions {
        let mut options = PlanOptions::new();
        options.targets.clone_from(&self.target);
        options.excludes.clone_from(&self.exclude);
        options
    }
}

impl Wishes {
    /// Adds these wishes.
    pub(crate) fn add_to(&self, mut options: PlanOptions) -> PlanOptions {
        options.replace.clone_from(&self.replace);
        options.allow_renames = self.allow_renames;
        options.refresh_only = self.refresh_only;
        options
    }
}

/// What the command line is made of, beside what is always there.
pub(crate) struct Shape<'a> {
    pub(crate) name: &'a str,
    pub(crate) about: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) stacks: &'a [String],
    pub(crate) default_stack: Option<&'a str>,
    pub(crate) default_command: DefaultCommand,
    pub(crate) has_settings: bool,
    pub(crate) width: usize,
}

/// A command line that was understood.
pub(crate) struct Parsed<A> {
    pub(crate) common: Common,
    pub(crate) task: Task,
    /// The program's own arguments, or why they are not usable. Commands that do not run the
    /// program do not need them.
    pub(crate) program: Result<A, clap::Error>,
    /// The same once more.
    pub(crate) again: Again,
}

/// Reads a command line; the first argument is the program's name.
pub(crate) fn parse<A: Args>(shape: &Shape<'_>, line: Vec<OsString>) -> Result<Parsed<A>, clap::Error> {
    let mut command = describe::<A>(shape);
    let called = line.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let first = command.try_get_matches_from_mut(line.clone());
    let matches = match (first, shape.default_command.name()) {
        (Ok(matches), _) if matches.subcommand().is_some() => matches,
        (Err(error), None) => return Err(error),
        (Err(error), Some(_)) if error.kind() != ErrorKind::UnknownArgument => return Err(error),
        // `program --yes` means the default command with `--yes`.
        (first, Some(name)) => {
            let mut line = line;
            line.insert(line.len().min(1), name.into());
            match (command.try_get_matches_from_mut(line), first) {
                (Ok(matches), _) => matches,
                // What is unknown either way is told as it was written.
                (Err(error), Err(first)) if error.kind() == ErrorKind::UnknownArgument => return Err(first),
                (Err(error), _) => return Err(error),
            }
        }
        (Ok(_), None) => return Err(command.error(ErrorKind::MissingSubcommand, "a command is required")),
    };
    let task = Task::from_arg_matches(&matches)?;
    let leaf = leaf(&matches);
    let program = A::from_arg_matches(leaf).map_err(|error| error.format(&mut command));
    let own = A::augment_args(Command::new("program"));
    let own = own.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let again = Again::new(&called, &command, &matches, &own);
    Ok(Parsed { common: Common::from_arg_matches(leaf)?, task, program, again })
}

/// The innermost subcommand: options given anywhere arrive there.
fn leaf(matches: &ArgMatches) -> &ArgMatches {
    match matches.subcommand() {
        Some((_, inner)) => leaf(inner),
        None => matches,
    }
}

/// The command line as clap knows it: the runner's part and the program's own.
pub(crate) fn describe<A: Args>(shape: &Shape<'_>) -> Command {
    let mut command = Command::new(shape.name.to_owned())
        .term_width(shape.width)
        .disable_help_subcommand(true)
        .subcommand_required(shape.default_command == DefaultCommand::Help)
        .arg_required_else_help(shape.default_command == DefaultCommand::Help)
        .after_help(match shape.default_command.name() {
            Some(name) => format!("{FIRST_STEPS}\n\nWithout a command it does `{name}`."),
            None => FIRST_STEPS.to_owned(),
        });
    command = Task::augment_subcommands(Common::augment_args(command))
        .mut_arg("stack", |arg| stack_arg(arg, shape))
        // What is kept for later is not done now.
        .mut_subcommand("destroy", |destroy| destroy.mut_arg("out", |out| out.conflicts_with("yes")));
    if !shape.has_settings {
        command = command
            .mut_arg("assignments", |arg| arg.hide(true))
            .mut_subcommand("config", |config| config.hide(true));
    }
    // After the derived parts, whose own descriptions are for readers of the source.
    command = command.about(shape.about.unwrap_or_default().to_owned()).long_about(None);
    if let Some(version) = shape.version {
        command = command.version(version.to_owned());
    }
    command = typed_examples(command, shape.name);
    // The program's options work before and after the subcommand. clap cannot require such an
    // option; reading them does.
    let program = A::augment_args(Command::new("program"));
    for arg in program.get_arguments().filter(|arg| !arg.is_positional()) {
        command = command.arg(arg.clone().required(false).global(true).help_heading(PROGRAM_HEADING));
    }
    command
}

fn stack_arg(mut arg: Arg, shape: &Shape<'_>) -> Arg {
    if !shape.stacks.is_empty() {
        arg = arg.value_parser(PossibleValuesParser::new(shape.stacks.to_vec()));
    }
    match shape.default_stack {
        Some(name) => arg.default_value(name.to_owned()),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Args)]
    struct Own {
        #[arg(long)]
        workers: u32,
        #[arg(long, default_value = "nbg1")]
        region: String,
    }

    fn parse_line(line: &str, default_command: DefaultCommand) -> Result<Parsed<Own>, clap::Error> {
        let shape = Shape {
            name: "shop",
            about: None,
            version: Some("1.0"),
            stacks: &["dev".to_owned(), "staging".to_owned()],
            default_stack: Some("dev"),
            default_command,
            has_settings: true,
            width: 80,
        };
        parse(&shape, line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn the_command_line_is_consistent() {
        let shape = Shape {
            name: "shop",
            about: None,
            version: None,
            stacks: &[],
            default_stack: None,
            default_command: DefaultCommand::Help,
            has_settings: true,
            width: 80,
        };
        describe::<Own>(&shape).debug_assert();
    }

    #[test]
    fn program_options_work_before_and_after_the_subcommand() {
        for line in ["shop --workers 3 --stack staging up", "shop up --workers 3 --stack staging"] {
            let parsed = parse_line(line, DefaultCommand::Help).unwrap();
            let own = parsed.program.unwrap();
            assert_eq!((own.workers, own.region.as_str()), (3, "nbg1"), "{line}");
            assert_eq!(parsed.common.stack.as_deref(), Some("staging"), "{line}");
        }
    }

    #[test]
    fn a_required_program_option_is_only_missed_where_the_program_runs() {
        let parsed = parse_line("shop state list", DefaultCommand::Help).unwrap();
        assert!(parsed.program.is_err());
        assert!(matches!(parsed.task, Task::State(StateTask::List)));
    }

    #[test]
    fn the_default_command_takes_its_options() {
        let parsed = parse_line("shop --workers 3 --yes", DefaultCommand::Up).unwrap();
        assert!(matches!(parsed.task, Task::Up { applying: Applying { yes: true, .. }, .. }));
        let Err(error) = parse_line("shop up --nonsense", DefaultCommand::Up) else { panic!("accepted") };
        assert!(error.to_string().contains("'--nonsense'"), "{error}");
        let parsed = parse_line("shop", DefaultCommand::Plan).unwrap();
        assert!(matches!(parsed.task, Task::Plan { .. }));
    }

    #[test]
    fn an_unknown_stack_is_refused_with_the_nearest_one() {
        let Err(error) = parse_line("shop plan --stack stagin", DefaultCommand::Help) else {
            panic!("accepted")
        };
        assert!(error.to_string().contains("'staging'"), "{error}");
    }
}
