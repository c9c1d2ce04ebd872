//! `outputs`: what the last apply exported.

use std::collections::BTreeMap;

use iac_core::Value;
use serde_json::json;

use super::work::Look;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::layout::{HINT, Page};
use crate::render::{self, to_json};

/// Shows all outputs, or the value of one.
pub(crate) async fn outputs(look: &Look<'_>, name: Option<&str>, show_secrets: bool) -> Result<u8, Failure> {
    let action = format!("read the outputs of {}", look.stack);
    let read = look.engine.outputs(look.stack).await;
    let mut outputs = read.map_err(|error| Failure::engine(&action, error))?;
    if let Some(name) = name {
        let Some(value) = outputs.remove(name) else { return Err(unknown(&action, name, &outputs)) };
        outputs = BTreeMap::from([(name.to_owned(), value)]);
    }
    look.screen.json_line("outputs", json!({ "outputs": to_json(&outputs) }));
    let hidden = !show_secrets && outputs.values().any(Value::has_secret);
    let shown: BTreeMap<String, Value> = if show_secrets {
        outputs.into_iter().map(|(name, value)| (name, render::exposed(&value))).collect()
    } else {
        outputs
    };
    match name.and_then(|name| shown.get(name)) {
        Some(value) => look.screen.out(&format!("{}\n", render::bare(value))),
        None => look.screen.out(&render::outputs(&shown, look.screen.width)),
    }
    if hidden && !look.screen.json {
        let mut page = Page::new(look.screen.width);
        page.item(0, "hint:", HINT, "`--show-secrets` shows what is behind `[secret]`", 2);
        look.screen.err(&page.finish());
    }
    Ok(EXIT_DONE)
}

fn unknown(action: &str, name: &str, outputs: &BTreeMap<String, Value>) -> Failure {
    let failure = Failure::new(action, format!("there is no output {name:?}"));
    if outputs.is_empty() {
        return failure.hint("the stack has no outputs; `Stack::export` makes them, `up` records them");
    }
    let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
    failure.hint(format!("there are {}", names.join(", ")))
}
