//! The library: the store as read into the catalog, with deployment facts applied.

mod gone;
mod sweeps;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use headroom_reports::deployments::Deployments;
use headroom_reports::{completes_others, joined_tools};

use self::gone::Gone;
use crate::cancel::Cancel;
use crate::catalog::{Catalog, CatalogError, FileMark, FileProblem, Header, Location};
use crate::settings::SettingsProblem;
use crate::store::{Listing, Outcome, Store, StoreError};

/// A number of foreign writes that no catalog has: it marks a snapshot that the next refresh must load again.
const UNLOADED: i64 = i64::MIN;

/// After this many reports in a row that the store did not deliver, the others are left for the next refresh: it is
/// probably not about these reports, and each may take as long as the store's timeout.
const UNDELIVERED_IN_A_ROW: usize = 3;

/// What a refresh leaves for the next one.
#[derive(Debug, Default)]
struct Later {
    /// Reports that are still being written.
    pending: Vec<String>,
    /// Why the store did not deliver a report.
    error: Option<StoreError>,
}

/// A store and the catalog of its content. Methods block on the disk.
#[derive(Debug)]
pub struct Library {
    store: Store,
    catalog: Catalog,
    /// Facts from the data source's settings; they have precedence over the store's.
    deployments: Deployments,
    /// Set if a query met damage that a refresh does not check for.
    damaged: AtomicBool,
    /// The time since which listings lack most of the reports; see [`gone`].
    suspected: Mutex<Option<Instant>>,
    /// Why the catalog is in memory, if its file stopped working.
    in_memory: Mutex<Option<String>>,
    progress: Mutex<Option<Progress>>,
}

/// The progress of a refresh that reads reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The report that is being read.
    pub path: String,
    /// Its number among the reports to read, counted from 1.
    pub number: usize,
    /// How many reports there are to read.
    pub of: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "report {} of {}, {}", self.number, self.of, self.path)
    }
}

/// The content of the library at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Every run without its levels, with facts applied, in the order of their files.
    pub headers: Arc<Vec<Header>>,
    /// What is wrong with reports, by their paths.
    pub problems: Arc<Vec<(String, FileProblem)>>,
    /// What is wrong with the store's `deployments.yaml`.
    pub deployment_problems: Vec<SettingsProblem>,
    /// Number of reports in the store.
    pub reports: usize,
    /// Reports that are still being written and will be read later.
    pub pending: Vec<String>,
    /// What the user should know.
    pub notices: Vec<String>,
    /// How long the listing took, without the reading of new reports.
    pub listed_in: Duration,
    /// Why the store could not be listed, or did not deliver a report; what was known before is still in this snapshot.
    pub store_error: Option<StoreError>,
    /// The state of the deployments file, and the combined facts of settings and store.
    facts_mark: Option<FileMark>,
    facts: Deployments,
    foreign_writes: i64,
}

impl Snapshot {
    /// The deployment facts of settings and store.
    #[must_use]
    pub fn facts(&self) -> &Deployments {
        &self.facts
    }
}

impl Library {
    /// Combines a store with its catalog. `deployments` are the facts from the settings.
    #[must_use]
    pub fn new(store: Store, catalog: Catalog, deployments: Deployments) -> Self {
        Self {
            store,
            catalog,
            deployments,
            damaged: AtomicBool::new(false),
            suspected: Mutex::new(None),
            in_memory: Mutex::new(None),
            progress: Mutex::new(None),
        }
    }

    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Makes the next refresh rebuild the catalog, because a query could not read a run.
    pub fn report_damage(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    /// Whether a query has met damage since the last refresh began.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// The report that is being read, if a refresh is reading any.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        lock(&self.progress).clone()
    }

    /// What the catalog contains from before, without access to the store; `None` if there is nothing yet.
    ///
    /// # Errors
    /// If the catalog does not work.
    pub fn known(&self) -> Result<Option<Snapshot>, CatalogError> {
        // Includes the store's own facts, because labels of alerts and prices come from them.
        let mut facts = self.deployments.clone();
        if let Some(mark) = self.store.deployments() {
            // If a remote store does not deliver it now, the refresh says so.
            if let Ok((store, _)) = self.store.read_deployments(&mark) {
                facts.append(store);
            }
        }
        let reports = self.catalog.files()?.len();
        let snapshot = Snapshot { facts, reports, foreign_writes: UNLOADED, ..Snapshot::default() };
        let snapshot = Self::load(&self.catalog, snapshot)?;
        Ok((!snapshot.headers.is_empty()).then_some(snapshot))
    }

