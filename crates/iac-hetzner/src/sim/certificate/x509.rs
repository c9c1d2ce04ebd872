//! Owns what the simulator reads out of an uploaded certificate and how it makes a managed one.
//! Checks no signatures and no chains.
use super::der::{
    BIT_STRING, Elements, GENERALIZED_TIME, INTEGER, Malformed, OBJECT_ID, OCTET_STRING, SEQUENCE, SET,
    UTC_TIME, UTF8_STRING, constructed, context, element, whole_bytes,
};
use super::pem;
use iac_testkit::sim::SimTime;
use sha2::{Digest as _, Sha256};

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// The tag of a dNSName among general names.
const DNS_NAME: u8 = 0x82;

/// What is shown of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateFacts {
    /// RFC 3339.
    pub(crate) not_valid_before: String,
    /// RFC 3339.
    pub(crate) not_valid_after: String,
    pub(crate) domain_names: Vec<String>,
    /// SHA-256 of the first certificate, in hexadecimal with colons.
    pub(crate) fingerprint: String,
    public_key: PublicKey,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PublicKey {
    Rsa { modulus: Vec<u8> },
    Ec { point: Vec<u8> },
    Other,
}

/// Why a pair of certificate and key is refused: the field and the reason.
pub(crate) type Refusal = (&'static str, &'static str);

/// Reads the first certificate of a chain, and checks that the whole chain is well-formed and
/// that the key belongs to it, as far as the key tells.
pub(crate) fn read_pair(certificate: &str, private_key: &str) -> Result<CertificateFacts, Refusal> {
    let refuse = |reason| ("certificate", reason);
    let blocks = pem::blocks(certificate).map_err(refuse)?;
    if blocks.iter().any(|block| block.label != "CERTIFICATE") {
        return Err(refuse("must contain certificates only"));
    }
    let mut facts = None;
    for block in &blocks {
        let read = read(&block.der).map_err(|Malformed| refuse("is not a valid X.509 certificate"))?;
        facts.get_or_insert(read);
    }
    let facts = facts.ok_or(refuse("is not in PEM format"))?;
    let key = read_key(private_key).map_err(|reason| ("private_key", reason))?;
    let fits = match (&facts.public_key, &key) {
        (PublicKey::Rsa { modulus }, PrivateKey::Rsa { modulus: of_key }) => modulus == of_key,
        (PublicKey::Ec { point }, PrivateKey::Ec { point: Some(of_key) }) => point == of_key,
        (PublicKey::Ec { .. }, PrivateKey::Ec { point: None }) => true,
        (PublicKey::Other, PrivateKey::Other) => true,
        _ => false,
    };
    if fits { Ok(facts) } else { Err(("private_key", "does not belong to the certificate")) }
}

fn read(der: &[u8]) -> Result<CertificateFacts, Malformed> {
    let mut document = Elements::of(der);
    let mut certificate = document.sequence()?;
    let mut body = certificate.sequence()?;
    certificate.next(SEQUENCE)?;
    whole_bytes(certificate.next(BIT_STRING)?)?;
    if !document.is_empty() || !certificate.is_empty() {
        return Err(Malformed);
    }
    body.optional(context(0))?;
    body.next(INTEGER)?;
    body.next(SEQUENCE)?;
    body.next(SEQUENCE)?;
    let mut validity = body.sequence()?;
    let not_valid_before = time(validity.any()?)?;
    let not_valid_after = time(validity.any()?)?;
    let subject = body.sequence()?;
    let public_key = public_key(body.sequence()?)?;
    let mut domain_names = Vec::new();
    while !body.is_empty() {
        let (tag, contents) = body.any()?;
        if tag == context(3) {
            domain_names = alternative_names(Elements::of(contents).sequence()?)?;
        }
    }
    if domain_names.is_empty() {
        domain_names.extend(common_name(subject)?);
    }
    let fingerprint = fingerprint(der);
    Ok(CertificateFacts { not_valid_before, not_valid_after, domain_names, fingerprint, public_key })
}

/// SHA-256 in the usual notation.
fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

