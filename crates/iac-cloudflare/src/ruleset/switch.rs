//! A setting that is on, off or left alone. Knows no setting.

use iac_core::FieldType;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A setting of a rule. Left out, the rule leaves it alone, which is not the same as off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// Turns `on` and `off` under these names, at any depth, into what the API has: true and false.
pub(super) fn to_booleans(json: &mut Json, names: &[&str]) {
    visit(json, names, &|value| match value.as_str() {
        Some("on") => Some(Json::Bool(true)),
        Some("off") => Some(Json::Bool(false)),
        _ => None,
    });
}

/// The reverse of [`to_booleans`].
pub(super) fn from_booleans(json: &mut Json, names: &[&str]) {
    visit(json, names, &|value| value.as_bool().map(|is_on| Json::from(if is_on { "on" } else { "off" })));
}

fn visit(json: &mut Json, names: &[&str], change: &dyn Fn(&Json) -> Option<Json>) {
    match json {
        Json::Object(entries) => {
            for (name, value) in entries {
                match change(value).filter(|_| names.contains(&name.as_str())) {
                    Some(changed) => *value = changed,
                    None => visit(value, names, change),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| visit(item, names, change)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_named_settings_are_turned() {
        let words = json!({ "bic": "on", "polish": "off", "list": [{ "bic": "off" }] });
        let mut wire = words.clone();
        to_booleans(&mut wire, &["bic"]);
        assert_eq!(wire, json!({ "bic": true, "polish": "off", "list": [{ "bic": false }] }));
        from_booleans(&mut wire, &["bic"]);
        assert_eq!(wire, words);
    }
}
