//! Writing a report into a store: whole or not at all, and never over another one.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write as _};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use thiserror::Error;

use super::directory::Directory;
use super::folder::Folder;
use super::{ReportPath, Store, reports};

/// Start of the names of files that are being written. They are hidden, so no listing shows them.
const WRITING: &str = ".headroom-writing-";
/// How long a file that is being written may lie still before it is taken to be left over by a process that was killed.
pub(super) const ABANDONED: Duration = Duration::from_hours(24);
/// Bytes that are copied or compared at a time.
const CHUNK: usize = 256 << 10;

/// Bytes that can be read more than once.
pub trait Content {
    /// Reads them from the start.
    ///
    /// # Errors
    /// An error of the disk.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

impl Content for [u8] {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self))
    }
}

/// What became of a report that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is in the store now.
    Stored,
    /// A file with the same name and the same bytes was there.
    WasThere,
}

/// Why a report cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PutError {
    /// A report of this name, or one that differs in its ending alone, is there with other bytes.
    #[error("{0} is in the store with other content, and nothing is overwritten: give the report another name")]
    Taken(String),
    /// Something other than a folder or a file is in the way.
    #[error("{path} cannot be written: {reason}. Give the report another name")]
    Blocked {
        /// The path.
        path: String,
        /// What is in the way.
        reason: String,
    },
    /// The store is read-only.
    #[error(
        "{0} cannot be written to by the user that Grafana runs as, or is mounted read-only: give that user write \
         permission, or put the report there as the others came"
    )]
    ReadOnly(String),
    /// The store is not there.
    #[error("the folder {0} does not exist on the Grafana server: create or mount it, then send the report again")]
    Missing(String),
    /// The store is a bucket or a server.
    #[error("reports are uploaded into folders alone, and this store is {0}: put the report there as the others came")]
    NoFolder(String),
    /// No room is left.
    #[error("no room is left in {0}: free some, then send the report again")]
    Full(String),
    /// Any other error.
    #[error("{path} cannot be written: {reason}")]
    Other {
        /// The path.
        path: String,
        /// The error of the operating system.
        reason: String,
    },
}

impl PutError {
    /// The meaning of an error of the disk while `path` is written into the store of this name.
    pub(super) fn of(error: &io::Error, store: &str, path: &str) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(store.to_owned()),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full(store.to_owned()),
            ErrorKind::InvalidInput | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
                Self::Blocked { path, reason: error.to_string() }
            }
            _ => Self::Other { path, reason: error.to_string() },
        }
    }
}

impl Store {
    /// Writes a report. It appears under its name in one step, when all of it is on the disk, and replaces nothing.
    ///
    /// # Errors
    /// If something else has the name, or the store cannot be written to.
    pub fn put(&self, path: &ReportPath, content: &(impl Content + ?Sized)) -> Result<Put, PutError> {
        put(self.folder()?, path, content)
    }

    /// The folder that reports are written into.
    ///
    /// # Errors
    /// If the store is no folder.
    pub(super) fn folder(&self) -> Result<&Directory, PutError> {
        match self {
            Self::Directory(directory) => Ok(directory),
            Self::Remote(remote) => Err(PutError::NoFolder(remote.shown().to_owned())),
        }
    }

    /// Whether files may be written at the root, as far as that can be seen without writing one.
    ///
    /// # Errors
    /// Why not.
    pub fn writable(&self) -> Result<(), PutError> {
        let folder = self.folder()?;
        let writable = Folder::root(folder.root()).is_ok_and(|root| root.is_writable());
        if writable { Ok(()) } else { Err(PutError::ReadOnly(folder.shown().to_owned())) }
    }
}

fn put(directory: &Directory, path: &ReportPath, content: &(impl Content + ?Sized)) -> Result<Put, PutError> {
    let shown = path.to_string();
    let failed = |error: &io::Error| PutError::of(error, directory.shown(), &shown);
    let mut folder = root(directory, &shown)?;
    for name in path.folders() {
        folder = folder.child_or_new(name).map_err(|error| failed(&error))?;
    }
    // A second try is for a file of the same name that appeared meanwhile.
    for _ in 0..2 {
        if let Some(rival) = rival(&folder, path).map_err(|error| failed(&error))? {
            let same = rival == path.name() && same_bytes(&folder, &rival, content).map_err(|error| failed(&error))?;
            return if same { Ok(Put::WasThere) } else { Err(PutError::Taken(path.beside(&rival).to_string())) };
        }
        match write(&folder, path.name(), content) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            written => return written.map(|()| Put::Stored).map_err(|error| failed(&error)),
        }
    }
    Err(PutError::Taken(shown))
}

/// The store's folder.
fn root(directory: &Directory, path: &str) -> Result<Folder, PutError> {
    Folder::root(directory.root()).map_err(|error| match error.kind() {
        ErrorKind::NotFound => PutError::Missing(directory.shown().to_owned()),
        _ => PutError::of(&error, directory.shown(), path),
    })
}

/// The file that a listing would take for the same report: of that name, or one that differs in its ending alone.
/// Removes what killed processes left over.
fn rival(folder: &Folder, path: &ReportPath) -> io::Result<Option<String>> {
    let key = reports::key(path.name());
    let mut found = None;
    for name in folder.names()? {
        if name.starts_with(WRITING) {
            remove_if_abandoned(folder, &name);
        } else if name == path.name() || (!name.starts_with('.') && reports::key(&name) == key) {
            // Of several, the one with the very name: it may have the same bytes.
            if found.is_none() || name == path.name() {
                found = Some(name);
            }
        }
    }
    Ok(found)
}

