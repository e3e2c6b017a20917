//! One refresh for all queries that want one, off the asynchronous threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::watch;

use crate::cancel::Cancel;
use crate::catalog::CatalogError;
use crate::library::{Library, Snapshot};

/// A listing may take at most one part in so many of the time, so that a store on a slow
/// network drive with very many files is not listed all the time.
const SHARE: u32 = 10;

/// How long a query waits for new reports when it could be answered without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why there is no snapshot.
#[derive(Debug, Clone, Error)]
pub enum RefreshError {
    /// The catalog does not work.
    #[error("{0}")]
    Catalog(Arc<CatalogError>),
    /// The reading panicked; the log has the details.
    #[error("reading the reports ended unexpectedly; Grafana's log says where")]
    Panicked,
}

/// The newest snapshot of a library. Whoever asks for it and finds it too old starts the next refresh.
#[derive(Debug)]
pub struct Refresher {
    library: Arc<Library>,
    interval: Duration,
    state: Arc<Mutex<State>>,
    cancel: Cancel,
}

#[derive(Debug, Default)]
struct State {
    latest: Option<Result<Arc<Snapshot>, RefreshError>>,
    /// When the last refresh ended, and how long to leave the store alone after it.
    finished: Option<(Instant, Duration)>,
    /// Set while a refresh runs; its sender is dropped at the end.
    running: Option<watch::Receiver<()>>,
}

/// A snapshot, and how current it is.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// Whether newer reports are still being read.
    pub behind: bool,
}

impl Refresher {
    /// Keeps `library` fresh: at most one listing per `interval`.
    #[must_use]
    pub fn new(library: Arc<Library>, interval: Duration) -> Self {
        Self { library, interval, state: Arc::default(), cancel: Cancel::default() }
    }

    /// A snapshot that is at most the interval old. The first one is waited for however long it
    /// takes; later ones for a few seconds, after which the last one serves.
    ///
    /// Dropping the future gives up waiting. The refresh itself goes on, because the next query
    /// needs it too; it ends with the [`Refresher`].
    ///
    /// # Errors
    /// When the catalog does not work.
    pub async fn fresh(&self) -> Result<Fresh, RefreshError> {
        let (running, latest) = {
            let mut state = lock(&self.state);
            let due =
                state.finished.is_none_or(|(finished, rest)| finished.elapsed() >= rest) || self.library.is_damaged();
            if due && state.running.is_none() {
                self.start(&mut state);
            }
            (state.running.clone(), state.latest.clone())
        };
        match (running, latest) {
            (None, Some(latest)) => Ok(Fresh { snapshot: latest?, behind: false }),
            (Some(running), Some(Ok(latest))) => match tokio::time::timeout(PATIENCE, ended(running)).await {
                Ok(()) => self.latest(),
                Err(_) => Ok(Fresh { snapshot: latest, behind: true }),
            },
            (Some(running), _) => {
                ended(running).await;
                self.latest()
            }
            (None, None) => Err(RefreshError::Panicked),
        }
    }

    /// A snapshot that was begun after this call.
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh).
    pub async fn now(&self) -> Result<Fresh, RefreshError> {
        let running = lock(&self.state).running.clone();
        if let Some(running) = running {
            ended(running).await;
        }
        let running = {
            let mut state = lock(&self.state);
            if state.running.is_none() {
                self.start(&mut state);
            }
            state.running.clone()
        };
        if let Some(running) = running {
            ended(running).await;
        }
        self.latest()
    }

    fn latest(&self) -> Result<Fresh, RefreshError> {
        let latest = lock(&self.state).latest.clone().unwrap_or(Err(RefreshError::Panicked));
        Ok(Fresh { snapshot: latest?, behind: false })
    }

    fn start(&self, state: &mut State) {
        let (sender, receiver) = watch::channel(());
        state.running = Some(receiver);
        let previous = state.latest.clone().and_then(Result::ok);
        let library = Arc::clone(&self.library);
        let cancel = self.cancel.clone();
        let end = End { state: Arc::clone(&self.state), rest: self.interval, result: None, _sender: sender };
        tokio::task::spawn_blocking(move || {
            end.with(library.refresh(previous.as_deref(), &cancel));
        });
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Records the end of a refresh when it is dropped, which happens after a panic too: otherwise
/// every later query would wait for a refresh that is no more.
struct End {
    state: Arc<Mutex<State>>,
    /// How long to leave the store alone afterwards.
    rest: Duration,
    result: Option<Result<Arc<Snapshot>, RefreshError>>,
    /// Dropped after the state is set: wakes those who wait.
    _sender: watch::Sender<()>,
}

impl End {
    /// The end of a refresh that did not panic.
    fn with(mut self, result: Result<Snapshot, CatalogError>) {
        if let Ok(snapshot) = &result {
            self.rest = self.rest.max(snapshot.listed_in.saturating_mul(SHARE));
        }
        self.result = Some(result.map(Arc::new).map_err(|error| RefreshError::Catalog(Arc::new(error))));
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.latest = Some(self.result.take().unwrap_or(Err(RefreshError::Panicked)));
        state.finished = Some((Instant::now(), self.rest));
        state.running = None;
    }
}

/// Returns when the sender is gone: nothing is ever sent.
async fn ended(mut running: watch::Receiver<()>) {
    while running.changed().await.is_ok() {}
}

/// The state is changed in single steps, so a panic elsewhere leaves it whole.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
