//! Values, keys and what holds them, in every way in which a type can be shown or serialised.

use std::fmt::Debug;

use iac_adopt::ForeignState;
use iac_core::state::{Codec, DataKey, EphemeralKeyring, Keyring as _, Passphrase, RawKey, StackId};
use iac_core::{IntoInput, Output, Secret, Value, from_value, to_value};
use iac_testkit::sim::{Exchange, HeaderValue, Method, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};

use crate::spelling::{Hunt, canary};

const WORDS: &str = "words CANARYofAPassphrase that nobody guesses 3b1f";
const KEY: [u8; 32] = *b"keyCANARYof32bytesToSeal5c19e7aa";

#[derive(Debug, Serialize)]
struct Holder {
    name: &'static str,
    held: Secret<String>,
    list: Vec<Secret<String>>,
}

/// A type whose messages quote what it cannot read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Low,
}

fn show(hunt: &mut Hunt, what: &str, thing: &impl Debug) {
    hunt.search(what, format!("{thing:?} {thing:#?}"));
}

#[test]
fn no_value_shows_or_serialises_its_secret() {
    let mut hunt = Hunt::default();
    let text = canary("VALUE");
    hunt.plant("the value", &text);
    let secret = Secret::new(text.clone());
    let holder = Holder { name: "holder", held: secret.clone(), list: vec![secret.clone()] };
    show(&mut hunt, "a secret", &secret);
    show(&mut hunt, "a struct", &holder);
    show(&mut hunt, "a secret of a list", &secret.clone().map(|text| vec![text]));
    for (what, written) in [
        ("a secret as JSON", serde_json::to_string(&secret)),
        ("a struct as JSON", serde_json::to_string(&holder)),
        ("a secret as a JSON value", serde_json::to_value(&secret).map(|value| value.to_string())),
    ] {
        match written {
            Ok(written) => panic!("{what} was written: {}", written.len()),
            Err(error) => hunt.search(what, format!("{error} {error:?}")),
        }
    }
    let value = to_value(&holder).unwrap();
    assert!(value.has_secret());
    show(&mut hunt, "a value", &value);
    hunt.search("a value as JSON", serde_json::to_string(&value).unwrap());
    hunt.search("a marked value", value.to_redacted_json().to_string());
    let output: Output<Secret<String>> = Output::literal(secret.clone());
    show(&mut hunt, "an output", &output);
    show(&mut hunt, "an input", &<Secret<String> as IntoInput<Secret<String>>>::into_input(secret.clone()));
    show(&mut hunt, "a map of an output", &output.map(|text| text + "!"));
    // Read as what it is not.
    let single = Value::secret(text.as_str().into());
    show(&mut hunt, "a wrong type", &from_value::<Secret<u32>>(&single));
    show(&mut hunt, "an unknown variant", &from_value::<Secret<Level>>(&single));
    show(&mut hunt, "a secret where none is", &from_value::<String>(&single));
    // A field whose program writes openly what belongs in a secret.
    show(&mut hunt, "an open value", &from_value::<Secret<String>>(&text.as_str().into()));
    show(&mut hunt, "an open character", &from_value::<char>(&text.as_str().into()));
    show(&mut hunt, "an open number", &from_value::<u32>(&text.as_str().into()));
}

