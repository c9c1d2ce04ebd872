//! `init`: from a name to a directory with a crate in it. Overwrites nothing.

use std::path::{Path, PathBuf};

use crate::InitArgs;
use crate::files::{PROJECTS, PROVIDER, Template};
use crate::name;
use crate::source::{Source, built_from, is_iac};

/// Why nothing was written, or not all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    /// A name that cannot be used.
    #[error("failed to use the name {name:?}: it {problem}\nhint: choose another name")]
    Name { name: String, problem: String },
    /// There is no template for it.
    #[error(
        "failed to make a program on {provider:?}: there is a template for {}\nhint: name one of these; \
         `cargo iac init --provider {provider}` without a program's name writes a provider crate",
        .known.join(", ")
    )]
    Provider { provider: String, known: Vec<&'static str> },
    /// The place is taken.
    #[error("failed to write to {}: it is not empty\nhint: pass another place with `--directory`", .0.display())]
    Taken(PathBuf),
    /// Nobody knows where iac is.
    #[error(
        "failed to find iac's sources: {reason}\nhint: pass their directory with `--path-dependency`, or a \
         repository with `--git`"
    )]
    Source { reason: String },
    /// The place cannot be written.
    #[error("failed to write {}: {reason}\nhint: make the place writable, or pass another with `--directory`", .path.display())]
    Unwritable { path: PathBuf, reason: std::io::Error },
}

/// Writes what is asked for; says what was written and how to go on.
pub(crate) fn init(args: &InitArgs) -> Result<String, InitError> {
    let (crate_name, provider, templates) = match (&args.name, &args.provider) {
        (Some(name), provider) => {
            checked(name, true)?;
            let wanted = provider.as_deref().unwrap_or("hetzner");
            let known = PROJECTS.iter().find(|(known, _)| *known == wanted);
            let (_, templates) = known.ok_or_else(|| InitError::Provider {
                provider: wanted.to_owned(),
                known: PROJECTS.iter().map(|(known, _)| *known).collect(),
            })?;
            (name.clone(), wanted, *templates)
        }
        (None, provider) => {
            let provider = provider.as_deref().unwrap_or_default();
            checked(provider, false)?;
            (format!("iac-{provider}"), provider, PROVIDER)
        }
    };
    let source = source(args)?;
    let directory = args.directory.clone().unwrap_or_else(|| PathBuf::from(&crate_name));
    if is_taken(&directory) {
        return Err(InitError::Taken(directory));
    }
    let fill = |text: &str| filled(text, &crate_name, provider, &source);
    for template in templates {
        write(&directory, template, &fill)?;
    }
    let test = if args.name.is_some() { "cargo test" } else { "cargo test --features sim" };
    Ok(format!(
        "{} files are in {}.\nTo go on: cd {} && {test}",
        templates.len(),
        directory.display(),
        directory.display()
    ))
}

fn checked(name: &str, dashes: bool) -> Result<(), InitError> {
    match name::problem(name, dashes) {
        None => Ok(()),
        Some(problem) => Err(InitError::Name { name: name.to_owned(), problem }),
    }
}

fn source(args: &InitArgs) -> Result<Source, InitError> {
    if let Some(url) = &args.git {
        return Ok(Source::Git(url.clone(), args.rev.clone()));
    }
    let Some(given) = &args.path_dependency else {
        let reason = "those that this command was built from are not there any more".to_owned();
        return built_from().map(Source::Path).ok_or(InitError::Source { reason });
    };
    // A relative path would be taken from the new directory.
    let absolute = given.canonicalize().ok().filter(|path| is_iac(path));
    let reason = format!("{} has no crates/iac-core", given.display());
    absolute.map(Source::Path).ok_or(InitError::Source { reason })
}

fn is_taken(directory: &Path) -> bool {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_some(),
        // A file of that name.
        Err(_) => directory.exists(),
    }
}

fn write(
    directory: &Path,
    (place, text): &Template,
    fill: &impl Fn(&str) -> String,
) -> Result<(), InitError> {
    let path = directory.join(place);
    let unwritable = |reason| InitError::Unwritable { path: path.clone(), reason };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(unwritable)?;
    }
    // `create_new`: somebody may have been faster.
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    file.and_then(|mut file| std::io::Write::write_all(&mut file, fill(text).as_bytes())).map_err(unwritable)
}

fn filled(text: &str, crate_name: &str, provider: &str, source: &Source) -> String {
    let mut text = text
        .replace("{{name}}", crate_name)
        .replace("{{Provider}}", &name::type_name(provider))
        .replace("{{provider}}", provider);
    for package in ["iac-core", "iac-http", "iac-testkit", "iac"] {
        text = text.replace(&format!("{{{{{package}}}}}"), &source.dependency(package));
    }
    text
}
