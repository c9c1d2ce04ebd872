//! Path segments: how an id or a name becomes a part of a URL.
//! Knows nothing of requests.

use iac_core::{Error, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986 `unreserved` stays; everything else is encoded, `/` and `%` among it.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Encodes one path segment.
///
/// ```
/// assert_eq!(iac_http::path_segment("a/b c")?, "a%2Fb%20c");
/// # Ok::<(), iac_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidInput`](iac_core::ErrorKind::InvalidInput) for an empty segment, `.` and
/// `..`: a URL drops them, and the request would go to another resource (the whole collection,
/// for a DELETE).
pub fn path_segment(value: &str) -> Result<String> {
    if matches!(value, "" | "." | "..") {
        return Err(Error::new(
            iac_core::ErrorKind::InvalidInput,
            format!("`{value}` cannot be a part of a URL path"),
        ));
    }
    Ok(utf8_percent_encode(value, SEGMENT).to_string())
}

/// Replaces the placeholder `{name}` of a path template by an encoded segment.
pub(crate) fn fill(path: &str, name: &str, value: &str) -> Result<String> {
    let placeholder = format!("{{{name}}}");
    if !path.contains(&placeholder) {
        return Err(Error::internal(format!("the path `{path}` has no placeholder `{placeholder}`")));
    }
    let segment = path_segment(value).map_err(|error| error.field(name.to_owned()))?;
    Ok(path.replace(&placeholder, &segment))
}

/// Refuses a path that would not be sent as written.
pub(crate) fn check(path: &str) -> Result<()> {
    let problem = if !path.starts_with('/') {
        "does not begin with `/`"
    } else if path.contains(['{', '}']) {
        "has a placeholder without a value"
    } else if path.contains(['?', '#']) {
        "has a query or a fragment; use `query`"
    } else if path.split('/').any(is_dot_segment) {
        "has a `.` or `..` segment"
    } else {
        return Ok(());
    };
    Err(Error::internal(format!("the request path `{path}` {problem}")))
}

/// A URL parser treats `%2e` as a dot.
fn is_dot_segment(segment: &str) -> bool {
    let dots = segment.to_ascii_lowercase().replace("%2e", ".");
    dots == "." || dots == ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments() {
        for (value, expected) in
            [("42", "42"), ("a/b", "a%2Fb"), ("ü", "%C3%BC"), ("50%", "50%25"), ("...", "...")]
        {
            assert_eq!(path_segment(value).unwrap(), expected);
        }
        for value in ["", ".", ".."] {
            assert!(path_segment(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn paths() {
        assert_eq!(fill("/servers/{id}/x", "id", "a b").unwrap(), "/servers/a%20b/x");
        assert!(fill("/servers", "id", "1").is_err());
        assert!(check("/servers/1").is_ok());
        for path in ["servers", "/servers/{id}", "/a?b", "/a#b", "/a/../b", "/a/%2E%2e/b"] {
            assert!(check(path).is_err(), "{path}");
        }
    }
}
