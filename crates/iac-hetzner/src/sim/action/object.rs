//! Owns what an action is: its fields, and the order for a new one. Knows neither when it ends nor
//! any effect's inside.
use crate::sim::config::Pace;
use crate::sim::effect::Effect;
use crate::sim::kind::Kind;
use crate::sim::label::Labels;
use crate::sim::paging::{Entry, SortKey};
use iac_testkit::sim::SimTime;
use serde::{Deserialize, Serialize};

const PROGRESS_MAX: u64 = 100;

/// An object that an action is about.
pub(crate) type Subject = (Kind, u64);

/// How far an action is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Running,
    Success,
    Error { code: String, message: String },
}

/// A task that ends later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Action {
    pub(super) id: u64,
    pub(super) command: String,
    pub(super) status: Status,
    pub(super) started: SimTime,
    pub(super) finished: Option<SimTime>,
    pub(super) subjects: Vec<Subject>,
    /// The subjects that take no other change until the end.
    pub(super) locks: Vec<Subject>,
    pub(super) pace: Pace,
    pub(super) polls: u32,
    /// The action that must have ended before this one begins.
    pub(super) after: Option<u64>,
    pub(super) effects: Vec<Effect>,
    /// Why it will fail, when that is known from its start: code and message.
    #[serde(default)]
    pub(super) failure: Option<(String, String)>,
}

/// An action that is about to start.
#[derive(Debug)]
#[must_use]
pub(crate) struct NewAction {
    pub(super) command: &'static str,
    pub(super) subjects: Vec<Subject>,
    pub(super) locks: Vec<Subject>,
    pub(super) after: Option<u64>,
    pub(super) effects: Vec<Effect>,
    pub(super) failure: Option<(String, String)>,
}

impl NewAction {
    /// An action of this command about nothing yet.
    pub(crate) fn new(command: &'static str) -> Self {
        Self {
            command,
            subjects: Vec::new(),
            locks: Vec::new(),
            after: None,
            effects: Vec::new(),
            failure: None,
        }
    }

    /// Names an object in the action's `resources`.
    pub(crate) fn about(mut self, kind: Kind, id: u64) -> Self {
        self.subjects.push((kind, id));
        self
    }

    /// Names an object and locks it: other changes of it answer 423 until the action has ended.
    pub(crate) fn locking(mut self, kind: Kind, id: u64) -> Self {
        self.locks.push((kind, id));
        self.about(kind, id)
    }

    /// Begins only when that action has ended.
    pub(crate) fn after(mut self, action: u64) -> Self {
        self.after = Some(action);
        self
    }

    /// Does this when the action ends well.
    pub(crate) fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Ends in this error, and takes its effects back.
    pub(crate) fn failing(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.failure = Some((code.into(), message.into()));
        self
    }
}

impl Entry for &Action {
    fn id(&self) -> u64 {
        self.id
    }

    fn name(&self) -> &str {
        &self.command
    }

    fn labels(&self) -> Option<&Labels> {
        None
    }

    fn sort_key(&self, field: &str) -> SortKey {
        match field {
            "command" => SortKey::Text(self.command.clone()),
            "status" => SortKey::Text(self.status_word().to_owned()),
            "started" => SortKey::Number(self.started.unix_ms()),
            "finished" => SortKey::Number(self.finished.map_or(i64::MAX, SimTime::unix_ms)),
            _ => SortKey::Number(i64::try_from(self.id).unwrap_or(i64::MAX)),
        }
    }
}

impl Action {
    pub(super) fn status_word(&self) -> &'static str {
        match self.status {
            Status::Running => "running",
            Status::Success => "success",
            Status::Error { .. } => "error",
        }
    }

    pub(crate) fn is_about(&self, subject: Subject) -> bool {
        self.subjects.contains(&subject)
    }

    /// Whether it is about any object of a type.
    pub(super) fn is_about_any(&self, kind: Kind) -> bool {
        self.subjects.iter().any(|(subject, _)| *subject == kind)
    }

    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    /// How much of it is done, in percent.
    pub(super) fn progress(&self, begun: Option<SimTime>, now: SimTime) -> u64 {
        let (done, all) = match (&self.status, begun, self.pace) {
            (Status::Success, ..) => return PROGRESS_MAX,
            (_, None, _) | (_, _, Pace::Instant) => return 0,
            (_, _, Pace::Polls(polls)) => (u64::from(self.polls), u64::from(polls)),
            (_, Some(begun), Pace::Takes(time)) => {
                let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                (ms(now.since(begun)), ms(time))
            }
        };
        // Only an ended action shows all of it.
        (done.saturating_mul(PROGRESS_MAX) / all.max(1)).min(PROGRESS_MAX - 1)
    }
}
