//! One refresh for all queries that want one, off the asynchronous threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::watch;

use crate::cancel::Cancel;
use crate::catalog::CatalogError;
use crate::library::{Library, Snapshot};
use crate::usage::Usage;

/// A listing may take at most one part in so many of the time, so that a store on a slow
/// network drive with very many files is not listed all the time.
const SHARE: u32 = 10;

/// How long a query waits for new reports when it could be answered without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a query waits when nothing at all is known yet. Most stores are read within it, and Grafana gives up on a
/// query after thirty seconds by default.
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

/// The newest snapshot of a library. Whoever asks for it and finds it too old starts the next refresh.
#[derive(Debug)]
pub struct Refresher {
    library: Arc<Library>,
    interval: Duration,
    state: Arc<Mutex<Progress>>,
    cancel: Cancel,
    usage: Arc<Usage>,
}

/// Which refresh runs, and what the last one found.
#[derive(Debug, Default)]
struct Progress {
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
    /// Keeps `library` fresh: at most one listing per `interval`. `usage` counts them.
    #[must_use]
    pub fn new(library: Arc<Library>, interval: Duration, usage: Arc<Usage>) -> Self {
        Self { library, interval, state: Arc::default(), cancel: Cancel::default(), usage }
    }

    /// A snapshot that is at most the interval old. It is waited for a few seconds, after which the last one serves:
    /// that of this process, or what the catalog holds from an earlier one. Only where neither exists the wait is longer.
    ///
    /// Dropping the future gives up waiting. The refresh itself goes on, because the next query
    /// needs it too; it ends with the [`Refresher`].
    ///
    /// # Errors
    /// When the catalog does not work, or nothing was read within the wait.
    pub async fn fresh(&self) -> Result<Fresh, RefreshError> {
        self.within(FIRST_PATIENCE).await
    }

    /// As [`fresh`](Self::fresh), but never longer than a few seconds: for who has something to show without reports.
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh).
    pub async fn at_hand(&self) -> Result<Fresh, RefreshError> {
        self.within(PATIENCE).await
    }

    /// `first` is how long to wait where nothing is known yet.
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

    /// A snapshot that was begun after this call; the last one where that takes longer than a first query may.
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
            // After a start the catalog's own content serves while the store is listed and read. If it cannot be
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

/// Records the end of a refresh when it is dropped, which happens after a panic too: otherwise
/// every later query would wait for a refresh that is no more.
struct End {
    state: Arc<Mutex<Progress>>,
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
fn lock(state: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
