//! [`SqliteBackend`]: the SQLite file as a [`Backend`]. Hands every call to the thread that owns the
//! connection for it.

use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::inspect::{self, StateFile};
use super::trouble::Trouble;
use super::worker::Worker;
use super::{check, compact, duration, lease, open, past, read, schema, trace, write};
use crate::state::backend::{Backend, BackendError, HeldLease, Holder, Lease};
use crate::state::duration::{DurationQuery, DurationRecord};
use crate::state::record::{
    ExportRecord, PastRecord, RunRecord, Sealed, SealedCell, StackId, StateRecord, StepRecord, TimestampMs,
    TraceRecord, Write,
};

/// State in one SQLite file, for one or many stacks, shared by any number of processes of one host.
///
/// A commit is answered when it is on the disk. Commits that arrive while another is being flushed
/// share the next flush, each with its own result. Reads never wait for writes. All tables are
/// `STRICT` and readable with plain SQL; only secrets in them are encrypted.
///
/// The file is created with mode 0600. SQLite keeps `-wal` and `-shm` files beside it while it is
/// open; copy all of them, or none. Before a newer program changes the format it leaves a backup
/// beside the file. Put it on a local disk: network file systems do not lock reliably.
///
/// Dropping it waits for queued commits and closes the file.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("state.db");
/// use iac_core::state::{Backend, Holder, SqliteBackend, StackId};
///
/// let backend = SqliteBackend::open(&path)?;
/// let stack = StackId::new("philotes", "dev");
/// let holder = Holder { id: "run-1".into(), name: "ann".into(), host: "desk".into(), pid: 7 };
/// let lease = backend.acquire(&stack, &holder, 0, 30_000).await?;
/// backend.commit(&lease, vec![]).await?;
/// backend.release(&lease).await?;
/// assert!(backend.check().await?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteBackend {
    path: PathBuf,
    // The reader goes first: the last connection to close is the one that empties the -wal file,
    // and only the writer's may.
    reader: Worker,
    writer: Worker,
}

impl SqliteBackend {
    /// Opens a state file, or makes one where there is none. Its directory must exist. Blocks for
    /// some milliseconds; for longer where a format change needs a backup.
    ///
    /// # Errors
    /// No such directory, a directory, a file that is not writable, damaged, of another program
    /// ([`BackendError::NotOurs`]) or of a newer version ([`BackendError::Newer`]). A refused file is
    /// left as it was.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, BackendError> {
        let path = path.into();
        let open::Connections { write, read } = open::open(&path)?;
        Ok(Self { reader: Worker::reader(&path, read)?, writer: Worker::writer(&path, write)?, path })
    }

    /// Opens a state file for looking at it: nothing is written, not even beside it, whatever its format
    /// and whoever works on it. What would write fails. Blocks for some milliseconds.
    ///
    /// Where a `-wal` file stands beside the file without its `-shm` file, nobody has it open, and what
    /// is in the former is not seen: see [`StateFile::wal_left`].
    ///
    /// # Errors
    /// No such file, or one that cannot be read, is damaged, of another program or of another format.
    pub fn open_read_only(path: impl Into<PathBuf>) -> Result<Self, BackendError> {
        let path = path.into();
        let (write, read) = (inspect::connect(&path)?, inspect::connect(&path)?);
        Ok(Self { reader: Worker::reader(&path, read)?, writer: Worker::writer(&path, write)?, path })
    }

    /// What can be told of a state file without changing anything. Blocks while SQLite looks through it.
    ///
    /// ```
    /// use iac_core::state::SqliteBackend;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("state.sqlite");
    /// assert!(SqliteBackend::inspect(&path).is_err() && !path.exists());
    /// drop(SqliteBackend::open(&path)?);
    /// let file = SqliteBackend::inspect(&path)?;
    /// assert!(file.format == file.format_supported && file.damage.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// No such file, or one that cannot be read, is of another program or of a newer version.
    pub fn inspect(path: &Path) -> Result<StateFile, BackendError> {
        inspect::inspect(path)
    }

    /// The newest format of state files that this program reads, and the one it writes.
    pub fn format_supported() -> i64 {
        schema::MIGRATIONS.last().map_or(0, |migration| migration.to)
    }

    /// The version of SQLite that this program was built with: `3.50.4`.
    pub fn sqlite_version() -> &'static str {
        rusqlite::version()
    }

    /// The backups that were left beside the state file `path` before its format changed, the
    /// newest last. Their names end with the format they have, the date and time, and `.backup`.
    ///
    /// ```
    /// use iac_core::state::SqliteBackend;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("state.sqlite");
    /// assert!(SqliteBackend::backups(&path).is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn backups(path: &Path) -> Vec<PathBuf> {
        schema::backups(path)
    }

    /// How often it wrote to the disk since it was opened: each time one group of commits, leases
    /// included. For measuring; a write is counted just after its answers are given.
    pub fn flushes(&self) -> u64 {
        self.writer.groups()
    }
}

