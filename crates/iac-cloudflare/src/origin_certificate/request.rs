//! Certificate signing requests, with the marker of a resource in their subject. Knows no API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iac_core::{Error, Marker, Result};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ED25519, PKCS_RSA_SHA256};
use serde::{Deserialize, Serialize};

use crate::marked;

/// Longest common name that X.509 allows.
const COMMON_NAME_LENGTH_MAX: usize = 64;
/// What the marker in a request begins with, for those who look for any.
#[cfg(feature = "sim")]
const MARK_BEGIN: &[u8] = b"iac:";

/// How a certificate is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RequestType {
    OriginRsa,
    OriginEcc,
}

/// A signing request in PEM.
pub(super) struct SigningRequest {
    pub(super) pem: String,
    pub(super) kind: RequestType,
}

/// A signing request for the key, which carries the marker.
///
/// # Errors
/// The key cannot be read or is of a kind that the authority does not sign.
pub(super) fn make(private_key: &str, hostname: &str, marker: &Marker) -> Result<SigningRequest> {
    // The library's own errors may quote what they could not read.
    let key = KeyPair::from_pem(private_key).map_err(|_| {
        Error::invalid("private_key", "it is no private key in PEM form of PKCS #8 (`BEGIN PRIVATE KEY`)")
            .hint("`openssl pkcs8 -topk8 -nocrypt` turns other forms into it; a `TlsKeyPair` has it already")
    })?;
    let kind = if key.algorithm() == &PKCS_ED25519 {
        return Err(Error::invalid(
            "private_key",
            "the authority signs RSA and ECDSA keys, and this is Ed25519",
        ));
    } else if key.algorithm() == &PKCS_RSA_SHA256 {
        RequestType::OriginRsa
    } else {
        RequestType::OriginEcc
    };
    let mut subject = DistinguishedName::new();
    let name: String = hostname.chars().take(COMMON_NAME_LENGTH_MAX).collect();
    subject.push(DnType::CommonName, name);
    subject.push(DnType::OrganizationalUnitName, marked::with(marker, ""));
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    let unreadable =
        |error: rcgen::Error| Error::internal(format!("no signing request can be made: {error}"));
    let request = params.serialize_request(&key).map_err(unreadable)?;
    Ok(SigningRequest { pem: request.pem().map_err(unreadable)?, kind })
}

/// Whether a signing request in PEM carries this very marker.
pub(super) fn is_of(marker: &Marker, pem: &str) -> bool {
    let mark = marked::with(marker, "");
    bytes(pem).windows(mark.len()).any(|window| window == mark.as_bytes())
}

/// The token of the marker in a signing request.
#[cfg(feature = "sim")]
pub(crate) fn token(pem: &str) -> Option<String> {
    let bytes = bytes(pem);
    let at = bytes.windows(MARK_BEGIN.len()).position(|window| window == MARK_BEGIN)?;
    let mark = bytes.get(at..at + marked::MARK_LENGTH)?;
    marked::token(std::str::from_utf8(mark).ok()?).map(str::to_owned)
}

/// What is between the lines of the armour; nothing if that cannot be read.
fn bytes(pem: &str) -> Vec<u8> {
    // Some answers have the line breaks escaped.
    let text = pem.replace("\\n", "\n");
    let body: String = text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::Urn;

    fn marker(token: &str) -> Marker {
        let urn = Urn::new("p", "s", "cloudflare:origin_certificate", &[], "tls").unwrap();
        Marker::new(&urn, token)
    }

    #[test]
    fn the_marker_is_in_the_request() {
        let (ours, other) = (marker(&"0".repeat(32)), marker(&"1".repeat(32)));
        let key = KeyPair::generate().unwrap().serialize_pem();
        let request = make(&key, &format!("{}.example.com", "a".repeat(60)), &ours).unwrap();
        assert_eq!(request.kind, RequestType::OriginEcc);
        assert!(is_of(&ours, &request.pem) && !is_of(&other, &request.pem));
        assert!(is_of(&ours, &request.pem.replace('\n', "\\n")));
        assert!(!is_of(&ours, "-----BEGIN CERTIFICATE REQUEST-----\nnot base64"));
    }

    #[test]
    fn keys_that_are_not_signed_are_refused_without_being_quoted() {
        let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem();
        for key in [ed25519.as_str(), "a-secret-that-is-no-key"] {
            let error = make(key, "example.com", &marker("t")).err().unwrap();
            assert_eq!(error.input_field(), Some("private_key"));
            assert!(!format!("{error:?}").contains("a-secret"));
        }
    }
}
