//! One refresh for all queries that need one, off the asynchronous threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::watch;

use crate::cancel::Cancel;
use crate::catalog::CatalogError;
use crate::library::{Library, Snapshot};
use crate::usage::Usage;

/// A listing may take at most this fraction of the time, so that a store with very many files on a slow network drive
/// is not listed all the time.
const SHARE: u32 = 10;

/// How long a query waits for new reports if it could be answered without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a query waits if nothing is known yet. Most stores are read within this time, and Grafana aborts a query
/// after thirty seconds by default.
const FIRST_PATIENCE: Duration = Duration::from_secs(20);

/// Why there is no snapshot.
#[derive(Debug, Clone, Error)]
pub enum RefreshError {
    /// The catalog does not work.
    #[error("{0}")]
    Catalog(Arc<CatalogError>),
    /// Nothing is known yet, and the first reading takes longer than a query may wait.
    #[error("the store's reports are being read for the first time{0}; ask again in a moment")]
    StillReading(String),
    /// The reading panicked; the log has the details.
    #[error("reading the reports ended unexpectedly; Grafana's log says where")]
    Panicked,
}

/// The newest snapshot of a library. A caller that finds it too old starts the next refresh.
#[derive(Debug)]
pub struct Refresher {
    library: Arc<Library>,
    interval: Duration,
    state: Arc<Mutex<Progress>>,
    cancel: Cancel,
    usage: Arc<Usage>,
}

/// Whether a refresh is running, and the result of the last one.
#[derive(Debug, Default)]
struct Progress {
    latest: Option<Result<Arc<Snapshot>, RefreshError>>,
    /// When the last refresh ended, and how long to wait before the next one.
    finished: Option<(Instant, Duration)>,
    /// Set while a refresh is running; its sender is dropped at the end.
    running: Option<watch::Receiver<()>>,
}

/// A snapshot, and whether it is up to date.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// Whether newer reports are still being read.
    pub behind: bool,
}

impl Refresher {
    /// Keeps `library` up to date, with at most one listing per `interval`. `usage` counts the listings.
    #[must_use]
    pub fn new(library: Arc<Library>, interval: Duration, usage: Arc<Usage>) -> Self {
        Self { library, interval, state: Arc::default(), cancel: Cancel::default(), usage }
    }

    /// A snapshot that is at most the interval old. Waits a few seconds for it, then returns the last one: that of this
    /// process, or what the catalog contains from an earlier one. If neither exists, it waits longer.
    ///
    /// Dropping the future only stops the waiting. The refresh itself continues, because the next query needs it too;
    /// it ends with the [`Refresher`].
    ///
    /// # Errors
    /// If the catalog does not work, or nothing was read in time.
    pub async fn fresh(&self) -> Result<Fresh, RefreshError> {
        self.within(FIRST_PATIENCE).await
    }

    /// As [`fresh`](Self::fresh), but waits at most a few seconds: for callers that have something to show without
    /// reports.
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh).
    pub async fn at_hand(&self) -> Result<Fresh, RefreshError> {
        self.within(PATIENCE).await
    }

    /// `first` is how long to wait if nothing is known yet.
    async fn within(&self, first: Duration) -> Result<Fresh, RefreshError> {
        let running = {
            let mut state = lock(&self.state);
            let due =
                state.finished.is_none_or(|(finished, rest)| finished.elapsed() >= rest) || self.library.is_damaged();
            if due && state.running.is_none() {
                self.start(&mut state);
            }
            state.running.clone()
        };
        let Some(running) = running else { return self.latest() };
        if tokio::time::timeout(PATIENCE, ended(running.clone())).await.is_ok() {
            return self.latest();
        }
        if let Some(Ok(snapshot)) = lock(&self.state).latest.clone() {
            return Ok(Fresh { snapshot, behind: true });
        }
        match tokio::time::timeout(first.saturating_sub(PATIENCE), ended(running)).await {
            Ok(()) => self.latest(),
            Err(_) => Err(RefreshError::StillReading(
                self.library.progress().map_or_else(String::new, |progress| format!(" ({progress})")),
            )),
        }
    }

    /// A snapshot that was started after this call; the last one if that takes longer than a first query may wait.
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh).
    pub async fn now(&self) -> Result<Fresh, RefreshError> {
        match tokio::time::timeout(FIRST_PATIENCE, self.begun_now()).await {
            Ok(fresh) => fresh,
            Err(_) => self.at_hand().await,
        }
    }

    async fn begun_now(&self) -> Result<Fresh, RefreshError> {
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

    fn start(&self, state: &mut Progress) {
        let (sender, receiver) = watch::channel(());
        state.running = Some(receiver);
        let previous = state.latest.clone().and_then(Result::ok);
        let library = Arc::clone(&self.library);
        let cancel = self.cancel.clone();
        let shared = Arc::clone(&self.state);
        let usage = Arc::clone(&self.usage);
        let end = End { state: Arc::clone(&self.state), rest: self.interval, result: None, _sender: sender };
        tokio::task::spawn_blocking(move || {
            // After a start, the catalog's content is used while the store is listed and read. If the catalog cannot be
            // read, the refresh finds out why.
            let previous = previous.or_else(|| library.known().ok().flatten().map(Arc::new));
            if let Some(known) = &previous {
                lock(&shared).latest.get_or_insert(Ok(Arc::clone(known)));
            }
            let began = Instant::now();
            let refreshed = library.refresh(previous.as_deref(), &cancel);
            usage.refreshed(began.elapsed(), refreshed.is_err());
            end.with(refreshed);
        });
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Records the end of a refresh when it is dropped, even after a panic. Otherwise every later query would wait for a
/// refresh that no longer runs.
struct End {
    state: Arc<Mutex<Progress>>,
    /// How long to wait before the next refresh.
    rest: Duration,
    result: Option<Result<Arc<Snapshot>, RefreshError>>,
    /// Dropped after the state is set, which wakes those who wait.
    _sender: watch::Sender<()>,
}

impl End {
    /// Records the end of a refresh that did not panic.
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

/// Returns when the sender is dropped; nothing is ever sent.
async fn ended(mut running: watch::Receiver<()>) {
    while running.changed().await.is_ok() {}
}

/// The state is changed in single steps, so a panic elsewhere leaves it consistent.
fn lock(state: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