/// Another process may be at it as well, so that the file is gone is no error; nor does a leftover stop a report.
fn remove_if_abandoned(folder: &Folder, name: &str) {
    let old = folder
        .modified(name)
        .is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|age| age > ABANDONED));
    if old && let Err(error) = folder.remove(name) {
        log::debug!("{name} is left over and cannot be removed: {error}");
    }
}

fn same_bytes(folder: &Folder, name: &str, content: &(impl Content + ?Sized)) -> io::Result<bool> {
    let (mut there, mut given) = (folder.open(name)?, content.open()?);
    let (mut one, mut other) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        let (count, of) = (fill(&mut there, &mut one)?, fill(&mut given, &mut other)?);
        if one[..count] != other[..of] {
            return Ok(false);
        }
        if count == 0 {
            return Ok(true);
        }
    }
}

/// Reads until the buffer is full or nothing is left.
fn fill(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < into.len() {
        match from.read(&mut into[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Writes a hidden file and gives it its name.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] if something has the name.
fn write(folder: &Folder, name: &str, content: &(impl Content + ?Sized)) -> io::Result<()> {
    let (hidden, file) = create(folder)?;
    let written = fill_file(file, content).and_then(|()| folder.publish(&hidden, name));
    if written.is_err() {
        // What cannot be removed is removed a day later.
        folder.remove(&hidden).ok();
    }
    written
}

fn fill_file(mut file: File, content: &(impl Content + ?Sized)) -> io::Result<()> {
    let mut from = content.open()?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = fill(&mut from, &mut chunk)?;
        if count == 0 {
            return file.sync_all();
        }
        file.write_all(&chunk[..count])?;
    }
}

/// A hidden file of a name that no other has.
pub(super) fn create(folder: &Folder) -> io::Result<(String, File)> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let hidden = format!("{WRITING}{}-{number}", std::process::id());
        match folder.create(&hidden) {
            // Left over by a process with the same number, or of another machine.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (hidden, file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cancel::Cancel;
    use crate::settings::StoreSettings;

    fn store(root: &std::path::Path) -> Store {
        Store::new(&StoreSettings::Directory { typed: root.display().to_string(), path: root.to_owned() })
    }

    fn path(text: &str) -> ReportPath {
        ReportPath::parse(text).unwrap()
    }

    fn listed(store: &Store) -> Vec<String> {
        store.list(&Cancel::default()).unwrap().reports.into_iter().map(|mark| mark.path).collect()
    }

    #[test]
    fn a_report_is_written_once_and_never_over_another() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        assert_eq!(store.put(&path("a/b/x.json"), b"{}".as_slice()), Ok(Put::Stored));
        assert_eq!(store.put(&path("a/b/x.json"), b"{}".as_slice()), Ok(Put::WasThere));
        for (text, content) in
            [("a/b/x.json", "{ }"), ("a/b/x.json", "{}{}"), ("a/b/x.json.gz", "{}"), ("a/b/x.csv", "{}")]
        {
            let taken = store.put(&path(text), content.as_bytes());
            assert_eq!(taken, Err(PutError::Taken("a/b/x.json".to_owned())), "{text} {content}");
        }
        // Lines are no other form of a report.
        assert_eq!(store.put(&path("a/b/x.jsonl"), b"{}".as_slice()), Ok(Put::Stored));
        assert_eq!(listed(&store), ["a/b/x.json", "a/b/x.jsonl"]);
        assert_eq!(fs::read(root.path().join("a/b/x.json")).unwrap(), b"{}");
        assert_eq!(fs::read_dir(root.path().join("a/b")).unwrap().count(), 2, "nothing hidden is left");
    }

    #[test]
    fn a_store_that_is_not_there_is_not_made() {
        let root = tempfile::tempdir().unwrap();
        let missing = store(&root.path().join("missing"));
        assert!(matches!(missing.put(&path("x.json"), b"{}".as_slice()), Err(PutError::Missing(_))));
        assert!(store(root.path()).writable().is_ok() && missing.writable().is_err());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_after_a_day() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        for (name, hours) in [("1-0", 1), ("1-1", 25)] {
            let file = File::create(root.path().join(format!("{WRITING}{name}"))).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_hours(hours)).unwrap();
        }
        assert_eq!(store.put(&path("x.json"), b"{}".as_slice()), Ok(Put::Stored));
        assert!(root.path().join(format!("{WRITING}1-0")).exists(), "it may still be written to");
        assert!(!root.path().join(format!("{WRITING}1-1")).exists());
        assert_eq!(listed(&store), ["x.json"]);
    }

    #[test]
    fn what_fails_midway_leaves_nothing() {
        struct Failing;
        impl Content for Failing {
            fn open(&self) -> io::Result<Box<dyn Read + '_>> {
                Ok(Box::new(b"{\"begin\":".chain(Broken)))
            }
        }
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::from(ErrorKind::StorageFull))
            }
        }
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        let full = store.put(&path("x.json"), &Failing).unwrap_err();
        assert!(matches!(full, PutError::Full(_)), "{full}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_store_is_not_followed() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), root.path().join("out")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("x.json"), root.path().join("x.json")).unwrap();
        let store = store(root.path());
        for text in ["out/x.json", "out/a/x.json", "x.json"] {
            let error = store.put(&path(text), b"{}".as_slice()).unwrap_err();
            assert!(
                matches!(error, PutError::Blocked { .. }) && error.to_string().contains("is a link"),
                "{text}: {error}"
            );
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