#[async_trait]
impl Backend for SqliteBackend {
    async fn load(&self, stack: &StackId) -> Result<StateRecord<Sealed>, BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| read::load(connection, &stack)).await
    }

    async fn stacks(&self) -> Result<Vec<StackId>, BackendError> {
        self.reader.run(read::stacks).await
    }

    async fn exports(
        &self,
        stack: &StackId,
    ) -> Result<(Option<String>, Vec<ExportRecord<Sealed>>), BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| read::exports(connection, &stack)).await
    }

    async fn acquire(
        &self,
        stack: &StackId,
        holder: &Holder,
        now: TimestampMs,
        expires_at: TimestampMs,
    ) -> Result<Lease, BackendError> {
        let (stack, holder) = (stack.clone(), holder.clone());
        self.writer.run(move |connection| lease::acquire(connection, &stack, &holder, now, expires_at)).await
    }

    async fn renew(&self, lease: &Lease, expires_at: TimestampMs) -> Result<(), BackendError> {
        let lease = lease.clone();
        self.writer.run(move |connection| lease::renew(connection, &lease, expires_at)).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), BackendError> {
        let lease = lease.clone();
        self.writer.run(move |connection| lease::release(connection, &lease)).await
    }

    async fn commit(&self, lease: &Lease, writes: Vec<Write<Sealed>>) -> Result<u64, BackendError> {
        let lease = lease.clone();
        self.writer.run(move |connection| write::commit(connection, &lease, &writes)).await
    }

    async fn runs(&self, stack: &StackId, limit: u32) -> Result<Vec<RunRecord>, BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| read::runs(connection, &stack, limit)).await
    }

    async fn steps(&self, stack: &StackId, run: u64) -> Result<Vec<StepRecord<Sealed>>, BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| read::steps(connection, &stack, run)).await
    }

    async fn trace(&self, stack: &StackId, run: u64) -> Result<TraceRecord, BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| trace::read(connection, &stack, run)).await
    }

    async fn compact(&self) -> Result<bool, BackendError> {
        let path = self.path.clone();
        // On the reader's thread, so that nothing of this process reads meanwhile.
        self.reader
            .run(move |_| {
                let done = open::connect_alone(&path).and_then(|connection| compact::compact(&connection));
                done.map_err(|trouble| Trouble::Told(trouble.at(&path, "compact")))
            })
            .await
    }

    async fn past(&self, stack: &StackId, run: u64) -> Result<PastRecord<Sealed>, BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| past::read(connection, &stack, run)).await
    }

    async fn past_values(&self, stack: &StackId) -> Result<Vec<(SealedCell, Sealed)>, BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| past::values(connection, &stack)).await
    }

    async fn durations(
        &self,
        stack: &StackId,
        queries: Vec<DurationQuery>,
    ) -> Result<Vec<DurationRecord>, BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| duration::read(connection, &stack, &queries)).await
    }

    async fn lease(&self, stack: &StackId) -> Result<Option<HeldLease>, BackendError> {
        let stack = stack.clone();
        self.reader.run(move |connection| lease::current(connection, &stack)).await
    }

    /// SQLite's own integrity check, then foreign keys, then rules across rows.
    async fn check(&self) -> Result<Vec<String>, BackendError> {
        self.reader.run(check::check).await
    }

    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn is_durable(&self) -> bool {
        true
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBackend").field("path", &self.path).finish_non_exhaustive()
    }
}
