//! The operating system's keyring as a stack's key: a real GNOME Keyring on a D-Bus of its own, and the
//! runner in processes of their own. Where the programs are missing it says so and is skipped, unless
//! `CI` is set.
#![cfg(all(unix, not(target_os = "macos")))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod session;

use session::{Answer, Service, Session, is_there};

const CI_KEY: (&str, &str) = ("CI_KEY", "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f");

#[track_caller]
fn done(answer: &Answer) -> &str {
    assert_eq!(answer.code, Some(0), "{}{}", answer.stdout, answer.stderr);
    &answer.stdout
}

/// One error that says all of `expected`, and nothing else.
#[track_caller]
fn refused(answer: &Answer, expected: &[&str]) {
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""), "{}", answer.stderr);
    assert_eq!(answer.stderr.matches("error:").count(), 1, "{}", answer.stderr);
    for text in expected {
        assert!(answer.stderr.contains(text), "{text:?} is missing from {}", answer.stderr);
    }
}

/// The token, which `key` opens.
#[track_caller]
fn token(session: &Session, key: &str) -> String {
    let answer = session.run_with(&format!("outputs token --show-secrets --key {key}"), &[CI_KEY]);
    let token = done(&answer).trim().to_owned();
    assert_eq!(token.len(), 16, "{token}");
    token
}

