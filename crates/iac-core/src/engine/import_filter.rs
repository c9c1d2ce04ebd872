//! Which objects and resources a bulk import looks at. Pure.

use std::collections::BTreeMap;

use super::bulk::name_of;
use crate::provider::{Driver, Observation};

/// Which objects a bulk import looks at.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ImportFilter {
    /// Only these types, by token; empty for every type of every registered provider.
    pub types: Vec<String>,
    /// Only objects with all of these labels. An object of a type without labels has none.
    pub labels: BTreeMap<String, String>,
    /// Only objects whose name matches: `*` for any text, `?` for one character.
    pub name: Option<String>,
    /// Only resources of the program whose path begins with these parts (`edge`, `edge/inner`).
    pub into: Option<String>,
    /// Find everything and record nothing.
    pub dry_run: bool,
}

impl ImportFilter {
    /// Every object of every type.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these types, by token.
    #[must_use]
    pub fn types<S: Into<String>>(mut self, tokens: impl IntoIterator<Item = S>) -> Self {
        self.types.extend(tokens.into_iter().map(Into::into));
        self
    }

    /// Only objects with this label.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Only objects whose name matches this pattern.
    #[must_use]
    pub fn name(mut self, pattern: impl Into<String>) -> Self {
        self.name = Some(pattern.into());
        self
    }

    /// Only into resources below this path.
    #[must_use]
    pub fn into(mut self, path: impl Into<String>) -> Self {
        self.into = Some(path.into());
        self
    }

    /// Find everything and record nothing.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    pub(super) fn wants(&self, driver: &dyn Driver, object: &Observation) -> bool {
        let labels = object.inputs.get("labels");
        let labelled =
            self.labels.iter().all(|(key, value)| labels.get(key).as_str() == Some(value.as_str()));
        let named = self
            .name
            .as_ref()
            .is_none_or(|pattern| name_of(driver, &object.inputs).is_some_and(|name| glob(pattern, &name)));
        labelled && named
    }

    /// Whether objects may become the resource at `path`.
    pub(super) fn reaches(&self, path: &str) -> bool {
        is_below(path, self.into.as_deref())
    }
}

fn is_below(path: &str, prefix: Option<&str>) -> bool {
    let Some(prefix) = prefix else { return true };
    path.strip_prefix(prefix.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether `text` matches `pattern`: `*` stands for any text, `?` for one character.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last star is, and how much text it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((at, taken)) = star else { return false };
                (p, t) = (at + 1, taken + 1);
                star = Some((at, taken + 1));
            }
        }
    }
    pattern.iter().skip(p).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text) in
            [("web-*", "web-1"), ("*", ""), ("w?b", "wxb"), ("*-1", "a-1-1"), ("a*b*c", "axbbc")]
        {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("web-*", "xweb-1"), ("w?b", "wb"), ("", "a"), ("a*b", "a*c")] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_prefix_ends_at_a_slash() {
        assert!(is_below("edge/web", Some("edge")) && is_below("edge/web", Some("edge/")));
        assert!(is_below("edge", Some("edge")) && is_below("x", None));
        assert!(!is_below("edges/web", Some("edge")));
    }
}
