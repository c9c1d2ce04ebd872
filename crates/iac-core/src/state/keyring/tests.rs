//! Every keyring against right and wrong keys, and the recipients' rotation.

use super::*;

fn stack() -> StackId {
    StackId::new("p", "s")
}

fn raw(byte: u8) -> RawKey {
    RawKey::new("the test key", [byte; 32])
}

fn check_round_trip(keyring: &dyn Keyring) -> String {
    let key = DataKey::generate().unwrap();
    let envelope = keyring.wrap(&key, &stack()).unwrap();
    assert_eq!(keyring.unwrap(&envelope, &stack()).unwrap().expose(), key.expose());
    let other = keyring.unwrap(&envelope, &StackId::new("p", "other")).unwrap_err();
    assert!(matches!(other, KeyringError::Wrong { .. }), "{other}");
    assert_ne!(envelope, keyring.wrap(&key, &stack()).unwrap(), "every envelope has its own nonce");
    envelope
}

#[test]
fn every_keyring_opens_its_own_envelope_for_its_own_stack() {
    let directory = tempfile::tempdir().unwrap();
    check_round_trip(&raw(1));
    check_round_trip(&EphemeralKeyring::new());
    check_round_trip(&KeyFile::open_or_create(directory.path().join("key")).unwrap());
    let envelope = check_round_trip(&Passphrase::new("correct horse").unwrap());
    assert!(envelope.contains("\"argon2id\"") && envelope.contains("\"memory_kib\":65536"), "{envelope}");
    assert!(!envelope.contains("horse"));
}

#[test]
fn a_wrong_key_is_named_with_its_kind_and_the_way_out() {
    let envelope = check_round_trip(&raw(1));
    let error = raw(2).unwrap(&envelope, &stack()).unwrap_err().to_string();
    assert!(
        error.contains("p/s") && error.contains("the test key") && error.contains("use the key"),
        "{error}"
    );

    let words = Passphrase::new("correct horse").unwrap();
    let error = words.unwrap(&envelope, &stack()).unwrap_err();
    assert!(matches!(error, KeyringError::NoRecipient { .. }), "{error}");
    assert!(error.to_string().contains("locked for key"), "{error}");

    let envelope = words.wrap(&DataKey::generate().unwrap(), &stack()).unwrap();
    let error = Passphrase::new("wrong horse").unwrap().unwrap(&envelope, &stack()).unwrap_err();
    assert!(error.to_string().contains("the passphrase"), "{error}");
    assert!(!error.to_string().contains("horse"), "{error}");
    assert_eq!(format!("{words:?}"), "[passphrase]");
    assert!(Passphrase::new("").is_err());
}

#[test]
fn recipients_are_added_removed_and_replaced() {
    let (a, b, c) = (raw(1), raw(2), raw(3));
    let key = DataKey::generate().unwrap();
    let envelope = a.wrap(&key, &stack()).unwrap();
    assert!(add_recipient(&envelope, &stack(), &b, &b).is_err(), "only who can open it may add");
    let both = add_recipient(&envelope, &stack(), &a, &b).unwrap();
    for keyring in [&a, &b] {
        assert_eq!(keyring.unwrap(&both, &stack()).unwrap().expose(), key.expose());
    }
    let only_b = remove_recipient(&both, &stack(), &a).unwrap();
    assert!(a.unwrap(&only_b, &stack()).is_err() && b.unwrap(&only_b, &stack()).is_ok());
    let error = remove_recipient(&only_b, &stack(), &b).unwrap_err();
    assert!(matches!(error, KeyringError::Recipients { count: 0, .. }), "{error}");
    assert!(remove_recipient(&both, &stack(), &c).is_err());
    let replaced = rewrap(&both, &stack(), &b, &[&c]).unwrap();
    assert_eq!(c.unwrap(&replaced, &stack()).unwrap().expose(), key.expose());
    assert!(b.unwrap(&replaced, &stack()).is_err());
    assert!(rewrap(&both, &stack(), &b, &[]).is_err());
}

#[test]
fn damaged_newer_and_greedy_envelopes_are_refused() {
    let envelope = raw(1).wrap(&DataKey::generate().unwrap(), &stack()).unwrap();
    for (text, expected) in [
        (String::new(), "damaged"),
        ("{}".into(), "damaged"),
        (envelope[..envelope.len() / 2].into(), "damaged"),
        (envelope.replace("\"version\":1", "\"version\":0"), "damaged"),
        (envelope.replace("\"version\":1", "\"version\":2"), "format 2"),
        ("{\"version\":1,\"recipients\":[]}".into(), "0 recipients"),
    ] {
        let error = raw(1).unwrap(&text, &stack()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let greedy = r#"{"version":1,"recipients":[{"kind":"passphrase","key":"","derivation":
        {"algorithm":"argon2id","memory_kib":4294967295,"passes":3,"lanes":1,"salt":"AAAAAAAAAAA="}}]}"#;
    let error = Passphrase::new("x").unwrap().unwrap(greedy, &stack()).unwrap_err().to_string();
    assert!(error.contains("never uses"), "{error}");
}

#[test]
fn a_key_file_that_several_make_at_once_is_whole_for_each_of_them() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..40 {
        let path = directory.path().join(format!("key-{round}"));
        let keys = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| KeyFile::open_or_create(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let envelope = keys[0].wrap(&DataKey::generate().unwrap(), &stack()).unwrap();
        assert!(keys.iter().all(|key| key.unwrap(&envelope, &stack()).is_ok()), "round {round}");
    }
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 40, "nothing but the keys is left");
}

#[test]
fn a_key_file_is_made_once_and_must_be_private() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    let first = KeyFile::open_or_create(&path).unwrap();
    let envelope = check_round_trip(&first);
    let again = KeyFile::open_or_create(&path).unwrap();
    assert!(again.unwrap(&envelope, &stack()).is_ok());
    assert_eq!(again.path(), path);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.len(), 65);
    let variable = RawKey::from_hex("the variable", &text).unwrap();
    assert!(variable.unwrap(&envelope, &stack()).is_ok(), "the same bytes open it from anywhere");

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = KeyFile::open(&path).unwrap_err().to_string();
        assert!(error.contains("chmod 600") && error.contains("644"), "{error}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    for content in ["", "abc", &"zz".repeat(32), &"5f".repeat(200)] {
        std::fs::write(&path, content).unwrap();
        let error = KeyFile::open_or_create(&path).unwrap_err().to_string();
        assert!(error.contains("hexadecimal"), "{error}");
        assert!(!error.contains("5f5f"), "{error}");
    }
    // Says that it is empty, and has no end.
    #[cfg(unix)]
    assert!(KeyFile::open("/dev/zero").unwrap_err().to_string().contains("too long for a key"));
    assert!(KeyFile::open(directory.path().join("absent")).is_err());
    let error = KeyFile::open_or_create(directory.path().join("no/key")).unwrap_err().to_string();
    assert!(error.contains("directory"), "{error}");
}
