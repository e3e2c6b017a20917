//! Whole runs in memory, so that the panels of a dashboard do not each decompress the same samples.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use headroom_engine::run::Run;
use headroom_reports::combine;

use crate::catalog::{Catalog, CatalogError, Header};

/// Approximate memory for cached runs, bytes. A dashboard shows a handful of runs with a few megabytes of samples each,
/// so several dashboards fit.
const CAPACITY_BYTES: usize = 128 << 20;

/// Runs by id; the least recently used one is removed first.
#[derive(Debug, Default)]
pub struct RunCache {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<String, Entry>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    run: Arc<Run>,
    bytes: usize,
    used: u64,
}

impl RunCache {
    /// The run of a header, with its levels; `None` if the catalog no longer has it. Blocks on the disk.
    ///
    /// # Errors
    /// An error of the catalog.
    pub fn get(&self, catalog: &Catalog, header: &Header) -> Result<Option<Arc<Run>>, CatalogError> {
        if let Some(run) = self.known(header) {
            return Ok(Some(run));
        }
        let Some(mut run) = whole(catalog, header)? else { return Ok(None) };
        // The header has the facts applied; the catalog stores what the report said.
        run.deployment.clone_from(&header.run.deployment);
        run.provenance.clone_from(&header.run.provenance);
        let run = Arc::new(run);
        self.keep(&run);
        Ok(Some(run))
    }

    fn known(&self, header: &Header) -> Option<Arc<Run>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        let entry = inner.entries.get_mut(&header.run.id)?;
        // An id stands for the bytes of a report, so the levels are always the same, but the facts may differ.
        let same = entry.run.deployment == header.run.deployment && entry.run.provenance == header.run.provenance;
        entry.used = now;
        same.then(|| Arc::clone(&entry.run))
    }

    fn keep(&self, run: &Arc<Run>) {
        let bytes = size(run);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let entry = Entry { bytes, used: inner.clock, run: Arc::clone(run) };
        inner.bytes += bytes;
        if let Some(replaced) = inner.entries.insert(run.id.clone(), entry) {
            inner.bytes -= replaced.bytes;
        }
        while inner.bytes > CAPACITY_BYTES && inner.entries.len() > 1 {
            let oldest = inner.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(id, _)| id.clone());
            let Some(dropped) = oldest.and_then(|id| inner.entries.remove(&id)) else { return };
            inner.bytes -= dropped.bytes;
        }
    }
}

/// The run of a header from the catalog, joined if it has several files.
fn whole(catalog: &Catalog, header: &Header) -> Result<Option<Run>, CatalogError> {
    if header.members.is_empty() {
        return catalog.run(&header.run.id);
    }
    let mut members = Vec::with_capacity(header.members.len());
    for member in &header.members {
        let Some(run) = catalog.run(&member.id)? else { return Ok(None) };
        members.push(run);
    }
    let joined = combine(members);
    // The id is made from the ids of the members, which are the requested ones.
    Ok(joined.map(|run| Run { id: header.run.id.clone(), ..run }))
}

/// The approximate memory of a run: its samples, and a kilobyte per level for the rest.
fn size(run: &Run) -> usize {
    run.levels
        .iter()
        .chain(run.off_curve.iter().map(|off| &off.level))
        .map(|level| 1024 + level.samples.as_ref().map_or(0, |samples| samples.len() * 6 * size_of::<f64>()))
        .sum()
}
