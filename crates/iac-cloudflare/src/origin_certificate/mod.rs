//! Certificates of the vendor's own authority, for the way from the vendor to the origin.

mod request;
mod resource;

#[cfg(feature = "sim")]
pub(crate) use request::token as marker_token;
pub use resource::{
    OriginCertificate, OriginCertificateArgs, OriginCertificateAttributes, OriginCertificateInputs,
    OriginCertificateOutputs,
};
