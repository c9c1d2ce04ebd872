//! The bytes of a plan file: any other byte is refused, and no secret is in them.

use iac_core::{EngineError, PlanFileError, PlanOptions, SealedPlan};

use crate::sealed_plan::{CANARY, many, open, options, prepare, seal};
use crate::world::World;

#[tokio::test]
async fn every_changed_or_missing_byte_is_refused() {
    let mut world = World::new();
    prepare(&world);
    let sealed = seal(&mut world, many(false), PlanOptions::new()).await;
    let bytes = sealed.as_bytes();
    let clear = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    assert!(clear < 600 && bytes.len() > 10 * clear);
    // Every byte of the clear part; of the ciphertext its ends and a sample.
    let sampled = |at: usize| at < clear + 64 || at + 64 > bytes.len() || at.is_multiple_of(97);
    for at in (0..bytes.len()).filter(|at| sampled(*at)) {
        for mask in if at < clear { [1u8, 2, 32, 128] } else { [1, 16, 128, 255] } {
            let mut altered = bytes.to_vec();
            altered[at] ^= mask;
            let opened = match SealedPlan::from_bytes(altered) {
                Ok(sealed) => world.engine.open_plan(&world.id(), &sealed).await.map(drop),
                Err(error) => Err(error.into()),
            };
            assert!(matches!(opened, Err(EngineError::PlanFile(_))), "byte {at} ^ {mask}: {opened:?}");
        }
    }
    for length in (0..bytes.len()).filter(|at| sampled(*at)) {
        let error = SealedPlan::from_bytes(bytes[..length].to_vec()).unwrap_err();
        match length {
            0 => assert!(matches!(error, PlanFileError::NotAPlan { .. }), "{error}"),
            _ => assert!(matches!(error, PlanFileError::Truncated { .. }), "{length}: {error}"),
        }
    }
    let longer = SealedPlan::from_bytes([bytes, b"\n"].concat()).unwrap_err();
    assert!(
        longer.to_string().contains("altered") && longer.to_string().contains("1 bytes follow"),
        "{longer}"
    );
    let spaced = String::from_utf8_lossy(&bytes[..clear]).replace("{\"stack\"", "{ \"stack\"");
    let spaced = SealedPlan::from_bytes([spaced.as_bytes(), &bytes[clear..]].concat()).unwrap();
    let error = world.engine.open_plan(&world.id(), &spaced).await.unwrap_err().to_string();
    assert!(error.contains("altered after it was made"), "{error}");
}

#[tokio::test]
async fn what_is_no_plan_file_is_told_apart() {
    let check = |bytes: &[u8], expected: &str| {
        let error = SealedPlan::from_bytes(bytes.to_vec()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(b"", "not a plan file: it is empty");
    check(b"PK\x03\x04", "not a plan file");
    check(b"iac-plan 2\n{}\n", "it has plan format 2; this program reads up to 1");
    check(b"iac-plan 01\n{}\n", "header is unreadable");
    check(b"iac-plan 0\n{}\n", "altered");
    check(b"iac-plan 99999999999999999999\n{}\n", "altered");
    check(b"iac-plan 1\nno json\nx", "altered");
    check(&[b"iac-plan 1\n".as_slice(), &[b'x'; 5000]].concat(), "its header does not end");
    check(b"iac-plan 1\n{\"stack\":", "cut off");
}

#[tokio::test]
async fn no_secret_is_in_the_bytes_in_any_spelling() {
    use base64::Engine as _;
    let mut world = World::new();
    prepare(&world);
    world.up(many(false)).await;
    let sealed = seal(&mut world, many(true), options(|_| ())).await;
    let bytes = sealed.as_bytes();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (text, digits) = (String::from_utf8_lossy(bytes), hex(bytes));
    for secret in [CANARY, "canary-7f3a91-a", "canary-7f3a91-b", "token-of-"] {
        assert!(!text.contains(secret), "{secret} in the clear");
        assert!(!digits.contains(&hex(secret.as_bytes())), "{secret} in the clear");
        assert!(!text.contains(&hex(secret.as_bytes())), "{secret} in hexadecimal");
        // At each of its three offsets, without the characters that its neighbours decide.
        for offset in 0..3 {
            let padded = [&[0; 3][..offset], secret.as_bytes()].concat();
            let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(padded);
            let inner = &encoded[4.min(offset * 4)..encoded.len() - 2];
            assert!(!text.contains(inner), "{secret} in base64");
        }
    }
    // Nor is a plan readable without the key: no name, no address, no digest of a value.
    for word in ["web", "child", "10.0.0.1", "create_replacement", "sha256:", "hmac"] {
        assert!(!text.contains(word), "{word} in the clear");
    }
    assert_ne!(
        seal(&mut world, many(true), options(|_| ())).await.as_bytes(),
        bytes,
        "a nonce is used twice"
    );
    // What the program shows of it does not show them either.
    let opened = open(&world, &sealed).await.unwrap();
    let shown = format!("{opened:?}{sealed:?}{}", serde_json::to_string(opened.plan()).unwrap());
    assert!(!shown.contains(CANARY) && !shown.contains("token-of-"));
}
