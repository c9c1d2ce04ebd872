//! Secrets: opened with the file's key, or fetched from their sources, all of them before anything is
//! told. They stay in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use iac_core::{Error, ErrorKind, Path, Secret};

use crate::deserialize::Secrets;
use crate::fault::Fault;
use crate::load::Joined;
use crate::node::{Content, SecretContent};
use crate::origin::Origin;
use crate::seal::Seal;
use crate::settings::LoadOptions;
use crate::source::{Reference, SECRET_BYTES_MAX, SecretSource, SourceContext};

/// How many secrets are fetched at once.
pub const FETCHES_MAX: usize = 8;
/// Bound on one fetch, whatever its source does.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(330);

/// A secret to fetch, and every place that wants it.
struct Wanted {
    name: String,
    source: Option<Arc<dyn SecretSource>>,
    reference: Reference,
    places: Vec<Path>,
}

/// Every secret that can be had, and a fault for every other.
pub(crate) async fn resolve(
    joined: &Joined,
    sources: &BTreeMap<String, Arc<dyn SecretSource>>,
    options: &LoadOptions,
) -> (Secrets, Vec<Fault>) {
    let mut secrets = Secrets::new();
    let mut faults = Vec::new();
    let mut seals = Seals { options, joined, opened: BTreeMap::new() };
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    joined.root.walk(&Path::default(), &mut |path, node| {
        let Content::Secret(secret) = &node.content else { return };
        match secret {
            SecretContent::Plain(content) => {
                secrets.insert(path.clone(), content.clone());
            }
            SecretContent::Sealed(text) => match seals.unseal(path, text, &node.origin) {
                Ok(content) => {
                    secrets.insert(path.clone(), content);
                }
                Err(fault) => faults.push(fault.at(&node.origin)),
            },
            SecretContent::Elsewhere { source, reference } => {
                let identity = format!("{source} {}", reference.identity());
                let entry = wanted.entry(identity).or_insert_with(|| Wanted {
                    name: source.clone(),
                    source: sources.get(source).cloned(),
                    reference: reference.clone(),
                    places: Vec::new(),
                });
                entry.places.push(path.clone());
            }
        }
    });
    let cx = Arc::new(SourceContext::new(options.variables.clone()));
    let fetches = wanted.into_values().map(|wanted| {
        let cx = Arc::clone(&cx);
        async move {
            let fetched = match &wanted.source {
                Some(source) => fetch(source.as_ref(), &wanted.reference, &cx).await,
                None => Err(Error::internal("the source is not registered")),
            };
            (wanted, fetched)
        }
    });
    let mut fetched = stream::iter(fetches).buffer_unordered(FETCHES_MAX);
    while let Some((wanted, result)) = fetched.next().await {
        for place in wanted.places {
            match &result {
                Ok(content) => {
                    secrets.insert(place, content.clone());
                }
                Err(error) => {
                    let fault = failed(&place, &wanted.name, error);
                    faults.push(fault.at(&joined.origin(&place)));
                }
            }
        }
    }
    (secrets, faults)
}

async fn fetch(
    source: &dyn SecretSource,
    reference: &Reference,
    cx: &SourceContext,
) -> iac_core::Result<Secret<String>> {
    let fetched = tokio::time::timeout(FETCH_TIMEOUT, source.fetch(reference, cx)).await;
    let secret = fetched.map_err(|_| {
        Error::new(ErrorKind::Timeout, format!("there was no answer within {FETCH_TIMEOUT:?}"))
    })??;
    if secret.expose().len() > SECRET_BYTES_MAX {
        let message = format!("it is longer than the {SECRET_BYTES_MAX} bytes a secret may have");
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(secret)
}

fn failed(place: &Path, source: &str, error: &Error) -> Fault {
    let fault = Fault::new(place.as_str(), format!("cannot be fetched from `{source}`: {error}"));
    match error.way_out() {
        Some(way_out) => fault.way_out(way_out),
        None => fault,
    }
}

/// The opened keys of the files.
struct Seals<'a> {
    options: &'a LoadOptions,
    joined: &'a Joined,
    opened: BTreeMap<Arc<str>, Result<Seal, Fault>>,
}

impl Seals<'_> {
    fn unseal(&mut self, path: &Path, text: &str, origin: &Origin) -> Result<Secret<String>, Fault> {
        let file = origin.position().map(|place| Arc::clone(&place.file)).unwrap_or_default();
        let lost = |message: &str, way_out: &str| Fault::new(path.as_str(), message).way_out(way_out);
        let Some(envelope) = self.joined.envelopes.get(&file) else {
            return Err(lost(
                "is sealed, and its file has no `[sealing]` table with the key",
                "restore the table from the file's history, or write the secret again",
            ));
        };
        let Some(keyring) = &self.options.keyring else {
            return Err(lost(
                "is sealed, and no key was given",
                "pass a keyring with `LoadOptions::keyring`",
            ));
        };
        let opened = self.opened.entry(file);
        let seal = opened.or_insert_with(|| Seal::open(&self.options.stack, keyring.as_ref(), envelope));
        match seal {
            Ok(seal) => seal.unseal(path, text),
            Err(fault) => Err(Fault { key: path.as_str().to_owned(), ..fault.clone() }),
        }
    }
}
