//! A program's settings with everything in them, and a directory to keep their files in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use iac_core::Secret;
use iac_core::state::{EphemeralKeyring, Keyring};
use iac_settings::{Fault, LoadOptions, Settings, Validate, Variables};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Shop {
    pub(crate) region: Region,
    #[serde(default = "two")]
    #[schemars(range(min = 1, max = 50))]
    pub(crate) workers: u32,
    #[serde(default)]
    pub(crate) database: Database,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    #[schemars(inner(pattern(r"^[0-9a-f.:]+/\d+$")))]
    pub(crate) admin_networks: Vec<String>,
    pub(crate) token: Option<Secret<String>>,
    pub(crate) store: Option<Store>,
    pub(crate) ratio: Option<f64>,
}

fn two() -> u32 {
    2
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Region {
    Nbg1,
    Fsn1,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Database {
    #[schemars(length(min = 1))]
    pub(crate) name: String,
    pub(crate) pool_size: u16,
    pub(crate) password: Option<Secret<String>>,
}

impl Default for Database {
    fn default() -> Self {
        Self { name: "shop".into(), pool_size: 10, password: None }
    }
}

#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Store {
    Local { path: String },
    S3 { bucket: String, secret_key: Secret<String> },
}

impl Validate for Shop {
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if u32::from(self.database.pool_size) < self.workers {
            faults.push(Fault::new("database.pool_size", "must be at least `workers`"));
        }
        if self.token.as_ref().is_some_and(|token| token.expose().len() < 8) {
            faults.push(Fault::new("token", "must have at least 8 characters"));
        }
        faults
    }
}

/// A directory with settings files.
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) keyring: Arc<dyn Keyring>,
}

impl Place {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let place =
            Self { directory: tempfile::tempdir().unwrap(), keyring: Arc::new(EphemeralKeyring::new()) };
        files.iter().for_each(|(name, text)| place.write(name, text));
        place
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(name)).unwrap()
    }

    pub(crate) fn settings(&self) -> Settings<Shop> {
        Settings::new().directory(self.directory.path().join("settings")).variable_prefix("SHOP")
    }

    pub(crate) fn options(&self, variables: &[(&str, &str)]) -> LoadOptions {
        LoadOptions::new("shop", "dev")
            .variables(Variables::of(variables.iter().copied()))
            .keyring(Arc::clone(&self.keyring))
    }

    /// A text without the directory, which differs from run to run.
    pub(crate) fn shown(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.directory.path().display()), "")
    }

    /// Everything that is wrong, one a line.
    pub(crate) async fn faults(&self, options: &LoadOptions) -> Vec<String> {
        match self.settings().load(options).await {
            Ok(loaded) => panic!("no fault in {loaded:?}"),
            Err(faults) => {
                let line = |fault: &Fault| match &fault.way_out {
                    Some(way_out) => self.shown(&format!("{fault} | {way_out}")),
                    None => self.shown(&fault.to_string()),
                };
                faults.iter().map(line).collect()
            }
        }
    }
}

/// Every regular file below a directory.
pub(crate) fn files(directory: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(std::fs::read(path).unwrap()) }
    }
    found
}
