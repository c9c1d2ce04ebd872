//! Files as other systems and other people leave them: line ends, marks, links, folders in their place.

use iac_core::Secret;
use iac_settings::Change;

use crate::shop::Place;

const DEV: &str =
    "# The shop.\r\nregion = \"nbg1\" # near us\r\nworkers = 2\r\n\r\n[database]\r\npool_size = 10\r\n";

#[tokio::test]
async fn line_ends_and_the_byte_order_mark_stay_when_one_value_is_changed() {
    for mark in ["", "\u{feff}"] {
        let place = Place::new(&[("settings/dev.toml", &format!("{mark}{DEV}"))]);
        let options = place.options(&[]);
        let loaded = place.settings().load(&options).await.unwrap();
        assert_eq!(loaded.origin("region").unwrap().position().unwrap().column, 1);
        for (key, value) in [("workers", "3"), ("database.pool_size", "30"), ("ratio", "0.5")] {
            place.settings().change(&options, &Change::value(key, value)).unwrap();
        }
        let expected = DEV.replace("workers = 2\r\n", "workers = 3\r\nratio = 0.5\r\n").replace("10", "30");
        assert_eq!(place.read("settings/dev.toml"), format!("{mark}{expected}"));
        // A sealed value and a new key are written alike.
        place.settings().change(&options, &Change::secret("token", Secret::from("hunter2-canary"))).unwrap();
        place.settings().rekey(&options, None).unwrap();
        let text = place.read("settings/dev.toml");
        assert!(text.starts_with(&format!("{mark}# The shop.\r\n")), "{text}");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text}");
        let loaded = place.settings().load(&options).await.unwrap();
        assert_eq!(loaded.token.as_ref().unwrap().expose(), "hunter2-canary");
    }
}

#[tokio::test]
async fn a_stack_has_a_file_of_its_own_or_none() {
    let place =
        Place::new(&[("settings/base.toml", "region = \"nbg1\"\n"), ("x.toml", "region = \"fsn1\"\n")]);
    for (stack, told) in [
        ("base", "the stack \"base\": \"base.toml\" is the name of the file of all stacks"),
        ("../x", "the stack \"../x\": \"../x.toml\" is no name of a file"),
        ("", "is no name of a file"),
    ] {
        let options =
            iac_settings::LoadOptions::new("shop", stack).variables(iac_settings::Variables::none());
        let faults = place.settings().load(&options).await.unwrap_err().to_string();
        assert!(faults.contains(told) && faults.contains("give the stack another name"), "{faults}");
        let faults =
            place.settings().change(&options, &Change::value("workers", "3")).unwrap_err().to_string();
        assert!(faults.contains(told), "{faults}");
    }
    assert_eq!(place.read("settings/base.toml"), "region = \"nbg1\"\n");
    assert_eq!(place.read("x.toml"), "region = \"fsn1\"\n");
}