/// The id of the recipient that `keys list` calls `what`.
fn id_of(session: &Session, what: &str) -> String {
    let list = session.run("keys list");
    let line = done(&list).lines().find(|line| line.contains(what)).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn one_process_makes_the_entry_and_others_open_the_secrets_with_it() {
    if !is_there("one_process_makes_the_entry_and_others_open_the_secrets_with_it") {
        return;
    }
    let mut session = Session::new(Service::Unlocked);
    assert!(session.items("philotes").is_empty());
    let first = session.run("up --yes --key os:philotes");
    done(&first);
    let note = "note: made the entry \"philotes\" of the operating system's keyring";
    assert!(first.stderr.starts_with(note) && first.stderr.contains("`keys add`"), "{}", first.stderr);
    assert_eq!(session.items("philotes").len(), 1, "the entry is there for other programs too");
    let made = token(&session, "os:philotes");
    assert!(done(&session.run("plan --key os:philotes")).contains("No changes"));
    assert!(done(&session.run("doctor --key os:philotes")).contains("the entry \"philotes\""));
    let second = session.run("up --yes --key os:philotes --stack staging");
    done(&second);
    assert_eq!(second.stderr, "", "nothing was made");
    assert_eq!(session.items("philotes").len(), 1, "the entry that is there is used");
    // Nothing beside it: no key file, and the secret not in the clear.
    assert!(!session.path("state.sqlite.key").exists());
    let bytes = std::fs::read(session.path("state.sqlite")).unwrap();
    assert!(!bytes.windows(made.len()).any(|window| window == made.as_bytes()));
    // The next login.
    session.log_in(Service::Unlocked);
    assert_eq!(token(&session, "os:philotes"), made);
}

#[test]
fn processes_that_need_an_entry_at_once_share_one_key() {
    if !is_there("processes_that_need_an_entry_at_once_share_one_key") {
        return;
    }
    let session = Session::new(Service::Unlocked);
    for round in 0..5 {
        let stacks = [format!("dev-{round}"), format!("staging-{round}"), format!("production-{round}")];
        let line = |stack: &String| format!("up --yes --key os:shared-{round} --stack {stack}");
        let answers = session.run_together(&stacks.each_ref().map(line));
        for answer in &answers {
            done(answer);
        }
        let made = answers.iter().filter(|answer| answer.stderr.contains("note: made the entry")).count();
        assert_eq!((made, session.items(&format!("shared-{round}")).len()), (1, 1));
        for stack in stacks {
            token(&session, &format!("os:shared-{round} --stack {stack}"));
        }
    }
}

#[test]
fn an_entry_that_is_not_there_or_is_another_one_opens_nothing_and_is_not_made() {
    if !is_there("an_entry_that_is_not_there_or_is_another_one_opens_nothing_and_is_not_made") {
        return;
    }
    let session = Session::new(Service::Unlocked);
    done(&session.run("up --yes --key os:philotes"));
    let missing = ["the entry \"absent\"", "no such entry", "a key file, a passphrase or a variable"];
    for line in ["outputs --show-secrets", "plan", "up --yes", "keys rotate", "state show token"] {
        refused(&session.run(&format!("{line} --key os:absent")), &missing);
    }
    refused(&session.run("keys rotate --key os:philotes --keep os:absent"), &missing);
    refused(&session.run("keys remove os:absent --key os:philotes"), &missing);
    assert!(session.items("absent").is_empty(), "nothing was made in its place");

    done(&session.run("up --yes --key os:other --stack staging"));
    let wrong = ["does not open with the entry \"other\"", "one of its other recipients"];
    refused(&session.run("outputs --show-secrets --key os:other"), &wrong);
    // Neither is one made for a stack that cannot take it.
    refused(&session.run("keys add os:new --key os:philotes --stack empty"), &["has no key yet"]);
    refused(&session.run("keys add os:new --key os:other"), &wrong);
    assert!(session.items("new").is_empty());

    // Deleted in the keyring by somebody: told, and no new one made.
    let made = token(&session, "os:philotes");
    done(&session.run_with("keys add key:CI_KEY --key os:philotes", &[CI_KEY]));
    for item in session.items("philotes") {
        session.call(&item, "org.freedesktop.Secret.Item.Delete", &[]);
    }
    refused(&session.run("up --yes --key os:philotes"), &["the entry \"philotes\"", "no such entry"]);
    assert!(session.items("philotes").is_empty());
    assert_eq!(token(&session, "key:CI_KEY"), made, "the other recipient is the way out");
}

#[test]
fn recipients_are_added_rotated_and_removed() {
    if !is_there("recipients_are_added_rotated_and_removed") {
        return;
    }
    let session = Session::new(Service::Unlocked);
    done(&session.run("up --yes --key os:philotes"));
    let made = token(&session, "os:philotes");
    let added = session.run("keys add os:laptop --label laptop --key os:philotes");
    assert!(done(&added).contains("Now the entry \"laptop\" of the operating system's keyring opens"));
    done(&session.run_with("keys add key:CI_KEY --key os:laptop", &[CI_KEY]));
    refused(&session.run("keys add os:laptop --key os:philotes"), &["\"laptop\"", "already"]);
    for key in ["os:philotes", "os:laptop", "key:CI_KEY"] {
        assert_eq!(token(&session, key), made, "{key}");
    }

    refused(&session.run("keys rotate --key os:philotes"), &["would lock out", "(laptop)"]);
    let rotated =
        session.run_with("keys rotate --key os:philotes --keep os:laptop --keep key:CI_KEY", &[CI_KEY]);
    assert!(done(&rotated).contains("has a new data key"), "{}", rotated.stdout);
    for key in ["os:philotes", "os:laptop", "key:CI_KEY"] {
        assert_eq!(token(&session, key), made, "{key}");
    }

    done(&session.run(&format!("keys remove {} --key os:philotes", id_of(&session, "laptop"))));
    refused(&session.run("outputs --key os:laptop"), &["does not open with the entry \"laptop\""]);
    assert_eq!(session.items("laptop").len(), 1, "the entry is its owner's, and stays");
    done(&session.run_with("keys remove os:philotes --key key:CI_KEY", &[CI_KEY]));
    refused(&session.run("outputs --key os:philotes"), &["does not open with the entry \"philotes\""]);
    assert_eq!(token(&session, "key:CI_KEY"), made);
}

#[test]
fn a_locked_keyring_is_told_and_nothing_is_done() {
    if !is_there("a_locked_keyring_is_told_and_nothing_is_done") {
        return;
    }
    let mut session = Session::new(Service::Unlocked);
    done(&session.run("up --yes --key os:philotes"));
    let made = token(&session, "os:philotes");
    done(&session.run("keys add file:{dir}/spare.key --key os:philotes"));
    let locked = ["the entry \"philotes\"", "is locked and was not unlocked", "a key file, a passphrase"];
    session.lock();
    let lines = ["outputs --show-secrets", "up --yes", "keys rotate --drop-others", "keys add key:CI_KEY"];
    for line in lines {
        refused(&session.run_with(&format!("{line} --key os:philotes"), &[CI_KEY]), &locked);
    }
    // No entry is made in it either, and the stack that would need it is not begun.
    let fresh = session.run("up --yes --key os:fresh --stack staging");
    assert_eq!(fresh.code, Some(1), "{}{}", fresh.stdout, fresh.stderr);
    assert!(
        fresh.stderr.contains("the entry \"fresh\"") && fresh.stderr.contains("is locked"),
        "{}",
        fresh.stderr
    );
    assert_eq!(done(&session.run("state list --stack staging --key os:fresh")).trim(), "");
    assert_eq!(token(&session, "file:{dir}/spare.key"), made, "the other recipient is the way out");

    // From the start of a login that nobody has unlocked.
    session.log_in(Service::Locked);
    refused(&session.run("outputs --key os:philotes"), &locked);
    session.log_in(Service::Unlocked);
    assert_eq!(token(&session, "os:philotes"), made);
}

#[test]
fn where_there_is_no_service_the_cause_and_the_way_out_are_told() {
    if !is_there("where_there_is_no_service_the_cause_and_the_way_out_are_told") {
        return;
    }
    let mut session = Session::new(Service::Unlocked);
    done(&session.run("up --yes --key os:philotes"));
    let made = token(&session, "os:philotes");
    done(&session.run("keys add file:{dir}/spare.key --key os:philotes"));
    let way_out = "a key file, a passphrase or a variable";
    let unreachable = "no keyring service can be reached";

    session.log_in(Service::None);
    refused(&session.run("outputs --key os:philotes"), &[unreachable, "org.freedesktop.secrets", way_out]);
    session.log_in(Service::Broken);
    refused(&session.run("outputs --key os:philotes"), &[unreachable, way_out]);
    // No bus at all: neither where the variable points, nor where it is by custom.
    session.log_out();
    for address in [
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus"),
        ("DBUS_SESSION_BUS_ADDRESS", "not an address"),
        ("DBUS_SESSION_BUS_ADDRESS", ""),
    ] {
        for line in ["outputs", "up --yes", "keys rotate", "keys add key:CI_KEY"] {
            let answer = session.run_with(&format!("{line} --key os:philotes"), &[address, CI_KEY]);
            refused(&answer, &["the entry \"philotes\"", unreachable, "D-Bus", way_out]);
        }
    }
    let doctor = session.run("doctor --key os:philotes");
    assert_eq!(doctor.code, Some(1), "{}", doctor.stdout);
    assert!(format!("{}{}", doctor.stdout, doctor.stderr).contains(unreachable), "{}", doctor.stdout);
    // Who opens it can be seen without a key, and another recipient opens it.
    assert!(done(&session.run("keys list")).contains("the key file"));
    assert_eq!(token(&session, "file:{dir}/spare.key"), made);
}
