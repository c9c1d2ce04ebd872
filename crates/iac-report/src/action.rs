//! [`Action`]: what happens to a resource, or what is wrong with it, and how that is shown. Knows
//! nothing of where it is shown.

use iac_core::Op;
use serde::Serialize;

/// What a plan or a run does with a resource, or how a state has it. Each has a colour, a mark and a
/// word, so that nothing depends on seeing colours.
///
/// ```
/// use iac_report::Action;
///
/// assert_eq!((Action::Replace.mark(), Action::Replace.word()), ("±", "replace"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Stays as it is.
    Same,
    /// Is recorded and in use.
    Ready,
    /// Is declared, is not there yet, and is not part of the plan.
    LeftOut,
    /// Only a hook of it runs.
    Hook,
    /// Changes in the state only.
    Record,
    /// What the cloud has is taken as the recorded state, also for the first time (an import).
    Accept,
    /// Is only read.
    Read,
    /// Is dropped from the state; the object stays.
    Forget,
    /// Changes in place.
    Update,
    /// Is made.
    Create,
    /// Is deleted, or its old half is.
    Delete,
    /// Is made anew.
    Replace,
    /// Its creation failed after the object existed.
    Incomplete,
    /// Is recorded, and gone in the cloud.
    Missing,
    /// Is deleted; hooks of its deletion are still owed.
    Gone,
}

impl Action {
    /// All of them, in the order of legends.
    pub const ALL: [Self; 15] = [
        Self::Create,
        Self::Update,
        Self::Replace,
        Self::Delete,
        Self::Read,
        Self::Accept,
        Self::Record,
        Self::Forget,
        Self::Hook,
        Self::Incomplete,
        Self::Missing,
        Self::Gone,
        Self::LeftOut,
        Self::Ready,
        Self::Same,
    ];

    /// What one step does to its resource. The halves of a replacement belong together, so the
    /// strongest of a resource's steps is what happens to it.
    pub(crate) fn of_op(op: Op) -> Self {
        match op {
            Op::Create => Self::Create,
            Op::Update => Self::Update,
            Op::CreateReplacement => Self::Replace,
            Op::DeleteReplaced | Op::Delete => Self::Delete,
            Op::Forget => Self::Forget,
            Op::Read => Self::Read,
            Op::Accept | Op::Import => Self::Accept,
            Op::Hook => Self::Hook,
            _ => Self::Record,
        }
    }

    /// The same for an operation as the history names it.
    pub(crate) fn of_recorded(op: &str) -> Self {
        let ops = [
            Op::Read,
            Op::Create,
            Op::Update,
            Op::CreateReplacement,
            Op::DeleteReplaced,
            Op::Delete,
            Op::Forget,
            Op::Hook,
            Op::Accept,
            Op::Import,
        ];
        ops.into_iter().find(|known| known.as_str() == op).map_or(Self::Record, Self::of_op)
    }

    /// The name in style classes and data.
    pub fn key(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Ready => "ready",
            Self::LeftOut => "left_out",
            Self::Hook => "hook",
            Self::Record => "record",
            Self::Accept => "accept",
            Self::Read => "read",
            Self::Forget => "forget",
            Self::Update => "update",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Incomplete => "incomplete",
            Self::Missing => "missing",
            Self::Gone => "gone",
        }
    }

    /// One character that stands for it beside a name.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Same | Self::Ready => "·",
            Self::LeftOut => "○",
            Self::Hook => "*",
            Self::Record | Self::Accept => "=",
            Self::Read => "?",
            Self::Forget => ">",
            Self::Update => "~",
            Self::Create => "+",
            Self::Delete => "−",
            Self::Replace => "±",
            Self::Incomplete => "!",
            Self::Missing | Self::Gone => "×",
        }
    }

    /// The word in legends and labels.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "unchanged",
            Self::Ready => "in use",
            Self::LeftOut => "not part of the plan",
            Self::Hook => "run a hook",
            Self::Record => "change in the state only",
            Self::Accept => "accept",
            Self::Read => "read",
            Self::Forget => "forget",
            Self::Update => "update",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Incomplete => "incomplete",
            Self::Missing => "gone in the cloud",
            Self::Gone => "deleted, hooks owed",
        }
    }

    /// Fill, line and text on a light ground. The text has a contrast of at least 7 to the fill.
    pub(crate) fn light(self) -> [&'static str; 3] {
        match self {
            Self::Create => ["#dff5e3", "#2b8a3e", "#0b3d17"],
            Self::Update | Self::Accept => ["#fff3d1", "#b7791f", "#4a2f00"],
            Self::Replace => ["#efe3ff", "#7048c8", "#2f1466"],
            Self::Delete | Self::Missing | Self::Gone => ["#fde2e2", "#c92a2a", "#5c0d0d"],
            Self::Read | Self::Hook => ["#dcefff", "#1f6fb2", "#0b335c"],
            Self::Incomplete => ["#ffe5d0", "#c2560c", "#571f00"],
            Self::Record | Self::Forget => ["#e7eaee", "#6b7684", "#272d35"],
            Self::Same | Self::Ready | Self::LeftOut => ["#f6f7f9", "#98a2b0", "#343b45"],
        }
    }

    /// The same on a dark ground.
    pub(crate) fn dark(self) -> [&'static str; 3] {
        match self {
            Self::Create => ["#12351b", "#4fbf68", "#d3f7dc"],
            Self::Update | Self::Accept => ["#3b2c07", "#dca93f", "#ffeec2"],
            Self::Replace => ["#2b1d4a", "#a685f0", "#eadfff"],
            Self::Delete | Self::Missing | Self::Gone => ["#431616", "#f07474", "#ffdcdc"],
            Self::Read | Self::Hook => ["#0f2c45", "#5aaeea", "#d5ecff"],
            Self::Incomplete => ["#44230b", "#f09650", "#ffe3cd"],
            Self::Record | Self::Forget => ["#2b313a", "#98a4b3", "#e6ebf1"],
            Self::Same | Self::Ready | Self::LeftOut => ["#1c2129", "#647082", "#cfd6df"],
        }
    }
}
