//! A store behind a network: it is listed, and its reports are read while they arrive, so that neither the memory nor a
//! disk must hold one.

mod azure;
mod bucket;
mod caller;
mod download;
mod fault;
mod gcs;
mod index;
mod s3;
mod source;
mod web;

use std::collections::HashSet;
use std::io::Read as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use headroom_reports::deployments::Deployments;
use headroom_reports::{BESIDE_BYTES, Problem, completes_others};
use tokio::runtime::Handle;

use self::download::{Download, Limits};
use self::source::Objects;
use super::reports::{DEPLOYMENTS, Gathering, failed, for_catalog, is_recent};
use super::{Listing, Outcome, StoreError};
use crate::cancel::Cancel;
use crate::catalog::FileMark;
use crate::settings::{Place, RemoteSettings};

pub use self::fault::{Fault, FaultKind};

/// How many requests a store gets at a time. One alone would wait for the network most of the time, and servers slow
/// down or refuse clients that send many.
const AT_ONCE: usize = 8;

/// The longest that a listing may take. It is bounded by its number of entries too, but not in time: each page may take
/// as long as the timeout.
const LISTING: Duration = Duration::from_mins(10);

/// How often a listing looks whether it should stop.
const LOOK: Duration = Duration::from_millis(100);

/// How long the facts of a store are waited for before what is known can be shown.
const FIRST_FACTS: Duration = Duration::from_secs(2);

/// The most bytes of the deployments file.
const MAX_FACTS: u64 = 8 << 20;

/// A bucket, or what an HTTP server offers.
#[derive(Debug)]
pub struct Remote {
    /// What is wrong with the settings stands in place of the source.
    opened: Result<Opened, Fault>,
    /// The store's name for people.
    shown: String,
    limits: Limits,
    /// Paths of listed files that complete the reports beside them.
    companions: Mutex<HashSet<String>>,
    /// Reports that are already being fetched, because they are read next.
    begun: Mutex<Vec<(FileMark, Download)>>,
}

#[derive(Debug)]
struct Opened {
    source: Objects,
    runtime: Handle,
}

impl Remote {
    /// The store of these settings; `shown` is its name for people.
    #[must_use]
    pub fn new(settings: &RemoteSettings, shown: String) -> Self {
        Self {
            opened: opened(settings, &shown),
            shown,
            limits: Limits::new(settings.timeout),
            companions: Mutex::default(),
            begun: Mutex::default(),
        }
    }

    /// Its name for people.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Lists the reports.
    ///
    /// # Errors
    /// If the store does not answer, or does not allow it.
    pub fn list(&self, cancel: &Cancel) -> Result<Listing, StoreError> {
        let Opened { source, runtime } = self.opened.as_ref().map_err(Fault::clone)?;
        let mut gathering = Gathering::new(&self.shown);
        let listing = tokio::time::timeout(LISTING, source.list(&mut gathering));
        let listed = runtime.block_on(async {
            tokio::select! {
                listed = listing => listed.unwrap_or_else(|_| Err(Fault::timeout(&self.shown, LISTING))),
                () = cancelled(cancel) => Err(Fault::new(FaultKind::Unexpected, "the listing was stopped")),
            }
        });
        if cancel.is_cancelled() {
            return Err(StoreError::Cancelled);
        }
        listed?;
        let beside = gathering.found().iter().filter(|mark| completes_others(&mark.path));
        *lock(&self.companions) = beside.map(|mark| mark.path.clone()).collect();
        Ok(gathering.finish())
    }

    /// Begins to fetch the first of these reports, as many as may be fetched at once, and drops what was begun of others.
    pub fn will_read(&self, next: &[&FileMark]) {
        let Ok(Opened { source, runtime }) = &self.opened else { return };
        let mut begun = lock(&self.begun);
        let next = &next[..next.len().min(AT_ONCE)];
        begun.retain(|(mark, _)| next.contains(&mark));
        for mark in next {
            if !begun.iter().any(|(known, _)| known == *mark) {
                begun.push(((*mark).clone(), Download::begin(source, mark, runtime)));
            }
        }
    }

