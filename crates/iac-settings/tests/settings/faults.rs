//! All that is wrong at once, each with its place.

use crate::shop::Place;

#[tokio::test]
async fn every_fault_is_told_at_once_with_file_line_and_key() {
    let base = "regoin = \"nbg1\"\nworkers = \"three\"\nadmin_networks = [\"10.0.0.0/8\", \"everybody\"]\n\n[database]\npool_size = 70000\nname = \"\"\npoolsize = 1\n";
    let dev = "token = \"hunter2-canary\"\nratio = true\nstore = { kind = \"ftp\" }\n[labels]\na = 1\n";
    let place = Place::new(&[("settings/base.toml", base), ("settings/dev.toml", dev)]);
    let variables = [("SHOP_DATABASE__PASSWORD_OLD", "x"), ("OTHER_WORKERS", "9")];
    let options = place.options(&variables).assign("database.pasword=hunter2-canary").assign("nonsense");
    let faults = place.faults(&options).await;
    assert_eq!(
        faults,
        [
            "settings/base.toml:1:1: `regoin` is not a known key | did you mean `region`?",
            "settings/base.toml:2:1: `workers` must be a whole number, and is the text \"three\"",
            "settings/base.toml:3:33: `admin_networks[1]` must be text that fits the pattern `^[0-9a-f.:]+/\\d+$`, and is the text \"everybody\"",
            "settings/base.toml:6:1: `database.pool_size` must be a number between 0 and 65535, and is 70000",
            "settings/base.toml:7:1: `database.name` must be text that is not empty, and is the text \"\"",
            "settings/base.toml:8:1: `database.poolsize` is not a known key | did you mean `database.pool_size`?",
            "settings/dev.toml:1:1: `token` is a secret and stands here in plain text | encrypt it with `config set --secret token` or name a secret source, and make a new secret: this one may have been seen",
            "settings/dev.toml:2:1: `ratio` must be a number, and is true",
            "settings/dev.toml:3:1: `store` must be one of \"local\", \"s3\", and is a table that names none of them",
            "settings/dev.toml:5:1: `labels.a` must be text, and is 1",
            "variable SHOP_DATABASE__PASSWORD_OLD: `database.password_old` is not a known key | did you mean `database.password`?",
            "--set: cannot be understood: it must be key=value, with a key as in a settings file | for example `--set workers=3`",
            "--set database.pasword: `database.pasword` is not a known key | did you mean `database.password`?",
        ]
    );
}

#[tokio::test]
async fn what_is_missing_is_told_with_where_to_put_it() {
    let place = Place::new(&[("settings/dev.toml", "workers = 1\n\n[store]\nkind = \"s3\"\n")]);
    let faults = place.faults(&place.options(&[])).await;
    assert_eq!(
        faults,
        [
            "settings/dev.toml:1:1: `region` is missing; it must be \"nbg1\" or \"fsn1\" | set it in a settings file, a variable or with `--set`",
            "settings/dev.toml:3:2: `store.bucket` is missing; it must be text | set it in a settings file, a variable or with `--set`",
            "settings/dev.toml:3:2: `store.secret_key` is missing; it must be a secret | write it with `config set --secret store.secret_key`, or name a variable or a secret source",
        ]
    );
}

#[tokio::test]
async fn a_table_in_one_file_and_a_value_in_another_is_a_conflict() {
    let place = Place::new(&[("settings/base.toml", "region = \"nbg1\"\n[database]\nname = \"a\"\n")]);
    place.write("settings/dev.toml", "database = \"postgres://user:hunter2-canary@host\"\n");
    let faults = place.faults(&place.options(&[])).await;
    assert_eq!(
        faults,
        [
            "settings/dev.toml:1:1: `database` is text here and a table at settings/base.toml:2:2; one key cannot be both | remove one of the two, or write both the same way",
            "settings/dev.toml:1:1: `database` must be a table, and is text",
        ]
    );
}

