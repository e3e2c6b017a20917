//! Which files of a store are reports. The same rules apply to every kind of store.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headroom_contract::resources::ProblemSeverity;
use headroom_reports::{PACKED, Problem, Reading};

use super::Listing;
use crate::catalog::{FileMark, FileProblem, FileReading};

/// Folders are searched down to this depth. Results are sorted by date, model and experiment, which is four or five
/// levels; beyond sixteen somebody has set the path to the root of a disk.
pub(super) const MAX_DEPTH: usize = 16;

/// The most entries that are examined, for the same reason: a million take seconds, and the listing is repeated.
pub(super) const MAX_ENTRIES: usize = 1_000_000;

/// The most reports that are read: twice as many as the catalog is designed for.
const MAX_REPORTS: usize = 200_000;

/// The most notices of one listing: more have the same cause.
const MAX_NOTICES: usize = 20;

/// If a report was changed this recently and cannot be read, it is assumed to be still being written. A tool that
/// writes its report in one go needs far less time, and a copy over the network changes the file more often than this.
const SETTLED: Duration = Duration::from_secs(10);

/// Endings of reports, the format with the most information first. Benchmark tools write one run in several formats
/// with the same name; only the first of these is read.
const ENDINGS: [&str; 4] = ["json", "yaml", "yml", "csv"];
/// The ending of files with one document per line: never another format of a file with the same name.
const LINES: &str = "jsonl";

/// The file with facts about deployments, at the root of the store. If there are both, the first one is read.
pub(super) const DEPLOYMENTS: [&str; 2] = ["deployments.yaml", "deployments.yml"];

/// A listing while it is made.
pub(super) struct Gathering {
    listing: Listing,
    /// The store's name for people.
    shown: String,
    entries: usize,
    /// Number of files that were left out without a notice, beyond [`MAX_NOTICES`].
    unsaid: usize,
}

impl Gathering {
    /// An empty listing of the store with this name.
    pub(super) fn new(shown: &str) -> Self {
        Self {
            listing: Listing { complete: true, ..Listing::default() },
            shown: shown.to_owned(),
            entries: 0,
            unsaid: 0,
        }
    }

    /// Counts a file or folder; `false` if there are more than a listing examines.
    pub(super) fn count(&mut self) -> bool {
        self.entries += 1;
        if self.entries == MAX_ENTRIES + 1 {
            self.incomplete(format!(
                "the store holds more than {MAX_ENTRIES} files and folders; the rest is left out. Set the path to the \
                 folder that holds the reports"
            ));
        }
        self.entries <= MAX_ENTRIES
    }

    /// Takes a file into the listing, if it is a report or the deployments file.
    pub(super) fn file(&mut self, mark: FileMark) {
        let (below, name) = mark.path.rsplit_once('/').unwrap_or(("", &mark.path));
        if let Some(rank) = DEPLOYMENTS.iter().position(|known| *known == name) {
            if !below.is_empty() {
                self.left_out(format!("{} is not read: only the one at the root of the store is", mark.path));
                return;
            }
            let (first, second) = match self.listing.deployments.take() {
                Some(other) if rank > 0 => (other, Some(mark)),
                other => (mark, other),
            };
            if let Some(second) = second {
                self.left_out(format!("{} is not read because there is {} too", second.path, first.path));
            }
            self.listing.deployments = Some(first);
        } else if is_report(name) {
            self.listing.reports.push(mark);
        }
    }

    /// Says why a file was left out, for the first few files.
    pub(super) fn left_out(&mut self, notice: String) {
        if self.listing.notices.len() < MAX_NOTICES {
            self.listing.notices.push(notice);
        } else {
            self.unsaid += 1;
        }
    }

    /// Says what could not be listed.
    pub(super) fn incomplete(&mut self, notice: String) {
        self.listing.complete = false;
        self.left_out(notice);
    }

    /// The reports found so far, before any is left out for another format.
    pub(super) fn found(&self) -> &[FileMark] {
        &self.listing.reports
    }