#[tokio::test]
async fn what_is_no_readable_file_is_told_with_the_way_out() {
    let place = Place::new(&[("settings/dev.toml/x", "")]);
    let faults = place.faults(&place.options(&[])).await;
    let way_out = "put a file with TOML in its place, or remove it";
    assert_eq!(faults, [format!("settings/dev.toml:1:1: cannot be read: it is a directory | {way_out}")]);

    let place = Place::new(&[]);
    std::fs::create_dir(place.directory.path().join("settings")).unwrap();
    std::fs::write(place.directory.path().join("settings/dev.toml"), [0xff, 0xfe, b'a', 0]).unwrap();
    let faults = place.faults(&place.options(&[])).await;
    assert_eq!(faults, ["settings/dev.toml:1:1: cannot be read: it is not UTF-8 text | save it as UTF-8"]);

    place.write("settings/dev.toml", &"#".repeat(iac_settings::SETTINGS_BYTES_MAX + 1));
    let faults = place.faults(&place.options(&[])).await;
    assert!(faults.len() == 1 && faults[0].contains("it is longer than 1048576 bytes |"), "{faults:#?}");

    let place = Place::new(&[("settings", "")]);
    let faults = place.faults(&place.options(&[])).await;
    assert!(
        faults[0].starts_with("settings/base.toml:1:1: cannot be read: not a directory | make a directory"),
        "{faults:#?}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_nowhere_and_a_pipe_are_not_taken_for_no_file() {
    let place = Place::new(&[("settings/base.toml", "region = \"nbg1\"\n")]);
    let path = place.directory.path().join("settings/dev.toml");
    std::os::unix::fs::symlink("nowhere.toml", &path).unwrap();
    let faults = place.faults(&place.options(&[])).await;
    let told = "settings/dev.toml:1:1: cannot be read: it is a link to a file that does not exist";
    assert_eq!(faults, [format!("{told} | mend the link, or remove it")]);

    std::fs::remove_file(&path).unwrap();
    // Reading it would wait for a writer.
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let faults = place.faults(&place.options(&[])).await;
    assert!(faults[0].contains("settings/dev.toml:1:1: cannot be read: it is not a file |"), "{faults:#?}");
}

#[cfg(unix)]
#[test]
fn what_a_link_leads_to_is_changed_and_the_link_stays() {
    let place = Place::new(&[("shared/dev.toml", "region = \"nbg1\"\n"), ("settings/base.toml", "")]);
    let link = place.directory.path().join("settings/dev.toml");
    std::os::unix::fs::symlink("../shared/dev.toml", &link).unwrap();
    place.settings().change(&place.options(&[]), &Change::value("workers", "3")).unwrap();
    assert!(link.is_symlink());
    assert_eq!(place.read("shared/dev.toml"), "region = \"nbg1\"\nworkers = 3\n");
}

#[cfg(unix)]
#[tokio::test]
async fn a_variable_that_is_no_text_is_told_and_not_taken_for_unset() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let place = Place::new(&[("settings/dev.toml", "region = \"nbg1\"\n")]);
    let bytes = || OsString::from_vec(vec![b'x', 0xff]);
    let given = |name: &str| {
        let variables = iac_settings::Variables::of([(OsString::from(name), bytes())]);
        place.options(&[]).variables(variables)
    };
    let faults = place.faults(&given("SHOP_DATABASE__POOL_SIZE")).await;
    assert_eq!(
        faults,
        [
            "variable SHOP_DATABASE__POOL_SIZE: `database.pool_size` is set to what is not UTF-8 text | set the variable anew, or unset it"
        ]
    );
    place.write("settings/dev.toml", "region = \"nbg1\"\ntoken = { env = \"TOKEN\" }\n");
    let faults = place.faults(&given("TOKEN")).await;
    assert_eq!(
        faults,
        [
            "settings/dev.toml:2:1: `token` cannot be fetched from `env`: the variable TOKEN is set to what is not UTF-8 text | set it anew and run again"
        ]
    );
}

#[tokio::test]
async fn a_missing_value_without_any_file_names_no_place_of_it() {
    let place = Place::new(&[]);
    let faults = place.faults(&place.options(&[])).await;
    assert_eq!(
        faults,
        [
            "`region` is missing; it must be \"nbg1\" or \"fsn1\" | set it in a settings file, a variable or with `--set`"
        ]
    );
}

#[tokio::test]
async fn numbers_that_are_none_are_refused_as_what_they_are() {
    let place = Place::new(&[("settings/dev.toml", "region = \"nbg1\"\nworkers = 3.0\nratio = nan\n")]);
    let faults = place.faults(&place.options(&[])).await;
    assert_eq!(
        faults,
        [
            "settings/dev.toml:2:1: `workers` must be a whole number, and is 3.0",
            "settings/dev.toml:3:1: `ratio` must be a number, and is NaN",
        ]
    );
    place.write("settings/dev.toml", "region = \"nbg1\"\n");
    let faults = place.faults(&place.options(&[]).assign("ratio=-inf")).await;
    assert_eq!(faults, ["--set ratio: `ratio` must be a number, and is -inf"]);
}
