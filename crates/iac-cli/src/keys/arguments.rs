//! The subcommands of `keys`. Knows nothing of how they are done.

use clap::Subcommand;

use super::Source;

/// The subcommands of `keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysTask {
    /// List who opens the secrets; no key is needed
    #[command(after_help = "Examples:
  keys list                     id, kind, when added, and what it is")]
    List,
    /// Let one more key open the secrets
    #[command(after_help = "Examples:
  keys add file:/etc/iac/ci.key --label CI     made if there is none
  keys add passphrase:TEAM_PASSPHRASE          the words are in the variable

A key is never an argument itself, because arguments are kept by the shell and shown by `ps`.")]
    Add {
        /// Where the new key is: file:PATH, passphrase:VARIABLE, key:VARIABLE or os:ENTRY
        source: Source,
        /// What it is, for people
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
    },
    /// Take one key's access away; the last one stays
    #[command(after_help = "Examples:
  keys remove 1f2e3d4c          by the id that `keys list` shows
  keys remove file:/etc/iac/ci.key  by where its key is

Whoever had access may have kept what the state held: make a new key with `keys rotate`, and new
passwords where it matters.")]
    Remove {
        /// The id of a recipient, or where its key is
        #[arg(value_name = "ID_OR_SOURCE")]
        recipient: String,
    },
    /// Make a new data key and seal every secret anew with it, history included
    #[command(after_help = "Examples:
  keys rotate                                  where one key alone opens them
  keys rotate --keep file:/etc/iac/ci.key      and where there are more, each of them
  keys rotate --drop-others                    everybody else is locked out

It is one commit: all of it or nothing. Backups of the state keep the old key.")]
    Rotate {
        /// Another recipient that stays, by where its key is; repeatable
        #[arg(long, value_name = "SOURCE")]
        keep: Vec<Source>,
        /// Lock out every recipient whose key is not given
        #[arg(long)]
        drop_others: bool,
    },
}
