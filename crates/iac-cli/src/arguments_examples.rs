//! The examples that `--help` ends with: the program's name before each, in two columns. Knows nothing
//! of what the commands do.

use clap::Command;

/// The line over the examples of a command.
const HEADING: &str = "Examples:";
/// Where a file in an example is called as the program is.
const NAME_MARK: &str = "PROGRAM";
/// What stands before a line, and at least between its command and its explanation.
const GAP: usize = 2;
/// Longer commands have their explanation on the next line.
const COMMAND_WIDTH_MAX: usize = 38;

/// What the program itself has as examples.
pub(crate) const FIRST_STEPS: &str = "Examples:
  plan  what would change
  up    show it, ask, apply
  plan --help  what `plan` can do";

/// What `state` has as examples.
pub(crate) const STATE_EXAMPLES: &str = "Examples:
  state list                    path, type and id of every resource
  state mv web edge/web         the program declares it in `edge` now
  state export --out dev.json   all of it as one document";

/// What `keys` has as examples.
pub(crate) const KEYS_EXAMPLES: &str = "Examples:
  keys list                     who opens the secrets
  keys add file:/etc/iac/ci.key  one more key
  keys rotate                   a new key, and every secret sealed anew";

/// What `config` has as examples.
pub(crate) const CONFIG_EXAMPLES: &str = "Examples:
  config show                   all settings of the stack
  config check                  what is wrong with them
  config set workers 5          one of them in the stack's file";

/// What `schema` has as examples.
pub(crate) const SCHEMA_EXAMPLES: &str = "Examples:
  schema json > lines.json      of the lines that `--json` writes";

/// `command` with the examples of it and of its subcommands as they are typed.
pub(crate) fn typed_examples(command: Command, name: &str) -> Command {
    let text = command.get_after_help().map(|text| typed(&text.to_string(), name));
    let command = command.mut_subcommands(|inner| typed_examples(inner, name));
    match text {
        Some(text) => command.after_help(text),
        None => command,
    }
}

