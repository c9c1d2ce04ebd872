//! `multipart/form-data` as plain bytes, so that a signature covers exactly what is sent.
//! Knows nothing of requests.

use std::fmt;

use bytes::Bytes;

/// A multipart form.
///
/// ```
/// use iac_http::Multipart;
///
/// let form = Multipart::new()
///     .text("main_module", "worker.js")
///     .file("worker.js", "worker.js", "application/javascript+module", "export default {}");
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Multipart {
    parts: Vec<(String, Bytes)>,
}

impl Multipart {
    /// A form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// A plain field.
    pub fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{}\"\r\n\r\n", quote(name));
        self.parts.push((head, Bytes::from(value.into())));
        self
    }

    /// A file.
    pub fn file(
        mut self,
        name: &str,
        file_name: &str,
        content_type: &str,
        content: impl Into<Bytes>,
    ) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            quote(name),
            quote(file_name),
            content_type.replace(['\r', '\n'], " "),
        );
        self.parts.push((head, content.into()));
        self
    }

    /// The content type and the bytes.
    pub(crate) fn encode(&self) -> (String, Bytes) {
        let boundary = self.boundary();
        let mut body = Vec::new();
        for (head, content) in &self.parts {
            body.extend_from_slice(format!("--{boundary}\r\n{head}").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), Bytes::from(body))
    }

    /// The first numbered boundary that no content holds: the same form gives the same bytes.
    fn boundary(&self) -> String {
        (0_u64..)
            .map(|number| format!("iac-boundary-{number:016x}"))
            .find(|boundary| {
                let needle = boundary.as_bytes();
                self.parts
                    .iter()
                    .all(|(_, content)| !content.windows(needle.len()).any(|window| window == needle))
            })
            .expect("finite contents cannot hold every number")
    }
}

/// As browsers write it.
fn quote(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_not_in_the_content() {
        let form = Multipart::new().text("a\"b", "iac-boundary-0000000000000000").file(
            "f",
            "x.js",
            "text/javascript",
            "let x",
        );
        let (content_type, body) = form.encode();
        assert_eq!(content_type, "multipart/form-data; boundary=iac-boundary-0000000000000001");
        let expected = "--iac-boundary-0000000000000001\r\n\
            Content-Disposition: form-data; name=\"a%22b\"\r\n\r\n\
            iac-boundary-0000000000000000\r\n\
            --iac-boundary-0000000000000001\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"x.js\"\r\n\
            Content-Type: text/javascript\r\n\r\n\
            let x\r\n\
            --iac-boundary-0000000000000001--\r\n";
        assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
    }
}
