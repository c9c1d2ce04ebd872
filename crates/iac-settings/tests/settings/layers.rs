//! Which layer wins, and that every value knows where it comes from.

use iac_settings::{EntryValue, Settings};

use crate::shop::{Place, Region, Shop, Store};

const BASE: &str =
    "region = \"nbg1\"\nworkers = 3\n\n[database]\npool_size = 20\n\n[labels]\nteam = \"shop\"\n";
const DEV: &str = "region = \"fsn1\"\n\n[labels]\n\"a.b\" = \"c\"\n";

#[tokio::test]
async fn later_layers_win_and_tables_are_joined() {
    let place = Place::new(&[("settings/base.toml", BASE), ("settings/dev.toml", DEV)]);
    let variables = [("SHOP_DATABASE__POOL_SIZE", "30"), ("SHOP_WORKERS", "4"), ("SHOP_RATIO", "1")];
    let options = place.options(&variables).assign("workers=5").assign("labels.\"x y\"=true");
    let loaded = place.settings().load(&options).await.unwrap();
    assert_eq!(loaded.region, Region::Fsn1);
    assert_eq!((loaded.workers, loaded.database.pool_size, loaded.ratio), (5, 30, Some(1.0)));
    assert_eq!(loaded.database.name, "shop");
    assert!(loaded.admin_networks.is_empty());
    let labels: Vec<_> = loaded.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(labels, ["a.b=c", "team=shop", "x y=true"]);

    let origins: Vec<String> = loaded
        .entries()
        .iter()
        .map(|entry| place.shown(&format!("{} {} {}", entry.key, entry.value, entry.origin)))
        .collect();
    assert_eq!(
        origins,
        [
            "admin_networks [] default",
            "database.name \"shop\" default",
            "database.password (not set) default",
            "database.pool_size 30 variable SHOP_DATABASE__POOL_SIZE",
            "labels.team \"shop\" settings/base.toml:8:1",
            "labels[\"a.b\"] \"c\" settings/dev.toml:4:1",
            "labels[\"x y\"] \"true\" --set labels.\"x y\"",
            "ratio 1 variable SHOP_RATIO",
            "region \"fsn1\" settings/dev.toml:1:1",
            "store (not set) default",
            "token (not set) default",
            "workers 5 --set workers",
        ]
    );
}

#[tokio::test]
async fn one_file_beside_the_directory_does_for_the_base() {
    let place = Place::new(&[("Settings.toml", BASE)]);
    let loaded = place.settings().load(&place.options(&[])).await.unwrap();
    assert_eq!(loaded.workers, 3);
    place.write("settings/base.toml", BASE);
    let faults = place.faults(&place.options(&[])).await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("Settings.toml:1:1: stands beside settings/base.toml"), "{faults:?}");
}

#[tokio::test]
async fn a_file_on_disk_stands_in_for_the_compiled_in_one() {
    let place = Place::new(&[]);
    let settings =
        || place.settings().compiled_in("settings/base.toml", BASE).compiled_in("settings/dev.toml", DEV);
    let loaded = settings().load(&place.options(&[])).await.unwrap();
    assert_eq!(loaded.region, Region::Fsn1);
    assert_eq!(loaded.origin("region").unwrap().short(), "settings/dev.toml:1 (compiled in)");
    place.write("settings/dev.toml", "workers = 7\n");
    let loaded = settings().load(&place.options(&[])).await.unwrap();
    assert_eq!((loaded.region, loaded.workers), (Region::Nbg1, 7));
    assert_eq!(settings().stacks_with_files(), ["dev"]);
}

#[tokio::test]
async fn another_variant_of_an_enum_replaces_and_the_same_one_is_joined() {
    let base =
        "region = \"nbg1\"\nstore = { kind = \"s3\", bucket = \"a\", secret_key = { env = \"KEY\" } }\n";
    let place = Place::new(&[("settings/base.toml", base)]);
    place.write("settings/dev.toml", "store = { kind = \"local\", path = \"/tmp\" }\n");
    let loaded = place.settings().load(&place.options(&[])).await.unwrap();
    assert_eq!(loaded.into_inner().store, Some(Store::Local { path: "/tmp".into() }));
    place.write("settings/dev.toml", "store = { bucket = \"b\" }\n");
    let loaded = place.settings().load(&place.options(&[("KEY", "s3cret")])).await.unwrap();
    let Some(Store::S3 { bucket, secret_key }) = &loaded.store else { panic!("{loaded:?}") };
    assert_eq!((bucket.as_str(), secret_key.expose().as_str()), ("b", "s3cret"));
}

