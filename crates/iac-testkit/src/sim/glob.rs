//! Owns matching of a path against a pattern with `*`. Knows no path segments.

/// Whether `text` matches `pattern`, in which each `*` stands for any characters, `/` included.
pub(super) fn glob_matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn stars_match_anything() {
        for (pattern, text, expected) in [
            ("/v1/servers", "/v1/servers", true),
            ("/v1/servers", "/v1/servers/1", false),
            ("/v1/servers*", "/v1/servers/1/actions", true),
            ("*/actions/*", "/v1/servers/1/actions/reboot", true),
            ("*/actions", "/v1/actions/actions", true),
            ("/a*a", "/a", false),
            ("*", "", true),
        ] {
            assert_eq!(glob_matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
