//! The codec against itself and against tampering.

use proptest::prelude::*;

use super::*;

const URN: &str = "urn:p:s:test:thing:a";

fn codec() -> Codec {
    Codec::new(StackId::new("p", "s"), Some(DataKey::from_bytes([7; 32])))
}

fn values(secrets: bool) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("NaN is not equal to itself", |n| !n.is_nan()).prop_map(Value::Float),
        any::<i32>().prop_map(|n| Value::Float(n.into())),
        any::<String>().prop_map(Value::from),
        "\\$?\\$?(secret|float|x)".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let key = prop_oneof![any::<String>(), "\\$?\\$?(secret|float|nested|x)"];
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::list),
            4 => prop::collection::vec((key, inner.clone()), 0..6).prop_map(Value::map),
            if secrets { 3 } else { 0 } => inner.prop_map(Value::secret),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(11),
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn every_value_survives(value in values(true)) {
        let sealed = codec().seal(URN, "inputs", &value).unwrap();
        prop_assert_eq!(codec().open(URN, "inputs", &sealed).unwrap(), value);
    }

    #[test]
    fn plain_values_need_no_key_and_stay_json(value in values(false)) {
        let codec = Codec::new(StackId::new("p", "s"), None);
        let sealed = codec.seal(URN, "inputs", &value).unwrap();
        prop_assert!(serde_json::from_str::<serde_json::Value>(sealed.as_str()).is_ok());
        prop_assert_eq!(codec.open(URN, "inputs", &sealed).unwrap(), value);
    }

    #[test]
    fn no_stored_text_panics_the_reader(text in any::<String>()) {
        let _ = codec().open(URN, "inputs", &Sealed::from_stored(text));
    }

    #[test]
    fn equal_values_have_equal_fingerprints(a in values(true), b in values(true)) {
        prop_assert_eq!(a == b, codec().fingerprint(&a) == codec().fingerprint(&b));
    }
}

#[test]
fn numbers_keep_their_kind_and_every_bit() {
    let numbers = [
        Value::Int(i64::MAX),
        Value::Int(i64::MIN),
        Value::Int(1),
        Value::Float(1.0),
        Value::Float(-0.0),
        Value::Float(1e300),
        Value::Float(f64::MIN_POSITIVE),
        Value::Float(5e-324),
        Value::Float(9_007_199_254_740_993.0),
        Value::Float(f64::INFINITY),
    ];
    let sealed = codec().seal(URN, "inputs", &Value::list(numbers.clone())).unwrap();
    let opened = codec().open(URN, "inputs", &sealed).unwrap();
    for (before, after) in numbers.iter().zip(opened.as_list().unwrap()) {
        match (before, after) {
            (Value::Float(a), Value::Float(b)) => assert_eq!(a.to_bits(), b.to_bits()),
            _ => assert_eq!(before, after),
        }
    }
}

fn with_secret() -> Value {
    Value::map([
        ("name", "web".into()),
        ("users", Value::list([Value::map([("password", Value::secret("hunter2".into()))])])),
    ])
}

#[test]
fn a_ciphertext_opens_only_where_it_was_sealed() {
    let sealed = codec().seal(URN, "inputs", &with_secret()).unwrap();
    assert!(!sealed.as_str().contains("hunter2"));
    let rejected = |codec: &Codec, urn: &str, column: &str, sealed: &Sealed| {
        let error = codec.open(urn, column, sealed).unwrap_err();
        assert!(matches!(error, CodecError::Rejected { .. }), "{error}");
        assert!(error.to_string().contains(urn) && error.to_string().contains("backup"), "{error}");
    };
    rejected(&codec(), "urn:p:s:test:thing:b", "inputs", &sealed);
    rejected(&codec(), URN, "outputs", &sealed);
    rejected(
        &Codec::new(StackId::new("p", "other"), Some(DataKey::from_bytes([7; 32]))),
        URN,
        "inputs",
        &sealed,
    );
    rejected(&Codec::new(StackId::new("p", "s"), Some(DataKey::from_bytes([8; 32]))), URN, "inputs", &sealed);
    let moved = Sealed::from_stored(sealed.as_str().replace("password", "passphrase"));
    rejected(&codec(), URN, "inputs", &moved);
    let moved = Sealed::from_stored(sealed.as_str().replace("[{", "[1,{"));
    rejected(&codec(), URN, "inputs", &moved);
}

