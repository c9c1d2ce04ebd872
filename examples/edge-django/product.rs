//! The whole product: which part gets what from which. Knows nothing of credentials, state or the command
//! line.

use iac::cloudflare::Zone;
use iac::{Output, Secret, Stack, StackError};

use crate::doppler::DopplerValue;
use crate::settings::StackSettings;
use crate::{database, front, origin};

/// Declares everything.
pub(crate) fn edge(stack: &Stack, settings: &StackSettings) -> Result<(), StackError> {
    let zone = stack.add("zone", Zone::args().name(&settings.domain))?;
    let certificate = front::tls(stack, settings, &zone)?;
    let token = kept(stack, settings, "SERVER_TOKEN", settings.server_token.as_ref())?;
    let servers = origin::servers(stack, settings, &certificate, &token)?;
    front::names(stack, settings, &zone, &servers)?;
    front::sites(stack, settings, &zone)?;
    let key = kept(stack, settings, "INTAKE_KEY", settings.intake_key.as_ref())?;
    front::intake(stack, settings, &zone, &key)?;
    front::rules(stack, settings, &zone)?;
    database::postgres(stack, settings)?;
    stack.export("name_servers", &zone.name_servers)
}

/// A secret that people keep: from the settings, or else from Doppler.
fn kept(
    stack: &Stack,
    settings: &StackSettings,
    name: &str,
    given: Option<&Secret<String>>,
) -> Result<Output<Secret<String>>, StackError> {
    if let Some(given) = given {
        return Ok(Output::literal(given.clone()));
    }
    let config = DopplerValue::args().project(&settings.doppler_project).config(&settings.doppler_config);
    let found = stack.read(name.to_lowercase().replace('_', "-"), config.name(name))?;
    Ok(found.value.clone())
}