/// The examples at the head of `text` with `name` before each; what follows them stays as it is.
fn typed(text: &str, name: &str) -> String {
    let Some(examples) = text.strip_prefix(HEADING) else { return text.to_owned() };
    let (examples, rest) = match examples.split_once("\n\n") {
        Some((examples, rest)) => (examples, Some(rest)),
        None => (examples, None),
    };
    let lines: Vec<(String, &str)> = examples
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (line, explanation) = line.split_once("  ").unwrap_or((line, ""));
            (format!("{name} {}", line.replace(NAME_MARK, name)), explanation.trim_start())
        })
        .collect();
    let width = |line: &str| line.chars().count();
    let explained = lines.iter().filter(|(_, explanation)| !explanation.is_empty());
    let widths = explained.map(|(line, _)| width(line)).filter(|width| *width <= COMMAND_WIDTH_MAX);
    let column = widths.max().unwrap_or(GAP);
    let mut typed = HEADING.to_owned();
    for (line, explanation) in &lines {
        typed.push_str(&format!("\n{:GAP$}{line}", ""));
        if explanation.is_empty() {
            continue;
        }
        match column.checked_sub(width(line)) {
            Some(room) => typed.push_str(&format!("{:room$}{:GAP$}{explanation}", "", "")),
            None => typed.push_str(&format!("\n{:1$}{explanation}", "", GAP + column + GAP)),
        }
    }
    if let Some(rest) = rest {
        typed.push_str(&format!("\n\n{rest}"));
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{DefaultCommand, NoArgs, Shape, describe};

    /// Columns of the terminal that help is for at least.
    const COLUMNS: usize = 80;
    /// Most examples of one command.
    const EXAMPLES_MAX: usize = 3;

    fn described(name: &str, default_command: DefaultCommand) -> Command {
        let shape = Shape {
            name,
            about: None,
            version: Some("1.0"),
            stacks: &["dev".to_owned(), "staging".to_owned(), "production".to_owned()],
            default_stack: Some("dev"),
            default_command,
            has_settings: true,
            width: COLUMNS,
        };
        let mut command = describe::<NoArgs>(&shape);
        command.build();
        command
    }

    fn examples(help: &str) -> Vec<&str> {
        let lines = help.lines().skip_while(|line| *line != HEADING).skip(1);
        lines.take_while(|line| !line.is_empty()).collect()
    }

    /// Every fault of the help of `command` and of what is under it, and how many commands there are.
    fn check(command: &Command, path: &str, name: &str, faults: &mut Vec<String>) -> usize {
        let mut command = command.clone();
        for help in [command.render_help().to_string(), command.render_long_help().to_string()] {
            let long = help.lines().filter(|line| line.chars().count() > COLUMNS);
            faults.extend(long.map(|line| format!("{path}: over {COLUMNS} columns: {line:?}")));
            let lines = examples(&help);
            let own = format!("{:GAP$}{path}", "");
            let typed = lines.iter().filter(|line| line.starts_with(&format!("{:GAP$}{name} ", ""))).count();
            if !(1..=EXAMPLES_MAX).contains(&typed) {
                faults.push(format!("{path}: {typed} examples, expected 1 to {EXAMPLES_MAX}"));
            }
            // `up` is `apply` as well.
            let known = command.get_visible_aliases().map(|alias| format!("{:GAP$}{name} {alias}", ""));
            let known: Vec<String> = known.chain([own]).collect();
            let is_known = |line: &&str| known.iter().any(|own| line.starts_with(own.as_str()));
            let strange =
                lines.iter().filter(|line| !line.starts_with("     ")).filter(|line| !is_known(line));
            faults
                .extend(strange.map(|line| format!("{path}: no example of it, or a broken line: {line:?}")));
        }
        let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help");
        1 + inner
            .map(|inner| check(inner, &format!("{path} {}", inner.get_name()), name, faults))
            .sum::<usize>()
    }

    #[test]
    fn every_command_has_examples_that_fit_a_terminal() {
        for default_command in [DefaultCommand::Help, DefaultCommand::Plan, DefaultCommand::Up] {
            let mut faults = Vec::new();
            let count = check(&described("shop", default_command), "shop", "shop", &mut faults);
            assert!(count > 30, "only {count} commands were looked at");
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }

    /// What the shell takes before a program sees its arguments.
    fn arguments(line: &str) -> Vec<String> {
        let (line, _) = line.split_once("  ").unwrap_or((line, ""));
        let line = line.split([' ']).take_while(|word| !["|", ">", "<"].contains(word));
        line.map(|word| word.trim_matches('\'').to_owned()).collect()
    }

    #[test]
    fn every_example_is_understood() {
        fn walk(root: &Command, command: &Command, seen: &mut usize) {
            let mut command = command.clone();
            for line in examples(&command.render_help().to_string()) {
                if line.starts_with("     ") {
                    continue;
                }
                *seen += 1;
                let arguments = arguments(line.trim_start());
                if let Err(error) = root.clone().try_get_matches_from(&arguments) {
                    let asks_for_help = error.kind() == clap::error::ErrorKind::DisplayHelp;
                    assert!(asks_for_help && line.contains(" --help"), "{line}: {error}");
                }
            }
            command.get_subcommands().for_each(|inner| walk(root, inner, seen));
        }
        let root = described("shop", DefaultCommand::Help);
        let mut seen = 0;
        walk(&root, &root, &mut seen);
        assert!(seen > 30, "only {seen} examples were looked at");
    }

    #[test]
    fn a_long_command_is_explained_on_the_next_line() {
        let long = "x".repeat(COMMAND_WIDTH_MAX);
        let text = format!("Examples:\n  a  first\n  b c  second\n  {long}  third\n  d > PROGRAM.x\n\nRest.");
        let expected = format!(
            "Examples:\n  shop a    first\n  shop b c  second\n  shop {long}\n            third\n  shop d > shop.x\n\nRest."
        );
        assert_eq!(typed(&text, "shop"), expected);
        assert_eq!(typed("Nothing else.", "shop"), "Nothing else.");
    }
}
