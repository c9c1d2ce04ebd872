//! The end of a script, also of one with durable objects. Knows nothing of its inputs.

use iac_core::{Cx, Error, ErrorKind, Result};

use super::observe::settings;
use super::script::listed;
use super::wire::of_script;
use crate::client::Cloudflare;
use crate::envelope;

/// Scripts that are looked at for bindings to a script that shall go.
const SCRIPTS_MAX: usize = 500;
/// Names in an error at most.
const SHOWN_MAX: usize = 5;

/// Deletes the script `name`. The API refuses where something is bound to it, and also where it has
/// durable objects of its own; these go with it, but never what another Worker is bound to.
pub(super) async fn delete(cx: &Cx<'_, Cloudflare>, name: &str) -> Result<()> {
    let request = of_script(cx, |http, path| http.delete(path), name, "").await?;
    let refusal = match envelope::delete(request).await {
        Err(error) if is_about_bindings(&error) => error,
        result => return result,
    };
    let bound = bound_to(cx, name).await?;
    if !bound.is_empty() {
        let names: Vec<&str> = bound.iter().take(SHOWN_MAX).map(String::as_str).collect();
        return Err(refusal.with_kind(ErrorKind::Conflict).hint(format!(
            "remove the bindings to it first; these Workers have some: {}",
            names.join(", ")
        )));
    }
    let request = of_script(cx, |http, path| http.delete(path), name, "").await?;
    envelope::delete(request.query(&[("force", true)])).await
}

fn is_about_bindings(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict | ErrorKind::InvalidInput)
        || matches!(error.api_code(), Some("10064" | "10142"))
}

/// The Workers that are bound to the script `name`.
async fn bound_to(cx: &Cx<'_, Cloudflare>, name: &str) -> Result<Vec<String>> {
    let mut bound = Vec::new();
    for script in listed(cx).await?.into_iter().filter(|script| script.id != name).take(SCRIPTS_MAX) {
        let Some(settings) = settings(cx, &script.id).await? else { continue };
        let refers = |field: &str| {
            settings.bindings.iter().any(|one| one.get(field).and_then(|other| other.as_str()) == Some(name))
        };
        let consumed = settings.tail_consumers.iter().flatten().any(|one| one.service == name);
        if refers("service") || refers("script_name") || consumed {
            bound.push(script.id);
        }
    }
    Ok(bound)
}
