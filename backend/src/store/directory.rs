//! Reports in a folder and the folders below it.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headroom_contract::resources::ProblemSeverity;
use headroom_reports::Problem;
use headroom_reports::deployments::Deployments;

use super::{Listing, Outcome, StoreError, failed};
use crate::cancel::Cancel;
use crate::catalog::{FileMark, FileProblem, FileReading};

/// Folders are searched down to this depth. Results are sorted by date, model and experiment, which is four or five
/// levels; beyond sixteen somebody has set the path to the root of a disk.
pub(super) const MAX_DEPTH: usize = 16;

/// The most entries that are examined, for the same reason: a million take seconds, and the listing is repeated.
const MAX_ENTRIES: usize = 1_000_000;

/// The most reports that are read: twice as many as the catalog is designed for.
const MAX_REPORTS: usize = 200_000;

/// If a report was changed this recently and cannot be read, it is assumed to be still being written. A tool that
/// writes its report in one go needs far less time, and a copy over the network changes the file more often than this.
const SETTLED: Duration = Duration::from_secs(10);

/// Endings of reports, the format with the most information first. Benchmark tools write one run in several formats
/// with the same name; only the first of these is read.
const ENDINGS: [&str; 4] = ["json", "yaml", "yml", "csv"];
/// The ending of files with one document per line: never another format of a file with the same name.
const LINES: &str = "jsonl";
/// Endings of compressed files, after the ending of the report.
pub(super) const PACKED: [&str; 2] = ["zst", "gz"];

/// The file with facts about deployments, at the root of the store.
pub(super) const DEPLOYMENTS: [&str; 2] = ["deployments.yaml", "deployments.yml"];

/// A folder with reports.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
    /// The root's name for people.
    shown: String,
}

/// The most notices of one listing: more have the same cause.
const MAX_NOTICES: usize = 20;

/// A walk through the folders.
struct Walk<'a> {
    cancel: &'a Cancel,
    /// The real path of the root, which links must not leave.
    root: PathBuf,
    listing: Listing,
    /// Real paths of the folders visited so far, because a link to a parent folder would never end.
    visited: HashSet<PathBuf>,
    entries: usize,
    /// Number of files that were left out without a notice, beyond [`MAX_NOTICES`].
    unsaid: usize,
}

impl Directory {
    /// The folder at `root`; `shown` is its name in messages.
    #[must_use]
    pub fn new(root: PathBuf, shown: String) -> Self {
        Self { root, shown }
    }

    /// Lists the reports: all files with a known ending that are not hidden. Links are followed within the root,
    /// because mounted volumes consist of them, but not out of it: people who may write into the store must not be able
    /// to make the rest of the disk part of it.
    ///
    /// # Errors
    /// If the root itself cannot be listed.
    pub fn list(&self, cancel: &Cancel) -> Result<Listing, StoreError> {
        let metadata = fs::metadata(&self.root).map_err(|error| self.error(&error))?;
        if !metadata.is_dir() {
            return Err(StoreError::NotADirectory(self.shown.clone()));
        }
        // Listed here as well, because the walk only adds a notice for a folder that it cannot read.
        fs::read_dir(&self.root).map_err(|error| self.error(&error))?;
        let mut walk = Walk {
            cancel,
            root: fs::canonicalize(&self.root).map_err(|error| self.error(&error))?,
            listing: Listing { complete: true, ..Listing::default() },
            visited: HashSet::new(),
            entries: 0,
            unsaid: 0,
        };
        walk.folder(&self.root, "", 0)?;
        let mut listing = walk.listing;
        if walk.unsaid > 0 {
            listing.notices.push(format!("{} more files and folders are left out for such reasons", walk.unsaid));
        }
        listing.reports.sort_by(|a, b| a.path.cmp(&b.path));
        listing.reports = without_other_formats(listing.reports);
        if listing.reports.len() > MAX_REPORTS {
            listing.reports.truncate(MAX_REPORTS);
            listing.complete = false;
            listing.notices.push(format!(
                "{} holds more than {MAX_REPORTS} reports; those after {} in the order of their paths are left out. \
                 Split the store into several data sources",
                self.shown,
                listing.reports.last().map_or("", |mark| &mark.path)
            ));
        }
        Ok(listing)
    }

    /// Reads a report, or says that it is still being written.
    #[must_use]
    pub fn read(&self, mark: &FileMark) -> Outcome {
        let path = self.root.join(&mark.path);
        let reading = headroom_reports::read_file(&path, &mark.path);
        let after = fs::metadata(&path);
        let same = after.as_ref().is_ok_and(|metadata| same_file(mark, metadata));
        let recent = after
            .ok()
            .and_then(|metadata| SystemTime::now().duration_since(metadata.modified().ok()?).ok())
            .is_some_and(|age| age < SETTLED);
        if !same || (recent && failed(&reading)) {
            return Outcome::Changing;
        }
        Outcome::Read(FileReading {
            content_hash: reading.runs.first().map(|run| run.provenance.content_hash.clone()),
            runs: reading.runs,
            problems: reading.problems.into_iter().map(file_problem).collect(),
        })
    }

