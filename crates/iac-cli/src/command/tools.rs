//! `completions` and `man`: what a shell and a manual are told of this program's command line, its own
//! options included. Needs neither stack nor state.

use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;

use crate::arguments::Task;
use crate::arguments_tools::{Completing, Manual};
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::screen::Screen;

/// The heading of examples in a command's help.
const EXAMPLES: &str = "Examples:\n";

/// Does what needs the command line's own description; `None` for everything else. `name` is what the
/// program is called by.
pub(crate) fn tool(
    screen: &Screen,
    task: &Task,
    name: &str,
    describe: impl FnOnce() -> Command,
) -> Option<Result<u8, Failure>> {
    match task {
        Task::Completions(wanted) => Some(completions(screen, describe(), name, wanted)),
        Task::Man(wanted) => Some(man(screen, describe(), wanted)),
        _ => None,
    }
}

/// Prints the completions of `command`, which is called by `name`, or writes them to a file.
fn completions(
    screen: &Screen,
    mut command: Command,
    name: &str,
    wanted: &Completing,
) -> Result<u8, Failure> {
    let mut script = Vec::new();
    // The script for bash looks a name with a dash up under two spellings and finds nothing.
    let inner = if wanted.shell == Shell::Bash { name.replace('-', "_") } else { name.to_owned() };
    clap_complete::generate(wanted.shell, &mut command, &inner, &mut script);
    let text = registered_for(&String::from_utf8_lossy(&script), &inner, name);
    let shell = wanted.shell.to_string();
    let Some(path) = &wanted.out else {
        screen.json_line("completions", json!({ "shell": shell, "text": text }));
        screen.out(&text);
        return Ok(EXIT_DONE);
    };
    std::fs::write(path, text.as_bytes()).map_err(|error| {
        Failure::new("write the completions", format!("{}: {error}", path.display()))
            .hint("pass a file that this user may write with `--out`")
    })?;
    screen.json_line("completions", json!({ "shell": shell, "path": path.display().to_string() }));
    screen.out(&format!("The completions of {name} for {shell} are in {}.\n", path.display()));
    Ok(EXIT_DONE)
}

/// The script with its function registered for `name` in place of `inner`.
fn registered_for(script: &str, inner: &str, name: &str) -> String {
    let lines = script.lines().map(|line| match line.strip_suffix(inner) {
        Some(before) if line.trim_start().starts_with("complete -F") => format!("{before}{name}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// Prints the manual page of `command`, or writes one for it and one for each of its subcommands.
fn man(screen: &Screen, mut command: Command, wanted: &Manual) -> Result<u8, Failure> {
    command.build();
    let Some(directory) = &wanted.out else {
        let text = page(&command);
        screen.json_line("man", json!({ "text": text }));
        screen.out(&text);
        return Ok(EXIT_DONE);
    };
    std::fs::create_dir_all(directory).map_err(|error| unwritten(directory, &error))?;
    let mut pages = Vec::new();
    write_pages(&command, directory, &mut pages)?;
    let (count, place) = (pages.len(), directory.display());
    screen.json_line("man", json!({ "path": place.to_string(), "pages": pages }));
    screen.out(&format!(
        "{count} manual pages are in {place}; read one with `man -l {place}/{}`\n",
        file_name(&command)
    ));
    Ok(EXIT_DONE)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("write manual pages", format!("{}: {error}", path.display()))
        .hint("pass a directory that this user may write with `--out`")
}

fn write_pages(command: &Command, directory: &Path, pages: &mut Vec<String>) -> Result<(), Failure> {
    let name = file_name(command);
    let path = directory.join(&name);
    std::fs::write(&path, page(command)).map_err(|error| unwritten(&path, &error))?;
    pages.push(name);
    let shown = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    shown.into_iter().try_for_each(|inner| write_pages(inner, directory, pages))
}

/// The page's name by the custom of manuals: `shop-state-list.1`.
fn file_name(command: &Command) -> String {
    format!("{}.1", command.get_display_name().unwrap_or_else(|| command.get_name()))
}

/// One page. Examples keep their lines, which a manual would run together.
fn page(command: &Command) -> String {
    let examples =
        command.get_after_long_help().or_else(|| command.get_after_help()).map(ToString::to_string);
    let has_subcommands = command.get_subcommands().any(|inner| !inner.is_hide_set());
    let page = Man::new(command.clone());
    let mut bytes = Vec::new();
    let rendered = [
        page.render_title(&mut bytes),
        page.render_name_section(&mut bytes),
        page.render_synopsis_section(&mut bytes),
        page.render_description_section(&mut bytes),
        page.render_options_section(&mut bytes),
        if has_subcommands { page.render_subcommands_section(&mut bytes) } else { Ok(()) },
    ];
    for done in rendered {
        done.expect("a list of bytes takes everything");
    }
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if let Some(examples) = examples {
        text.push_str(&more(&examples));
    }
    text
}

/// What follows the options in help: examples as they are, text as paragraphs.
fn more(text: &str) -> String {
    let mut told = String::new();
    let (examples, rest) = match text.strip_prefix(EXAMPLES) {
        Some(text) => text.split_once("\n\n").map_or((text, ""), |(examples, rest)| (examples, rest)),
        None => ("", text),
    };
    if !examples.is_empty() {
        told.push_str(&format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", escaped(examples)));
    }
    if !rest.is_empty() {
        told.push_str(&format!(".SH NOTES\n{}\n", escaped(rest)));
    }
    told
}

/// Text that means itself: backslashes, dashes that can be copied, and no line that is a request.
fn escaped(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_lines_and_nothing_is_a_request() {
        let text = more("Examples:\n  plan --json\n  a\\b\n\n.It is safe.");
        let expected = ".SH EXAMPLES\n.nf\n  plan \\-\\-json\n  a\\eb\n.fi\n.SH NOTES\n\\&.It is safe.\n";
        assert_eq!(text, expected);
    }
}
