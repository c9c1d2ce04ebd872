//! A stack's settings: a struct of the program's own, filled from layers, checked before anything
//! runs, with its secrets fetched from where they are kept. Knows no terminal: the runner and every
//! other program use it alike.
//!
//! - [`Settings`] says which layers there are; [`Settings::load`] answers the checked value or every
//!   fault at once, each with its file, line and key.
//! - Fields of type [`Secret`](iac_core::Secret) are sealed in a file or refer to a [`SecretSource`].
//! - [`Settings::inspect`] says where every value comes from; [`Settings::json_schema`] what may be
//!   set; [`Settings::change`] writes one value.
//! - [`parse`] and [`check_text`] are pure.
//!
//! The guide explains [settings](../iac/guide/settings/index.html) and
//! [secret sources](../iac/guide/secret_sources/index.html).

mod change;
mod check;
mod deserialize;
mod document;
mod fault;
mod files;
mod load;
mod loaded;
mod merge;
mod node;
mod origin;
mod outside;
mod rekey;
mod resolve;
mod schema;
mod seal;
mod settings;
mod source;

pub use change::{Change, Changed};
pub use document::{Document, SETTINGS_BYTES_MAX, parse};
pub use fault::{Fault, Faults};
pub use load::{Inspection, check_text};
pub use loaded::{Entry, EntryValue, Loaded};
pub use origin::{FilePosition, Origin};
pub use outside::Variables;
pub use rekey::Rekeyed;
pub use resolve::{FETCH_TIMEOUT, FETCHES_MAX};
pub use settings::{DIRECTORY_DEFAULT, LoadOptions, Settings, Validate};
pub use source::{
    ANSWER_BYTES_MAX, COMMAND_TIMEOUT, Command, Doppler, File, KUBERNETES_TOKEN_FILE, Reference,
    SECRET_BYTES_MAX, SecretSource, SourceContext, Variable, Vault, VaultLogin,
};