    /// The deployments file at the root, without a listing.
    #[must_use]
    pub fn deployments(&self) -> Option<FileMark> {
        DEPLOYMENTS.iter().find_map(|name| self.mark(name))
    }

    /// The file at a path as it is now, without a listing; `None` if there is none.
    #[must_use]
    pub fn mark(&self, path: &str) -> Option<FileMark> {
        let metadata = fs::metadata(self.root.join(path)).ok().filter(Metadata::is_file)?;
        Some(FileMark { path: path.to_owned(), size: metadata.len(), changed_ns: changed_ns(&metadata) })
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Its name for people.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Reads the deployments file.
    #[must_use]
    pub fn read_deployments(&self, mark: &FileMark) -> (Deployments, Vec<Problem>) {
        Deployments::read_file(&self.root.join(&mark.path), &mark.path)
    }

    fn error(&self, error: &std::io::Error) -> StoreError {
        let shown = self.shown.clone();
        match error.kind() {
            ErrorKind::NotFound => StoreError::Missing(shown),
            ErrorKind::NotADirectory => StoreError::NotADirectory(shown),
            ErrorKind::PermissionDenied => StoreError::NotReadable(shown),
            _ => StoreError::Other { path: shown, reason: error.to_string() },
        }
    }
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, below: &str, depth: usize) -> Result<(), StoreError> {
        let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        if !self.visited.insert(real) {
            return Ok(());
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.incomplete(format!("the folder {below} cannot be read and is left out: {error}"));
                return Ok(());
            }
        };
        // In the order of names, so that the limits always leave out the same files.
        let mut names = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => names.push((entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_symlink()))),
                Err(error) => self.incomplete(format!("the folder {below} cannot be read to its end: {error}")),
            }
        }
        names.sort();
        for (name, is_link) in names {
            if self.cancel.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                if self.entries == MAX_ENTRIES + 1 {
                    self.incomplete(format!(
                        "the store holds more than {MAX_ENTRIES} files and folders; the rest is left out. Set the path \
                         to the folder that holds the reports"
                    ));
                }
                return Ok(());
            }
            let Some(name) = name.to_str() else {
                self.left_out(format!(
                    "a file in {} is left out because its name is not valid UTF-8: {}",
                    if below.is_empty() { "the store" } else { below },
                    name.display()
                ));
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            self.entry(&folder.join(name), name, is_link, (below, depth))?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        path: &Path,
        name: &str,
        is_link: bool,
        (below, depth): (&str, usize),
    ) -> Result<(), StoreError> {
        let shown = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            // A link without a target, or a file that has just been removed.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            // A failing disk does not mean that the file was removed.
            Err(error) => {
                self.incomplete(format!("{shown} cannot be looked at and is left out: {error}"));
                return Ok(());
            }
        };
        if is_link && !fs::canonicalize(path).is_ok_and(|target| target.starts_with(&self.root)) {
            if metadata.is_dir() || DEPLOYMENTS.contains(&name) || ending(name).is_some() {
                self.left_out(format!(
                    "{shown} is left out because it is a link that leads out of the store: copy or mount what it leads \
                     to below the store's folder"
                ));
            }
            return Ok(());
        }
        if metadata.is_dir() {
            if depth >= MAX_DEPTH {
                self.incomplete(format!("the folder {shown} is more than {MAX_DEPTH} folders deep and is left out"));
                return Ok(());
            }
            return self.folder(path, &shown, depth + 1);
        }
        if !metadata.is_file() {
            return Ok(());
        }
        let mark = FileMark { path: shown, size: metadata.len(), changed_ns: changed_ns(&metadata) };
        if DEPLOYMENTS.contains(&name) {
            if !below.is_empty() {
                self.listing
                    .notices
                    .push(format!("{} is not read: only the one at the root of the store is", mark.path));
            } else if let Some(first) = &self.listing.deployments {
                self.listing.notices.push(format!("{name} is not read because there is {} too", first.path));
            } else {
                self.listing.deployments = Some(mark);
            }
        } else if ending(name).is_some() {
            self.listing.reports.push(mark);
        }
        Ok(())
    }

    /// Says why a file was left out, for the first few files.
    fn left_out(&mut self, notice: String) {
        if self.listing.notices.len() < MAX_NOTICES {
            self.listing.notices.push(notice);
        } else {
            self.unsaid += 1;
        }
    }

    fn incomplete(&mut self, notice: String) {
        self.listing.complete = false;
        self.left_out(notice);
    }
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

fn same_file(mark: &FileMark, metadata: &Metadata) -> bool {
    mark.size == metadata.len() && mark.changed_ns == changed_ns(metadata)
}

/// The later of the last modification and, if the system provides it, the last change of anything about the file, in
/// nanoseconds since 1970-01-01 UTC; 0 if the file system provides neither.
fn changed_ns(metadata: &Metadata) -> i64 {
    let modified = metadata.modified().map_or(0, |modified| match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    });
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let changed = metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
        modified.max(changed)
    }
    #[cfg(not(unix))]
    modified
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

#[cfg(test)]
mod tests;
