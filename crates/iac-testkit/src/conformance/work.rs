//! Owns one case on one bench: what it needs is there, its driver is called, and what the driver
//! says is kept. Knows no check.
use super::case::Case;
use super::inputs::{patched, secret_texts, typed};
use super::lab::Bench;
use super::tape::Tape;
use iac_core::provider::{Context, Driver, DriverChange, Observation};
use iac_core::{Error, ErrorKind, PageToken, Path, ProviderInstance, Urn, Value};
use serde_json::Value as Json;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The token of the object that a check creates.
pub(super) const TOKEN: &str = "00000000000000000000000000000001";
/// The token of a second one.
pub(super) const OTHER_TOKEN: &str = "00000000000000000000000000000002";
const NEEDED_TOKEN: &str = "0000000000000000000000000000000f";
/// The project and stack that the resources belong to.
pub(super) const PROJECT: &str = "conformance";
pub(super) const STACK: &str = "test";
/// The logical name of the case's resource.
pub(super) const NAME: &str = "subject";
/// Longest time of one call. A bench takes milliseconds; this only ends what hangs.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// Shorter lines of a secret occur by chance.
const SECRET_LENGTH_MIN: usize = 8;
/// Most pages of one listing.
const PAGES_MAX: usize = 50;

/// One case, ready to be worked on.
pub(super) struct Work<'a> {
    pub(super) case: &'a Case,
    pub(super) bench: Bench,
    pub(super) tape: Tape,
    pub(super) driver: Arc<dyn Driver>,
    /// The inputs as the case gives them.
    pub(super) json: Json,
    /// The same as a driver takes them.
    pub(super) inputs: Value,
    /// The account before the case's resource is created.
    pub(super) before: Vec<String>,
    ids: super::Ids,
    urn: Urn,
    secrets: Vec<String>,
    said: Mutex<Vec<String>>,
}

/// An error with everything that helps.
pub(super) fn told(error: &Error) -> String {
    match error.way_out() {
        Some(hint) => format!("{error:?} (hint: {hint})"),
        None => format!("{error:?}"),
    }
}

fn driver_of(provider: &ProviderInstance, type_token: &str) -> Result<Arc<dyn Driver>, String> {
    let found = provider.types().drivers().find(|driver| driver.spec().type_token == type_token);
    found.cloned().ok_or_else(|| format!("the provider does not register {type_token}"))
}

fn urn_of(type_token: &str, name: &str) -> Result<Urn, String> {
    Urn::new(PROJECT, STACK, type_token, &[], name).map_err(|error| error.to_string())
}

/// What an API shows for "not set".
fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

impl<'a> Work<'a> {
    /// Creates what the case needs.
    pub(super) async fn start(case: &'a Case, bench: Bench) -> Result<Self, String> {
        let tape = Tape::default();
        bench.server.set_interceptor(tape.interceptor(bench.prepares));
        let driver = driver_of(&bench.provider, case.type_token)?;
        let mut ids = super::Ids::default();
        for need in &case.needs {
            let driver = driver_of(&bench.provider, need.type_token)?;
            let inputs = typed(driver.spec().inputs, &(need.inputs)(&ids));
            let urn = urn_of(need.type_token, &need.name.replace(' ', "-"))?;
            let cx = bench.provider.context(&urn, NEEDED_TOKEN, Arc::new(tape.clone()), CALL_TIMEOUT);
            let cx = cx.map_err(|error| told(&error))?;
            let created = driver.create(&cx, &inputs).await;
            let created = created.map_err(|error| format!("needed {:?}: {}", need.name, told(&error)))?;
            ids.0.insert(need.name, created.id);
        }
        tape.rewind();
        let json = (case.inputs)(&ids);
        let inputs = typed(driver.spec().inputs, &json);
        let mut work = Self {
            before: (bench.inventory)(&bench.server),
            urn: urn_of(case.type_token, NAME)?,
            secrets: Vec::new(),
            said: Mutex::default(),
            case,
            bench,
            tape,
            driver,
            json,
            inputs,
            ids,
        };
        work.secrets = work.all_secrets();
        let faults = work.driver.check(&work.inputs);
        if faults.is_empty() {
            Ok(work)
        } else {
            Err(format!("the case's own inputs are refused: {faults:?}"))
        }
    }