    /// Reads a report that was listed, and what stands beside it.
    #[must_use]
    pub fn read(&self, mark: &FileMark) -> Outcome {
        let Opened { source, runtime } = match &self.opened {
            Ok(opened) => opened,
            Err(fault) => return Outcome::Undelivered(fault.clone().into()),
        };
        let begun = {
            let mut begun = lock(&self.begun);
            begun.iter().position(|(known, _)| known == mark).map(|at| begun.swap_remove(at).1)
        };
        let download = begun.unwrap_or_else(|| Download::begin(source, mark, runtime));
        let mut reader = download.reader(mark, self.limits, &self.shown);
        let mut missed = None;
        let reading = headroom_reports::read_beside(&mark.path, &mut reader, |name| {
            let path = match mark.path.rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/{name}"),
                None => name.to_owned(),
            };
            if !lock(&self.companions).contains(&path) {
                return None;
            }
            let text = self.text(&FileMark::unknown(&path), BESIDE_BYTES);
            text.map_err(|fault| missed = Some(fault)).ok()
        });
        match reader.fault().cloned().or(missed) {
            Some(fault) if matches!(fault.kind, FaultKind::Gone | FaultKind::Changed) => return Outcome::Changing,
            Some(fault) => return Outcome::Undelivered(fault.about(&mark.path).into()),
            None => {}
        }
        let changed = UNIX_EPOCH + Duration::from_nanos(mark.changed_ns.try_into().unwrap_or_default());
        // Servers of files show them while they are written.
        if failed(&reading) && is_recent(changed) {
            return Outcome::Changing;
        }
        Outcome::Read(for_catalog(reading))
    }

    /// The deployments file, without a listing; `None` if the store does not say soon.
    #[must_use]
    pub fn deployments(&self) -> Option<FileMark> {
        let Opened { source, runtime } = self.opened.as_ref().ok()?;
        let looking = async {
            for name in DEPLOYMENTS {
                match source.look(name).await {
                    Err(fault) if fault.kind == FaultKind::Gone => {}
                    found => return found.ok(),
                }
            }
            None
        };
        runtime.block_on(async { tokio::time::timeout(FIRST_FACTS, looking).await }).ok().flatten()
    }

    /// Reads the deployments file.
    ///
    /// # Errors
    /// If the store does not deliver it.
    pub fn read_deployments(&self, mark: &FileMark) -> Result<(Deployments, Vec<Problem>), StoreError> {
        let text = self.text(mark, MAX_FACTS).map_err(|fault| fault.about(&mark.path))?;
        Ok(Deployments::from_yaml(&text, &mark.path))
    }

    /// The text of a small file, as much of it as `most` bytes.
    fn text(&self, mark: &FileMark, most: u64) -> Result<String, Fault> {
        let Opened { source, runtime } = self.opened.as_ref().map_err(Fault::clone)?;
        let mut reader = Download::begin(source, mark, runtime).reader(mark, self.limits, &self.shown);
        let mut bytes = Vec::new();
        // What is wrong with the store is known to the reader.
        drop(reader.by_ref().take(most).read_to_end(&mut bytes));
        reader.fault().map_or_else(|| Ok(String::from_utf8_lossy(&bytes).into_owned()), |fault| Err(fault.clone()))
    }
}

fn opened(settings: &RemoteSettings, shown: &str) -> Result<Opened, Fault> {
    let runtime = Handle::try_current()
        .map_err(|_| Fault::configuration("remote stores need an asynchronous runtime; there is none here"))?;
    let ca_pem = settings.secret("storeCACert");
    let caller = caller::Caller::new(shown, settings.timeout, ca_pem, settings.secrets.values().cloned().collect())?;
    let source: Objects = match &settings.place {
        Place::S3(place) => Arc::new(s3::open(place, settings, caller)?),
        Place::Azure(place) => Arc::new(azure::open(place, settings, caller)?),
        Place::Gcs(place) => Arc::new(gcs::open(place, settings, caller)?),
        Place::Http { url } => Arc::new(web::Web::open(url, settings, caller)?),
    };
    Ok(Opened { source, runtime })
}

/// Waits until the work should stop.
async fn cancelled(cancel: &Cancel) {
    while !cancel.is_cancelled() {
        tokio::time::sleep(LOOK).await;
    }
}

/// The locked values are changed in single steps, so a panic elsewhere leaves them consistent.
fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
