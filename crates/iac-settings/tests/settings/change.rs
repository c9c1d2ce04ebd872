//! `config set` without a terminal: what it writes and what it refuses.

use iac_core::Secret;
use iac_core::state::EphemeralKeyring;
use iac_settings::Change;
use std::sync::Arc;

use crate::shop::Place;

const DEV: &str = "# The shop in development.\nregion = \"nbg1\" # near us\nworkers = 2\n\n[database]\n# Small.\npool_size = 10\n";

#[tokio::test]
async fn a_value_is_written_where_it_stood_with_comments_kept() {
    let place = Place::new(&[("settings/dev.toml", DEV)]);
    let options = place.options(&[]);
    for (key, value) in
        [("region", "fsn1"), ("database.pool_size", "30"), ("labels.team", "7"), ("ratio", "0.5")]
    {
        place.settings().change(&options, &Change::value(key, value)).unwrap();
    }
    assert_eq!(
        place.read("settings/dev.toml"),
        "# The shop in development.\nregion = \"fsn1\" # near us\nworkers = 2\nratio = 0.5\n\n[database]\n# Small.\npool_size = 30\n\n[labels]\nteam = \"7\"\n"
    );
    place.settings().load(&options).await.unwrap();
    let changed = place.settings().change(&options, &Change::value("workers", "3").in_base()).unwrap();
    assert!(changed.created && changed.file.ends_with("settings/base.toml"), "{changed:?}");
}

#[tokio::test]
async fn a_secret_is_written_encrypted_and_opens_at_its_own_place_only() {
    let place = Place::new(&[("settings/dev.toml", DEV)]);
    let options = place.options(&[]);
    for (key, secret) in [("token", "hunter2-canary"), ("database.password", "hunter3-canary")] {
        place.settings().change(&options, &Change::secret(key, Secret::from(secret))).unwrap();
    }
    let text = place.read("settings/dev.toml");
    assert!(text.contains("token = { sealed = \"v1:") && text.contains("[sealing]"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    let loaded = place.settings().load(&options).await.unwrap();
    assert_eq!(loaded.token.as_ref().unwrap().expose(), "hunter2-canary");
    assert_eq!(loaded.database.password.as_ref().unwrap().expose(), "hunter3-canary");

    // Copied to another key.
    let document: toml_edit::DocumentMut = text.parse().unwrap();
    let mut moved = document.clone();
    moved["database"]["password"] = document["token"].clone();
    place.write("settings/dev.toml", &moved.to_string());
    let faults = place.faults(&options).await;
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert!(faults[0].contains("`database.password` does not decrypt: it was copied"), "{faults:#?}");
    // Copied to another stack, with its key.
    place.write("settings/staging.toml", &text);
    let other = iac_settings::LoadOptions::new("shop", "staging").keyring(Arc::clone(&place.keyring));
    let faults = place.settings().load(&other).await.unwrap_err().to_string();
    assert!(faults.contains("is sealed, and its key cannot be opened"), "{faults}");
    // Another keyring, and none.
    let other = place.options(&[]).keyring(Arc::new(EphemeralKeyring::new()));
    assert!(place.faults(&other).await[0].contains("cannot be opened"));
    place.write("settings/dev.toml", &text.replace("[sealing]", "[labels]"));
    let faults = place.faults(&options).await;
    assert!(faults.iter().any(|fault| fault.contains("has no `[sealing]` table")), "{faults:#?}");
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let place = Place::new(&[("settings/dev.toml", DEV)]);
    let options = place.options(&[]);
    let secret = || Secret::from("hunter2-canary");
    for (change, told) in [
        (Change::value("worker", "3"), "did you mean `workers`?"),
        (Change::value("workers", "many"), "`workers` must be a whole number"),
        (Change::value("workers", "0"), "must be a number between 1 and 50"),
        (Change::value("token", "hunter2-canary"), "the command line is no place for one"),
        (Change::secret("workers", secret()), "is not a secret in this program"),
        (Change::secret("token", secret()).in_base(), "cannot be sealed for all stacks"),
        (Change::secret("token", Secret::from("")), "would be empty"),
        (Change::value("region.x", "1"), "is not a known key"),
    ] {
        let faults = place.settings().change(&options, &change).unwrap_err().to_string();
        assert!(faults.contains(told), "{told}: {faults}");
        assert!(!faults.contains("canary"), "{faults}");
    }
    assert_eq!(place.read("settings/dev.toml"), DEV);
}

#[test]
fn a_compiled_in_file_is_written_out_with_the_change() {
    let place = Place::new(&[]);
    let settings = place.settings().compiled_in("examples/shop/settings/dev.toml", DEV);
    let changed = settings.change(&place.options(&[]), &Change::value("workers", "9")).unwrap();
    assert!(changed.created);
    assert_eq!(place.read("settings/dev.toml"), DEV.replace("workers = 2", "workers = 9"));
}
