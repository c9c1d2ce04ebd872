//! [`SelfSignedCertificate`]: an X.509 certificate that its own key signed.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

use super::local::{lives_in_state, out_of_bounds};
use super::subject;
use super::tls_key_pair::{TlsKeyAlgorithm, generate};
use crate::clock::{Clock as _, SystemClock, utc};
use crate::error::{Error, Result};
use crate::resource::Fault;
use crate::secret::Secret;
use crate::value::Value;
use iac_macros::{Inputs, Outputs};

/// An X.509 certificate that its own key signed: for services that only know each other, for tests,
/// and as a private authority (`is_ca`).
///
/// It is made once and stays as it is until an input changes. **It is not renewed by itself**: plans
/// know no clock, so that the same program and the same state always give the same plan. Put something
/// into `rotate` that changes before `days` are over, such as the year and the quarter; `expires_at`
/// says when that must be.
///
/// ```
/// use iac_core::random::SelfSignedCertificate;
/// use iac_core::{Stack, StackError};
///
/// let stack = Stack::new("philotes", "dev")?;
/// let certificate = stack.add(
///     "registry",
///     SelfSignedCertificate::args()
///         .common_name("registry.philotes.internal")
///         .dns_names(["registry.philotes.internal"])
///         .ip_addresses(["10.0.1.2"])
///         .days(180u32)
///         .rotate("2026-Q4"),
/// )?;
/// stack.export("registry_certificate", &certificate.certificate)?;
/// stack.export("registry_key", &certificate.private_key)?;
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug)]
pub struct SelfSignedCertificate;

/// Inputs of a [`SelfSignedCertificate`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Inputs)]
#[inputs(resource = SelfSignedCertificate, crate = crate)]
pub struct SelfSignedCertificateInputs {
    /// The subject's common name, at most 64 characters. Clients look at `dns_names`, not at it.
    #[field(replace)]
    pub common_name: String,
    /// The subject's organisation, at most 64 characters.
    #[field(replace)]
    pub organization: Option<String>,
    /// The DNS names it is good for; `*.` in front stands for one more label.
    #[field(replace, set)]
    #[serde(default)]
    pub dns_names: Vec<String>,
    /// The IP addresses it is good for.
    #[field(replace, set)]
    #[serde(default)]
    pub ip_addresses: Vec<String>,
    /// For how many days from now it is valid, 1 to 36500.
    #[field(replace)]
    pub days: u32,
    /// Whether it may sign other certificates. One that may is not meant for a server.
    #[field(replace)]
    #[serde(default)]
    pub is_ca: bool,
    /// What kind of key it makes; ECDSA on P-256 unless set. Not together with `private_key`.
    #[field(replace)]
    pub algorithm: Option<TlsKeyAlgorithm>,
    /// The private key in PEM (PKCS #8), for example of a [`TlsKeyPair`](super::TlsKeyPair); it makes
    /// one of its own unless set.
    #[field(replace)]
    pub private_key: Option<Secret<String>>,
    /// Any text; changing it makes a new certificate, with a new key unless `private_key` is set.
    #[field(replace)]
    pub rotate: Option<String>,
}

/// Outputs of a [`SelfSignedCertificate`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Outputs)]
#[outputs(crate = crate)]
pub struct SelfSignedCertificateOutputs {
    /// The certificate in PEM.
    #[field(stable)]
    pub certificate: String,
    /// Its private key in PEM (PKCS #8).
    #[field(stable)]
    pub private_key: Secret<String>,
    /// When it ends, as in `2026-11-21 13:05:09Z`.
    #[field(stable)]
    pub expires_at: String,
}

/// Longest life: a century.
const DAYS_MAX: i64 = 36_500;
/// How far before now it begins, so that clocks that are a little slow take it at once.
const BACKDATE: Duration = Duration::minutes(5);

lives_in_state!(
    SelfSignedCertificate, "random:self_signed_certificate",
    SelfSignedCertificateInputs, SelfSignedCertificateOutputs, make: make, check: check
);

fn make(inputs: SelfSignedCertificateInputs) -> Result<SelfSignedCertificateOutputs> {
    let now_s = SystemClock.now_ms() / 1000;
    let now = OffsetDateTime::from_unix_timestamp(now_s)
        .map_err(|_| Error::internal("the operating system's clock is far off; set it right"))?;
    let ends = now + Duration::days(inputs.days.into());
    let key = match &inputs.private_key {
        None => generate(inputs.algorithm.unwrap_or_default())?,
        // The reason is left out: it could quote the key.
        Some(pem) => KeyPair::from_pem(pem.expose()).map_err(|_| {
            Error::invalid("private_key", "it is not a private key in PEM (PKCS #8)")
                .hint("pass the `private_key` of a TlsKeyPair, or leave it out")
        })?,
    };
    let mut params = CertificateParams::default();
    params.not_before = now - BACKDATE;
    params.not_after = ends;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, inputs.common_name);
    if let Some(organization) = inputs.organization {
        params.distinguished_name.push(DnType::OrganizationName, organization);
    }
    for name in &inputs.dns_names {
        let name = name.as_str().try_into().map_err(|_| Error::invalid("dns_names", "it is not ASCII"))?;
        params.subject_alt_names.push(SanType::DnsName(name));
    }
    for address in &inputs.ip_addresses {
        let address = address.parse().map_err(|_| Error::invalid("ip_addresses", "it is no IP address"))?;
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if inputs.is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages.extend([KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]);
    } else {
        params.is_ca = IsCa::ExplicitNoCa;
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    }
    let certificate = params
        .self_signed(&key)
        .map_err(|error| Error::internal(format!("the certificate cannot be signed: {error}")))?;
    Ok(SelfSignedCertificateOutputs {
        certificate: certificate.pem(),
        private_key: Secret::new(
            inputs.private_key.map_or_else(|| key.serialize_pem(), Secret::into_exposed),
        ),
        expires_at: utc(ends.unix_timestamp() * 1000),
    })
}

