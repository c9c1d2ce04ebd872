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
        for arg in command.get_arguments() {
            let id = arg.get_id().as_str();
            let is_given = matches.try_contains_id(id).unwrap_or(false)
                && matches.value_source(id) == Some(ValueSource::CommandLine);
            if !is_given || arg.is_positional() {
                continue;
            }
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
            .chain(self.place.iter().chain(&self.others).map(String::as_str))
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
    use super::*;

    #[test]
    fn words_are_quoted_as_a_shell_needs_it() {
        assert_eq!(quoted("edge/web"), "edge/web");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
