//! The command line of {{name}}: `cargo run -- plan`, `cargo run -- up`, `cargo run -- --help`.

mod settings;
mod stack;
#[cfg(test)]
mod tests;

use iac::Stack;
use iac::cli::{NoArgs, ProgramError, RunContext, Runner};
use iac::hetzner::Hetzner;

use settings::Shape;

fn main() -> std::process::ExitCode {
    Runner::new("{{name}}")
        .version(env!("CARGO_PKG_VERSION"))
        .stacks(["dev", "production"])
        .default_stack("dev")
        .settings(iac::settings::Settings::<Shape>::new())
        .run(async |cx: &RunContext<NoArgs, Shape>, stack: &Stack| -> Result<(), ProgramError> {
            let token = std::env::var("HCLOUD_TOKEN")
                .map_err(|_| "HCLOUD_TOKEN is not set: give it an API token of the project")?;
            // The name keeps a token of another project from touching this one's objects.
            let project = format!("{}-{}", cx.project(), cx.stack());
            stack.provider(Hetzner::builder().token(token).project(project).build()?)?;
            stack::declare(stack, cx.settings())?;
            Ok(())
        })
}
