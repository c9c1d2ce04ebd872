//! Random values that live in the state: made once, kept until a trigger replaces them.
//! The one provider without a cloud.

use async_trait::async_trait;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::provider::{Cx, Provider, Types};
use crate::resource::{Change, Created, Fault, Observed, Page, PageToken, Recovery, Resource};
use crate::secret::Secret;
use crate::value::Value;
use iac_macros::{Inputs, Outputs};

/// The provider of random values. Every stack has it.
#[derive(Debug)]
pub struct Random;

#[async_trait]
impl Provider for Random {
    const NAME: &'static str = "random";
    fn types() -> Types {
        Types::new().resource::<RandomToken>()
    }
    async fn account(&self) -> Result<String> {
        Ok("local".into())
    }
}

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
    pub rotation: Option<String>,
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

#[async_trait]
impl Resource for RandomToken {
    const TYPE: &'static str = "random:token";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const LOCAL: bool = true;
    type Provider = Random;
    type Inputs = RandomTokenInputs;
    type Outputs = RandomTokenOutputs;

    async fn create(cx: &Cx<'_, Random>, inputs: RandomTokenInputs) -> Result<Created<Self>> {
        let mut bytes = vec![0; inputs.bytes as usize];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::internal(format!("the operating system gave no random bytes: {error}"))
        })?;
        let outputs = RandomTokenOutputs { hex: Secret::new(crate::hash::hex(&bytes)) };
        Ok(Created::new(Id::new(cx.marker().token()), outputs))
    }
    async fn read(_: &Cx<'_, Random>, _: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Err(local())
    }
    async fn update(_: &Cx<'_, Random>, _: &Id<Self>, change: Change<Self>) -> Result<RandomTokenOutputs> {
        Ok(change.outputs)
    }
    async fn delete(_: &Cx<'_, Random>, _: &Id<Self>) -> Result<()> {
        Ok(())
    }
    async fn list(_: &Cx<'_, Random>, _: PageToken) -> Result<Page<Self>> {
        Err(local())
    }
    async fn find(_: &Cx<'_, Random>, _: &RandomTokenInputs) -> Result<Vec<Id<Self>>> {
        Ok(Vec::new())
    }
    fn check(inputs: &Value) -> Vec<Fault> {
        match inputs.get("bytes").as_int() {
            Some(bytes) if !(1..=BYTES_MAX).contains(&bytes) => {
                vec![Fault::new("bytes", format!("{bytes} is outside 1 to {BYTES_MAX}"))]
            }
            _ => Vec::new(),
        }
    }
}

fn local() -> Error {
    Error::new(crate::ErrorKind::Unsupported, "a random value lives in the state alone")
}