#[tokio::test]
async fn the_programs_own_faults_get_their_place() {
    let place = Place::new(&[("settings/base.toml", "region = \"nbg1\"\n[database]\npool_size = 4\n")]);
    let options = place.options(&[("SHOP_TOKEN", "short")]).assign("workers=5");
    let faults = place.faults(&options).await;
    assert_eq!(
        faults,
        [
            "settings/base.toml:3:1: `database.pool_size` must be at least `workers`",
            "variable SHOP_TOKEN: `token` must have at least 8 characters",
        ]
    );
}

#[tokio::test]
async fn secrets_that_cannot_be_had_are_told_together_with_the_rest() {
    let dev = "region = \"nbg1\"\nworkers = 20\ntoken = { env = \"NO_TOKEN\" }\n[database]\npassword = { file = \"nowhere\" }\n";
    let place = Place::new(&[("settings/dev.toml", dev)]);
    let faults = place.faults(&place.options(&[])).await;
    assert_eq!(faults.len(), 3, "{faults:#?}");
    assert!(faults[1].contains("`database.pool_size` must be at least `workers`"), "{faults:#?}");
    assert!(
        faults[0].starts_with("settings/dev.toml:3:1: `token` cannot be fetched from `env`"),
        "{faults:#?}"
    );
    assert!(
        faults[2].starts_with("settings/dev.toml:5:1: `database.password` cannot be fetched from `file`"),
        "{faults:#?}"
    );
}

#[tokio::test]
async fn text_that_is_not_toml_has_a_place_and_is_not_quoted() {
    let place =
        Place::new(&[("settings/dev.toml", "region = \"nbg1\"\ntoken = hunter2-canary\nworkers = [1\n")]);
    let faults = place.faults(&place.options(&[])).await;
    assert!(faults.len() >= 2, "{faults:#?}");
    assert!(faults[0].starts_with("settings/dev.toml:2:9: the text is not TOML: "), "{faults:#?}");
    assert!(!faults.join("\n").contains("hunter2"), "{faults:#?}");
}

#[tokio::test]
async fn forms_of_a_secret_are_checked_before_anything_is_fetched() {
    let dev = "region = \"nbg1\"\ntoken = { valt = { mount = \"kv\" } }\n[database]\npassword = { vault = { mount = \"kv\", path = \"shop\", kee = \"x\" } }\n[store]\nkind = \"s3\"\nbucket = \"b\"\nsecret_key = { env = \"A\", file = \"b\" }\n";
    let place = Place::new(&[("settings/dev.toml", dev)]);
    let faults = place.faults(&place.options(&[])).await;
    assert_eq!(
        faults,
        [
            "settings/dev.toml:2:11: `token.valt` is not a known source of secrets | did you mean `vault`?",
            "settings/dev.toml:4:14: `database.password.vault.key` is missing; it must be text | set it in a settings file, a variable or with `--set`",
            "settings/dev.toml:4:53: `database.password.vault.kee` is not a known key | did you mean `database.password.vault.key`?",
            "settings/dev.toml:8:1: `store.secret_key` must be one of { sealed = … }, { command = … }, { doppler = … }, { env = … }, { file = … }, { vault = … }, and is a table with several keys or none",
        ]
    );
}

#[tokio::test]
async fn a_secret_on_the_command_line_is_refused() {
    let place = Place::new(&[("settings/dev.toml", "region = \"nbg1\"\n")]);
    let faults = place.faults(&place.options(&[]).assign("token=hunter2-canary")).await;
    assert!(faults[0].contains("the command line is no place for one"), "{faults:#?}");
    assert!(!faults[0].contains("hunter2"), "{faults:#?}");
    let options = place.options(&[("TOKEN", "hunter2-canary")]).assign("token={ env = \"TOKEN\" }");
    assert_eq!(
        place.settings().load(&options).await.unwrap().token.as_ref().unwrap().expose(),
        "hunter2-canary"
    );
}
