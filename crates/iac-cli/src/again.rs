//! [`Again`]: command lines that go on from the one that was given, ready to be pasted. Values of the
//! program's own options and settings are left out, because they may be secrets.

use std::collections::BTreeSet;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

/// Options that say which state and stack is meant, and which key opens it; by the names clap has them under.
const PLACE: [&str; 4] = ["stack", "state", "key_file", "key_source"];
/// Settings given on the command line.
const SETTINGS: &str = "assignments";

/// What was asked for, to be asked for again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Again {
    program: String,
    place: Vec<String>,
    others: Vec<String>,
    leaves_out: bool,
}

impl Again {
    /// From the command line of `program` that was understood as `matches` of `command`; `own` are the
    /// program's own options.
    pub(crate) fn new(
        program: &str,
        command: &Command,
        matches: &ArgMatches,
        own: &BTreeSet<String>,
    ) -> Self {
        let (mut command, mut matches) = (command, matches);
        while let Some((name, inner)) = matches.subcommand() {
            let Some(found) = command.find_subcommand(name) else { break };
            (command, matches) = (found, inner);
        }
        let mut again = Self { program: quoted(program), ..Self::default() };
        let is_given = |arg: &&Arg| {
            let id = arg.get_id().as_str();
            matches.try_contains_id(id).unwrap_or(false)
                && matches.value_source(id) == Some(ValueSource::CommandLine)
        };
        let mut given: Vec<&Arg> =
            command.get_arguments().filter(|arg| !arg.is_positional()).filter(is_given).collect();
        given.sort_by_key(|arg| matches.index_of(arg.get_id().as_str()));
        for arg in given {
            let id = arg.get_id().as_str();
            if own.contains(id) || id == SETTINGS {
                again.leaves_out = true;
                continue;
            }
            let words = if PLACE.contains(&id) { &mut again.place } else { &mut again.others };
            words.extend(words_of(arg, matches));
        }
        again
    }

    /// `command` with the options that were given, as a phrase: in backticks, and what to add to it.
    pub(crate) fn same(&self, command: &str) -> String {
        let words: Vec<&str> = std::iter::once(self.program.as_str())
            .chain([command])
            .chain(self.others.iter().chain(&self.place).map(String::as_str))
            .collect();
        let left_out =
            if self.leaves_out { " with the program's own options and settings as before" } else { "" };
        format!("`{}`{left_out}", words.join(" "))
    }

    /// `command` on the same stack and state, in backticks.
    pub(crate) fn beside(&self, command: &str) -> String {
        let words: Vec<&str> = std::iter::once(self.program.as_str())
            .chain([command])
            .chain(self.place.iter().map(String::as_str))
            .collect();
        format!("`{}`", words.join(" "))
    }
}

/// An option as it is written.
fn words_of(arg: &Arg, matches: &ArgMatches) -> Vec<String> {
    let Some(long) = arg.get_long() else { return Vec::new() };
    if matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count) {
        return vec![format!("--{long}")];
    }
    let values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
    values.flat_map(|value| [format!("--{long}"), quoted(&value.to_string_lossy())]).collect()
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Args;

    use super::*;
    use crate::arguments::{DefaultCommand, Shape, parse};

    #[derive(Debug, Args)]
    struct Own {
        #[arg(long)]
        token: Option<String>,
    }

    fn again(line: &[&str]) -> Again {
        let shape = Shape {
            name: "shop",
            about: None,
            version: None,
            stacks: &[],
            default_stack: Some("dev"),
            default_command: DefaultCommand::Up,
            has_settings: true,
            width: 80,
        };
        let line = line.iter().map(OsString::from).collect();
        parse::<Own>(&shape, line).expect("the line is right").again
    }

    #[test]
    fn what_was_asked_for_is_asked_for_again() {
        let line = ["./shop", "up", "--target", "edge/web", "-y", "--target", "a b", "--stack", "staging"];
        assert_eq!(
            again(&line).same("up"),
            "`./shop up --target edge/web --target 'a b' --yes --stack staging`"
        );
        assert_eq!(again(&line).beside("history show 7"), "`./shop history show 7 --stack staging`");
        // The default command, and a plan file, which is good for once.
        assert_eq!(again(&["shop", "--yes"]).same("up"), "`shop up --yes`");
        assert_eq!(
            again(&["shop", "apply", "web.plan", "--parallelism", "3"]).same("up"),
            "`shop up --parallelism 3`"
        );
    }

    #[test]
    fn what_may_be_a_secret_is_not_repeated() {
        let mark = " with the program's own options and settings as before";
        for line in [
            &["shop", "up", "--token", "hunter2-canary", "--yes"][..],
            &["shop", "--token=hunter2-canary", "up", "--yes"],
            &["shop", "up", "--set", "password=hunter2-canary", "--yes"],
        ] {
            assert_eq!(again(line).same("up"), format!("`shop up --yes`{mark}"));
        }
    }

    #[test]
    fn words_are_quoted_as_a_shell_needs_it() {
        assert_eq!(quoted("edge/web"), "edge/web");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