    /// Lists the store, reads what is new or has changed, and removes what is gone.
    ///
    /// A damaged catalog is rebuilt. If it cannot be written or read (a full, read-only or broken disk), it is rebuilt
    /// in memory. If another program is using it, the next refresh tries again. Until then the `previous` snapshot is
    /// used.
    ///
    /// # Errors
    /// If not even a catalog in memory works. An error of the store is in [`Snapshot::store_error`].
    pub fn refresh(&self, previous: Option<&Snapshot>, cancel: &Cancel) -> Result<Snapshot, CatalogError> {
        let refreshed = self.refresh_or_repair(previous, cancel);
        *lock(&self.progress) = None;
        let mut snapshot = refreshed?;
        if let Some(why) = lock(&self.in_memory).clone().filter(|why| !snapshot.notices.contains(why)) {
            snapshot.notices.push(why);
        }
        Ok(snapshot)
    }

    fn refresh_or_repair(&self, previous: Option<&Snapshot>, cancel: &Cancel) -> Result<Snapshot, CatalogError> {
        let found = if self.damaged.swap(false, Ordering::Relaxed) {
            "a run in it could not be read".to_owned()
        } else {
            match self.refresh_once(&self.catalog, previous, cancel) {
                Err(error) if error.is_damage() => error.to_string(),
                Err(error) => return self.without_disk(&error, previous, cancel),
                refreshed => return refreshed,
            }
        };
        if let Some(previous) = previous.filter(|previous| self.would_lose(previous, cancel)) {
            // The next refresh tries again and may find the store.
            self.report_damage();
            let mut snapshot = previous.clone();
            snapshot.foreign_writes = UNLOADED;
            let notice = format!(
                "the catalog is damaged ({found}), and the store lists no report to read again: what was read before is shown"
            );
            if !snapshot.notices.contains(&notice) {
                snapshot.notices.push(notice);
            }
            return Ok(snapshot);
        }
        log::warn!("the catalog is damaged and is rebuilt from the reports: {found}");
        let said = self.catalog.rebuild()?;
        if self.catalog.location() == Location::Memory {
            *lock(&self.in_memory) = Some(format!(
                "the catalog is in memory until the data source is saved or Grafana is restarted: {said}"
            ));
        }
        let mut snapshot = match self.refresh_once(&self.catalog, None, cancel) {
            Err(error) => self.without_disk(&error, previous, cancel)?,
            Ok(snapshot) => snapshot,
        };
        snapshot
            .notices
            .push(format!("the catalog was damaged and has been rebuilt from the reports ({said}): {found}"));
        Ok(snapshot)
    }

    /// Whether rebuilding the catalog would lose what is known, because the store lists nothing.
    fn would_lose(&self, previous: &Snapshot, cancel: &Cancel) -> bool {
        !previous.headers.is_empty() && !self.store.list(cancel).is_ok_and(|listing| !listing.reports.is_empty())
    }

    /// Continues without the catalog's file.
    fn without_disk(
        &self,
        error: &CatalogError,
        previous: Option<&Snapshot>,
        cancel: &Cancel,
    ) -> Result<Snapshot, CatalogError> {
        let location = self.catalog.location();
        let kept = |previous: &Snapshot, store_error: Option<StoreError>| {
            let notice = format!("the catalog {location} does not answer, so what was read before is shown: {error}");
            log::warn!("{notice}");
            let mut snapshot = previous.clone();
            snapshot.store_error = store_error;
            // The next refresh loads what was read before the failure.
            snapshot.foreign_writes = UNLOADED;
            if !snapshot.notices.contains(&notice) {
                snapshot.notices.push(notice);
            }
            snapshot
        };
        if let (true, Some(previous)) = (error.is_busy(), previous) {
            return Ok(kept(previous, previous.store_error.clone()));
        }
        if let Some(previous) = previous.filter(|previous| self.would_lose(previous, cancel)) {
            return Ok(kept(previous, previous.store_error.clone()));
        }
        log::warn!("the catalog {location} cannot be used and the reports are read into memory: {error}");
        let memory = self.catalog.beside()?;
        let snapshot = self.refresh_once(&memory, None, cancel)?;
        if let (Some(store_error), Some(previous)) = (&snapshot.store_error, previous) {
            return Ok(kept(previous, Some(store_error.clone())));
        }
        self.catalog.replace_with(memory);
        *lock(&self.in_memory) = Some(format!(
            "the catalog {location} cannot be used, so reports are kept in memory until the data source is saved or \
             Grafana is restarted: {error}"
        ));
        Ok(snapshot)
    }

