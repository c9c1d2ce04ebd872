//! Where inside a value: `rules[2].port`. Knows nothing of the values themselves.

use std::fmt;

/// The path of a field inside inputs or outputs, as shown in diffs: `services[0].health_check`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Path(String);

impl Path {
    /// The path of a top-level field.
    pub fn field(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// This path, one field deeper. A key that is not a plain name is quoted.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if self.0.is_empty() && plain {
            Self(key.to_owned())
        } else if plain {
            Self(format!("{}.{key}", self.0))
        } else {
            Self(format!("{}[{key:?}]", self.0))
        }
    }

    /// This path, one list item deeper.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The top-level field this path is in.
    pub fn root(&self) -> &str {
        self.0.split(['.', '[']).next().unwrap_or_default()
    }

    /// Whether `self` is `prefix` or lies inside it.
    pub fn starts_with(&self, prefix: &str) -> bool {
        self.0.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_nest_and_match_by_whole_segments() {
        let path = Path::field("rules").index(2).key("port");
        assert_eq!(path.as_str(), "rules[2].port");
        assert_eq!(path.root(), "rules");
        assert!(path.starts_with("rules") && path.starts_with("rules[2]"));
        assert!(!path.starts_with("rule"));
        assert_eq!(Path::field("labels").key("a/b").as_str(), "labels[\"a/b\"]");
    }
}
