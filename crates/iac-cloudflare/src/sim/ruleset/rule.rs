//! Owns what a simulated rule is, and what an expression refers to. Knows no ruleset.
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) id: String,
    #[serde(rename = "ref")]
    pub(super) reference: String,
    pub(super) version: u64,
    pub(super) last_updated: String,
    /// Everything else, as it was given.
    pub(super) body: Map<String, Value>,
}

impl Rule {
    pub(super) fn view(&self) -> Value {
        let mut view = self.body.clone();
        let own = json!({
            "id": self.id,
            "ref": self.reference,
            "version": self.version.to_string(),
            "last_updated": self.last_updated,
        });
        view.extend(own.as_object().cloned().unwrap_or_default());
        Value::Object(view)
    }

    pub(super) fn uses_list(&self, name: &str) -> bool {
        let texts = ["/expression", "/ratelimit/counting_expression"];
        let body = Value::Object(self.body.clone());
        let in_text = |pointer: &&str| {
            let text = body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            lists_in(text).iter().any(|list| list == name)
        };
        let from_list = body.pointer("/action_parameters/from_list/name").and_then(Value::as_str);
        texts.iter().any(in_text) || from_list == Some(name)
    }
}

/// The names of the lists that an expression refers to: `ip.src in $office`.
pub(super) fn lists_in(expression: &str) -> Vec<String> {
    let mut lists = Vec::new();
    let mut in_text = false;
    let mut letters = expression.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if in_text => drop(letters.next()),
            '"' => in_text = !in_text,
            '$' if !in_text => {
                let mut name = String::new();
                while let Some(letter) =
                    letters.next_if(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | '.'))
                {
                    name.push(letter);
                }
                lists.push(name);
            }
            _ => {}
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_outside_of_texts() {
        assert_eq!(
            lists_in(r#"ip.src in $office and http.host ne "a$b\"$c" or ip.src in $cf.tor"#),
            ["office", "cf.tor"]
        );
        assert!(lists_in("true").is_empty());
    }
}
