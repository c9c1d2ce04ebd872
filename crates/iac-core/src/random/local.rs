//! [`Random`], the provider without a cloud, and what all its types have in common. Knows nothing of
//! how any one value is made.

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Result};
use crate::provider::{Provider, Types};
use crate::resource::Fault;
use crate::value::Value;

/// The provider of random values. Every stack has it under the name `random`; nobody registers it.
#[derive(Debug)]
pub struct Random;

#[async_trait]
impl Provider for Random {
    const NAME: &'static str = "random";
    fn types() -> Types {
        let types = Types::new()
            .resource::<super::RandomToken>()
            .resource::<super::RandomId>()
            .resource::<super::RandomPassword>();
        #[cfg(feature = "random-keys")]
        let types = types
            .resource::<super::SshKeyPair>()
            .resource::<super::TlsKeyPair>()
            .resource::<super::SelfSignedCertificate>();
        types
    }
    async fn account(&self) -> Result<String> {
        Ok("local".into())
    }
}

/// Implements [`Resource`](crate::Resource) for a type that lives in the state alone.
///
/// `make` turns inputs into outputs; `check` finds faults in the inputs; `change`, where a field can
/// change without a new value, turns the old outputs into the new ones.
macro_rules! lives_in_state {
    ($resource:ident, $token:literal, $inputs:ident, $outputs:ident, make: $make:path, check: $check:path) => {
        fn unchanged(change: $crate::Change<$resource>) -> $crate::Result<$outputs> {
            Ok(change.outputs)
        }
        $crate::random::local::lives_in_state!(
            $resource, $token, $inputs, $outputs, make: $make, check: $check, change: unchanged
        );
    };
    (
        $resource:ident, $token:literal, $inputs:ident, $outputs:ident,
        make: $make:path, check: $check:path, change: $change:path
    ) => {
        #[async_trait::async_trait]
        impl $crate::Resource for $resource {
            const TYPE: &'static str = $token;
            const RECOVERY: $crate::Recovery = $crate::Recovery::NaturalKey;
            const LOCAL: bool = true;
            type Provider = $crate::random::Random;
            type Inputs = $inputs;
            type Outputs = $outputs;

            async fn create(
                cx: &$crate::Cx<'_, $crate::random::Random>,
                inputs: $inputs,
            ) -> $crate::Result<$crate::Created<Self>> {
                Ok($crate::Created::new($crate::Id::new(cx.marker().token()), $make(inputs)?))
            }
            async fn read(
                _: &$crate::Cx<'_, $crate::random::Random>,
                _: &$crate::Id<Self>,
            ) -> $crate::Result<Option<$crate::Observed<Self>>> {
                Err($crate::random::local::in_state_alone())
            }
            async fn update(
                _: &$crate::Cx<'_, $crate::random::Random>,
                _: &$crate::Id<Self>,
                change: $crate::Change<Self>,
            ) -> $crate::Result<$outputs> {
                $change(change)
            }
            async fn delete(
                _: &$crate::Cx<'_, $crate::random::Random>,
                _: &$crate::Id<Self>,
            ) -> $crate::Result<()> {
                Ok(())
            }
            async fn list(
                _: &$crate::Cx<'_, $crate::random::Random>,
                _: $crate::PageToken,
            ) -> $crate::Result<$crate::Page<Self>> {
                Err($crate::random::local::in_state_alone())
            }
            async fn find(
                _: &$crate::Cx<'_, $crate::random::Random>,
                _: &$inputs,
            ) -> $crate::Result<Vec<$crate::Id<Self>>> {
                Ok(Vec::new())
            }
            fn check(inputs: &$crate::Value) -> Vec<$crate::Fault> {
                $check(inputs)
            }
        }
    };
}
pub(super) use lives_in_state;

/// The answer to every question that only a cloud could be asked.
pub(super) fn in_state_alone() -> Error {
    Error::new(ErrorKind::Unsupported, "a random value lives in the state alone")
}

/// The fault of a number outside its bounds; none while it is not known.
pub(super) fn out_of_bounds(inputs: &Value, field: &str, least: i64, most: i64) -> Option<Fault> {
    let number = inputs.get(field).as_int()?;
    (!(least..=most).contains(&number))
        .then(|| Fault::new(field, format!("{number} is outside {least} to {most}")))
}
