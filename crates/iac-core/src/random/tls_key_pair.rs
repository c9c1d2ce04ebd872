//! [`TlsKeyPair`]: a key pair for TLS in PEM.

use rcgen::KeyPair;

use super::local::lives_in_state;
use crate::error::{Error, Result};
use crate::resource::Fault;
use crate::secret::Secret;
use crate::value::Value;
use iac_macros::{FieldType, Inputs, Outputs};

/// A key pair for TLS, in PEM.
///
/// A [`SelfSignedCertificate`](super::SelfSignedCertificate) makes a key of its own unless it is given
/// one; this is for a key that outlives its certificates, or that somebody else signs.
///
/// ```
/// use iac_core::random::{TlsKeyAlgorithm, SelfSignedCertificate, TlsKeyPair};
/// use iac_core::{Stack, StackError};
///
/// let stack = Stack::new("philotes", "dev")?;
/// let key = stack.add("ca-key", TlsKeyPair::args().algorithm(TlsKeyAlgorithm::EcdsaP256))?;
/// let ca = stack.add(
///     "ca",
///     SelfSignedCertificate::args()
///         .common_name("Philotes CA")
///         .days(3650u32)
///         .is_ca(true)
///         .private_key(&key.private_key),
/// )?;
/// stack.export("ca", &ca.certificate)?;
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug)]
pub struct TlsKeyPair;

/// What kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, FieldType)]
#[field_type(crate = crate)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TlsKeyAlgorithm {
    /// ECDSA on the curve P-256: what every TLS client takes.
    #[default]
    EcdsaP256,
    /// Ed25519. Browsers refuse it in certificates.
    Ed25519,
}

/// Inputs of a [`TlsKeyPair`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Inputs)]
#[inputs(resource = TlsKeyPair, crate = crate)]
pub struct TlsKeyPairInputs {
    /// What kind of key; ECDSA on P-256 unless set.
    #[field(replace)]
    #[serde(default)]
    pub algorithm: TlsKeyAlgorithm,
    /// Any text; changing it makes a new key pair.
    #[field(replace)]
    pub rotate: Option<String>,
}

/// Outputs of a [`TlsKeyPair`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Outputs)]
#[outputs(crate = crate)]
pub struct TlsKeyPairOutputs {
    /// The private key in PEM (PKCS #8).
    #[field(stable)]
    pub private_key: Secret<String>,
    /// The public key in PEM (SubjectPublicKeyInfo).
    #[field(stable)]
    pub public_key: String,
}

lives_in_state!(
    TlsKeyPair, "random:tls_key_pair", TlsKeyPairInputs, TlsKeyPairOutputs, make: make, check: check
);

fn make(inputs: TlsKeyPairInputs) -> Result<TlsKeyPairOutputs> {
    let key = generate(inputs.algorithm)?;
    Ok(TlsKeyPairOutputs { private_key: Secret::new(key.serialize_pem()), public_key: key.public_key_pem() })
}

/// A new key pair.
pub(super) fn generate(algorithm: TlsKeyAlgorithm) -> Result<KeyPair> {
    let algorithm = match algorithm {
        TlsKeyAlgorithm::EcdsaP256 => &rcgen::PKCS_ECDSA_P256_SHA256,
        TlsKeyAlgorithm::Ed25519 => &rcgen::PKCS_ED25519,
    };
    KeyPair::generate_for(algorithm).map_err(|error| Error::internal(format!("no key can be made: {error}")))
}

fn check(_: &Value) -> Vec<Fault> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_can_be_read_back() {
        for (algorithm, expected) in [
            (TlsKeyAlgorithm::EcdsaP256, &rcgen::PKCS_ECDSA_P256_SHA256),
            (TlsKeyAlgorithm::Ed25519, &rcgen::PKCS_ED25519),
        ] {
            let made = make(TlsKeyPairInputs { algorithm, rotate: None }).unwrap();
            let read = KeyPair::from_pem(made.private_key.expose()).unwrap();
            assert_eq!(read.algorithm(), expected);
            assert_eq!(read.public_key_pem(), made.public_key);
            assert!(made.private_key.expose().starts_with("-----BEGIN PRIVATE KEY-----"));
            assert!(made.public_key.starts_with("-----BEGIN PUBLIC KEY-----"));
        }
    }
}
