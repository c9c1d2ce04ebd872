//! A thread that owns a connection and serves a bounded queue. The writer's groups what is waiting
//! into one transaction with one flush. Knows nothing of what the jobs do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::trouble::Trouble;
use crate::state::backend::BackendError;

/// Jobs that wait in one queue; whoever adds another waits.
const QUEUE_LENGTH: usize = 1024;

/// Most jobs in one transaction: bounds how long the first of a group waits for the last.
const GROUP_LENGTH_MAX: usize = 256;

/// Runs with the connection, or learns why it cannot.
type Job = Box<dyn FnOnce(Result<&Connection, BackendError>) -> Outcome + Send>;

/// A job that ran, not answered yet: the answer must not leave before the flush.
struct Outcome {
    failure: Option<BackendError>,
    answer: Box<dyn FnOnce(Result<(), BackendError>)>,
}

/// A thread with a connection. Dropping it serves what is queued, closes the connection and waits
/// for both.
pub(super) struct Worker {
    path: PathBuf,
    action: &'static str,
    queue: Option<mpsc::Sender<Job>>,
    groups: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// A thread that serves jobs one by one.
    pub(super) fn reader(path: &Path, connection: Connection) -> Result<Self, BackendError> {
        Self::start(path, "read", move |mut jobs, _| {
            while let Some(job) = jobs.blocking_recv() {
                let outcome = job(Ok(&connection));
                (outcome.answer)(Ok(()));
            }
        })
    }

