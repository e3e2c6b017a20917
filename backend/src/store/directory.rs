//! Reports in a folder and the folders below it.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use headroom_reports::Problem;
use headroom_reports::deployments::Deployments;

use super::reports::{
    DEPLOYMENTS, Gathering, MAX_DEPTH, failed, for_catalog, is_hidden, is_recent, is_report, nanoseconds,
};
use super::{Listing, Outcome, StoreError};
use crate::cancel::Cancel;
use crate::catalog::FileMark;

/// A folder with reports.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
    /// The root's name for people.
    shown: String,
}

/// A walk through the folders.
struct Walk<'a> {
    cancel: &'a Cancel,
    /// The real path of the root, which links must not leave.
    root: PathBuf,
    gathering: Gathering,
    /// Real paths of the folders visited so far, because a link to a parent folder would never end.
    visited: HashSet<PathBuf>,
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
            gathering: Gathering::new(&self.shown),
            visited: HashSet::new(),
        };
        walk.folder(&self.root, "", 0)?;
        Ok(walk.gathering.finish())
    }

    /// Reads a report, or says that it is still being written.
    #[must_use]
    pub fn read(&self, mark: &FileMark) -> Outcome {
        let path = self.root.join(&mark.path);
        let reading = headroom_reports::read_file(&path, &mark.path);
        let after = fs::metadata(&path);
        let same = after.as_ref().is_ok_and(|metadata| same_file(mark, metadata));
        let recent = after.ok().and_then(|metadata| metadata.modified().ok()).is_some_and(is_recent);
        if !same || (recent && failed(&reading)) {
            return Outcome::Changing;
        }
        Outcome::Read(for_catalog(reading))
    }

    /// The deployments file at the root, without a listing.
    #[must_use]
    pub fn deployments(&self) -> Option<FileMark> {
        DEPLOYMENTS.iter().find_map(|name| self.mark(name))
    }

    /// The file at a path as it is now, without a listing; `None` if there is none, or a link leads out of the store.
    #[must_use]
    pub fn mark(&self, path: &str) -> Option<FileMark> {
        let file = fs::canonicalize(self.root.join(path)).ok()?;
        let metadata = fs::metadata(&file).ok().filter(Metadata::is_file)?;
        let within = file.starts_with(fs::canonicalize(&self.root).ok()?);
        within.then(|| mark(path.to_owned(), &metadata))
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
                self.gathering.incomplete(format!("the folder {below} cannot be read and is left out: {error}"));
                return Ok(());
            }
        };
        // In the order of names, so that the limits always leave out the same files.
        let mut names = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => names.push((entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_symlink()))),
                Err(error) => {
                    self.gathering.incomplete(format!("the folder {below} cannot be read to its end: {error}"));
                }
            }
        }
        names.sort();
        for (name, is_link) in names {
            if self.cancel.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            if !self.gathering.count() {
                return Ok(());
            }
            let Some(name) = name.to_str() else {
                self.gathering.left_out(format!(
                    "a file in {} is left out because its name is not valid UTF-8: {}",
                    if below.is_empty() { "the store" } else { below },
                    name.display()
                ));
                continue;
            };
            if is_hidden(name) {
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
                self.gathering.incomplete(format!("{shown} cannot be looked at and is left out: {error}"));
                return Ok(());
            }
        };
        if is_link && !fs::canonicalize(path).is_ok_and(|target| target.starts_with(&self.root)) {
            if metadata.is_dir() || DEPLOYMENTS.contains(&name) || is_report(name) {
                self.gathering.left_out(format!(
                    "{shown} is left out because it is a link that leads out of the store: copy or mount what it leads \
                     to below the store's folder"
                ));
            }
            return Ok(());
        }
        if metadata.is_dir() {
            if depth >= MAX_DEPTH {
                self.gathering
                    .incomplete(format!("the folder {shown} is more than {MAX_DEPTH} folders deep and is left out"));
                return Ok(());
            }
            return self.folder(path, &shown, depth + 1);
        }
        if !metadata.is_file() {
            return Ok(());
        }
        self.gathering.file(mark(shown, &metadata));
        Ok(())
    }
}

fn mark(path: String, metadata: &Metadata) -> FileMark {
    FileMark { path, size: metadata.len(), changed_ns: changed_ns(metadata), tag: None }
}

fn same_file(mark: &FileMark, metadata: &Metadata) -> bool {
    mark.size == metadata.len() && mark.changed_ns == changed_ns(metadata)
}

/// The later of the last modification and, if the system provides it, the last change of anything about the file, in
/// nanoseconds since 1970-01-01 UTC; 0 if the file system provides neither.
fn changed_ns(metadata: &Metadata) -> i64 {
    let modified = metadata.modified().map_or(0, nanoseconds);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let changed = metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
        modified.max(changed)
    }
    #[cfg(not(unix))]
    modified
}

#[cfg(test)]
mod tests;