#[tokio::test]
async fn a_later_layer_replaces_the_form_of_a_secret_as_a_whole() {
    let place = Place::new(&[("settings/base.toml", "region = \"nbg1\"\ntoken = { env = \"ONE\" }\n")]);
    place.write("settings/dev.toml", "token = { file = \"token\" }\n");
    place.write("settings/token", "from-the-file\n");
    let loaded = place.settings().load(&place.options(&[])).await.unwrap();
    assert_eq!(loaded.token.as_ref().unwrap().expose(), "from-the-file");
    let entry = loaded.entries().iter().find(|entry| entry.key == "token").unwrap();
    assert_eq!(entry.value, EntryValue::Secret("file".into()));
    // A variable may hold the secret itself, or refer to it.
    let loaded = place.settings().load(&place.options(&[("SHOP_TOKEN", "in-a-variable")])).await.unwrap();
    assert_eq!(loaded.token.as_ref().unwrap().expose(), "in-a-variable");
    let variables = [("SHOP_TOKEN", "{ env = \"TWO\" }"), ("TWO", "by-reference")];
    let loaded = place.settings().load(&place.options(&variables)).await.unwrap();
    assert_eq!(loaded.token.as_ref().unwrap().expose(), "by-reference");
}

#[test]
fn settings_without_secrets_need_no_runtime() {
    let place = Place::new(&[("settings/base.toml", BASE)]);
    assert_eq!(place.settings().load_without_secrets(&place.options(&[])).unwrap().workers, 3);
    place.write("settings/dev.toml", "token = { env = \"ONE\" }\n");
    let faults = place.settings().load_without_secrets(&place.options(&[("ONE", "x")])).unwrap_err();
    assert!(faults.to_string().contains("`token` is a secret"), "{faults}");
}

#[test]
fn the_schema_closes_tables_and_spells_the_forms_of_a_secret() {
    let schema = Settings::<Shop>::new().json_schema();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["$defs"]["Database"]["additionalProperties"], false);
    assert_eq!(schema["$defs"]["Database"]["properties"]["pool_size"]["default"], 10);
    assert_eq!(schema["properties"]["labels"]["additionalProperties"]["type"], "string");
    let text = schema["properties"]["token"].to_string();
    for form in ["sealed", "env", "file", "command", "doppler", "vault"] {
        assert!(text.contains(&format!("\"{form}\"")), "{form} is missing from {text}");
    }
    assert!(!schema.to_string().contains("x-iac-secret"));
}

#[tokio::test]
async fn a_variable_holds_lists_and_tables_as_toml() {
    let place = Place::new(&[("settings/base.toml", BASE)]);
    let variables =
        [("SHOP_ADMIN_NETWORKS", "[\"10.0.0.0/8\"]"), ("SHOP_STORE", "{ kind = \"local\", path = \"/x\" }")];
    let loaded = place.settings().load(&place.options(&variables)).await.unwrap();
    assert_eq!(loaded.admin_networks, ["10.0.0.0/8"]);
    assert_eq!(loaded.into_inner().store, Some(Store::Local { path: "/x".into() }));
    let faults = place.faults(&place.options(&[("SHOP_ADMIN_NETWORKS", "10.0.0.0/8")])).await;
    assert_eq!(
        faults,
        [
            "variable SHOP_ADMIN_NETWORKS: `admin_networks` must be a list, and is text | write it as in a settings file: [\"a\", \"b\"] or { key = \"value\" }"
        ]
    );
    let both = [("SHOP_LABELS", "{ a = \"b\" }"), ("SHOP_LABELS__TEAM", "shop")];
    let faults = place.faults(&place.options(&both)).await;
    assert!(faults[0].contains("`labels.team` is set by another variable as a whole"), "{faults:?}");
    let ignored = place.settings().ignore_variable("SHOP_HOME");
    assert!(ignored.load(&place.options(&[("SHOP_HOME", "/srv")])).await.is_ok());
}
