//! The sources that need no service: variables, files, programs.

use crate::shop::Place;

async fn token(place: &Place, form: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    place.write("settings/dev.toml", &format!("region = \"nbg1\"\ntoken = {form}\n"));
    match place.settings().load(&place.options(variables)).await {
        Ok(loaded) => Ok(loaded.token.as_ref().unwrap().expose().clone()),
        Err(faults) => Err(place.shown(&faults.to_string())),
    }
}

#[tokio::test]
async fn a_variable() {
    let place = Place::new(&[]);
    assert_eq!(
        token(&place, "{ env = \"TOKEN\" }", &[("TOKEN", "in-a-variable")]).await.unwrap(),
        "in-a-variable"
    );
    let fault = token(&place, "{ env = \"TOKEN\" }", &[("TOKEN", "")]).await.unwrap_err();
    assert!(fault.contains("the variable TOKEN is not set, or is empty; set it"), "{fault}");
}

#[tokio::test]
async fn a_file() {
    let place = Place::new(&[("settings/secrets/token", "in-a-file\n"), ("settings/empty", "\n")]);
    place.write("settings/long", &"x".repeat(iac_settings::SECRET_BYTES_MAX + 1));
    std::fs::write(place.directory.path().join("settings/binary"), [0xff, 0xfe]).unwrap();
    assert_eq!(token(&place, "{ file = \"secrets/token\" }", &[]).await.unwrap(), "in-a-file");
    for (file, told) in [
        ("nowhere", "cannot be read: entity not found; check the path: a relative one starts where"),
        ("empty", "is empty; it must be the secret"),
        ("long", "is longer than the 65536 bytes a secret may have; it must be the secret and nothing else"),
        ("binary", "is not UTF-8 text; save it as UTF-8"),
        ("secrets", "is not a file; name the file"),
    ] {
        let fault = token(&place, &format!("{{ file = \"{file}\" }}"), &[]).await.unwrap_err();
        assert!(fault.contains(told), "{file}: {fault}");
    }
}

#[tokio::test]
async fn what_an_editor_puts_around_a_secret_is_no_part_of_it() {
    let place = Place::new(&[]);
    for (text, secret) in [
        ("from-unix\n", "from-unix"),
        ("of-windows\r\n", "of-windows"),
        ("\u{feff}of-notepad\r\n", "of-notepad"),
        ("no-line-break", "no-line-break"),
        ("two-lines\n\n", "two-lines\n"),
        ("-----BEGIN\r\nEND-----\r\n", "-----BEGIN\r\nEND-----"),
        ("  blanks \t\n", "  blanks \t"),
        ("carriage\r", "carriage\r"),
    ] {
        place.write("settings/secret", text);
        assert_eq!(token(&place, "{ file = \"secret\" }", &[]).await.unwrap(), secret, "{text:?}");
    }
    for text in ["\r\n", "\u{feff}", "\u{feff}\n"] {
        place.write("settings/secret", text);
        let fault = token(&place, "{ file = \"secret\" }", &[]).await.unwrap_err();
        assert!(fault.contains("is empty"), "{text:?}: {fault}");
    }
}

#[tokio::test]
async fn a_form_that_a_source_does_not_take_is_told_by_what_is_wrong_in_it() {
    let place = Place::new(&[]);
    for (form, told) in [
        ("{ command = \"pass show shop\" }", "`token.command` must be a list or a table, and is text"),
        (
            "{ command = { run = [\"true\"], timeout_s = 0 } }",
            "`token.command.timeout_s` must be a number between 1 and 300, and is 0",
        ),
        (
            "{ command = { run = [\"true\"], timout_s = 3 } }",
            "`token.command.timout_s` is not a known key; did you mean `token.command.timeout_s`?",
        ),
        ("{ command = { timeout_s = 3 } }", "`token.command.run` is missing; it must be a list"),
        ("{ command = [1] }", "`token.command[0]` must be text, and is 1"),
        ("{ command = [\"\"] }", "names no program; the first text is the program"),
    ] {
        let fault = token(&place, form, &[]).await.unwrap_err();
        assert!(fault.contains(told), "{form}: {fault}");
    }
}

#[cfg(unix)]
mod programs {
    use super::*;

    #[tokio::test]
    async fn what_a_program_prints() {
        let place = Place::new(&[]);
        let printed =
            token(&place, r#"{ command = ["printf", "%s-%s\n", "a b", "$HOME"] }"#, &[]).await.unwrap();
        assert_eq!(printed, "a b-$HOME", "no shell takes part");
        let bounded = r#"{ command = { run = ["echo", "from-echo"], timeout_s = 5 } }"#;
        assert_eq!(token(&place, bounded, &[]).await.unwrap(), "from-echo");
        // It gets no input, so `cat` ends at once with nothing.
        let fault = token(&place, r#"{ command = ["cat"] }"#, &[]).await.unwrap_err();
        assert!(fault.contains("the output of the program \"cat\" is empty"), "{fault}");
    }

    #[tokio::test]
    async fn a_program_that_fails_shows_neither_its_messages_nor_its_arguments() {
        let place = Place::new(&[]);
        let script = r#"{ command = ["sh", "-c", "echo canary-out; echo canary-err >&2; exit 3"] }"#;
        let fault = token(&place, script, &[]).await.unwrap_err();
        assert!(fault.contains("the program \"sh\" ended with exit status: 3"), "{fault}");
        assert!(!fault.contains("canary"), "{fault}");
        let fault = token(&place, r#"{ command = ["no-such-program-anywhere"] }"#, &[]).await.unwrap_err();
        assert!(fault.contains("cannot be started: entity not found"), "{fault}");
        let fault = token(&place, "{ command = [] }", &[]).await.unwrap_err();
        assert!(fault.contains("must be a list of at least 1"), "{fault}");
    }

    #[tokio::test]
    async fn a_program_that_prints_without_end_is_cut_off() {
        let place = Place::new(&[]);
        let fault = token(&place, r#"{ command = ["yes", "canary"] }"#, &[]).await.unwrap_err();
        assert!(fault.contains("is longer than"), "{fault}");
        assert!(!fault.contains("canary"), "{fault}");
    }

    /// Time stands still until nothing else can happen, so this waits for nothing.
    #[tokio::test(start_paused = true)]
    async fn a_program_that_does_not_end_is_stopped() {
        let place = Place::new(&[]);
        let form = r#"{ command = { run = ["sleep", "600"], timeout_s = 60 } }"#;
        let fault = token(&place, form, &[]).await.unwrap_err();
        assert!(fault.contains("did not end within 60s, or left one behind"), "{fault}");
        assert!(fault.contains("it gets no input") && fault.contains("`timeout_s` allows more"), "{fault}");
    }
}