    /// A thread that serves jobs in groups, each group in one transaction.
    pub(super) fn writer(path: &Path, connection: Connection) -> Result<Self, BackendError> {
        let place = path.to_owned();
        Self::start(path, "write", move |mut jobs, groups| {
            while let Some(first) = jobs.blocking_recv() {
                let mut group = vec![first];
                while group.len() < GROUP_LENGTH_MAX
                    && let Ok(job) = jobs.try_recv()
                {
                    group.push(job);
                }
                run_group(&connection, &place, group);
                groups.fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    /// Groups of jobs that were flushed so far.
    pub(super) fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    fn start(
        path: &Path,
        action: &'static str,
        serve: impl FnOnce(mpsc::Receiver<Job>, &AtomicU64) + Send + 'static,
    ) -> Result<Self, BackendError> {
        let (queue, jobs) = mpsc::channel(QUEUE_LENGTH);
        let groups = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&groups);
        let thread = std::thread::Builder::new()
            .name(format!("iac-state-{action}"))
            .spawn(move || serve(jobs, &counter));
        let thread = thread.map_err(|error| BackendError::Unavailable {
            action: "open",
            location: path.display().to_string(),
            reason: format!("no thread can be started: {error}; raise the limit of processes"),
        })?;
        Ok(Self { path: path.to_owned(), action, queue: Some(queue), groups, thread: Some(thread) })
    }

    /// Runs `work` on the thread and answers when its effect is durable. Once queued it runs even if
    /// the caller stops waiting.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, BackendError> {
        let (sender, receiver) = oneshot::channel();
        let (path, action) = (self.path.clone(), self.action);
        let job: Job = Box::new(move |connection| {
            let result = connection
                .and_then(|connection| work(connection).map_err(|trouble| trouble.at(&path, action)));
            Outcome {
                failure: result.as_ref().err().cloned(),
                answer: Box::new(move |flushed| {
                    // Nobody waits any more: nothing to tell.
                    let _ = sender.send(result.and_then(|value| flushed.map(|()| value)));
                }),
            }
        });
        let queue = self.queue.as_ref().ok_or_else(|| self.stopped())?;
        queue.send(job).await.map_err(|_| self.stopped())?;
        receiver.await.map_err(|_| self.stopped())?
    }

    fn stopped(&self) -> BackendError {
        BackendError::Unavailable {
            action: self.action,
            location: self.path.display().to_string(),
            reason: "the state's thread has stopped; this is a defect, please report it and run again".into(),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It panicked, and said so on its own.
            let _ = thread.join();
        }
    }
}

/// Runs each job in its own savepoint, flushes once, then answers all.
fn run_group(connection: &Connection, path: &Path, group: Vec<Job>) {
    let mut broken = execute(connection, "BEGIN IMMEDIATE").err().map(|trouble| trouble.at(path, "write"));
    let mut outcomes = Vec::with_capacity(group.len());
    for job in group {
        let outcome = match &broken {
            Some(error) => job(Err(error.clone())),
            None => run_in_savepoint(connection, path, job, &mut broken),
        };
        outcomes.push(outcome);
    }
    let flushed = match broken {
        None => execute(connection, "COMMIT").map_err(|trouble| trouble.at(path, "write")),
        Some(error) => Err(error),
    };
    if flushed.is_err() && !connection.is_autocommit() {
        // The group failed as a whole and everybody in it is told so; SQLite drops what is left of
        // the transaction at the next opening in any case.
        let _ = execute(connection, "ROLLBACK");
    }
    for outcome in outcomes {
        (outcome.answer)(flushed.clone());
    }
}

fn run_in_savepoint(
    connection: &Connection,
    path: &Path,
    job: Job,
    broken: &mut Option<BackendError>,
) -> Outcome {
    if let Err(trouble) = execute(connection, "SAVEPOINT job") {
        let error = trouble.at(path, "write");
        *broken = Some(error.clone());
        return job(Err(error));
    }
    let outcome = job(Ok(connection));
    let ended = match &outcome.failure {
        None => execute(connection, "RELEASE job"),
        // A full disk or a disk error ends the whole transaction, not just the savepoint.
        Some(error) if connection.is_autocommit() => {
            *broken = Some(error.clone());
            Ok(())
        }
        Some(_) => execute(connection, "ROLLBACK TO job").and_then(|()| execute(connection, "RELEASE job")),
    };
    if let Err(trouble) = ended {
        *broken = Some(trouble.at(path, "write"));
    }
    outcome
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Trouble> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answers = std::sync::Arc<std::sync::Mutex<Vec<Result<(), BackendError>>>>;

    fn job(answers: &Answers, sql: &'static str) -> Job {
        let answers = answers.clone();
        Box::new(move |connection| {
            let result = connection.and_then(|connection| {
                let done = connection.execute_batch(sql);
                done.map_err(|error| Trouble::Sql(error).at(Path::new("state.db"), "write"))
            });
            Outcome {
                failure: result.as_ref().err().cloned(),
                answer: Box::new(move |flushed| answers.lock().unwrap().push(result.and(flushed))),
            }
        })
    }

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    fn database(directory: &Path) -> Connection {
        let connection = Connection::open(directory.join("state.db")).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a)").unwrap();
        connection
    }

    #[test]
    fn a_full_disk_fails_the_group_and_leaves_the_writer_usable() {
        let directory = tempfile::tempdir().unwrap();
        let connection = database(directory.path());
        connection.pragma_update_and_check(None, "max_page_count", 10, |_| Ok(())).unwrap();
        let answers = Answers::default();
        let small = "INSERT INTO t VALUES (1)";
        let group = [small, "INSERT INTO t VALUES (zeroblob(100000))", small];
        run_group(&connection, Path::new("state.db"), group.map(|sql| job(&answers, sql)).into());
        let told = std::mem::take(&mut *answers.lock().unwrap());
        assert!(told[1].as_ref().unwrap_err().to_string().contains("disk is full"), "{told:?}");
        let kept = told.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(i64::try_from(kept).unwrap(), rows(&connection), "what was answered is what is there");

        run_group(&connection, Path::new("state.db"), vec![job(&answers, small)]);
        assert!(answers.lock().unwrap()[0].is_ok());
        assert!(connection.is_autocommit());
    }

    #[test]
    fn a_transaction_that_ends_under_a_job_fails_the_whole_group() {
        let directory = tempfile::tempdir().unwrap();
        let connection = database(directory.path());
        let answers = Answers::default();
        let small = "INSERT INTO t VALUES (1)";
        // What SQLite does by itself after some disk errors.
        let group = [small, "ROLLBACK; INSERT INTO no_such_table VALUES (1)", small];
        run_group(&connection, Path::new("state.db"), group.map(|sql| job(&answers, sql)).into());
        let told = std::mem::take(&mut *answers.lock().unwrap());
        assert!(told.len() == 3 && told.iter().all(Result::is_err), "{told:?}");
        assert_eq!(rows(&connection), 0);
    }

    #[test]
    fn a_file_locked_by_another_process_fails_the_whole_group() {
        let directory = tempfile::tempdir().unwrap();
        let connection = database(directory.path());
        connection.busy_timeout(std::time::Duration::ZERO).unwrap();
        let other = Connection::open(directory.path().join("state.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let answers = Answers::default();
        let small = "INSERT INTO t VALUES (1)";
        run_group(&connection, Path::new("state.db"), vec![job(&answers, small), job(&answers, small)]);
        for answer in std::mem::take(&mut *answers.lock().unwrap()) {
            assert!(answer.unwrap_err().to_string().contains("another process"));
        }
        other.execute_batch("ROLLBACK").unwrap();
        run_group(&connection, Path::new("state.db"), vec![job(&answers, small)]);
        assert_eq!(rows(&connection), 1);
    }
}
