//! The words and marks for what a step does.

use anstyle::Style;
use iac_core::{Op, ReplaceOrder, Urn};

use crate::layout::{BAD, CHANGE, FAINT, GOOD, HINT};

/// How an operation is spoken of.
pub(crate) struct Words {
    pub(crate) mark: &'static str,
    /// "failed to …".
    pub(crate) infinitive: &'static str,
    /// While it runs.
    pub(crate) doing: &'static str,
    /// When it is done.
    pub(crate) done: &'static str,
    pub(crate) style: Style,
}

/// The words for `op`.
pub(crate) fn words(op: Op) -> Words {
    let of = |mark, infinitive, doing, done, style| Words { mark, infinitive, doing, done, style };
    match op {
        Op::Create => of("+", "create", "creating", "created", GOOD),
        Op::Update => of("~", "update", "updating", "updated", CHANGE),
        Op::CreateReplacement => {
            of("+", "replace", "creating the replacement", "created the replacement", GOOD)
        }
        Op::DeleteReplaced => of("-", "delete the old", "deleting the old one", "deleted the old one", BAD),
        Op::Delete => of("-", "delete", "deleting", "deleted", BAD),
        Op::Forget => of(">", "forget", "forgetting", "forgot", FAINT),
        Op::Read => of("<=", "read", "reading", "read", HINT),
        Op::Import => of("=", "import", "importing", "imported", GOOD),
        Op::Record => of("=", "record", "recording", "recorded", FAINT),
        Op::Accept => of("=", "accept", "accepting", "accepted", FAINT),
        Op::Hook => of("*", "run a hook of", "running a hook", "ran a hook", HINT),
        other => of("*", other.as_str(), other.as_str(), other.as_str(), FAINT),
    }
}

/// The mark of a replacement: which half comes first.
pub(crate) fn replacement_mark(order: Option<ReplaceOrder>) -> &'static str {
    match order {
        Some(ReplaceOrder::DeleteFirst) => "-/+",
        _ => "+/-",
    }
}

/// `1 resource`, `2 resources`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A resource in a sentence: type and path.
pub(crate) fn name(urn: &Urn) -> String {
    format!("{} {}", urn.type_token(), urn.path())
}
