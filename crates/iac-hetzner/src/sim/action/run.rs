//! Owns how actions start, run and end, and what they hold meanwhile. Knows no effect's inside and
//! no routes.
use super::object::{Action, NewAction, Status, Subject};
use crate::sim::cloud::HetznerSim;
use crate::sim::config::Pace;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, conflict, locked};
use crate::sim::kind::Kind;
use crate::sim::relations;
use iac_testkit::sim::{SimRequest, SimResponse, SimTime};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Finished actions beyond this number are forgotten, the oldest first.
const FINISHED_MAX: usize = 20_000;

impl HetznerSim {
    /// Starts an action and answers its id. Start it last in a handler: at the pace
    /// [`Pace::Instant`] its effects happen here.
    pub(crate) fn start_action(&mut self, new: NewAction) -> u64 {
        let id = self.state.next_id();
        let action = Action {
            id,
            command: new.command.to_owned(),
            status: Status::Running,
            started: self.now,
            finished: None,
            subjects: new.subjects,
            locks: new.locks,
            pace: self.config.pace_for(new.command),
            polls: 0,
            after: new.after,
            effects: new.effects,
            failure: new.failure,
        };
        self.state.actions.insert(id, action);
        self.state.running.insert(id);
        self.settle();
        self.forget_old_actions();
        id
    }

    /// The action as the API shows it.
    pub(crate) fn action_view(&self, id: u64) -> Value {
        self.state.actions.get(&id).map_or(Value::Null, |action| self.view_of(action))
    }

    /// `{"action": {…}}` with 201: the answer of most requests that start one.
    pub(crate) fn action_answer(&self, id: u64) -> Answer {
        Ok(SimResponse::json(201, json!({ "action": self.action_view(id) })))
    }

    /// Starts an action and answers it, as most requests that start one do.
    pub(crate) fn answer_action(&mut self, new: NewAction) -> Answer {
        let id = self.start_action(new);
        self.action_answer(id)
    }

    /// Starts and answers an action that holds one object and changes it at its end.
    pub(crate) fn answer_change(
        &mut self,
        command: &'static str,
        (kind, id): Subject,
        effect: Effect,
    ) -> Answer {
        self.answer_action(NewAction::new(command).locking(kind, id).effect(effect))
    }

    /// The actions as the API shows them.
    pub(crate) fn action_views(&self, ids: &[u64]) -> Vec<Value> {
        ids.iter().map(|id| self.action_view(*id)).collect()
    }

    /// An action as the API shows it.
    pub(super) fn view_of(&self, action: &Action) -> Value {
        let error = match &action.status {
            Status::Error { code, message } => json!({ "code": code, "message": message }),
            _ => Value::Null,
        };
        let resources: Vec<Value> =
            action.subjects.iter().map(|(kind, id)| json!({ "id": id, "type": kind.singular() })).collect();
        json!({
            "id": action.id,
            "command": action.command,
            "status": action.status_word(),
            "started": action.started.to_rfc3339(),
            "finished": action.finished.map(SimTime::to_rfc3339),
            "progress": action.progress(self.begun(action), self.now),
            "resources": resources,
            "error": error,
        })
    }

    /// When the action's own work began; none while it waits for another.
    fn begun(&self, action: &Action) -> Option<SimTime> {
        let Some(after) = action.after else {
            return Some(action.started);
        };
        match self.state.actions.get(&after) {
            Some(previous) => previous.finished.map(|finished| finished.max(action.started)),
            None => Some(action.started),
        }
    }

    /// Ends every action whose time has come.
    pub(crate) fn settle(&mut self) {
        loop {
            let ended: Vec<(u64, SimTime)> = self
                .state
                .running
                .iter()
                .filter_map(|id| Some((*id, self.ends_at(self.state.actions.get(id)?)?)))
                .collect();
            if ended.is_empty() {
                return;
            }
            for (id, at) in ended {
                self.finish(id, at);
            }
        }
    }

    /// When the action ends, if that moment has come.
    fn ends_at(&self, action: &Action) -> Option<SimTime> {
        let begun = self.begun(action)?;
        match action.pace {
            Pace::Instant => Some(begun.max(action.started)),
            Pace::Polls(polls) => (action.polls >= polls).then_some(self.now),
            Pace::Takes(time) => Some(begun + time).filter(|at| *at <= self.now),
        }
    }

    /// Ends an action whatever its pace.
    pub(crate) fn finish_now(&mut self, id: u64) {
        self.finish(id, self.now);
    }

    fn finish(&mut self, id: u64, at: SimTime) {
        self.state.running.remove(&id);
        let failure = self.failure_of(id);
        let Some(action) = self.state.actions.get_mut(&id) else {
            return;
        };
        action.finished = Some(at);
        let effects = std::mem::take(&mut action.effects);
        match failure {
            None => {
                action.status = Status::Success;
                effects.into_iter().for_each(|effect| effect.apply(self));
            }
            Some((code, message)) => {
                action.status = Status::Error { code, message };
                effects.into_iter().for_each(|effect| effect.revert(self));
            }
        }
    }

