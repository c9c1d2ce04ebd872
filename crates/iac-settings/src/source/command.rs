//! [`Command`]: secrets that a program prints, `{ command = ["pass", "show", "x"] }`.

use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use iac_core::{Error, ErrorKind, Result, Secret};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::file::{as_secret, read_bounded};
use super::{Reference, SecretSource, SourceContext};

/// How long a program may take to print a secret, unless the reference says otherwise.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time that a reference may allow, in seconds.
const TIMEOUT_S_MAX: u64 = 300;

/// Secrets that a program prints: `{ command = ["pass", "show", "shop/token"] }`, or with a bound of
/// its own `{ command = { run = ["pass", "show", "x"], timeout_s = 120 } }`.
///
/// The program is started directly, without a shell, without input, and with the environment of this
/// process. What it writes to standard error is thrown away, because it may quote the secret. One
/// line break at the end of its output is not part of the secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct Command;

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Run(Vec<String>),
    Bounded {
        run: Vec<String>,
        #[serde(default)]
        timeout_s: Option<u64>,
    },
}

#[async_trait]
impl SecretSource for Command {
    fn name(&self) -> &str {
        "command"
    }

    fn schema(&self) -> Json {
        let run = json!({
            "type": "array",
            "items": { "type": "string" },
            "minItems": 1,
            "description": "The program and its arguments",
        });
        let bounded = json!({
            "type": "object",
            "properties": {
                "run": run,
                "timeout_s": { "type": "integer", "minimum": 1, "maximum": TIMEOUT_S_MAX },
            },
            "required": ["run"],
            "additionalProperties": false,
        });
        json!({ "anyOf": [run, bounded] })
    }

    async fn fetch(&self, reference: &Reference, _: &SourceContext) -> Result<Secret<String>> {
        let (run, timeout) = match reference.read()? {
            Form::Run(run) => (run, COMMAND_TIMEOUT),
            Form::Bounded { run, timeout_s } => (run, timeout_s.map_or(COMMAND_TIMEOUT, Duration::from_secs)),
        };
        let named = run.split_first().filter(|(program, _)| !program.is_empty());
        let (program, arguments) = named.ok_or_else(|| {
            Error::invalid("run", "names no program")
                .hint("the first text is the program: { command = [\"pass\", \"show\", \"shop\"] }")
        })?;
        // Its arguments are not shown: they may say more than its owner wants in a log.
        let what = format!("the program {program:?}");
        let mut child = tokio::process::Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                let kind = match error.kind() {
                    std::io::ErrorKind::NotFound => ErrorKind::NotFound,
                    std::io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                    _ => ErrorKind::Unavailable,
                };
                Error::new(kind, format!("{what} cannot be started: {}", error.kind()))
                    .hint("install it, or give its full path")
            })?;
        let output = child.stdout.take();
        let work = async {
            let bytes = match output {
                Some(output) => read_bounded(output).await?,
                None => Vec::new(),
            };
            // A program that prints without end is not waited for: its output is closed by now.
            let status = child.wait().await?;
            Ok::<_, std::io::Error>((bytes, status))
        };
        let (bytes, status) = tokio::time::timeout(timeout, work)
            .await
            .map_err(|_| {
                Error::new(
                    ErrorKind::Timeout,
                    format!("{what} did not end within {timeout:?}, or left one behind that did not; it was stopped"),
                )
                .hint(
                    "run it by hand to see what it waits for; it gets no input, and all that has its output open \
                     is waited for; `timeout_s` allows more",
                )
            })?
            .map_err(|error| {
                Error::new(ErrorKind::Unavailable, format!("{what} failed: {}", error.kind()))
            })?;
        if bytes.len() > super::SECRET_BYTES_MAX || status.success() {
            return as_secret(bytes, &format!("the output of {what}"));
        }
        Err(Error::new(ErrorKind::Unavailable, format!("{what} ended with {status}"))
            .hint("run it by hand to see why; its messages are not shown, as they may hold the secret"))
    }
}