    fn all_secrets(&self) -> Vec<String> {
        let mut secrets = self.bench.credentials.clone();
        secret_texts(&self.inputs, &mut secrets);
        for (_, inputs) in self.updates() {
            secret_texts(&self.typed(&inputs), &mut secrets);
        }
        // Debug output escapes line breaks, so lines are searched for; those of an armour are public.
        let lines = secrets.iter().flat_map(|secret| secret.lines());
        let mut lines: Vec<String> = lines
            .filter(|line| line.len() >= SECRET_LENGTH_MIN && !line.starts_with("-----"))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines.dedup();
        lines
    }

    pub(super) fn typed(&self, json: &Json) -> Value {
        typed(self.driver.spec().inputs, json)
    }

    /// The case's updates: each with all inputs afterwards.
    pub(super) fn updates(&self) -> Vec<(&'static str, Json)> {
        let mut json = self.json.clone();
        let mut all = Vec::with_capacity(self.case.updates.len());
        for update in &self.case.updates {
            json = patched(&json, &(update.patch)(&self.ids));
            all.push((update.name, json.clone()));
        }
        all
    }

    /// The case's wrong inputs, each with the field that is wrong.
    pub(super) fn invalid(&self) -> Vec<(&'static str, Value)> {
        let wrong = self.case.invalid.iter();
        wrong
            .map(|wrong| (wrong.field, self.typed(&patched(&self.json, &(wrong.patch)(&self.ids)))))
            .collect()
    }

    pub(super) fn inventory(&self) -> Vec<String> {
        (self.bench.inventory)(&self.bench.server)
    }

    pub(super) fn cx(&self, token: &str) -> Context {
        self.context(&self.bench.provider, token)
    }

    pub(super) fn stranger_cx(&self) -> Context {
        self.context(&self.bench.stranger, TOKEN)
    }

    fn context(&self, provider: &ProviderInstance, token: &str) -> Context {
        let cx = provider.context(&self.urn, token, Arc::new(self.tape.clone()), CALL_TIMEOUT);
        cx.expect("a bench's providers are ready")
    }

    /// Keeps what a driver or an engine says, to be searched for secrets.
    pub(super) fn hear(&self, said: &impl Debug) {
        self.hear_text(format!("{said:?}"));
    }