    fn refresh_once(
        &self,
        catalog: &Catalog,
        previous: Option<&Snapshot>,
        cancel: &Cancel,
    ) -> Result<Snapshot, CatalogError> {
        let began = Instant::now();
        let listing = match self.store.list(cancel) {
            Ok(listing) => listing,
            Err(error) => {
                let mut snapshot = match previous {
                    Some(previous) => previous.clone(),
                    None => Self::load(catalog, Snapshot { facts: self.deployments.clone(), ..Snapshot::default() })?,
                };
                snapshot.store_error = Some(error);
                return Ok(snapshot);
            }
        };
        let listed_in = began.elapsed();
        let known: HashMap<String, FileMark> =
            catalog.files()?.into_iter().map(|mark| (mark.path.clone(), mark)).collect();
        let mut later = Later::default();
        let Some(mut changed) = self.read_all(catalog, &to_read(&listing, &known), cancel, &mut later)? else {
            return Ok(cancelled(previous));
        };
        let mut notices = listing.notices.clone();
        if listing.complete {
            match gone::judge(&listing, &known, &mut lock(&self.suspected), Instant::now()) {
                Gone::Forget(paths) => {
                    changed |= !paths.is_empty();
                    let stale = catalog.forget(&paths)?;
                    let stale: HashSet<String> = stale.into_iter().collect();
                    let again: Vec<_> = listing.reports.iter().filter(|mark| stale.contains(&mark.path)).collect();
                    if self.read_all(catalog, &again, cancel, &mut later)?.is_none() {
                        return Ok(cancelled(previous));
                    }
                }
                Gone::Doubtful(notice) => notices.push(notice),
            }
        }
        let foreign_writes = catalog.foreign_writes()?;
        let (facts_mark, facts, deployment_problems) = match self.facts(&listing, previous) {
            Ok((facts, problems)) => (listing.deployments.clone(), facts, problems),
            Err(error) => {
                later.error.get_or_insert(error);
                let before = previous.map(|previous| {
                    (previous.facts_mark.clone(), previous.facts.clone(), previous.deployment_problems.clone())
                });
                before.unwrap_or_else(|| (None, self.deployments.clone(), Vec::new()))
            }
        };
        let same = previous.filter(|previous| {
            !changed
                && previous.foreign_writes == foreign_writes
                && previous.facts == facts
                && previous.store_error.is_none()
        });
        let snapshot = Snapshot {
            reports: listing.reports.len(),
            pending: later.pending,
            notices,
            listed_in,
            store_error: later.error,
            deployment_problems,
            facts_mark,
            facts,
            foreign_writes,
            ..Snapshot::default()
        };
        match same {
            // If nothing has changed, nothing is read from the catalog.
            Some(same) => {
                Ok(Snapshot { headers: Arc::clone(&same.headers), problems: Arc::clone(&same.problems), ..snapshot })
            }
            None => Self::load(catalog, snapshot),
        }
    }

