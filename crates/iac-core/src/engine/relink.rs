//! Recorded values back to expressions: a text that was another object's id or output becomes a
//! reference to it again. Pure; knows nothing of rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::expr::Expr;
use crate::value::Value;

/// Shorter texts than this may stand inside another, or be an output, by chance. An id that is a whole
/// value may be shorter.
const TELLING_LENGTH_MIN: usize = 6;

/// A text that an object gave, and the expression that gives it.
pub(super) struct Source {
    pub(super) text: String,
    pub(super) expr: Expr,
    /// Whether it may only go where a secret was.
    pub(super) secret: bool,
    /// Whether it is an output, and not an id.
    pub(super) output: bool,
}

/// Turns the values of one resource into expressions over `sources`.
pub(super) struct Relinker<'a> {
    /// The ones that come first win.
    pub(super) sources: Vec<Source>,
    /// What else a whole text may refer to.
    pub(super) elsewhere: &'a dyn Fn(&str) -> Option<Expr>,
    /// Whether outputs are looked for, or ids alone.
    pub(super) outputs_too: bool,
    /// The texts that refer to nothing.
    pub(super) literals: BTreeSet<String>,
}

impl Relinker<'_> {
    /// The expression for `value`.
    pub(super) fn expr(&mut self, value: &Value) -> Expr {
        self.any(value, false)
    }

    fn any(&mut self, value: &Value, in_secret: bool) -> Expr {
        match value {
            Value::String(text) => self.text(text, in_secret),
            Value::List(items) => {
                let items: Vec<Expr> = items.iter().map(|item| self.any(item, in_secret)).collect();
                if items.iter().all(is_literal) {
                    Expr::Literal(value.clone())
                } else {
                    Expr::List(items.into())
                }
            }
            Value::Map(entries) => {
                let entries: Vec<(Arc<str>, Expr)> =
                    entries.iter().map(|(key, item)| (Arc::clone(key), self.any(item, in_secret))).collect();
                if entries.iter().all(|(_, item)| is_literal(item)) {
                    return Expr::Literal(value.clone());
                }
                Expr::Map(entries.into())
            }
            Value::Secret(inner) => match self.any(inner, true) {
                Expr::Literal(_) => Expr::Literal(value.clone()),
                reference => Expr::Secret(Arc::new(reference)),
            },
            other => Expr::Literal(other.clone()),
        }
    }

    fn text(&mut self, text: &str, in_secret: bool) -> Expr {
        let whole = self.usable(in_secret).find(|source| source.text == text);
        if let Some(source) = whole.filter(|source| !source.output || is_telling(text)) {
            return source.expr.clone();
        }
        if let Some(expr) = (self.elsewhere)(text) {
            return expr;
        }
        let mut pieces: Vec<Expr> = Vec::new();
        let mut from = 0;
        while let Some((at, source)) = self.next_piece(text, from, in_secret) {
            if at > from {
                pieces.push(Expr::Literal(text.get(from..at).unwrap_or_default().into()));
            }
            pieces.push(source.expr.clone());
            from = at + source.text.len();
        }
        if pieces.is_empty() {
            self.literals.insert(text.to_owned());
            return Expr::Literal(text.into());
        }
        let rest = text.get(from..).unwrap_or_default();
        if !rest.is_empty() {
            pieces.push(Expr::Literal(rest.into()));
        }
        Expr::Concat(pieces.into())
    }

    fn usable(&self, in_secret: bool) -> impl Iterator<Item = &Source> {
        let usable =
            move |source: &&Source| (in_secret || !source.secret) && (self.outputs_too || !source.output);
        self.sources.iter().filter(usable)
    }

    /// The first source inside `text` from `from` on, and where; the longest if several begin there.
    fn next_piece(&self, text: &str, from: usize, in_secret: bool) -> Option<(usize, &Source)> {
        let telling = self.usable(in_secret).filter(|source| is_telling(&source.text));
        let places = telling.filter_map(|source| {
            let found = text.get(from..)?.match_indices(&source.text).map(|(at, _)| from + at);
            let mut whole = found.filter(|at| is_whole(text, *at, source.text.len()));
            whole.next().map(|at| (at, source))
        });
        places.min_by_key(|(at, source)| (*at, usize::MAX - source.text.len()))
    }
}

