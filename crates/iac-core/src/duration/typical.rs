//! [`Typical`]: what a type says of how long its calls take. Knows nothing of what they took.

use std::time::Duration;

/// How long the calls of a type usually take, as its author knows: what an apply goes by until the
/// state has seen some. Only their relation to each other matters much, so rough numbers do.
///
/// ```
/// use std::time::Duration;
/// use iac_core::duration::Typical;
///
/// const SERVER: Typical = Typical::UNKNOWN.create(Duration::from_secs(20)).delete(Duration::from_secs(5));
/// assert_eq!(SERVER.of_create(), Some(Duration::from_secs(20)));
/// assert_eq!(SERVER.of_update(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Typical {
    create: Option<Duration>,
    update: Option<Duration>,
    delete: Option<Duration>,
}

impl Typical {
    /// Nobody knows.
    pub const UNKNOWN: Self = Self { create: None, update: None, delete: None };

    /// How long a create takes until the object is ready.
    pub const fn create(mut self, takes: Duration) -> Self {
        self.create = Some(takes);
        self
    }
    /// How long a change in place takes.
    pub const fn update(mut self, takes: Duration) -> Self {
        self.update = Some(takes);
        self
    }
    /// How long a delete takes until the object is gone.
    pub const fn delete(mut self, takes: Duration) -> Self {
        self.delete = Some(takes);
        self
    }
    /// See [`create`](Self::create).
    pub const fn of_create(&self) -> Option<Duration> {
        self.create
    }
    /// See [`update`](Self::update).
    pub const fn of_update(&self) -> Option<Duration> {
        self.update
    }
    /// See [`delete`](Self::delete).
    pub const fn of_delete(&self) -> Option<Duration> {
        self.delete
    }
}
