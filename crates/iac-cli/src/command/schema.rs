//! `schema`: the forms of what this program writes for programs.

use serde_json::{Value as Json, json};

use crate::arguments_replay::SchemaTask;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::wire::JSON_LINES_SCHEMA;

/// Prints a schema. Needs neither stack nor state.
pub(crate) fn schema(screen: &Screen, task: &SchemaTask) -> Result<u8, Failure> {
    match task {
        SchemaTask::Json => {
            let schema: Json = serde_json::from_str(JSON_LINES_SCHEMA).expect("a test reads it");
            screen.json_line("schema", json!({ "schema": schema }));
            screen.out(JSON_LINES_SCHEMA);
        }
    }
    Ok(EXIT_DONE)
}