    /// The failure ordered for this action, or that of the action it waited for.
    fn failure_of(&mut self, id: u64) -> Option<(String, String)> {
        let action = self.state.actions.get(&id)?;
        let previous = action.after.and_then(|after| self.state.actions.get(&after));
        if let Some(Status::Error { .. }) = previous.map(|previous| &previous.status) {
            return Some(("action_failed".to_owned(), "the action before this one failed".to_owned()));
        }
        if let Some(failure) = &action.failure {
            return Some(failure.clone());
        }
        let at = self.failures.iter().position(|(command, ..)| *command == action.command)?;
        let (_, code, message) = self.failures.remove(at);
        Some((code, message))
    }

    fn forget_old_actions(&mut self) {
        let finished = self.state.actions.len().saturating_sub(self.state.running.len());
        for _ in FINISHED_MAX..finished {
            let oldest = self.state.actions.values().find(|action| action.finished.is_some());
            if let Some(id) = oldest.map(|action| action.id) {
                self.state.actions.remove(&id);
            }
        }
    }

    /// Counts a request as a read of the running actions that it looks at, by their ids or by
    /// their objects.
    pub(crate) fn observe(&mut self, request: &SimRequest) {
        let seen = self.looked_at(request);
        self.count_reads(seen);
    }

    fn count_reads(&mut self, seen: BTreeSet<u64>) {
        if seen.is_empty() {
            return;
        }
        for id in seen {
            if let Some(action) = self.state.actions.get_mut(&id) {
                action.polls = action.polls.saturating_add(1);
            }
        }
        self.settle();
    }

    /// Counts a refusal as a read of every action that is at work: whoever repeats the request
    /// lets time pass.
    pub(crate) fn observe_all(&mut self) {
        let at_work: BTreeSet<u64> =
            self.running_actions().map(|action| self.first_in_line(action)).collect();
        self.count_reads(at_work);
    }

    fn looked_at(&self, request: &SimRequest) -> BTreeSet<u64> {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
        let asked: BTreeSet<u64> =
            request.query_all("id").into_iter().filter_map(|id| id.parse().ok()).collect();
        let is_seen = |action: &Action| match segments.as_slice() {
            ["actions"] => asked.contains(&action.id),
            ["actions", id] | [_, "actions", id] | [_, _, "actions", id] if id.parse() == Ok(action.id) => {
                true
            }
            ["actions", _] | [_, "actions", _] => false,
            [collection] => {
                let kind = Kind::of_collection(collection);
                action.subjects.iter().any(|(subject, _)| Some(*subject) == kind)
            }
            [collection, "actions"] => {
                let kind = Kind::of_collection(collection);
                action.subjects.iter().any(|(subject, _)| Some(*subject) == kind)
                    && (asked.is_empty() || asked.contains(&action.id))
            }
            [collection, id, ..] => {
                let subject = Kind::of_collection(collection)
                    .and_then(|kind| Some((kind, relations::id_of(self, kind, id)?)));
                subject.is_some_and(|subject| action.is_about(subject))
            }
            _ => false,
        };
        let seen = self.running_actions().filter(|action| is_seen(action));
        seen.map(|action| self.first_in_line(action)).collect()
    }

    /// The running action that this one waits for, or itself: who looks at the last of several
    /// gets the first one on.
    fn first_in_line(&self, action: &Action) -> u64 {
        let mut first = action;
        while let Some(previous) = first.after.and_then(|after| self.state.actions.get(&after))
            && previous.finished.is_none()
        {
            first = previous;
        }
        first.id
    }

    /// Whether an action holds the object.
    pub(crate) fn is_locked(&self, kind: Kind, id: u64) -> bool {
        self.running_actions().any(|action| action.locks.contains(&(kind, id)))
    }

    /// Refuses with 423 while an action holds the object.
    pub(crate) fn require_unlocked(&self, kind: Kind, id: u64) -> Result<(), SimResponse> {
        if self.is_locked(kind, id) { Err(locked(kind, id)) } else { Ok(()) }
    }

    /// Refuses with 409 while an action holds the object: for types whose changes conflict.
    pub(crate) fn require_no_change(&self, kind: Kind, id: u64) -> Result<(), SimResponse> {
        if self.is_locked(kind, id) { Err(conflict(kind, id)) } else { Ok(()) }
    }

    /// The actions that are not finished.
    pub(crate) fn running_actions(&self) -> impl Iterator<Item = &Action> {
        self.state.running.iter().filter_map(|id| self.state.actions.get(id))
    }
}
