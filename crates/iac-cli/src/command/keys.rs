//! `keys`: who opens the secrets of a stack, and a new data key.

use iac_core::state::KeyRecipient;
use iac_core::{RotateKeys, utc};

use super::work::Look;
use crate::console::Environment;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::keys::{KeysTask, SharedKeyring, Source};
use crate::layout::{HINT, PLAIN, Page, printable};
use crate::render::{counted, to_json};

/// Does one of the subcommands.
pub(crate) async fn keys(look: &Look<'_>, environment: &Environment, task: &KeysTask) -> Result<u8, Failure> {
    match task {
        KeysTask::List => list(look).await,
        KeysTask::Add { source, label } => add(look, environment, source, label.as_deref()).await,
        KeysTask::Remove { recipient } => remove(look, environment, recipient).await,
        KeysTask::Rotate { keep, drop_others } => rotate(look, environment, keep, *drop_others).await,
    }
}

async fn list(look: &Look<'_>) -> Result<u8, Failure> {
    let read = look.engine.key_recipients(look.stack).await;
    let recipients =
        read.map_err(|error| Failure::engine(&format!("read the keys of {}", look.stack), error))?;
    for recipient in &recipients {
        look.screen.json_line("recipient", to_json(recipient));
    }
    look.screen.out(&table(&recipients));
    if recipients.is_empty() {
        say(look, &format!("Stack {} has no key yet, because it never held a secret.", look.stack));
    }
    Ok(EXIT_DONE)
}

async fn add(
    look: &Look<'_>,
    environment: &Environment,
    source: &Source,
    label: Option<&str>,
) -> Result<u8, Failure> {
    let is_new_file = matches!(source, Source::File(path) if !path.exists());
    let keyring = source.open_to_add(environment)?;
    let action = format!("add {} to the keys of {}", keyring.describe(), look.stack);
    let added = look.engine.add_key(look.stack, &*keyring, label).await;
    if added.is_err()
        && is_new_file
        && let Source::File(path) = source
    {
        // It was made for this alone and opens nothing.
        let _ = std::fs::remove_file(path);
    }
    let added = added.map_err(|error| Failure::engine(&action, error))?;
    look.screen.json_line("key_added", to_json(&added));
    if is_new_file {
        say(look, &format!("Made {} (mode 0600).", keyring.describe()));
    }
    say(
        look,
        &format!(
            "Now {} opens the secrets of {} as well, as recipient {}.",
            keyring.describe(),
            look.stack,
            added.id
        ),
    );
    Ok(EXIT_DONE)
}

async fn remove(look: &Look<'_>, environment: &Environment, recipient: &str) -> Result<u8, Failure> {
    let action = format!("remove {recipient:?} from the keys of {}", look.stack);
    let failed = |error| Failure::engine(&action, error);
    let id = match recipient.parse::<Source>() {
        Ok(source) => {
            let keyring = source.open(environment)?;
            look.engine.key_recipient(look.stack, &*keyring).await.map_err(failed)?.id
        }
        Err(_) => recipient.to_owned(),
    };
    let removed = look.engine.remove_key(look.stack, &id).await.map_err(failed)?;
    look.screen.json_line("key_removed", to_json(&removed));
    say(look, &format!("Removed {} from the keys of {}.", title(&removed), look.stack));
    hint(look, "whoever had it may have kept the data key: `keys rotate` makes a new one");
    Ok(EXIT_DONE)
}

async fn rotate(
    look: &Look<'_>,
    environment: &Environment,
    keep: &[Source],
    drop_others: bool,
) -> Result<u8, Failure> {
    let mut options = RotateKeys::new();
    for source in keep {
        options = options.keep(SharedKeyring(source.open(environment)?));
    }
    if drop_others {
        options = options.drop_others();
    }
    let rotated = look.engine.rotate_keys(look.stack, options).await;
    let rotated = rotated.map_err(|error| {
        let failure = Failure::engine(&format!("rotate the key of {}", look.stack), error);
        failure.hint("nothing was changed; `keys list` shows who opens the secrets, `--keep` and `--drop-others` decide about them")
    })?;
    look.screen.json_line("key_rotated", to_json(&rotated));
    say(
        look,
        &format!(
            "Stack {} has a new data key; {} sealed anew. It opens for:",
            look.stack,
            counted(rotated.values, "secret value")
        ),
    );
    look.screen.out(&table(&rotated.kept));
    for dropped in &rotated.dropped {
        say(look, &format!("Locked out {}.", title(dropped)));
    }
    if !rotated.compacted {
        hint(
            look,
            "another process has the state open; what the old key sealed is dropped from the file when it is next opened alone",
        );
    }
    hint(
        look,
        "backups of the state still open with the old key; delete them, or change the passwords in them",
    );
    Ok(EXIT_DONE)
}

/// Recipients in columns: id, kind, when added, what it is.
fn table(recipients: &[KeyRecipient]) -> String {
    let kinds = recipients.iter().map(|recipient| recipient.kind.len()).max().unwrap_or(0);
    let line = |recipient: &KeyRecipient| {
        let KeyRecipient { id, kind, label, added_at, derivation, .. } = recipient;
        let added = added_at.map_or_else(|| "not recorded".to_owned(), utc);
        let what = printable(label.as_deref().unwrap_or("(no label)"));
        let how = derivation.as_ref().map(|how| format!(" ({})", printable(how))).unwrap_or_default();
        format!("{id}  {kind:kinds$}  {added:20}  {what}{how}\n")
    };
    recipients.iter().map(line).collect()
}

fn title(recipient: &KeyRecipient) -> String {
    match &recipient.label {
        Some(label) => format!("{} {} ({label})", recipient.kind, recipient.id),
        None => format!("{} {}", recipient.kind, recipient.id),
    }
}

fn say(look: &Look<'_>, text: &str) {
    let mut page = Page::new(look.screen.width);
    page.line(0, PLAIN, text);
    look.screen.out(&page.finish());
}

fn hint(look: &Look<'_>, text: &str) {
    if !look.screen.json {
        let mut page = Page::new(look.screen.width);
        page.item(0, "hint:", HINT, text, 2);
        look.screen.err(&page.finish());
    }
}
