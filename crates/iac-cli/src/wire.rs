//! The JSON Schema of the lines that `--json` writes. Knows nothing of who writes them.

/// The JSON Schema (draft 2020-12) of every line that `--json` writes, as JSON text: what
/// `schema json` prints.
///
/// Within version 1 it only grows: lines, events, fields and values of enumerations may be added.
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(iac_cli::JSON_LINES_SCHEMA)?;
/// assert_eq!(schema["properties"]["v"]["const"], 1);
/// assert!(schema["$defs"]["line_plan"]["properties"]["steps"].is_object());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const JSON_LINES_SCHEMA: &str = include_str!("../schema/v1.json");