    /// Reads reports into the catalog, and collects what must be read later. Returns whether any was read; `None` if it
    /// was stopped.
    fn read_all(
        &self,
        catalog: &Catalog,
        reports: &[&FileMark],
        cancel: &Cancel,
        later: &mut Later,
    ) -> Result<Option<bool>, CatalogError> {
        let mut changed = false;
        let mut undelivered = 0;
        for (number, mark) in reports.iter().enumerate() {
            if cancel.is_cancelled() {
                self.store.will_read(&[]);
                return Ok(None);
            }
            *lock(&self.progress) = Some(Progress { path: mark.path.clone(), number: number + 1, of: reports.len() });
            self.store.will_read(&reports[number..]);
            match self.store.read(mark) {
                Outcome::Read(reading) => {
                    log::debug!(path = mark.path.as_str(), runs = reading.runs.len(), problems = reading.problems.len(); "read a report");
                    catalog.ingest(mark, &reading)?;
                    (changed, undelivered) = (true, 0);
                }
                Outcome::Changing if later.pending.contains(&mark.path) => {}
                Outcome::Changing => later.pending.push(mark.path.clone()),
                Outcome::Undelivered(error) => {
                    later.error.get_or_insert(error);
                    undelivered += 1;
                    if undelivered == UNDELIVERED_IN_A_ROW {
                        break;
                    }
                }
            }
        }
        self.store.will_read(&[]);
        Ok(Some(changed))
    }

    /// The facts of the settings, followed by those of the store, and what is wrong with the latter.
    fn facts(
        &self,
        listing: &Listing,
        previous: Option<&Snapshot>,
    ) -> Result<(Deployments, Vec<SettingsProblem>), StoreError> {
        if let Some(previous) = previous.filter(|previous| {
            previous.facts_mark == listing.deployments
                && (previous.facts_mark.is_some() || previous.store_error.is_none())
        }) {
            return Ok((previous.facts.clone(), previous.deployment_problems.clone()));
        }
        let mut facts = self.deployments.clone();
        let Some(mark) = &listing.deployments else { return Ok((facts, Vec::new())) };
        let (store, problems) = self.store.read_deployments(mark)?;
        facts.append(store);
        let problems = problems
            .into_iter()
            .map(|problem| SettingsProblem {
                key: match problem.path {
                    Some(place) => format!("{}: {place}", mark.path),
                    None => mark.path.clone(),
                },
                message: problem.message,
            })
            .collect();
        Ok((facts, problems))
    }

    /// Fills a snapshot with the content of the catalog.
    fn load(catalog: &Catalog, mut snapshot: Snapshot) -> Result<Snapshot, CatalogError> {
        let (steps, mut headers): (Vec<Header>, Vec<Header>) =
            catalog.headers()?.into_iter().partition(sweeps::may_join);
        for header in &mut headers {
            snapshot.facts.apply(&mut header.run);
        }
        if !steps.is_empty() {
            headers.extend(sweeps::join(steps, &mut catalog.outlines(&joined_tools())?, &snapshot.facts));
            headers.sort_by(|a, b| a.run.provenance.source.cmp(&b.run.provenance.source));
        }
        snapshot.problems = Arc::new(sweeps::without_companions(catalog.problems()?, &headers));
        snapshot.headers = Arc::new(headers);
        Ok(snapshot)
    }
}

/// The snapshot for a refresh that was stopped: what was known before.
fn cancelled(previous: Option<&Snapshot>) -> Snapshot {
    Snapshot { store_error: Some(StoreError::Cancelled), ..previous.cloned().unwrap_or_default() }
}

/// The files to read: new and changed reports, and reports whose tool's settings beside them were added, changed or
/// removed. Settings come last, so that if a refresh is stopped before them, the next one still reads the reports
/// beside them again.
fn to_read<'l>(listing: &'l Listing, known: &HashMap<String, FileMark>) -> Vec<&'l FileMark> {
    let is_new = |mark: &FileMark| known.get(&mark.path) != Some(mark);
    let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let came = listing.reports.iter().filter(|mark| is_new(mark)).map(|mark| mark.path.as_str());
    let went = known.keys().map(String::as_str).filter(|path| listing.complete && !listing.has(path));
    let stale: HashSet<String> = came.chain(went).filter(|path| completes_others(path)).map(folder).collect();
    let mut reports: Vec<&FileMark> =
        listing.reports.iter().filter(|mark| is_new(mark) || stale.contains(&folder(&mark.path))).collect();
    reports.sort_by_key(|mark| completes_others(&mark.path));
    reports
}

/// The locked values are changed in single steps, so a panic elsewhere leaves them consistent.
fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