/// An ASN.1 time as RFC 3339; years of two digits lie between 1950 and 2049.
fn time((tag, contents): (u8, &[u8])) -> Result<String, Malformed> {
    let text = std::str::from_utf8(contents).map_err(|_| Malformed)?;
    let digits = text.strip_suffix('Z').ok_or(Malformed)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed);
    }
    let full = match (tag, digits.len()) {
        (UTC_TIME, 12) if digits < "50" => format!("20{digits}"),
        (UTC_TIME, 12) => format!("19{digits}"),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return Err(Malformed),
    };
    let part = |from: usize, to: usize| full.get(from..to).ok_or(Malformed);
    let (date, clock) = (part(0, 8)?, part(8, 14)?);
    let (year, month_day) = date.split_at(4);
    let (month, day) = month_day.split_at(2);
    let (hour, minute_second) = clock.split_at(2);
    let (minute, second) = minute_second.split_at(2);
    Ok(format!("{year}-{month}-{day}T{hour}:{minute}:{second}+00:00"))
}

fn public_key(mut info: Elements<'_>) -> Result<PublicKey, Malformed> {
    let algorithm = info.sequence()?.next(OBJECT_ID)?;
    let bytes = whole_bytes(info.next(BIT_STRING)?)?;
    Ok(match algorithm {
        RSA_ENCRYPTION => PublicKey::Rsa { modulus: Elements::of(bytes).sequence()?.next(INTEGER)?.to_vec() },
        EC_PUBLIC_KEY => PublicKey::Ec { point: bytes.to_vec() },
        _ => PublicKey::Other,
    })
}

fn alternative_names(mut extensions: Elements<'_>) -> Result<Vec<String>, Malformed> {
    let mut names = Vec::new();
    while !extensions.is_empty() {
        let mut extension = extensions.sequence()?;
        if extension.next(OBJECT_ID)? != SUBJECT_ALT_NAME {
            continue;
        }
        let (mut tag, mut contents) = extension.any()?;
        if tag != OCTET_STRING {
            // The flag whether the extension is critical stands before its value.
            (tag, contents) = extension.any()?;
        }
        if tag != OCTET_STRING {
            return Err(Malformed);
        }
        let mut general_names = Elements::of(contents).sequence()?;
        while !general_names.is_empty() {
            if let (DNS_NAME, name) = general_names.any()? {
                names.push(std::str::from_utf8(name).map_err(|_| Malformed)?.to_owned());
            }
        }
    }
    Ok(names)
}

fn common_name(mut subject: Elements<'_>) -> Result<Option<String>, Malformed> {
    while !subject.is_empty() {
        let mut attribute = Elements::of(subject.next(SET)?).sequence()?;
        if attribute.next(OBJECT_ID)? == COMMON_NAME {
            let (_, name) = attribute.any()?;
            return Ok(std::str::from_utf8(name).ok().map(str::to_owned));
        }
    }
    Ok(None)
}

enum PrivateKey {
    Rsa { modulus: Vec<u8> },
    Ec { point: Option<Vec<u8>> },
    Other,
}

fn read_key(text: &str) -> Result<PrivateKey, &'static str> {
    let blocks = pem::blocks(text)?;
    // Some tools write a curve's parameters before the key.
    let mut keys = blocks.iter().filter(|block| block.label != "EC PARAMETERS");
    let key = keys.next().ok_or("is not in PEM format")?;
    if keys.next().is_some() {
        return Err("must contain one key only");
    }
    let read = match key.label.as_str() {
        "PRIVATE KEY" => pkcs8(&key.der),
        "RSA PRIVATE KEY" => rsa_key(&key.der),
        "EC PRIVATE KEY" => ec_key(&key.der),
        "ENCRYPTED PRIVATE KEY" => return Err("must not be encrypted"),
        _ => return Err("is not a private key"),
    };
    read.map_err(|Malformed| "is not a valid private key")
}

