//! Philotes on Hetzner: a K3s platform with a private network, workers, storage and a load
//! balancer.
//!
//! ```text
//! cargo run --example philotes-hetzner                   # plan and apply on a simulated cloud
//! cargo run --example philotes-hetzner -- plan --workers 3
//! cargo run --example philotes-hetzner -- destroy
//! ```
//!
//! The settings of each stack are in `settings/*.toml` beside this file and inside the program; a file
//! of the same name under `settings` in the current directory is read in place of it.
//!
//! Without `HCLOUD_TOKEN` it runs on a simulated cloud inside this program, kept in
//! `.iac/hetzner-sim.json`. With it, on the real one; `HCLOUD_ENDPOINT` names another endpoint.

mod cloud;
mod platform;
mod settings;

use std::process::ExitCode;

use iac::Stack;
use iac_cli::{DefaultCommand, ProgramError, RunContext, Runner};

use crate::cloud::Cloud;
use crate::settings::{Overrides, Settings, StackSettings, stack_settings};

fn main() -> ExitCode {
    Runner::new("philotes")
        .about("Philotes on Hetzner: a K3s platform with workers, storage and a load balancer")
        .version(env!("CARGO_PKG_VERSION"))
        .stacks(["dev", "staging", "production"])
        .default_stack("dev")
        .default_command(DefaultCommand::Up)
        .args::<Overrides>()
        .settings(stack_settings())
        .run(async |cx: &RunContext<Overrides, StackSettings>, stack: &Stack| -> Result<(), ProgramError> {
            let cloud = Cloud::choose(cx.settings());
            let settings = Settings::of(cx.stack(), cx.settings(), cx.args(), cloud.is_real())?;
            stack.provider(cloud.connect(cx).await?)?;
            platform::philotes(stack, &settings)?;
            Ok(())
        })
}