    pub(super) fn hear_text(&self, text: String) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// The texts that show a secret.
    pub(super) fn leaks(&self) -> Vec<String> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        said.extend(self.tape.progress_texts());
        let shows = |text: &String| self.secrets.iter().any(|secret| text.contains(secret.as_str()));
        said.into_iter().filter(shows).map(|text| format!("a text shows a secret: {text}")).collect()
    }

    pub(super) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// The result, kept to be searched for secrets.
    pub(super) fn heard<T: Debug>(&self, result: Result<T, Error>) -> Result<T, Error> {
        self.hear(&result);
        if let Err(error) = &result {
            self.hear_text(told(error));
        }
        result
    }

    pub(super) async fn create_with(&self, token: &str, inputs: &Value) -> Result<Observation, Error> {
        self.heard(self.driver.create(&self.cx(token), inputs).await)
    }

    /// Creates the case's resource, which must succeed.
    pub(super) async fn create(&self) -> Result<Observation, String> {
        let created = self.create_with(TOKEN, &self.inputs).await;
        created.map_err(|error| format!("create: {}", told(&error)))
    }

    pub(super) async fn try_read(&self, id: &str) -> Result<Option<Observation>, String> {
        let read = self.heard(self.driver.read(&self.cx(TOKEN), id).await);
        read.map_err(|error| format!("read {id}: {}", told(&error)))
    }

    /// Reads what must be there.
    pub(super) async fn read(&self, id: &str) -> Result<Observation, String> {
        let read = self.try_read(id).await?.ok_or_else(|| format!("read {id}: there is nothing"))?;
        if read.id == id { Ok(read) } else { Err(format!("read {id}: it has the id {}", read.id)) }
    }

    pub(super) async fn update(&self, id: &str, change: &DriverChange) -> Result<Value, String> {
        let updated = self.heard(self.driver.update(&self.cx(TOKEN), id, change.clone()).await);
        updated.map_err(|error| format!("update: {}", told(&error)))
    }

    pub(super) async fn delete(&self, id: &str) -> Result<(), String> {
        let deleted = self.heard(self.driver.delete(&self.cx(TOKEN), id).await);
        deleted.map_err(|error| format!("delete {id}: {}", told(&error)))
    }

    /// Deletes an object. One that is protected must stay as it is, and goes after the case's updates,
    /// which lift the protection.
    pub(super) async fn remove(&self, id: &str) -> Result<(), String> {
        let deleted = self.heard(self.driver.delete(&self.cx(TOKEN), id).await);
        match deleted {
            Err(error) if error.kind() == ErrorKind::Protected && !self.case.updates.is_empty() => {}
            other => return other.map_err(|error| format!("delete {id}: {}", told(&error))),
        }
        for (_, inputs) in self.updates() {
            let before = self.read(id).await?;
            self.update(id, &self.change(&before, &self.typed(&inputs))).await?;
        }
        self.delete(id).await
    }

    pub(super) async fn find(&self, token: &str) -> Result<Vec<String>, String> {
        let found = self.heard(self.driver.find(&self.cx(token), &self.inputs).await);
        found.map_err(|error| format!("find: {}", told(&error)))
    }

    /// All objects of the type; `None` if the API does not list them.
    pub(super) async fn list(&self) -> Result<Option<Vec<Observation>>, String> {
        let mut page = PageToken::default();
        let mut all = Vec::new();
        for _ in 0..PAGES_MAX {
            let listed = match self.heard(self.driver.list(&self.cx(TOKEN), page).await) {
                Ok(listed) => listed,
                Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(None),
                Err(error) => return Err(format!("list: {}", told(&error))),
            };
            all.extend(listed.items);
            match listed.next {
                Some(next) => page = next,
                None => return Ok(Some(all)),
            }
        }
        Err(format!("list: it has more than {PAGES_MAX} pages"))
    }

    /// The change from what was read to wanted inputs, as the engine would give it.
    pub(super) fn change(&self, before: &Observation, wanted: &Value) -> DriverChange {
        let mut old = before.inputs.clone();
        let mut changed = Vec::new();
        for field in self.driver.spec().inputs {
            let default = field.default.map(|default| default());
            let new = match (wanted.get(field.name), &default) {
                (Value::Null, Some(default)) => default,
                (given, _) => given,
            };
            if field.write_only {
                old = old.with(field.name, self.inputs.get(field.name).clone());
            }
            let chosen = field.default_from_api && *new == Value::Null;
            let both_absent = is_absent(old.get(field.name)) && is_absent(new);
            if !chosen && !both_absent && old.get(field.name) != new {
                changed.push(Path::field(field.name));
            }
        }
        DriverChange::new(old, wanted.clone(), before.outputs.clone(), changed)
    }

    /// The outputs apart from those that may change at any time, and those that only a creation tells.
    pub(super) fn lasting(&self, outputs: &Value) -> Value {
        let told_once = self.driver.spec().outputs.iter().filter(|field| field.write_only);
        let left_out = self.case.passing.iter().copied().chain(told_once.map(|field| field.name));
        left_out.fold(outputs.clone(), |outputs, name| outputs.with(name, Value::Null))
    }
}
