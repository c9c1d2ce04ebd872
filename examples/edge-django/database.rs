//! Postgres at Neon, and its connection string in Doppler, where Django finds it at run time.

use iac::{Options, Stack, StackError, interpolate_secret};

use crate::doppler::DopplerSecret;
use crate::neon::{NeonBranch, NeonDatabase, NeonProject, NeonRole};
use crate::settings::StackSettings;

/// The version of Postgres.
const POSTGRES: u32 = 17;

/// Declares project, branch, role and database.
pub(crate) fn postgres(stack: &Stack, settings: &StackSettings) -> Result<(), StackError> {
    let name = format!("{}-{}", stack.project(), stack.name());
    let project = NeonProject::args().name(name).region(&settings.neon_region).pg_version(POSTGRES);
    // Where there is real data, a mistaken `destroy` must not take it.
    let options = if settings.protect_database { Options::new().protect() } else { Options::new() };
    let project = stack.add_with("postgres", project, options)?;
    let branch = stack.add("branch", NeonBranch::args().project(&project).name(stack.name()))?;
    let role = stack.add("role", NeonRole::args().branch(&branch).name("django"))?;
    let database = NeonDatabase::args().branch(&branch).name("app").owner(&role.name);
    let database = stack.add("database", database)?;

    let connection = interpolate_secret!(
        "postgresql://{}:{}@{}/{}?sslmode=require",
        &role.name,
        &role.password,
        &branch.host,
        &database.name,
    );
    let secret = DopplerSecret::args().project(&settings.doppler_project).config(&settings.doppler_config);
    stack.add("database-url", secret.name("DATABASE_URL").value(&connection))?;
    stack.export("connection_string", &connection)
}
