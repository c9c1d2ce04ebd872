//! [`StateDocument`]: a whole stack as one JSON text, its secrets still encrypted. Knows nothing of
//! backends or keys.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::record::{ExportRecord, ResourceRecord, Sealed, StackId, StateRecord, Status, TimestampMs};
use crate::hook::RecordedHooks;
use crate::urn::Urn;

/// The newest format of a state document.
pub const DOCUMENT_FORMAT: u32 = 1;

/// Longest state document that is read, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 1 << 30;

/// What a document says it is.
const DOCUMENT_KIND: &str = "iac state";

/// Everything the state knows of one stack at rest: rows, exported outputs, and the wrapped key. Values
/// are as they are stored, so it holds no secret in the clear and is worth nothing without the key.
///
/// Its JSON text has the fields `kind`, `version`, `project`, `stack`, `serial`, `exported_at`
/// (milliseconds since 1970 UTC), `key_envelope`, `resources` and `exports`.
///
/// ```
/// use iac_core::Engine;
/// use iac_core::state::{MemoryBackend, StackId, StateDocument};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let engine = Engine::builder().backend(MemoryBackend::new()).build();
/// let document = engine.export_state(&StackId::new("philotes", "dev")).await?;
/// let again = StateDocument::parse(&document.to_json())?;
/// assert_eq!((again.serial(), again.resource_count()), (0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateDocument {
    kind: String,
    version: u32,
    project: String,
    stack: String,
    serial: u64,
    exported_at: TimestampMs,
    key_envelope: Option<String>,
    resources: Vec<Row>,
    exports: Vec<Export>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    urn: Urn,
    token: String,
    #[serde(rename = "type")]
    type_token: String,
    provider: String,
    account: String,
    id: String,
    status: Status,
    inputs: Json,
    outputs: Json,
    observed: Option<Json>,
    missing: bool,
    triggers: Json,
    dependencies: Vec<Urn>,
    protect: bool,
    retain: bool,
    generation: u32,
    refreshed_at: TimestampMs,
    modified_at: TimestampMs,
    #[serde(default, skip_serializing_if = "RecordedHooks::is_empty")]
    hooks: RecordedHooks,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    name: String,
    value: Json,
}

/// Why a text is no usable state document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not one that was exported, or changed since.
    #[error("it is no state document: {reason}; export it again with `state export`")]
    Malformed {
        /// What is wrong, without content.
        reason: String,
    },
    /// Written by a newer version.
    #[error(
        "it has document format {found}; this program reads up to {DOCUMENT_FORMAT}; use a newer version of the \
         program"
    )]
    Newer {
        /// The document's format.
        found: u32,
    },
    /// Of another project or stack.
    #[error(
        "it is the state of {found}, not of {wanted}; pass `--stack` for that one, or `--as-stack` to take its \
         resources over into {wanted}"
    )]
    OtherStack {
        /// Whose state it is.
        found: StackId,
        /// Where it was to go.
        wanted: StackId,
    },
    /// There is something in the stack already.
    #[error(
        "stack {stack} has {resources} resources already; pass `--replace` to put the document in their place"
    )]
    Occupied {
        /// The stack.
        stack: StackId,
        /// How many.
        resources: usize,
    },
    /// The state went on after the document was written.
    #[error(
        "stack {stack} is at serial {found} and the replacement is for serial {expected}; what changed in between \
         would be lost: export again, or pass `--serial {found}` to lose it"
    )]
    Serial {
        /// The stack.
        stack: StackId,
        /// The state's serial.
        found: u64,
        /// The serial that was expected.
        expected: u64,
    },
}

fn malformed(reason: impl Into<String>) -> DocumentError {
    DocumentError::Malformed { reason: reason.into() }
}