    /// The finished listing.
    pub(super) fn finish(self) -> Listing {
        let Self { mut listing, shown, unsaid, .. } = self;
        if unsaid > 0 {
            listing.notices.push(format!("{unsaid} more files and folders are left out for such reasons"));
        }
        listing.reports.sort_by(|a, b| a.path.cmp(&b.path));
        listing.reports.dedup_by(|a, b| a.path == b.path);
        listing.reports = without_other_formats(listing.reports);
        if listing.reports.len() > MAX_REPORTS {
            listing.reports.truncate(MAX_REPORTS);
            listing.complete = false;
            listing.notices.push(format!(
                "{shown} holds more than {MAX_REPORTS} reports; those after {} in the order of their paths are left \
                 out. Split the store into several data sources",
                listing.reports.last().map_or("", |mark| &mark.path)
            ));
        }
        listing
    }
}

/// Whether a file or a folder on the way to it is hidden.
pub(super) fn is_hidden(path: &str) -> bool {
    path.split('/').any(|name| name.starts_with('.'))
}

/// Whether a file with this path is for a listing.
pub(super) fn is_for_listing(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !is_hidden(path) && (DEPLOYMENTS.contains(&name) || is_report(name))
}

/// Whether a file with this name may be a report.
pub(super) fn is_report(name: &str) -> bool {
    ending(name).is_some()
}

/// A report's name without its ending, and the rank of the ending; `None` for other files.
pub(super) fn ending(name: &str) -> Option<(&str, usize)> {
    let (packed, rest) = match PACKED.iter().position(|packed| has_ending(name, packed)) {
        Some(packed) => (packed + 1, name.rsplit_once('.')?.0),
        None => (0, name),
    };
    let (stem, ending) = rest.rsplit_once('.')?;
    let format = ENDINGS
        .iter()
        .position(|known| ending.eq_ignore_ascii_case(known))
        .or_else(|| ending.eq_ignore_ascii_case(LINES).then_some(ENDINGS.len()))?;
    Some((stem, format * (PACKED.len() + 1) + packed))
}

pub(super) fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(ending))
}

/// Of several files that differ only in their endings, keeps one.
fn without_other_formats(reports: Vec<FileMark>) -> Vec<FileMark> {
    let mut best: BTreeMap<String, usize> = BTreeMap::new();
    let keyed = |path: &str| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (key, rank) = key(name).zip(ending(name).map(|(_, rank)| rank))?;
        Some((format!("{folder}/{key}"), rank))
    };
    for mark in &reports {
        if let Some((key, rank)) = keyed(&mark.path) {
            best.entry(key).and_modify(|best| *best = rank.min(*best)).or_insert(rank);
        }
    }
    reports
        .into_iter()
        .filter(|mark| keyed(&mark.path).is_some_and(|(key, rank)| best.get(&key) == Some(&rank)))
        .collect()
}

/// The same for all files of a folder of which one is read, because they differ in their endings alone. Files with one
/// document per line have a key of their own. `None` if the name is not that of a report.
pub(super) fn key(name: &str) -> Option<String> {
    let (stem, rank) = ending(name)?;
    let lines = rank >= ENDINGS.len() * (PACKED.len() + 1);
    Some(format!("{stem}{}", if lines { "/lines" } else { "" }))
}

/// Nanoseconds since 1970-01-01 UTC.
pub(super) fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

/// Whether a file that was last modified at this time may still be being written.
pub(super) fn is_recent(modified: SystemTime) -> bool {
    SystemTime::now().duration_since(modified).is_ok_and(|age| age < SETTLED)
}

/// Whether a reading gave only errors, as for a file that is half written.
pub(super) fn failed(reading: &Reading) -> bool {
    reading.problems.iter().any(|problem| problem.code.severity() == headroom_reports::ProblemSeverity::Error)
}

/// A reading in the form that the catalog stores.
pub(super) fn for_catalog(reading: Reading) -> FileReading {
    FileReading {
        content_hash: reading.runs.first().map(|run| run.provenance.content_hash.clone()),
        runs: reading.runs,
        problems: reading.problems.into_iter().map(file_problem).collect(),
    }
}

/// A problem of a reader as the catalog keeps it.
pub(crate) fn file_problem(problem: Problem) -> FileProblem {
    FileProblem {
        severity: match problem.code.severity() {
            headroom_reports::ProblemSeverity::Error => ProblemSeverity::Error,
            headroom_reports::ProblemSeverity::Warning => ProblemSeverity::Warning,
        },
        code: problem.code.id().to_owned(),
        place: problem.path,
        message: problem.message,
    }
}
