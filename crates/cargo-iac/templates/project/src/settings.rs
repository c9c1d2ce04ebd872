//! What differs between the stacks. The values are in `settings/`; `cargo run -- config show` lists them.

use iac::settings::Validate;

/// The settings of one stack.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Where everything is: `nbg1`, `fsn1`, `hel1`.
    pub location: String,
    /// The type of the servers.
    pub server_type: String,
    /// How many servers there are.
    pub servers: u32,
    /// The networks that may use SSH. No one may where there are none.
    #[serde(default)]
    pub admin_networks: Vec<String>,
}

impl Validate for Shape {}
