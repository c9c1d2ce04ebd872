//! Owns path templates such as `/servers/{id}/actions/{action}`. Knows no methods or handlers.
use super::request::segments;
use std::cmp::Ordering;

/// A path with named holes: `{name}` stands for one segment, also with text around it
/// (`/instance/{id}:stop`), and a last `{*name}` stands for the rest of the path.
///
/// ```
/// use iac_testkit::sim::PathTemplate;
///
/// let template = PathTemplate::parse("/servers/{id}/actions/{action}")?;
/// let params = template.matches("/servers/42/actions/reboot").expect("the path fits");
/// assert_eq!(params.get("id"), Some("42"));
/// assert!(template.matches("/servers/42").is_none());
/// # Ok::<(), iac_testkit::sim::PathTemplateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    source: String,
    pieces: Vec<Piece>,
}

/// One segment of a template. The order of the variants is the order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Param { before: String, name: String, after: String },
    Rest(String),
}

/// A path template that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path template {template:?} is malformed: {reason}")]
#[non_exhaustive]
pub struct PathTemplateError {
    /// The template.
    pub template: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl PathTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// When braces do not pair, a segment has two holes, or `{*name}` is not last.
    pub fn parse(template: &str) -> Result<Self, PathTemplateError> {
        let malformed = |reason| PathTemplateError { template: template.to_owned(), reason };
        let path = template.strip_prefix('/').ok_or_else(|| malformed("it must begin with /"))?;
        let texts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        let mut pieces = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let piece = Piece::parse(text).map_err(malformed)?;
            if matches!(piece, Piece::Rest(_)) && index + 1 != texts.len() {
                return Err(malformed("{*name} must be the last segment"));
            }
            pieces.push(piece);
        }
        Ok(Self { source: template.to_owned(), pieces })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The parameters, decoded, when the percent-encoded `path` fits; a parameter is never empty.
    pub fn matches(&self, path: &str) -> Option<Params> {
        self.matches_segments(&segments(path))
    }

    pub(crate) fn matches_segments(&self, segments: &[String]) -> Option<Params> {
        let mut params = Params::default();
        let mut rest = segments.iter();
        for piece in &self.pieces {
            if let Piece::Rest(name) = piece {
                let joined = rest.map(String::as_str).collect::<Vec<_>>().join("/");
                params.0.push((name.clone(), joined));
                return Some(params);
            }
            let segment = rest.next()?;
            match piece {
                Piece::Literal(literal) if literal == segment => {}
                Piece::Param { before, name, after } => {
                    let value = segment.strip_prefix(before)?.strip_suffix(after)?;
                    if value.is_empty() {
                        return None;
                    }
                    params.0.push((name.clone(), value.to_owned()));
                }
                Piece::Literal(_) | Piece::Rest(_) => return None,
            }
        }
        rest.next().is_none().then_some(params)
    }

    /// Which of two templates that fit the same path is the more specific one: compared segment
    /// by segment, a literal before a parameter with text around it, before a bare parameter,
    /// before a rest. `Less` is preferred.
    pub fn compare_specificity(&self, other: &Self) -> Ordering {
        let ranks = |template: &Self| template.pieces.iter().map(Piece::rank).collect::<Vec<_>>();
        ranks(self).cmp(&ranks(other))
    }
}

impl Piece {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let Some((before, opened)) = text.split_once('{') else {
            if text.contains('}') {
                return Err("a } has no {");
            }
            return Ok(Self::Literal(text.to_owned()));
        };
        let (name, after) = opened.split_once('}').ok_or("a { has no }")?;
        if after.contains(['{', '}']) {
            return Err("a segment may have one parameter only");
        }
        if let Some(name) = name.strip_prefix('*') {
            return if before.is_empty() && after.is_empty() && !name.is_empty() {
                Ok(Self::Rest(name.to_owned()))
            } else {
                Err("{*name} must be a whole segment and have a name")
            };
        }
        if name.is_empty() {
            return Err("a parameter needs a name");
        }
        Ok(Self::Param { before: before.to_owned(), name: name.to_owned(), after: after.to_owned() })
    }

    /// The preference of this piece; longer text around a parameter is preferred.
    fn rank(&self) -> (u8, usize) {
        match self {
            Self::Literal(_) => (0, 0),
            Self::Param { before, after, .. } => (1, usize::MAX - before.len() - after.len()),
            Self::Rest(_) => (2, 0),
        }
    }
}

/// The parameters of a path, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter's value read as another type; none when it is absent or cannot be read.
    ///
    /// ```
    /// use iac_testkit::sim::PathTemplate;
    ///
    /// let params = PathTemplate::parse("/servers/{id}")?.matches("/servers/42").expect("fits");
    /// assert_eq!(params.parse::<u64>("id"), Some(42));
    /// # Ok::<(), iac_testkit::sim::PathTemplateError>(())
    /// ```
    pub fn parse<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    /// All names and values, in the order of the path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
