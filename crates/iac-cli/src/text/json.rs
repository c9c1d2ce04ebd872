//! The lines of `--json`: one object each, with version and type. Knows nothing of streams.

use serde::Serialize;
use serde_json::Value as Json;

/// The version of the JSON lines.
pub(crate) const JSON_LINES_VERSION: u32 = 1;

/// One line as `--json` writes it, with its line feed: an object with `"v":1`, the type `kind` and the
/// fields of `content`, which is a struct or a map. [`JSON_LINES_SCHEMA`](crate::JSON_LINES_SCHEMA)
/// describes the types of the runner.
///
/// # Errors
/// `content` is something that cannot be JSON, a bare [`iac_core::Secret`] for example.
///
/// ```
/// use iac_cli::json_line;
/// use iac_core::Event;
///
/// let line = json_line("event", &Event::Refreshing { resources: 4 })?;
/// assert_eq!(line, "{\"v\":1,\"type\":\"event\",\"event\":\"refreshing\",\"resources\":4}\n");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn json_line(kind: &str, content: &impl Serialize) -> serde_json::Result<String> {
    Ok(line(kind, &serde_json::to_value(content)?))
}

/// The line for fields that are JSON already. Version and type come first, where a person looks.
pub(crate) fn line(kind: &str, content: &Json) -> String {
    let mut line = format!("{{\"v\":{JSON_LINES_VERSION},\"type\":{}", Json::from(kind));
    for (name, value) in content.as_object().into_iter().flatten() {
        line.push_str(&format!(",{}:{value}", Json::from(name.as_str())));
    }
    line.push_str("}\n");
    line
}
