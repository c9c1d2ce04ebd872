//! Texts for people (a description, a name) that also carry the marker of a resource, for kinds of
//! objects that have no labels. Knows no kind.

use iac_core::Marker;

/// What a marker begins with.
const BEGIN: &str = "iac:";
/// Hexadecimal digits of a marker's token.
const TOKEN_LENGTH: usize = 32;
/// How many characters a marker takes.
pub(crate) const MARK_LENGTH: usize = BEGIN.len() + TOKEN_LENGTH;
/// The same with the space before it.
pub(crate) const LENGTH: usize = MARK_LENGTH + 1;

/// `text` with the marker at its end: `text iac:0123…`.
pub(crate) fn with(marker: &Marker, text: &str) -> String {
    let mark = format!("{BEGIN}{}", marker.token());
    if text.is_empty() { mark } else { format!("{text} {mark}") }
}

/// `text` without a marker.
pub(crate) fn without(text: &str) -> &str {
    split(text).0
}

/// `text` without a marker; `None` if nothing else is in it.
pub(crate) fn own(text: Option<&str>) -> Option<String> {
    text.map(without).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Whether `text` carries this very marker.
pub(crate) fn is_of(marker: &Marker, text: &str) -> bool {
    token(text) == Some(marker.token())
}

/// The token of the marker in `text`.
pub(crate) fn token(text: &str) -> Option<&str> {
    split(text).1
}

fn split(text: &str) -> (&str, Option<&str>) {
    let is_token =
        |token: &str| token.len() == TOKEN_LENGTH && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.rsplit_once(BEGIN) {
        Some(("", token)) if is_token(token) => ("", Some(token)),
        Some((own, token)) if is_token(token) => {
            own.strip_suffix(' ').map_or((text, None), |own| (own, Some(token)))
        }
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::Urn;

    #[test]
    fn a_marker_goes_in_and_comes_out() {
        let urn = Urn::new("p", "s", "cloudflare:list", &[], "office").unwrap();
        let marker = Marker::new(&urn, "0123456789abcdef0123456789abcdef");
        for text in ["", "the office", "ends with iac:", "iac:short"] {
            let marked = with(&marker, text);
            assert_eq!((without(&marked), is_of(&marker, &marked)), (text, true));
            assert!(marked.chars().count() <= text.chars().count() + LENGTH);
        }
        assert_eq!(own(Some(&with(&marker, ""))), None);
        assert!(!is_of(&marker, "the office") && token("x iac:0").is_none());
    }
}
