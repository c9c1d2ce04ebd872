//! `config`: shows, checks and changes a stack's settings. Opens no state and runs no program.

use std::io::IsTerminal as _;

use clap::Subcommand;
use iac_core::Secret;
use iac_settings::{Change, Entry, EntryValue, LoadOptions, SECRET_BYTES_MAX};
use serde_json::{Value as Json, json};

use crate::console::Environment;
use crate::exit::EXIT_DONE;
use crate::failure::{Failure, Problem};
use crate::keys::Source;
use crate::layout::{FAINT, HINT, PLAIN, Page, STRONG};
use crate::render::counted;
use crate::settings::SettingsDesk;

/// Widest column of keys and of values; longer ones push the rest to the right.
const COLUMN_MAX: usize = 36;

/// The subcommands of `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigTask {
    /// Show every setting, its value and where it comes from; secrets are marked
    #[command(after_help = "Examples:
  config show                   all settings of the stack
  config show database          one section
  config show --set workers=5   what a run with `--set` would see")]
    Show {
        /// Only this key or section
        key: Option<String>,
    },
    /// Check the settings, secrets included, and change nothing
    #[command(after_help = "Examples:
  config check                  as a run would, before it does anything
  config check --offline        without asking for secrets
  config check --all --offline  the settings of every stack")]
    Check {
        /// Do not fetch or open secrets
        #[arg(long)]
        offline: bool,
        /// Every stack in place of one
        #[arg(long)]
        all: bool,
    },
    /// Write one setting into the stack's settings file
    #[command(after_help = "Examples:
  config set workers 5          in the stack's file
  config set labels.team shop --base  in the file of all stacks
  config set --secret token     asks, and shows nothing of what is typed")]
    Set {
        /// The key with its sections, as in `database.pool_size`
        key: String,
        /// The value; text needs no quotes
        #[arg(required_unless_present = "secret", conflicts_with = "secret", allow_hyphen_values = true)]
        value: Option<String>,
        /// Read a secret from standard input and write it encrypted
        #[arg(long)]
        secret: bool,
        /// In the file of all stacks
        #[arg(long)]
        base: bool,
    },
    /// Give the stack's settings file a new key, and seal all its secrets again
    #[command(after_help = "Examples:
  config rekey                            a new key, locked as the old one is
  config rekey --to passphrase:TEAM_WORDS  locked by a passphrase
  config rekey --key-file old.key         where the old one is another key

The file is written at once or not at all. Who had the old key can still read what an old version of the file holds: set the secrets anew if that must not be.")]
    Rekey {
        /// What locks the new key; what locks the old one if it is left out
        #[arg(long, value_name = "KEY")]
        to: Option<Source>,
    },
    /// Print the JSON schema of the settings
    #[command(after_help = "Examples:
  config schema > settings/schema.json  for editors

The first line `#:schema schema.json` in a settings file tells an editor of it.")]
    Schema,
}

impl ConfigTask {
    /// Whether it is about the stack that was chosen, and so needs one.
    pub(crate) fn is_of_one_stack(&self) -> bool {
        !matches!(self, Self::Check { all: true, .. } | Self::Schema)
    }
}

/// Does what `task` says.
pub(crate) async fn config<S>(
    desk: &SettingsDesk<'_, S>,
    task: &ConfigTask,
    stacks: &[String],
) -> Result<u8, Failure> {
    if !desk.door.exists() {
        return Err(Problem::new("failed to find settings: this program has none")
            .hint("a program gets them with `Runner::settings`")
            .into());
    }
    match task {
        ConfigTask::Show { key } => show(desk, key.as_deref()),
        ConfigTask::Check { offline, all: false } => check(desk, &desk.stack.stack, *offline).await,
        ConfigTask::Check { offline, all: true } => check_all(desk, stacks, *offline).await,
        ConfigTask::Set { key, value, secret, base } => set(desk, key, value.as_deref(), *secret, *base),
        ConfigTask::Rekey { to } => rekey(desk, to.as_ref()),
        ConfigTask::Schema => schema(desk),
    }
}