fn is_telling(text: &str) -> bool {
    text.len() >= TELLING_LENGTH_MIN
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(_))
}

/// Whether the piece is no part of a longer word, number or address: `10.0.0.1` is not in `10.0.0.12`.
fn is_whole(text: &str, at: usize, length: usize) -> bool {
    let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let mut before = text.get(..at).unwrap_or_default().chars().rev();
    let mut after = text.get(at + length..).unwrap_or_default().chars();
    let cut = |first: Option<char>, second: Option<char>| match first {
        Some('.') => !second.is_some_and(joins),
        Some(letter) => !joins(letter),
        None => true,
    };
    cut(before.next(), before.next()) && cut(after.next(), after.next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::NodeRef;
    use crate::urn::Urn;

    fn node() -> NodeRef {
        NodeRef::new(Urn::new("p", "s", "a:b", &[], "n").unwrap())
    }

    fn shown(expr: &Expr) -> String {
        match expr {
            Expr::Literal(value) => format!("{value:?}"),
            Expr::Id(_) => "ID".into(),
            Expr::Attribute(_, name) => format!("<{name}>"),
            Expr::Secret(inner) => format!("secret({})", shown(inner)),
            Expr::Concat(items) | Expr::List(items) => {
                items.iter().map(shown).collect::<Vec<_>>().join(" + ")
            }
            Expr::Map(entries) => entries
                .iter()
                .map(|(key, item)| format!("{key}: {}", shown(item)))
                .collect::<Vec<_>>()
                .join(", "),
            _ => "?".into(),
        }
    }

    #[test]
    fn what_an_object_gave_becomes_a_reference_and_nothing_else_does() {
        let attribute = |name: &str| Expr::Attribute(node(), name.into());
        let source = |text: &str, expr: Expr, secret: bool| {
            let output = !matches!(expr, Expr::Id(_));
            Source { text: text.into(), expr, secret, output }
        };
        let cases: [(Value, &str); 12] = [
            ("nbg1".into(), "\"nbg1\""),
            ("net-7".into(), "ID"),
            ("a net-7".into(), "\"a net-7\""),
            ("10.0.0.1".into(), "<address>"),
            ("10.0.0.12".into(), "\"10.0.0.12\""),
            ("110.0.0.1".into(), "\"110.0.0.1\""),
            ("1.10.0.0.1".into(), "\"1.10.0.0.1\""),
            (
                "https://10.0.0.1:6443 or 10.0.0.1.".into(),
                "\"https://\" + <address> + \":6443 or \" + <address> + \".\"",
            ),
            ("hunter2-token".into(), "\"hunter2-token\""),
            (Value::secret("join hunter2-token".into()), "secret(\"join \" + <token>)"),
            (Value::map([("a", 1u32.into()), ("b", "net-7".into())]), "a: 1, b: ID"),
            (Value::list(["x".into(), "far".into()]), "\"x\" + <far>"),
        ];
        for (value, expected) in cases {
            let mut relinker = Relinker {
                sources: vec![
                    source("net-7", Expr::Id(node()), false),
                    source("nbg1", attribute("location"), false),
                    source("10.0.0.1", attribute("address"), false),
                    source("hunter2-token", attribute("token"), true),
                ],
                elsewhere: &|text| (text == "far").then(|| attribute("far")),
                outputs_too: true,
                literals: BTreeSet::new(),
            };
            assert_eq!(shown(&relinker.expr(&value)), expected, "{value:?}");
        }
    }
}
