//! Random values that live in the state: made once, kept until a trigger replaces them.
//! The one provider without a cloud, and one that every [`Stack`](crate::Stack) has already.
//!
//! | type | makes | secret |
//! |---|---|---|
//! | [`RandomToken`] | hexadecimal text | yes |
//! | [`RandomPassword`] | text of chosen kinds of characters | yes |
//! | [`RandomId`] | a short lower-case id, for names | no |
//! | `SshKeyPair` | an Ed25519 key pair in OpenSSH's formats | the private key |
//! | `TlsKeyPair` | an ECDSA or Ed25519 key pair in PEM | the private key |
//! | `SelfSignedCertificate` | an X.509 certificate that nobody else signed | the private key |
//!
//! The last three need the feature `random-keys`; without it nothing of their cryptography is built.
//!
//! Every type has a field `rotate`: any text, and changing it makes a new value. `up --replace` does
//! the same by hand. Secret outputs are so by type, and sealed in the state like every other secret.
//! Nothing here expires by itself: plans know no clock, so a program that wants a new value every
//! quarter puts the quarter into `rotate`.

mod draw;
mod local;
mod password;
mod random_id;
#[cfg(feature = "random-keys")]
mod self_signed_certificate;
#[cfg(feature = "random-keys")]
mod ssh_key_pair;
#[cfg(feature = "random-keys")]
mod subject;
#[cfg(feature = "random-keys")]
mod tls_key_pair;
mod token;

pub use local::Random;
pub use password::{
    RandomPassword, RandomPasswordArgs, RandomPasswordAttributes, RandomPasswordInputs, RandomPasswordOutputs,
};
pub use random_id::{RandomId, RandomIdArgs, RandomIdAttributes, RandomIdInputs, RandomIdOutputs};
#[cfg(feature = "random-keys")]
pub use self_signed_certificate::{
    SelfSignedCertificate, SelfSignedCertificateArgs, SelfSignedCertificateAttributes,
    SelfSignedCertificateInputs, SelfSignedCertificateOutputs,
};
#[cfg(feature = "random-keys")]
pub use ssh_key_pair::{
    SshKeyPair, SshKeyPairArgs, SshKeyPairAttributes, SshKeyPairInputs, SshKeyPairOutputs,
};
#[cfg(feature = "random-keys")]
pub use tls_key_pair::{
    TlsKeyAlgorithm, TlsKeyPair, TlsKeyPairArgs, TlsKeyPairAttributes, TlsKeyPairInputs, TlsKeyPairOutputs,
};
pub use token::{RandomToken, RandomTokenArgs, RandomTokenAttributes, RandomTokenInputs, RandomTokenOutputs};
