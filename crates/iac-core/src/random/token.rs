//! [`RandomToken`]: hexadecimal text that is secret.

use zeroize::Zeroizing;

use super::draw::fill;
use super::local::{lives_in_state, out_of_bounds};
use crate::error::Result;
use crate::resource::Fault;
use crate::secret::Secret;
use crate::value::Value;
use iac_macros::{Inputs, Outputs};

/// A random token: lower-case hexadecimal text from the operating system's random source.
///
/// ```
/// use iac_core::random::RandomToken;
/// use iac_core::{Stack, StackError, interpolate_secret};
///
/// let stack = Stack::new("philotes", "dev")?;
/// let token = stack.add("join-token", RandomToken::args().bytes(32u32))?;
/// let script = interpolate_secret!("k3s join --token {}", &token.hex);
/// # let _ = script;
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug)]
pub struct RandomToken;

/// Inputs of a [`RandomToken`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Inputs)]
#[inputs(resource = RandomToken, crate = crate)]
pub struct RandomTokenInputs {
    /// Length in bytes, 1 to 1024. The text has two characters a byte.
    #[field(replace)]
    pub bytes: u32,
    /// Any text; changing it makes a new token.
    #[field(replace)]
    pub rotate: Option<String>,
}

/// Outputs of a [`RandomToken`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Outputs)]
#[outputs(crate = crate)]
pub struct RandomTokenOutputs {
    /// The token.
    #[field(stable)]
    pub hex: Secret<String>,
}

/// Longest token in bytes.
const BYTES_MAX: i64 = 1024;

lives_in_state!(
    RandomToken, "random:token", RandomTokenInputs, RandomTokenOutputs, make: make, check: check
);

fn make(inputs: RandomTokenInputs) -> Result<RandomTokenOutputs> {
    let mut bytes = Zeroizing::new(vec![0; inputs.bytes as usize]);
    fill(&mut bytes)?;
    Ok(RandomTokenOutputs { hex: Secret::new(crate::hash::hex(&bytes)) })
}

fn check(inputs: &Value) -> Vec<Fault> {
    out_of_bounds(inputs, "bytes", 1, BYTES_MAX).into_iter().collect()
}
