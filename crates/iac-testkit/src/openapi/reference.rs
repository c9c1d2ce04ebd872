//! Owns following of `$ref` inside one document. Never reads another document.
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A chain of references longer than this is a cycle.
const HOPS_MAX: usize = 32;

/// What a local reference such as `#/components/schemas/Server` points at.
pub(super) fn resolve<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    document.pointer(&percent_decode_str(pointer).decode_utf8().ok()?)
}

/// The node itself, or what its chain of references ends at; a dangling one gives `Null`.
pub(super) fn follow<'a>(document: &'a Value, mut node: &'a Value) -> &'a Value {
    for _ in 0..HOPS_MAX {
        let Some(reference) = node.get("$ref").and_then(Value::as_str) else {
            return node;
        };
        node = resolve(document, reference).unwrap_or(&Value::Null);
    }
    &Value::Null
}
