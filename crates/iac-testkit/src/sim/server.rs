//! Owns a running simulated cloud: listener, tasks, shutdown and what tests may ask of it.
//! Knows neither HTTP details nor what the cloud does.
use super::cloud::Cloud;
use super::connection::serve;
use super::data::DataFile;
use super::record::Recorder;
use super::{Exchange, Fault, FaultScript, Interceptor, SimClock, SimOptions, SimRequest};
use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// A simulated cloud that serves HTTP until it is shut down or dropped.
///
/// It runs as tasks of the tokio runtime it was started on, which may be a current-thread one.
#[derive(Debug)]
pub struct SimServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    accepting: Option<JoinHandle<()>>,
}

/// What the connections and the server's owner share. No lock is held across an await, and no
/// two at the same time.
pub(super) struct Shared {
    pub(super) clock: SimClock,
    pub(super) request_body_bytes_max: usize,
    pub(super) cell: Mutex<CloudCell>,
    faults: Mutex<FaultState>,
    recorder: Mutex<Recorder>,
}

/// The cloud and its data file, changed together.
pub(super) struct CloudCell {
    pub(super) cloud: Box<dyn Cloud>,
    pub(super) data: Option<DataFile>,
}

struct FaultState {
    last_seq: u64,
    script: FaultScript,
    interceptor: Option<Interceptor>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl CloudCell {
    pub(super) fn store(&mut self) -> io::Result<()> {
        match &mut self.data {
            Some(data) => data.store(self.cloud.as_ref()),
            None => Ok(()),
        }
    }
}

impl Shared {
    /// The request's number and its fault.
    pub(super) fn decide_fault(&self, request: &SimRequest) -> (u64, Option<Fault>) {
        let mut guard = lock(&self.faults);
        let state = &mut *guard;
        state.last_seq += 1;
        let seq = state.last_seq;
        let intercepted = state.interceptor.as_mut().and_then(|decide| decide(request, seq));
        // The script counts every request, so that an interceptor does not shift its rules.
        let scripted = state.script.decide(request);
        (seq, intercepted.or(scripted))
    }

    pub(super) fn record(&self, exchange: Exchange) -> io::Result<()> {
        lock(&self.recorder).record(exchange)
    }
}

/// Locks also after a panic under the lock: the kit answers a cloud's panic with status 500 and
/// goes on.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SimServer {
    /// Loads the data file, binds the address and begins to serve.
    ///
    /// # Errors
    /// When the address cannot be bound, the log file cannot be opened, or the data file is in
    /// use, unreadable or not this cloud's.
    pub async fn start(cloud: impl Cloud, options: SimOptions) -> io::Result<Self> {
        let mut cloud: Box<dyn Cloud> = Box::new(cloud);
        let data = match &options.data {
            Some(path) => Some(DataFile::open(path, cloud.as_mut())?),
            None => None,
        };
        let recorder = Recorder::open(options.exchanges_max, options.log_file.as_deref())?;
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            clock: options.clock,
            request_body_bytes_max: options.request_body_bytes_max,
            cell: Mutex::new(CloudCell { cloud, data }),
            faults: Mutex::new(FaultState { last_seq: 0, script: options.faults, interceptor: None }),
            recorder: Mutex::new(recorder),
        });
        let (stop, stopped) = oneshot::channel();
        let accepting = accept(listener, options.connections_max, Arc::clone(&shared), stopped);
        let accepting = Some(tokio::spawn(accepting));
        Ok(Self { address, shared, stop: Some(stop), accepting })
    }

    /// The base address without a trailing slash, such as `http://127.0.0.1:40213`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The clock the cloud sees.
    pub fn clock(&self) -> &SimClock {
        &self.shared.clock
    }

    /// The remembered exchanges, in the order in which they were finished.
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.shared.recorder).snapshot()
    }

    /// The remembered exchanges, which are then forgotten.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        lock(&self.shared.recorder).take()
    }

    /// Asks `interceptor` about every later request, before the script. It must not call this
    /// server.
    pub fn set_interceptor(&self, interceptor: Interceptor) {
        lock(&self.shared.faults).interceptor = Some(interceptor);
    }

    /// Removes the interceptor.
    pub fn clear_interceptor(&self) {
        lock(&self.shared.faults).interceptor = None;
    }

    /// Replaces the script of faults; its counters begin at zero.
    pub fn set_faults(&self, script: FaultScript) {
        lock(&self.shared.faults).script = script;
    }

    /// Looks at or changes the cloud from outside, as another user of the account would; a
    /// change is stored in the data file. None when the cloud is not a `C`.
    ///
    /// # Errors
    /// When the data file cannot be written.
    pub fn with_cloud<C: Cloud, R>(&self, act: impl FnOnce(&mut C) -> R) -> io::Result<Option<R>> {
        let mut cell = lock(&self.shared.cell);
        let any: &mut dyn Any = cell.cloud.as_mut();
        let Some(cloud) = any.downcast_mut::<C>() else {
            return Ok(None);
        };
        let result = act(cloud);
        cell.store()?;
        Ok(Some(result))
    }

    /// Stops serving: closes the listener and all connections, waits for the tasks to end and
    /// stores the cloud's last state.
    ///
    /// # Errors
    /// When the data file cannot be written.
    pub async fn shutdown(mut self) -> io::Result<()> {
        if let Some(stop) = self.stop.take() {
            // A receiver that is gone means the task has ended already.
            let _ = stop.send(());
        }
        if let Some(accepting) = self.accepting.take()
            && let Err(error) = accepting.await
        {
            return Err(io::Error::other(format!("the simulator's accept task failed: {error}")));
        }
        let mut cell = lock(&self.shared.cell);
        let stored = cell.store();
        // Frees the lock for the next simulator, whoever else still holds the shared state.
        cell.data = None;
        stored
    }
}

impl Drop for SimServer {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
        // What reads changed, such as how often an action was looked at, is in no file yet. A drop cannot say
        // that the file cannot be written; it then holds the state after the last change.
        let mut cell = lock(&self.shared.cell);
        let _ = cell.store();
        cell.data = None;
    }
}

/// Accepts connections until told to stop; owns all their tasks.
async fn accept(
    listener: TcpListener,
    connections_max: usize,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) {
    let permits = Arc::new(Semaphore::new(connections_max));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await.expect("the semaphore is never closed");
            (permit, listener.accept().await)
        };
        tokio::select! {
            // A dropped sender is handled by the abort in Drop; both mean stop.
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            (permit, accepted) = next => {
                // A client that is gone before it is accepted is no error of the server.
                if let Ok((stream, _)) = accepted {
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        serve(stream, shared).await;
                        drop(permit);
                    });
                }
            }
        }
    }
    connections.shutdown().await;
}