fn pkcs8(der: &[u8]) -> Result<PrivateKey, Malformed> {
    let mut info = Elements::of(der).sequence()?;
    info.next(INTEGER)?;
    let algorithm = info.sequence()?.next(OBJECT_ID)?;
    let inner = info.next(OCTET_STRING)?;
    match algorithm {
        RSA_ENCRYPTION => rsa_key(inner),
        EC_PUBLIC_KEY => ec_key(inner),
        _ => Ok(PrivateKey::Other),
    }
}

fn rsa_key(der: &[u8]) -> Result<PrivateKey, Malformed> {
    let mut key = Elements::of(der).sequence()?;
    key.next(INTEGER)?;
    Ok(PrivateKey::Rsa { modulus: key.next(INTEGER)?.to_vec() })
}

fn ec_key(der: &[u8]) -> Result<PrivateKey, Malformed> {
    let mut key = Elements::of(der).sequence()?;
    key.next(INTEGER)?;
    key.next(OCTET_STRING)?;
    key.optional(context(0))?;
    let point = match key.optional(context(1))? {
        Some(public) => Some(whole_bytes(Elements::of(public).next(BIT_STRING)?)?.to_vec()),
        None => None,
    };
    Ok(PrivateKey::Ec { point })
}

/// The public key of every managed certificate: the base point of the curve P-256, a valid key
/// whose private half is known to all, so that nobody takes these for real.
const BASE_POINT: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
    0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
    0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

/// A certificate for these names in PEM, with a signature that nobody made.
pub(crate) fn issue(
    serial: u64,
    domain_names: &[String],
    not_before: SimTime,
    not_after: SimTime,
) -> (String, CertificateFacts) {
    let algorithm = element(SEQUENCE, &element(OBJECT_ID, ECDSA_WITH_SHA256));
    let name = |text: &str| {
        let attribute = [element(OBJECT_ID, COMMON_NAME), element(UTF8_STRING, text.as_bytes())];
        element(SEQUENCE, &element(SET, &constructed(SEQUENCE, &attribute)))
    };
    let general_names: Vec<Vec<u8>> =
        domain_names.iter().map(|name| element(DNS_NAME, name.as_bytes())).collect();
    let extension = constructed(
        SEQUENCE,
        &[
            element(OBJECT_ID, SUBJECT_ALT_NAME),
            element(OCTET_STRING, &constructed(SEQUENCE, &general_names)),
        ],
    );
    let curve = [element(OBJECT_ID, EC_PUBLIC_KEY), element(OBJECT_ID, PRIME256V1)];
    let bit_string = |bytes: &[u8]| element(BIT_STRING, &[&[0], bytes].concat());
    let key = [constructed(SEQUENCE, &curve), bit_string(&BASE_POINT)];
    let body = [
        element(context(0), &element(INTEGER, &[2])),
        element(INTEGER, &minimal_integer(serial)),
        algorithm.clone(),
        name("Simulated Certificate Authority"),
        constructed(SEQUENCE, &[asn1_time(not_before), asn1_time(not_after)]),
        name(domain_names.first().map_or("", String::as_str)),
        constructed(SEQUENCE, &key),
        element(context(3), &element(SEQUENCE, &extension)),
    ];
    let body = constructed(SEQUENCE, &body);
    let half = element(INTEGER, &minimal_integer(serial));
    let signature = bit_string(&constructed(SEQUENCE, &[half.clone(), half]));
    let der = constructed(SEQUENCE, &[body, algorithm, signature]);
    let facts = read(&der).expect("what was written here can be read here");
    (pem::armour("CERTIFICATE", &der), facts)
}

/// The shortest two's complement of a positive number.
fn minimal_integer(number: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    if bytes.first().is_none_or(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    bytes
}

/// Years up to 2049 are written with two digits, as RFC 5280 asks for.
fn asn1_time(time: SimTime) -> Vec<u8> {
    const DIGITS: usize = 14;
    let mut text: String = time.to_rfc3339().chars().filter(char::is_ascii_digit).take(DIGITS).collect();
    text.push('Z');
    match text.strip_prefix("20") {
        Some(short) if short < "50" => element(UTC_TIME, short.as_bytes()),
        _ => element(GENERALIZED_TIME, text.as_bytes()),
    }
}