#[test]
fn no_key_and_nothing_sealed_shows_what_it_holds() {
    let mut hunt = Hunt::default();
    hunt.plant("the passphrase", WORDS);
    hunt.plant("the key", std::str::from_utf8(&KEY).unwrap());
    hunt.plant("the sealed value", &canary("SEALED"));
    // As `{:?}` writes bytes.
    let bytes: Vec<String> = KEY.iter().map(ToString::to_string).collect();
    hunt.plant("the key's bytes", &bytes.join(", "));
    let data = || DataKey::from_bytes(KEY);
    show(&mut hunt, "a data key", &data());
    show(&mut hunt, "a key", &RawKey::new("a test", KEY));
    show(&mut hunt, "a passphrase", &Passphrase::new(WORDS).unwrap());
    show(&mut hunt, "a wrong key", &RawKey::from_hex("a test", std::str::from_utf8(&KEY).unwrap()));
    let stack = StackId::new("shop", "dev");
    let keyring = EphemeralKeyring::new();
    show(&mut hunt, "a keyring", &keyring);
    hunt.search("an envelope", keyring.wrap(&data(), &stack).unwrap());
    hunt.search("another envelope", RawKey::new("a test", [7; 32]).wrap(&data(), &stack).unwrap());
    let codec = Codec::new(stack.clone(), Some(data()));
    show(&mut hunt, "a codec", &codec);
    let value = Value::map([("held", Value::secret(canary("SEALED").as_str().into()))]);
    let sealed = codec.seal("urn", "inputs", &value).unwrap();
    show(&mut hunt, "a sealed value", &sealed);
    hunt.search("what is stored", sealed.as_str());
    show(&mut hunt, "an opened value", &codec.open("urn", "inputs", &sealed));
    show(&mut hunt, "a moved value", &codec.open("other", "inputs", &sealed));
    let without = Codec::new(stack, None);
    show(&mut hunt, "a value without a key", &without.seal("urn", "inputs", &value));
}

#[test]
fn the_state_of_another_tool_is_not_shown() {
    let mut hunt = Hunt::default();
    let secret = canary("FOREIGN");
    hunt.plant("an attribute", &secret);
    let terraform = serde_json::json!({"version": 4, "terraform_version": "1.9.8", "serial": 7, "lineage": "x",
        "outputs": {}, "resources": [{"mode": "managed", "type": "hcloud_server", "name": "web", "instances": [
            {"attributes": {"id": "42", "user_data": secret, "password": secret}}]}]});
    let pulumi = serde_json::json!({"version": 3, "deployment": {"manifest": {}, "resources": [{
        "urn": "urn:pulumi:dev::shop::hcloud:index/server:Server::web", "custom": true, "id": "42",
        "type": "hcloud:index/server:Server", "inputs": {"userData": secret}, "outputs": {"userData": secret}}]}});
    for text in [terraform.to_string(), pulumi.to_string()] {
        let state = ForeignState::parse(text.as_bytes()).unwrap();
        assert_eq!(state.resources.len(), 1, "nothing was read");
        show(&mut hunt, "a foreign state", &state);
        state.resources.iter().for_each(|resource| show(&mut hunt, "a foreign resource", resource));
        // Cut off, and of another shape.
        for part in
            [&text[..text.len() - 9], &text.replace("\"resources\"", "\"resource\""), &format!("[{text}")]
        {
            if let Err(error) = ForeignState::parse(part.as_bytes()) {
                hunt.search("a fault of a foreign state", format!("{error} {error:?}"));
            }
        }
    }
}

/// What a simulator remembers of a request: no credentials, wherever a request carries them.
#[test]
fn the_memory_of_a_simulator_holds_no_credentials() {
    let mut hunt = Hunt::default();
    let secret = "creCANARYofTheSimulator4d8a6";
    hunt.plant("a credential", secret);
    let path = format!("/things?access_token={secret}&password={secret}&page=2");
    let response = |body: serde_json::Value| {
        let mut response = SimResponse::json(200, body);
        response.headers.insert("set-cookie", HeaderValue::try_from(secret).unwrap());
        response
    };
    let answer = serde_json::json!({ "access_token": secret, "nested": [{ "refresh_token": secret }] });
    let form = format!("client_secret={secret}&grant_type=x");
    for (kind, body) in [
        (
            "application/json",
            serde_json::json!({ "client_secret": secret, "in": { "api_key": secret } }).to_string(),
        ),
        ("application/x-www-form-urlencoded", form),
    ] {
        let mut request = SimRequest::new(Method::POST, &path);
        for name in ["authorization", "x-auth-token", "cookie", "x-api-key", "x-ovh-consumer"] {
            request.headers.insert(name, HeaderValue::try_from(format!("Bearer {secret}")).unwrap());
        }
        request.headers.insert("content-type", HeaderValue::from_static(kind));
        request.body = body.into();
        let exchange = Exchange::new(1, &request, Some(&response(answer.clone())), None);
        show(&mut hunt, "an exchange", &exchange);
        hunt.search("an exchange as JSON", serde_json::to_string(&exchange).unwrap());
        assert!(serde_json::to_string(&exchange).unwrap().contains("[redacted]"));
    }
}