fn show<S>(desk: &SettingsDesk<'_, S>, key: Option<&str>) -> Result<u8, Failure> {
    let screen = &desk.process.screen;
    let inspection = desk.door.inspect(&desk.options);
    let wanted = |entry: &&Entry| {
        key.is_none_or(|key| {
            let rest = entry.key.strip_prefix(key);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    let entries: Vec<&Entry> = inspection.entries.iter().filter(wanted).collect();
    if let (Some(key), true) = (key, entries.is_empty()) {
        let failure = Failure::new("show the settings", format!("there is no setting {key:?}"));
        return Err(failure.hint("`config show` lists all"));
    }
    let column =
        |widths: Vec<usize>| widths.into_iter().filter(|width| *width <= COLUMN_MAX).max().unwrap_or(0);
    let keys = column(entries.iter().map(|entry| entry.key.chars().count()).collect());
    let values = column(entries.iter().map(|entry| entry.value.to_string().chars().count()).collect());
    let mut page = Page::new(screen.width);
    for entry in entries {
        let style = if matches!(entry.value, EntryValue::Unset) { FAINT } else { STRONG };
        let text = format!("{:values$}  {}", entry.value.to_string(), origin(entry));
        page.item(0, &format!("{:keys$}", entry.key), style, &text, keys + 1);
        screen.json_line("setting", setting(entry));
    }
    screen.out(&page.finish());
    if inspection.faults.is_empty() {
        return Ok(EXIT_DONE);
    }
    Err(Failure::settings(&format!("check the settings of {}", desk.stack), inspection.faults))
}

fn origin(entry: &Entry) -> String {
    match &entry.value {
        EntryValue::Secret(kind) if kind != "variable" => {
            format!("{} ({kind})", entry.origin.short())
        }
        _ => entry.origin.short(),
    }
}

fn setting(entry: &Entry) -> Json {
    let value = match &entry.value {
        EntryValue::Plain(value) => value.clone(),
        EntryValue::Secret(_) => json!({ "$secret": true }),
        _ => Json::Null,
    };
    let mut line = json!({ "key": entry.key, "value": value, "origin": entry.origin.to_string() });
    if let (Some(place), Some(fields)) = (entry.origin.position(), line.as_object_mut()) {
        fields.insert("file".into(), Json::from(&*place.file));
        fields.insert("line".into(), Json::from(place.line));
    }
    line
}

/// The same options for another stack.
fn for_stack<S>(desk: &SettingsDesk<'_, S>, stack: &str) -> LoadOptions {
    desk.options.clone().for_stack(stack)
}

async fn check<S>(desk: &SettingsDesk<'_, S>, stack: &str, offline: bool) -> Result<u8, Failure> {
    let screen = &desk.process.screen;
    let options = for_stack(desk, stack);
    let name = format!("{}/{stack}", desk.stack.project);
    let action = format!("check the settings of {name}");
    let inspection = desk.door.inspect(&options);
    if !offline {
        desk.door.load(&options).await.map_err(|faults| Failure::settings(&action, faults))?;
    } else if !inspection.faults.is_empty() {
        return Err(Failure::settings(&action, inspection.faults));
    }
    let is_set = |entry: &&Entry| !matches!(entry.value, EntryValue::Unset);
    let values = inspection.entries.iter().filter(is_set).count();
    let secrets =
        inspection.entries.iter().filter(|entry| matches!(entry.value, EntryValue::Secret(_))).count();
    let asked = match (secrets, offline) {
        (0, _) => String::new(),
        (_, true) => format!(", {} not asked for", counted(secrets, "secret")),
        (_, false) => format!(", {} at hand", counted(secrets, "secret")),
    };
    let mut page = Page::new(screen.width);
    page.line(0, PLAIN, &format!("The settings of {name} are right: {}{asked}.", counted(values, "value")));
    screen.out(&page.finish());
    screen.json_line("settings", json!({ "stack": stack, "values": values, "secrets": secrets }));
    Ok(EXIT_DONE)
}

async fn check_all<S>(desk: &SettingsDesk<'_, S>, stacks: &[String], offline: bool) -> Result<u8, Failure> {
    let with_files = desk.door.stacks();
    let chosen = [desk.stack.stack.clone()];
    let all = [stacks, &with_files, &chosen].into_iter().find(|all| !all.is_empty()).unwrap_or_default();
    let mut failures = Vec::new();
    for stack in all {
        failures.extend(check(desk, stack, offline).await.err());
    }
    // No run would ever read it: most likely its name is misspelled.
    for stray in with_files.iter().filter(|stack| !all.contains(stack)) {
        let text = format!("the settings file {stray}.toml belongs to no stack of {}", desk.stack.project);
        let hint = format!("rename or remove it; the stacks are {}", all.join(", "));
        failures.push(Problem::new(text).hint(hint).into());
    }
    let mut failures = failures.into_iter();
    let Some(mut first) = failures.next() else { return Ok(EXIT_DONE) };
    first.problems.extend(failures.flat_map(|failure| failure.problems));
    Err(first)
}

fn set<S>(
    desk: &SettingsDesk<'_, S>,
    key: &str,
    value: Option<&str>,
    secret: bool,
    base: bool,
) -> Result<u8, Failure> {
    let screen = &desk.process.screen;
    let action = format!("set {key:?}");
    // Before somebody types a secret for nothing.
    let refused = |fault| Failure::settings(&action, iac_settings::Faults::new([fault]));
    desk.door.is_secret(key).map_err(refused)?;
    let change = match value {
        Some(value) if !secret => Change::value(key, value),
        _ => Change::secret(key, read_secret(desk, key)?),
    };
    let change = if base { change.in_base() } else { change };
    let changed = desk.door.change(&desk.options, &change);
    let changed = changed.map_err(|faults| Failure::settings(&action, faults))?;
    let file = changed.file.display();
    let mut page = Page::new(screen.width);
    let how = if secret { ", encrypted," } else { "" };
    page.line(0, PLAIN, &format!("Wrote {key}{how} to {file}."));
    screen.out(&page.finish());
    screen.json_line("changed", json!({ "key": key, "file": file.to_string() }));
    if changed.created {
        let mut page = Page::new(screen.width);
        page.item(0, "note:", HINT, &format!("made the file {file}; keep it with the program's source"), 2);
        screen.err(&page.finish());
    }
    Ok(EXIT_DONE)
}

fn rekey<S>(desk: &SettingsDesk<'_, S>, to: Option<&Source>) -> Result<u8, Failure> {
    let screen = &desk.process.screen;
    let is_new_file = matches!(to, Some(Source::File(path)) if !path.exists());
    let new = to.map(|source| source.open_to_add(&desk.process.environment)).transpose()?;
    let rekeyed = desk.door.rekey(&desk.options, new.as_deref());
    if let (Err(_), true, Some(Source::File(path))) = (&rekeyed, is_new_file, to) {
        // It was made for this alone and opens nothing.
        let _ = std::fs::remove_file(path);
    }
    let action = format!("give the settings of {} a new key", desk.stack);
    let rekeyed = rekeyed.map_err(|faults| Failure::settings(&action, faults))?;
    let file = rekeyed.file.display();
    let mut page = Page::new(screen.width);
    let values = counted(rekeyed.values, "value");
    let locked =
        new.as_ref().map(|keyring| format!(", locked by {}", keyring.describe())).unwrap_or_default();
    page.line(0, PLAIN, &format!("Sealed {values} of {file} again with a new key{locked}."));
    screen.out(&page.finish());
    screen.json_line("rekeyed", json!({ "file": file.to_string(), "values": rekeyed.values }));
    let mut page = Page::new(screen.width);
    if to.is_some() {
        page.item(
            0,
            "note:",
            HINT,
            "the file opens with that key alone from now on; `keys add` lets the same key open the state",
            2,
        );
    }
    page.item(
        0,
        "hint:",
        HINT,
        "an old version of the file still opens with the old key; set anew what nobody may read who had it",
        2,
    );
    screen.err(&page.finish());
    Ok(EXIT_DONE)
}

/// Never from the arguments: others on the machine can read those.
fn read_secret<S>(desk: &SettingsDesk<'_, S>, key: &str) -> Result<Secret<String>, Failure> {
    let question = format!("Secret for {key}: ");
    let is_process = matches!(desk.process.environment, Environment::Process);
    let read = if is_process && std::io::stdin().is_terminal() {
        rpassword::prompt_password(&question).map(Secret::new)
    } else {
        desk.process.screen.read_secret(&question, SECRET_BYTES_MAX)
    };
    read.map_err(|error| {
        let is_no_text = error.kind() == std::io::ErrorKind::InvalidData;
        let reason = if is_no_text { "it is not UTF-8 text".to_owned() } else { error.kind().to_string() };
        Failure::new(&format!("read the secret for {key:?}"), reason).hint(format!(
            "give it on standard input, as in `config set --secret {key} < FILE`; nothing was changed"
        ))
    })
}

fn schema<S>(desk: &SettingsDesk<'_, S>) -> Result<u8, Failure> {
    let schema = desk.door.schema();
    let text =
        serde_json::to_string_pretty(&schema).map_err(|error| Failure::new("print the schema", error))?;
    desk.process.screen.out(&format!("{text}\n"));
    desk.process.screen.json_line("schema", json!({ "schema": schema }));
    Ok(EXIT_DONE)
}
