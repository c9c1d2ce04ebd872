//! A program's settings as the runner handles them: of a type that it does not know. Knows nothing of
//! what is shown.

use std::sync::Arc;

use async_trait::async_trait;
use iac_core::state::{Keyring, StackId};
use iac_settings::{
    Change, Changed, Fault, Faults, Inspection, LoadOptions, Rekeyed, Settings, Validate, Variables,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::arguments::Common;
use crate::console::Environment;
use crate::failure::{Failure, Problem};
use crate::keys::{self, KEY_VARIABLE, PASSPHRASE_VARIABLE, SharedKeyring};
use crate::place::Process;
use crate::runner::Runner;

/// Settings `S`, whatever they are.
#[async_trait]
pub(crate) trait SettingsDoor<S>: Send + Sync {
    /// Whether the program has settings at all.
    fn exists(&self) -> bool;
    async fn load(&self, options: &LoadOptions) -> Result<S, Faults>;
    fn inspect(&self, options: &LoadOptions) -> Inspection;
    fn is_secret(&self, key: &str) -> Result<bool, Fault>;
    fn change(&self, options: &LoadOptions, change: &Change) -> Result<Changed, Faults>;
    fn rekey(&self, options: &LoadOptions, new: Option<&dyn Keyring>) -> Result<Rekeyed, Faults>;
    fn schema(&self) -> Json;
    /// The stacks with a file of their own.
    fn stacks(&self) -> Vec<String>;
}

#[async_trait]
impl<T: DeserializeOwned + JsonSchema + Validate + Send> SettingsDoor<T> for Settings<T> {
    fn exists(&self) -> bool {
        true
    }
    async fn load(&self, options: &LoadOptions) -> Result<T, Faults> {
        Settings::load(self, options).await.map(iac_settings::Loaded::into_inner)
    }
    fn inspect(&self, options: &LoadOptions) -> Inspection {
        Settings::inspect(self, options)
    }
    fn is_secret(&self, key: &str) -> Result<bool, Fault> {
        Settings::is_secret(self, key)
    }
    fn change(&self, options: &LoadOptions, change: &Change) -> Result<Changed, Faults> {
        Settings::change(self, options, change)
    }
    fn rekey(&self, options: &LoadOptions, new: Option<&dyn Keyring>) -> Result<Rekeyed, Faults> {
        Settings::rekey(self, options, new)
    }
    fn schema(&self) -> Json {
        self.json_schema()
    }
    fn stacks(&self) -> Vec<String> {
        self.stacks_with_files()
    }
}

/// A program without settings: it has the value `()` of them, and no files.
pub(crate) struct NoSettings;

#[async_trait]
impl SettingsDoor<()> for NoSettings {
    fn exists(&self) -> bool {
        false
    }
    async fn load(&self, _: &LoadOptions) -> Result<(), Faults> {
        Ok(())
    }
    fn inspect(&self, options: &LoadOptions) -> Inspection {
        Settings::<()>::new().without_directory().inspect(options)
    }
    fn is_secret(&self, key: &str) -> Result<bool, Fault> {
        Settings::<()>::new().is_secret(key)
    }
    fn change(&self, options: &LoadOptions, change: &Change) -> Result<Changed, Faults> {
        Settings::<()>::new().without_directory().change(options, change)
    }
    fn rekey(&self, options: &LoadOptions, new: Option<&dyn Keyring>) -> Result<Rekeyed, Faults> {
        Settings::<()>::new().without_directory().rekey(options, new)
    }
    fn schema(&self) -> Json {
        Json::Null
    }
    fn stacks(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<A, S> Runner<A, S> {
    /// The program's settings: a struct of its own, loaded and checked before anything runs, and read
    /// with [`RunContext::settings`](crate::RunContext::settings). It brings `--set` and the command
    /// `config`.
    ///
    /// Variables start with the project's name in capitals unless
    /// [`variable_prefix`](Settings::variable_prefix) says otherwise.
    ///
    /// ```no_run
    /// use iac_cli::{NoArgs, ProgramError, RunContext, Runner};
    /// use iac_core::Stack;
    /// use iac_settings::{Settings, Validate};
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Shop {
    ///     region: String,
    ///     #[serde(default)]
    ///     workers: u32,
    /// }
    /// impl Validate for Shop {}
    ///
    /// fn main() -> std::process::ExitCode {
    ///     Runner::new("shop").stacks(["dev", "production"]).settings(Settings::<Shop>::new()).run(
    ///         async |cx: &RunContext<NoArgs, Shop>, stack: &Stack| -> Result<(), ProgramError> {
    ///             for number in 0..cx.settings().workers {
    ///                 // stack.add(format!("worker-{number}"), …)?;
    ///                 # let _ = (stack, number);
    ///             }
    ///             Ok(())
    ///         },
    ///     )
    /// }
    /// ```
    pub fn settings<T>(self, settings: Settings<T>) -> Runner<A, T>
    where
        T: DeserializeOwned + JsonSchema + Validate + Send + 'static,
    {
        let settings = match settings.has_variable_prefix() {
            true => settings,
            false => {
                let spelled = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
                settings.variable_prefix(self.project().chars().map(spelled).collect::<String>())
            }
        };
        // The runner's own variables, should the project be called like them.
        let settings = settings.ignore_variable(KEY_VARIABLE).ignore_variable(PASSPHRASE_VARIABLE);
        self.rebuilt(Arc::new(settings))
    }
}

/// The settings of one stack, with what the run gives for them.
pub(crate) struct SettingsDesk<'a, S> {
    pub(crate) door: &'a dyn SettingsDoor<S>,
    pub(crate) process: &'a Process,
    pub(crate) stack: &'a StackId,
    pub(crate) options: LoadOptions,
}

impl<'a, S> SettingsDesk<'a, S> {
    pub(crate) fn new(
        door: &'a dyn SettingsDoor<S>,
        keyring: Option<&Arc<dyn Keyring>>,
        process: &'a Process,
        common: &Common,
        stack: &'a StackId,
    ) -> Result<Self, Failure> {
        if !door.exists() && !common.assignments.is_empty() {
            return Err(Problem::new("failed to understand `--set`: this program has no settings")
                .hint("see `--help` for the options it has")
                .into());
        }
        let mut options =
            LoadOptions::new(&stack.project, &stack.stack).variables(match &process.environment {
                Environment::Process => Variables::process(),
                Environment::Given(variables) => Variables::of(variables.clone()),
            });
        for assignment in &common.assignments {
            options = options.assign(assignment);
        }
        if door.exists() {
            let named = common.named_key();
            options = options.keyring(match keyring {
                Some(keyring) => Arc::new(SharedKeyring(Arc::clone(keyring))),
                None => Arc::new(keys::choose(
                    named.as_ref(),
                    &common.state,
                    &process.environment,
                    &process.screen,
                )?),
            });
        }
        Ok(Self { door, process, stack, options })
    }

    /// The settings, or everything that is wrong with them.
    pub(crate) async fn load(&self) -> Result<S, Failure> {
        let loaded = self.door.load(&self.options).await;
        loaded.map_err(|faults| Failure::settings(&format!("load the settings of {}", self.stack), faults))
    }
}