#[test]
fn associated_parts_cannot_run_into_each_other() {
    let seal = |urn: &str, column: &str| codec().seal(urn, column, &Value::secret("x".into())).unwrap();
    assert!(codec().open("ab", "c", &seal("a", "bc")).is_err());
    let value = Value::map([("a.b", Value::secret("x".into()))]);
    let sealed = codec().seal(URN, "inputs", &value).unwrap();
    let nested = sealed.as_str().replace("{\"a.b\":", "{\"a\":{\"b\":") + "}";
    assert!(codec().open(URN, "inputs", &Sealed::from_stored(nested)).is_err());
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let sealed = codec().seal(URN, "inputs", &Value::secret("hunter2".into())).unwrap();
    let body = sealed.as_str().split('"').nth(3).unwrap().strip_prefix("1.").unwrap();
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let bytes = engine.decode(body).unwrap();
    let text = |bytes: &[u8]| Sealed::from_stored(format!("{{\"$secret\":\"1.{}\"}}", engine.encode(bytes)));
    assert!(codec().open(URN, "inputs", &text(&bytes)).is_ok());
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let error = codec().open(URN, "inputs", &text(&altered)).unwrap_err();
        assert!(matches!(&error, CodecError::Rejected { urn, field } if urn == URN && field == "inputs"));
    }
    for length in 0..bytes.len() {
        let error = codec().open(URN, "inputs", &text(&bytes[..length])).unwrap_err();
        assert!(matches!(error, CodecError::Rejected { .. } | CodecError::Malformed { .. }), "{error}");
    }
    for more in [&[0][..], &bytes] {
        let error = codec().open(URN, "inputs", &text(&[&bytes, more].concat())).unwrap_err();
        assert!(matches!(error, CodecError::Rejected { .. }), "{error}");
    }
    for length in 0..sealed.as_str().len() {
        let cut = Sealed::from_stored(sealed.as_str()[..length].to_owned());
        let error = codec().open(URN, "inputs", &cut).unwrap_err();
        assert!(matches!(error, CodecError::Malformed { .. }), "{error}");
    }
}

#[test]
fn errors_name_the_place_and_the_way_out_and_never_content() {
    let no_key = Codec::new(StackId::new("p", "s"), None);
    let error = no_key.seal(URN, "inputs", &with_secret()).unwrap_err().to_string();
    assert!(error.contains("inputs.users[0].password") && error.contains("keyring"), "{error}");
    assert!(!error.contains("hunter2"));

    let sealed = codec().seal(URN, "inputs", &with_secret()).unwrap();
    let error = no_key.open(URN, "inputs", &sealed).unwrap_err();
    assert!(matches!(error, CodecError::KeyMissing { .. }), "{error}");

    let newer = Sealed::from_stored(sealed.as_str().replace("\"1.", "\"2."));
    let error = codec().open(URN, "inputs", &newer).unwrap_err();
    assert!(matches!(error, CodecError::Newer { found: 2, .. }), "{error}");
    assert!(error.to_string().contains("format 2") && error.to_string().contains("up to 1"), "{error}");

    for spelling in ["01", "+1", "", " 1", "1 "] {
        let respelled = Sealed::from_stored(sealed.as_str().replace("\"1.", &format!("\"{spelling}.")));
        let error = codec().open(URN, "inputs", &respelled).unwrap_err();
        assert!(matches!(error, CodecError::Malformed { .. }), "{spelling:?}: {error}");
        assert!(error.to_string().contains("inputs.users[0].password"), "{error}");
    }

    let unknown = Value::map([("ip", Value::Unknown)]);
    let error = codec().seal(URN, "inputs", &unknown).unwrap_err().to_string();
    assert!(error.contains("inputs.ip"), "{error}");
    assert!(codec().seal(URN, "inputs", &Value::secret(Value::Unknown)).is_err());

    let foreign = Sealed::from_stored("{\"a\":{\"$later\":true}}".into());
    let error = codec().open(URN, "inputs", &foreign).unwrap_err().to_string();
    assert!(error.contains("inputs.a") && error.contains("marker"), "{error}");
}

#[test]
fn depth_is_bounded_before_the_reader_would_fail() {
    let nest = |levels| (0..levels).fold(Value::secret("x".into()), |value, _| Value::list([value]));
    let sealed = codec().seal(URN, "inputs", &nest(VALUE_DEPTH_MAX)).unwrap();
    assert_eq!(codec().open(URN, "inputs", &sealed).unwrap(), nest(VALUE_DEPTH_MAX));
    let error = codec().seal(URN, "inputs", &nest(VALUE_DEPTH_MAX + 1)).unwrap_err();
    assert!(matches!(error, CodecError::TooDeep { .. }), "{error}");
    let inside = Value::secret((0..VALUE_DEPTH_MAX).fold(Value::Null, |value, _| Value::list([value])));
    let sealed = codec().seal(URN, "inputs", &inside).unwrap();
    assert_eq!(codec().open(URN, "inputs", &sealed).unwrap(), inside);
}

#[test]
fn fingerprints_of_secrets_need_the_key() {
    let other = Codec::new(StackId::new("p", "s"), Some(DataKey::from_bytes([8; 32])));
    assert_eq!(codec().fingerprint(&with_secret()), codec().fingerprint(&with_secret()));
    assert_ne!(codec().fingerprint(&with_secret()), other.fingerprint(&with_secret()));
    assert_ne!(codec().fingerprint(&Value::secret("a".into())), codec().fingerprint(&"a".into()));
    let plain = Value::map([("a", Value::Unknown)]);
    assert_eq!(codec().fingerprint(&plain), other.fingerprint(&plain));
    assert!(codec().fingerprint(&plain).starts_with("sha256:"));
    let keyless = Codec::new(StackId::new("p", "s"), None);
    assert_eq!(keyless.fingerprint(&with_secret()), keyless.fingerprint(&with_secret()));
}
