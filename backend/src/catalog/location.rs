//! The place where the catalog is stored.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use headroom_reports::READERS;
use sha2::{Digest as _, Sha256};

use super::CatalogError;
use super::ownership::{self, Found};

/// The place where a catalog is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file.
    File(PathBuf),
    /// The memory of this process.
    Memory,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Memory => f.write_str("in memory"),
        }
    }
}

/// A fingerprint of everything that reads reports here: if it changes, a file may be read differently than before. It
/// covers the readers' own sources; what else they use (the calendar, parsers of other crates) changes with the
/// version.
pub(super) fn reader() -> String {
    format!("{}-{READERS}", env!("CARGO_PKG_VERSION"))
}

impl Location {
    /// The default for a data source: a file below the system's folder for temporary files, named after the data
    /// source, its store and the version of the readers in this program.
    ///
    /// It is temporary because Grafana gives a plugin process neither `HOME` nor another folder of its own, and because
    /// a lost catalog only needs to be read again. Several Grafana processes on one machine share the file: SQLite's
    /// write-ahead log lets them read and write at the same time, and ingest is idempotent. The version of the readers
    /// is part of the name, so that two versions side by side (a rolling update) do not rebuild each other's catalog. A
    /// write-ahead log does not work on a network file system, so `catalogPath` must be on a local disk.
    #[must_use]
    pub fn default_for(temporary: &Path, uid: &str, store: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [uid, "\0", store] {
            hash.update(part);
        }
        let name = digits(hash);
        let reader = digits(Sha256::new_with_prefix(reader()));
        Self::File(temporary.join(OUR_FOLDER).join(format!("{name}-{reader}.sqlite")))
    }

    /// Creates the folder of the catalog. For the shared temporary folder, also makes sure that nobody else can write
    /// into it. Checks whether an existing file is a catalog.
    ///
    /// # Errors
    /// [`CatalogError::Folder`] says what is in the way; [`CatalogError::Foreign`] for a file that is not a catalog;
    /// [`CatalogError::Damaged`] if the file is in our own folder and so was once a catalog, because nobody else writes
    /// there.
    pub fn prepare(&self) -> Result<(), CatalogError> {
        let Self::File(path) = self else { return Ok(()) };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            if fs::symlink_metadata(folder).is_err() {
                create_private(folder).map_err(|error| {
                    CatalogError::Folder(format!("the folder {} cannot be created: {error}", folder.display()))
                })?;
            }
            refuse_foreign_folder(folder)?;
        }
        match ownership::look(path) {
            Ok(Found::Nothing | Found::Ours) => Ok(()),
            Ok(Found::Foreign(what)) if is_named_by_us(path) => {
                Err(CatalogError::Damaged { what: format!("{} {what}", path.display()) })
            }
            Ok(Found::Foreign(found)) => Err(CatalogError::Foreign { path: path.display().to_string(), found }),
            Err(error) => Err(CatalogError::Folder(format!("{} cannot be looked at: {error}", path.display()))),
        }
    }
}

/// The first 64 bits of a hash.
fn digits(hash: Sha256) -> String {
    let bits = hash.finalize().iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    format!("{bits:016x}")
}

/// The folder of catalogs, below the system's folder for temporary files.
const OUR_FOLDER: &str = "headroom-catalog";

/// Whether a folder is the default one, which this program creates only for itself.
fn is_ours(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name == OUR_FOLDER)
}

/// Whether a file has a name from [`Location::default_for`] and is in our folder: nobody chooses such a name for
/// anything else.
fn is_named_by_us(path: &Path) -> bool {
    let is_digest = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    path.parent().is_some_and(is_ours)
        && path
            .file_name()
            .and_then(|name| name.to_str()?.strip_suffix(".sqlite")?.split_once('-'))
            .is_some_and(|(store, readers)| is_digest(store) && is_digest(readers))
}

/// Creates a folder that only this user can enter.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Where everybody may create folders, somebody else may have created one of a known name: as a link, writable for
/// others, or with files that are not ours. Refuses a folder with any of these.
#[cfg(unix)]
fn refuse_foreign_folder(folder: &Path) -> Result<(), CatalogError> {
    use std::os::unix::fs::MetadataExt as _;
    if !is_ours(folder) {
        return Ok(());
    }
    let refuse = |what: &str| {
        Err(CatalogError::Folder(format!(
            "the folder {} {what}: remove it, or set catalogPath to a file in a folder that only Grafana can write to",
            folder.display()
        )))
    };
    let metadata = match fs::symlink_metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) => return refuse(&format!("cannot be looked at ({error})")),
    };
    if !metadata.is_dir() {
        return refuse("is not a folder");
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return refuse("belongs to another user");
    }
    if metadata.mode() & 0o022 != 0 {
        return refuse("can be written to by other users");
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_foreign_folder(_folder: &Path) -> Result<(), CatalogError> {
    // On Windows every user has a temporary folder of their own.
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_sources_and_stores_have_catalogs_of_their_own() {
        let temporary = Path::new("tmp");
        let names: Vec<Location> = [("a", "/x"), ("b", "/x"), ("a", "/y"), ("a", "/x")]
            .map(|(uid, store)| Location::default_for(temporary, uid, store))
            .into();
        assert_ne!(names[0], names[1]);
        assert_ne!(names[0], names[2]);
        assert_eq!(names[0], names[3]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let temporary = tempfile::tempdir().unwrap();
        let location = Location::default_for(temporary.path(), "uid", "store");
        location.prepare().unwrap();
        location.prepare().unwrap();
        let folder = temporary.path().join("headroom-catalog");
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(location.prepare().unwrap_err().to_string().contains("written to by other users"));
        fs::remove_dir(&folder).unwrap();
        std::os::unix::fs::symlink(temporary.path(), &folder).unwrap();
        assert!(location.prepare().unwrap_err().to_string().contains("is not a folder"));
    }
}
