//! [`Settings::rekey`]: a new key for the sealed values of a settings file, and all of them sealed again.
//! Knows nothing of what the values are for.

use std::path::PathBuf;

use iac_core::Path;
use iac_core::state::Keyring;
use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::change::{unwritten, write};
use crate::check::SEALED;
use crate::document::{SEALING_KEY, SEALING_TABLE, parse};
use crate::fault::{Fault, Faults};
use crate::files::start_of;
use crate::seal::{Seal, is_sealed_text};
use crate::settings::{LoadOptions, Settings};

/// What [`Settings::rekey`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rekeyed {
    /// The file.
    pub file: PathBuf,
    /// How many values were sealed again.
    pub values: usize,
    /// Whether the file was made: it stood inside the program before.
    pub created: bool,
}

impl<T> Settings<T> {
    /// Gives the stack's settings file a new key and seals all its sealed values again. The new key is
    /// locked by `new`, or by the keyring of the options, which must open the one there is. The file is
    /// replaced as a whole or not at all; comments and order stay.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use iac_core::Secret;
    /// use iac_core::state::EphemeralKeyring;
    /// use iac_settings::{Change, LoadOptions, Settings, Validate, Variables};
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Shop {
    ///     token: Option<Secret<String>>,
    /// }
    /// impl Validate for Shop {}
    ///
    /// # let directory = tempfile::tempdir()?;
    /// let settings = Settings::<Shop>::new().directory(directory.path().join("settings"));
    /// let old = LoadOptions::new("shop", "dev")
    ///     .variables(Variables::none())
    ///     .keyring(Arc::new(EphemeralKeyring::new()));
    /// settings.change(&old, &Change::secret("token", Secret::from("hunter2")))?;
    /// let team = EphemeralKeyring::new();
    /// assert_eq!(settings.rekey(&old, Some(&team))?.values, 1);
    /// // From now on it takes the new keyring.
    /// assert!(settings.rekey(&old, None).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A file that has no sealed value, a keyring that does not open its key, a value that does not open,
    /// a file that cannot be read or written. Nothing is written then.
    pub fn rekey(&self, options: &LoadOptions, new: Option<&dyn Keyring>) -> Result<Rekeyed, Faults> {
        let one = |fault: Fault| Faults::new([fault]);
        let (path, text) = self.stack_text(&options.stack.stack).map_err(one)?;
        let name = path.display().to_string();
        let at = |fault: Fault| Faults::new([fault.at(&start_of(&name))]);
        let created = text.as_ref().is_none_or(|text| text.compiled_in);
        let before = text.map(|text| text.text).unwrap_or_default();
        let mut document: DocumentMut = before.parse().map_err(|_| Faults::new(parse(&name, &before).1))?;
        let key = document.get_mut(SEALING_TABLE).and_then(|table| table.get_mut(SEALING_KEY));
        let Some(envelope) = key.and_then(Item::as_value_mut) else {
            let fault = Fault::new(SEALING_TABLE, "has no key: the file has no sealed value");
            return Err(at(fault.way_out("`config set --secret` makes one with the first secret")));
        };
        let Some(keyring) = &options.keyring else {
            return Err(one(
                Fault::new(SEALING_TABLE, "needs a key").way_out("pass one with `LoadOptions::keyring`")
            ));
        };
        let of_table = |fault: Fault| Fault { key: SEALING_TABLE.to_owned(), ..fault };
        let old = Seal::open(&options.stack, keyring.as_ref(), &envelope.as_str().unwrap_or_default().into())
            .map_err(|fault| at(of_table(fault).way_out("give the key that locks it now")))?;
        let new = Seal::create(&options.stack, new.unwrap_or(keyring.as_ref()))
            .map_err(|fault| at(of_table(fault)))?;
        replace(envelope, new.envelope());
        let mut resealed = Resealed { old, new, values: 0 };
        resealed.table(document.as_table_mut(), &Path::default()).map_err(at)?;
        write(&path, &before, &document.to_string())
            .map_err(|error| Faults::new([unwritten(&name, &error)]))?;
        Ok(Rekeyed { file: path, values: resealed.values, created })
    }
}

struct Resealed {
    old: Seal,
    new: Seal,
    values: usize,
}

impl Resealed {
    fn table(&mut self, table: &mut dyn TableLike, path: &Path) -> Result<(), Fault> {
        if table.len() == 1
            && let Some(sealed) = table.get_mut(SEALED).and_then(Item::as_value_mut)
            && let Some(text) = sealed.as_str().filter(|text| is_sealed_text(text))
        {
            let content = self.old.unseal(path, text)?;
            replace(sealed, &self.new.seal(path, &content)?);
            self.values += 1;
            return Ok(());
        }
        for (key, item) in table.iter_mut() {
            if !(path.as_str().is_empty() && key.get() == SEALING_TABLE) {
                self.item(item, &path.key(key.get()))?;
            }
        }
        Ok(())
    }

    fn item(&mut self, item: &mut Item, path: &Path) -> Result<(), Fault> {
        match item {
            Item::None => Ok(()),
            Item::Value(value) => self.value(value, path),
            Item::Table(table) => self.table(table, path),
            Item::ArrayOfTables(tables) => {
                let mut tables = tables.iter_mut().enumerate();
                tables.try_for_each(|(index, table)| self.table(table, &path.index(index)))
            }
        }
    }

    fn value(&mut self, value: &mut Value, path: &Path) -> Result<(), Fault> {
        match value {
            Value::InlineTable(table) => self.table(table, path),
            Value::Array(items) => {
                let mut items = items.iter_mut().enumerate();
                items.try_for_each(|(index, item)| self.value(item, &path.index(index)))
            }
            _ => Ok(()),
        }
    }
}

/// Another text in the place of a value; what stands around it stays.
fn replace(value: &mut Value, text: &str) {
    let decor = value.decor().clone();
    *value = Value::from(text);
    *value.decor_mut() = decor;
}