fn check(inputs: &Value) -> Vec<Fault> {
    let mut faults = subject::faults(inputs);
    faults.extend(out_of_bounds(inputs, "days", 1, DAYS_MAX));
    let is_empty = |field: &str| match inputs.get(field) {
        Value::Null => true,
        value => value.as_list().is_some_and(<[Value]>::is_empty),
    };
    let is_known_leaf = matches!(inputs.get("is_ca"), Value::Null | Value::Bool(false));
    if is_known_leaf && is_empty("dns_names") && is_empty("ip_addresses") {
        let message = "a certificate without names or addresses is refused by every client; name at least one, or \
                       set `is_ca`";
        faults.push(Fault::new("dns_names", message));
    }
    if *inputs.get("algorithm") != Value::Null && *inputs.get("private_key") != Value::Null {
        faults.push(Fault::new("algorithm", "`private_key` has a kind already; leave one of the two out"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::*;

    use super::*;

    fn inputs() -> SelfSignedCertificateInputs {
        SelfSignedCertificateInputs {
            common_name: "registry".into(),
            organization: Some("Philotes".into()),
            dns_names: vec!["registry.internal".into(), "*.registry.internal".into()],
            ip_addresses: vec!["10.0.1.2".into(), "2001:db8::1".into()],
            days: 90,
            is_ca: false,
            algorithm: None,
            private_key: None,
            rotate: None,
        }
    }

    fn with_parsed(made: &SelfSignedCertificateOutputs, look: impl FnOnce(&X509Certificate<'_>)) {
        let (_, pem) = parse_x509_pem(made.certificate.as_bytes()).unwrap();
        look(&pem.parse_x509().unwrap());
    }

    #[test]
    fn a_certificate_says_what_was_wanted_and_its_key_signed_it() {
        for algorithm in [TlsKeyAlgorithm::EcdsaP256, TlsKeyAlgorithm::Ed25519] {
            let made = make(SelfSignedCertificateInputs { algorithm: Some(algorithm), ..inputs() }).unwrap();
            let key = KeyPair::from_pem(made.private_key.expose()).unwrap();
            with_parsed(&made, |certificate| {
                certificate.verify_signature(None).unwrap();
                assert_eq!(certificate.public_key().subject_public_key.data, key.public_key_raw());
                let subject = certificate.subject().to_string();
                assert!(subject.contains("CN=registry") && subject.contains("O=Philotes"), "{subject}");
                let names = certificate.subject_alternative_name().unwrap().unwrap();
                let names: Vec<String> = names.value.general_names.iter().map(ToString::to_string).collect();
                assert_eq!(names.len(), 4, "{names:?}");
                assert!(names.iter().any(|name| name.contains("*.registry.internal")), "{names:?}");
                let validity = certificate.validity();
                let life = validity.not_after.timestamp() - validity.not_before.timestamp();
                assert_eq!(life, 90 * 86_400 + 300);
                assert_eq!(made.expires_at, utc(validity.not_after.timestamp() * 1000));
                assert!(!certificate.is_ca());
                let usage = certificate.extended_key_usage().unwrap().unwrap();
                assert!(usage.value.server_auth && usage.value.client_auth);
            });
        }
    }

    #[test]
    fn an_authority_may_sign_and_a_given_key_is_kept() {
        let key = generate(TlsKeyAlgorithm::Ed25519).unwrap().serialize_pem();
        let wanted = SelfSignedCertificateInputs {
            is_ca: true,
            private_key: Some(Secret::new(key.clone())),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            ..inputs()
        };
        let made = make(wanted.clone()).unwrap();
        assert_eq!(made.private_key.expose(), &key);
        with_parsed(&made, |certificate| {
            assert!(certificate.is_ca());
            assert!(certificate.key_usage().unwrap().unwrap().value.key_cert_sign());
            certificate.verify_signature(None).unwrap();
        });
        let Err(error) = make(SelfSignedCertificateInputs {
            private_key: Some(Secret::new("-----BEGIN hunter2".into())),
            ..wanted
        }) else {
            panic!("accepted")
        };
        assert_eq!(error.input_field(), Some("private_key"));
        assert!(!format!("{error:?}{error}").contains("hunter2"));
    }

    #[test]
    fn faults_name_the_field_and_the_way_out() {
        let good = Value::map([
            ("common_name", "a".into()),
            ("days", Value::Int(90)),
            ("dns_names", Value::list(["a.b".into()])),
        ]);
        assert_eq!(check(&good), []);
        for (field, value, expected) in [
            ("days", Value::Int(0), "days: 0 is outside 1 to 36500"),
            ("dns_names", Value::list([]), "dns_names: a certificate without names"),
            ("dns_names", Value::list(["a b".into()]), "dns_names[0]: \"a b\" is no DNS name"),
            ("common_name", "x".repeat(65).into(), "common_name:"),
        ] {
            let faults = check(&good.with(field, value));
            let found: Vec<String> =
                faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
            assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
        }
        let both = good.with("algorithm", "ed25519".into()).with("private_key", Value::Unknown);
        assert_eq!(check(&both).len(), 1);
        assert_eq!(check(&good.with("dns_names", Value::Unknown)), []);
    }
}