impl StateDocument {
    /// Reads a document and checks that its rows fit each other.
    ///
    /// # Errors
    /// Not a document, a newer one, one whose rows contradict each other.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        #[derive(Deserialize)]
        struct Head {
            kind: String,
            version: u32,
        }
        if text.len() > DOCUMENT_BYTES_MAX {
            return Err(malformed(format!("it has more than {DOCUMENT_BYTES_MAX} bytes")));
        }
        // Serde's own messages may quote values, so only the place is taken from them.
        let place = |error: serde_json::Error| format!("line {}, column {}", error.line(), error.column());
        let head: Head = serde_json::from_str(text).map_err(|error| {
            malformed(format!("it is not JSON with a kind and a version ({})", place(error)))
        })?;
        if head.kind != DOCUMENT_KIND {
            return Err(malformed("its kind is another one"));
        }
        if head.version > DOCUMENT_FORMAT {
            return Err(DocumentError::Newer { found: head.version });
        }
        if head.version != DOCUMENT_FORMAT {
            return Err(malformed("its version never existed"));
        }
        let document: Self = serde_json::from_str(text).map_err(|error| {
            malformed(format!("a field is missing, unknown or of another type ({})", place(error)))
        })?;
        document.check()?;
        Ok(document)
    }

    /// The document as text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a document is plain data")
    }

    /// Whose state it is.
    pub fn stack(&self) -> StackId {
        StackId::new(&self.project, &self.stack)
    }

    /// The serial it was exported at.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// How many rows it has.
    pub fn resource_count(&self) -> usize {
        self.resources.len()
    }

    fn check(&self) -> Result<(), DocumentError> {
        let urns: BTreeSet<&Urn> = self.resources.iter().map(|row| &row.urn).collect();
        let (mut rows, mut in_use) = (HashSet::new(), HashSet::new());
        for row in &self.resources {
            let urn = &row.urn;
            if (urn.project(), urn.stack()) != (self.project.as_str(), self.stack.as_str()) {
                return Err(malformed(format!("{urn} belongs to another stack")));
            }
            if urn.type_token() != row.type_token {
                return Err(malformed(format!("{urn} has the type of another resource")));
            }
            if !rows.insert((urn, &row.token))
                || !matches!(row.status, Status::PendingDelete | Status::Gone) && !in_use.insert(urn)
            {
                return Err(malformed(format!("{urn} has two rows that exclude each other")));
            }
            if let Some(on) = row.dependencies.iter().find(|on| !urns.contains(on)) {
                return Err(malformed(format!("{urn} needs {on}, which is not in it")));
            }
        }
        let names: BTreeSet<&str> = self.exports.iter().map(|export| export.name.as_str()).collect();
        if names.len() < self.exports.len() {
            return Err(malformed("an output is exported twice"));
        }
        Ok(())
    }

    /// The document of a loaded stack. Needs between rows that are not there are left out.
    pub(crate) fn new(
        stack: &StackId,
        state: StateRecord<Sealed>,
        now: TimestampMs,
    ) -> Result<Self, serde_json::Error> {
        let json = |sealed: Sealed| serde_json::from_str::<Json>(sealed.as_str());
        let urns: BTreeSet<Urn> = state.resources.iter().map(|row| row.urn.clone()).collect();
        let rows = state.resources.into_iter().map(|row| {
            Ok(Row {
                inputs: json(row.inputs)?,
                outputs: json(row.outputs)?,
                observed: row.observed.map(json).transpose()?,
                triggers: json(row.triggers)?,
                dependencies: row.dependencies.into_iter().filter(|on| urns.contains(on)).collect(),
                urn: row.urn,
                token: row.token,
                type_token: row.type_token,
                provider: row.provider,
                account: row.account,
                id: row.id,
                status: row.status,
                missing: row.missing,
                protect: row.protect,
                retain: row.retain,
                generation: row.generation,
                refreshed_at: row.refreshed_at,
                modified_at: row.modified_at,
                hooks: row.hooks,
            })
        });
        let exports = state
            .exports
            .into_iter()
            .map(|export| Ok(Export { name: export.name, value: json(export.value)? }));
        Ok(Self {
            kind: DOCUMENT_KIND.to_owned(),
            version: DOCUMENT_FORMAT,
            project: stack.project.clone(),
            stack: stack.stack.clone(),
            serial: state.serial,
            exported_at: now,
            key_envelope: state.key_envelope,
            resources: rows.collect::<Result<_, serde_json::Error>>()?,
            exports: exports.collect::<Result<_, serde_json::Error>>()?,
        })
    }

    /// The state it holds, still sealed for [`stack`](StateDocument::stack).
    pub(crate) fn state(&self) -> StateRecord<Sealed> {
        let sealed = |json: &Json| Sealed(json.to_string());
        let row = |row: &Row| ResourceRecord {
            urn: row.urn.clone(),
            token: row.token.clone(),
            type_token: row.type_token.clone(),
            provider: row.provider.clone(),
            account: row.account.clone(),
            id: row.id.clone(),
            status: row.status,
            inputs: sealed(&row.inputs),
            outputs: sealed(&row.outputs),
            // JSON has one null for "nothing" and "nothing observed"; a cloud never shows the former.
            observed: row.observed.as_ref().map(sealed),
            missing: row.missing,
            triggers: sealed(&row.triggers),
            dependencies: row.dependencies.clone(),
            protect: row.protect,
            retain: row.retain,
            generation: row.generation,
            refreshed_at: row.refreshed_at,
            modified_at: row.modified_at,
            hooks: row.hooks.clone(),
        };
        let export =
            |export: &Export| ExportRecord { name: export.name.clone(), value: sealed(&export.value) };
        StateRecord {
            serial: self.serial,
            last_run: 0,
            key_envelope: self.key_envelope.clone(),
            resources: self.resources.iter().map(row).collect(),
            journal: Vec::new(),
            exports: self.exports.iter().map(export).collect(),
            // What it says was true when it was exported, whatever was read since.
            checks: Vec::new(),
        }
    }
}
