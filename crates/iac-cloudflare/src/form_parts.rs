//! The parts of a `multipart/form-data` body. Knows nothing of what they are for.

/// One part.
#[derive(Debug, PartialEq)]
pub(crate) struct Part<'a> {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) content: &'a [u8],
}

/// Parts of one body at most.
const PARTS_MAX: usize = 1000;

/// The parts of a body whose content type is `content_type`; `None` if it is no such body, or broken.
pub(crate) fn parse<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (media_type, parameters) = content_type.split_once(';')?;
    if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(format!("--{boundary}").as_bytes())?;
    let mut parts = Vec::new();
    while parts.len() < PARTS_MAX {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let end = find(rest, delimiter.as_bytes())?;
        parts.push(part(rest.get(..end)?)?);
        rest = rest.get(end + delimiter.len()..)?;
    }
    None
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    const BLANK_LINE: &[u8] = b"\r\n\r\n";
    let end = find(bytes, BLANK_LINE)?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let content = bytes.get(end + BLANK_LINE.len()..)?;
    let (mut name, mut file_name, mut content_type) = (None, None, None);
    for line in head.split("\r\n") {
        let (header, value) = line.split_once(':')?;
        if header.eq_ignore_ascii_case("content-disposition") {
            name = parameter(value, "name");
            file_name = parameter(value, "filename");
        } else if header.eq_ignore_ascii_case("content-type") {
            content_type = Some(value.trim().to_owned());
        }
    }
    Some(Part { name: name?, file_name, content_type, content })
}

/// A parameter of a header, `name="value"` or `name=value`.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut parameters = text.split(';').filter_map(|one| one.trim().split_once('='));
    let (_, value) = parameters.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    let value = value.trim().trim_matches('"');
    Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{}\r\n--b\r\n\
        Content-Disposition: form-data; name=\"w.js\"; filename=\"w.js\"\r\nContent-Type: text/plain\r\n\r\n\
        a\r\n\r\nb\r\n--b--\r\n";

    #[test]
    fn parts_have_names_types_and_contents() {
        let parts = parse("multipart/form-data; boundary=b", BODY).unwrap();
        assert_eq!((parts[0].name.as_str(), parts[0].content), ("metadata", &b"{}"[..]));
        assert_eq!(parts[1].file_name.as_deref(), Some("w.js"));
        assert_eq!(parts[1].content_type.as_deref(), Some("text/plain"));
        assert_eq!(parts[1].content, b"a\r\n\r\nb");
        assert_eq!(parts.len(), 2);
    }

    #[test]
    fn broken_bodies_are_none() {
        assert!(parse("application/json", BODY).is_none());
        assert!(parse("multipart/form-data; boundary=c", BODY).is_none());
        for cut in 0..BODY.len() - 4 {
            assert!(parse("multipart/form-data; boundary=b", &BODY[..cut]).is_none(), "{cut}");
        }
    }
}
