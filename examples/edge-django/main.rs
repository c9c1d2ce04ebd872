//! Edge + Django: static sites, a Worker and DNS on Cloudflare in front of a Django server on Hetzner, with
//! Postgres at Neon and the application's secrets in Doppler.
//!
//! ```text
//! cargo run --example edge-django                     # plan and apply on simulated clouds
//! cargo run --example edge-django -- plan --stack prod
//! cargo run --example edge-django -- destroy
//! ```
//!
//! The settings of each stack are in `settings/*.toml` beside this file and inside the program; a file of
//! the same name under `settings` in the current directory is read in place of it.
//!
//! Without tokens it runs on simulated clouds inside this program, kept in `.iac`. With `HCLOUD_TOKEN`,
//! `CLOUDFLARE_API_TOKEN`, `NEON_API_KEY` and `DOPPLER_TOKEN` it runs on the real ones. Neon and Doppler are
//! providers of this program's own, in `neon` and `doppler`.

mod clouds;
mod database;
mod doppler;
mod front;
mod neon;
mod origin;
mod product;
mod settings;

use std::process::ExitCode;

use iac::Stack;
use iac_cli::{DefaultCommand, ProgramError, RunContext, Runner};

use crate::clouds::Clouds;
use crate::settings::{StackSettings, stack_settings};

fn main() -> ExitCode {
    Runner::new("edge")
        .about("Static sites, a Worker and DNS on Cloudflare in front of Django on Hetzner")
        .version(env!("CARGO_PKG_VERSION"))
        .stacks(["dev", "prod"])
        .default_stack("dev")
        .default_command(DefaultCommand::Up)
        .settings(stack_settings())
        .run(async |cx: &RunContext<_, StackSettings>, stack: &Stack| -> Result<(), ProgramError> {
            let clouds = Clouds::choose(cx.settings())?;
            clouds.check(cx.settings())?;
            clouds.connect(cx, stack).await?;
            product::edge(stack, cx.settings())?;
            Ok(())
        })
}
