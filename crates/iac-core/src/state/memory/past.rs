//! What rows and outputs were after each run, in memory. Answers as the SQLite tables of that name do.

use std::collections::BTreeMap;

use crate::state::record::{ExportRecord, PastRename, ResourceRecord, Sealed};
use crate::urn::Urn;

/// A version of something, from the end of one run until the end of another; open while it stands.
#[derive(Clone)]
struct Version<T> {
    from: u64,
    until: Option<u64>,
    what: T,
}

/// The versions of everything, by what names it, oldest first.
#[derive(Clone)]
pub(super) struct Past<K, T>(BTreeMap<K, Vec<Version<T>>>);

impl<K, T> Default for Past<K, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// Rows, each with what it was called until then if it had another name.
pub(super) type PastResources = Past<(Urn, String), (ResourceRecord<Sealed>, Option<Urn>)>;
pub(super) type PastExports = Past<String, ExportRecord<Sealed>>;

impl<K: Ord + Clone, T: Clone + PartialEq> Past<K, T> {
    /// What `key` names now, or its absence, is what it is after `run`.
    pub(super) fn remember(&mut self, run: u64, key: K, now: Option<T>) {
        let versions = self.0.entry(key).or_default();
        versions.retain(|version| version.from != run);
        for open in versions.iter_mut().filter(|version| version.until.is_none()) {
            open.until = Some(run);
        }
        versions.extend(now.map(|what| Version { from: run, until: None, what }));
    }

    /// All that is there now; what is the same as before keeps its version.
    pub(super) fn remember_all(&mut self, run: u64, now: &BTreeMap<K, T>) {
        let mut keys: Vec<K> = self.0.keys().chain(now.keys()).cloned().collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let versions = self.0.entry(key.clone()).or_default();
            versions.retain(|version| version.from != run);
            let open = versions.iter().find(|version| version.until.is_none());
            let what = now.get(&key);
            if open.map(|version| &version.what) != what {
                self.remember(run, key, what.cloned());
            }
        }
    }

    /// What there was after `run`, in order.
    pub(super) fn after(&self, run: u64) -> Vec<T> {
        let stood =
            |version: &&Version<T>| version.from <= run && version.until.is_none_or(|until| until > run);
        self.0.values().filter_map(|versions| versions.iter().find(stood)).map(|v| v.what.clone()).collect()
    }

    /// What `key` names since `run`.
    pub(super) fn version(&self, key: &K, run: u64) -> Option<&T> {
        self.0.get(key)?.iter().find(|version| version.from == run).map(|version| &version.what)
    }

    /// See [`version`](Self::version).
    pub(super) fn version_mut(&mut self, key: &K, run: u64) -> Option<&mut T> {
        self.0.get_mut(key)?.iter_mut().find(|version| version.from == run).map(|version| &mut version.what)
    }

    /// Every version, with the run since which it stands.
    pub(super) fn versions(&self) -> impl Iterator<Item = (u64, &T)> {
        self.0.values().flatten().map(|version| (version.from, &version.what))
    }

    /// Drops what no run from `before` on had.
    pub(super) fn prune(&mut self, before: u64) {
        for versions in self.0.values_mut() {
            versions.retain(|version| version.until.is_none_or(|until| until > before));
        }
        self.0.retain(|_, versions| !versions.is_empty());
    }
}

impl PastResources {
    /// The rows after `run`, in order.
    pub(super) fn rows_after(&self, run: u64) -> Vec<ResourceRecord<Sealed>> {
        self.after(run).into_iter().map(|(row, _)| row).collect()
    }

    /// What got another name, oldest first.
    pub(super) fn renames(&self) -> Vec<PastRename> {
        let versions = self.0.values().flatten();
        let mut renames: Vec<PastRename> = versions
            .filter_map(|version| {
                let (row, from) = &version.what;
                Some(PastRename { run: version.from, from: from.clone()?, to: row.urn.clone() })
            })
            .collect();
        renames.sort();
        renames
    }
}
