//! [`Variable`]: secrets in environment variables, `{ env = "NAME" }`.

use async_trait::async_trait;
use iac_core::{Error, ErrorKind, Result, Secret};
use serde_json::{Value as Json, json};

use super::{Reference, SecretSource, SourceContext};

/// Secrets in environment variables: `{ env = "NAME" }`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Variable;

#[async_trait]
impl SecretSource for Variable {
    fn name(&self) -> &str {
        "env"
    }

    fn schema(&self) -> Json {
        json!({ "type": "string", "pattern": "^[^=\\x00]+$", "description": "The variable's name" })
    }

    async fn fetch(&self, reference: &Reference, cx: &SourceContext) -> Result<Secret<String>> {
        let name: String = reference.read()?;
        let value = cx.variables.text(&name)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("the variable {name} is not set, or is empty"))
                .hint("set it and run again")
        })?;
        Ok(Secret::new(value))
    }
}
