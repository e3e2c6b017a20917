//! The catalog: what was read from the reports, kept in SQLite so that a report is parsed once.
//!
//! The catalog is a cache of the store. Everything in it can be read again, so a damaged or
//! unusable catalog costs time and never an answer.

mod blocks;
mod facts;
mod location;
mod outlines;
mod read;
mod schema;
mod write;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use headroom_engine::run::Run;
use headroom_reports::{Member, READERS};
use rusqlite::{Connection, ErrorCode};
use thiserror::Error;

pub use blocks::BlockError;
pub use location::Location;
pub use outlines::Outline;
pub use write::FileReading;

/// How long one process waits for another that writes to the same catalog. The longest write is
/// one report's rows, which takes well under a second per hundred thousand requests.
const BUSY: Duration = Duration::from_secs(20);

/// A file as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileMark {
    /// Path below the store's root, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Last modification, nanoseconds since the Unix epoch.
    pub modified_ns: i64,
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// `error` or `warning`.
    pub severity: String,
    /// Stable identifier.
    pub code: String,
    /// Where in the document; `None` when the whole file is meant.
    pub place: Option<String>,
    /// What was expected, what was found and what to do.
    pub message: String,
}

/// A run without its levels.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The run; its lists of levels are empty.
    pub run: Run,
    /// Levels on the curve.
    pub level_count: usize,
    /// Successful requests on the curve.
    pub ok_count: u64,
    /// The runs of single files that it was joined from, in the order in which
    /// [`headroom_reports::combine`] takes them; empty for a run of one file.
    pub members: Vec<Member>,
}

impl Header {
    /// The files that the run comes from.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let single = self.members.is_empty().then_some(self.run.provenance.source.as_str());
        self.members.iter().map(|member| member.source.as_str()).chain(single)
    }
}

/// Why the catalog could not be used.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// SQLite refused.
    #[error("the catalog: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A newer Headroom wrote it.
    #[error(
        "the catalog has schema version {found}, this Headroom knows versions up to {known}: update it or set catalogPath to another file"
    )]
    Newer {
        /// Version of the file.
        found: usize,
        /// Newest version known here.
        known: usize,
    },
    /// Its content makes no sense.
    #[error("the catalog is damaged: {what}")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// A column does not decompress.
    #[error("the catalog is damaged: {0}")]
    Block(#[from] BlockError),
    /// A text does not serialise.
    #[error("the catalog: {0}")]
    Json(#[from] serde_json::Error),
    /// The folder of the catalog cannot be used.
    #[error("{0}")]
    Folder(String),
}

impl CatalogError {
    /// Whether reading everything again into a new catalog would help.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Block(_) => true,
            Self::Sqlite(error) => {
                matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch)
                ) || matches!(
                    error,
                    rusqlite::Error::InvalidColumnType(..)
                        | rusqlite::Error::FromSqlConversionFailure(..)
                        | rusqlite::Error::IntegralValueOutOfRange(..)
                        | rusqlite::Error::Utf8Error(..)
                ) || error.to_string().contains("no such table")
                    || error.to_string().contains("no such column")
            }
            Self::Newer { .. } | Self::Json(_) | Self::Folder(_) => false,
        }
    }
}

/// An open catalog. Calls block on the disk: keep them off the asynchronous threads.
#[derive(Debug)]
pub struct Catalog {
    connection: Mutex<Connection>,
    location: Location,
}

impl Catalog {
    /// Opens the catalog at `location`, creates it where there is none, rebuilds it where it is
    /// damaged, and falls back to memory where it cannot be used. Whatever was not as asked is
    /// told in the notices.
    ///
    /// # Errors
    /// Only when SQLite cannot even work in memory.
    pub fn open(location: Location) -> Result<(Self, Vec<String>), CatalogError> {
        let mut notices = Vec::new();
        let (connection, location) = match open_or_rebuild(&location, &mut notices) {
            Ok(connection) => (connection, location),
            Err(error) => {
                notices.push(format!(
                    "the catalog {location} cannot be used, so reports are kept in memory and read again after every \
                     restart of the data source: {error}"
                ));
                (open_connection(&Location::Memory)?, Location::Memory)
            }
        };
        Ok((Self { connection: Mutex::new(connection), location }, notices))
    }

    /// Where the catalog really is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Throws everything away and starts anew.
    ///
    /// # Errors
    /// When not even a new catalog can be made.
    pub fn rebuild(&self) -> Result<(), CatalogError> {
        let mut connection = self.lock();
        // Closed before its files go: closing a WAL database removes its log by name, and by
        // then that name would be the new catalog's.
        *connection = Connection::open_in_memory()?;
        *connection = match reset(&self.location) {
            Ok(connection) => connection,
            Err(_) => open_connection(&Location::Memory)?,
        };
        Ok(())
    }

    /// Records a file and what was read from it; see [`FileReading`]. Idempotent.
    ///
    /// # Errors
    /// What SQLite says; the catalog is then as it was before.
    pub fn ingest(&self, mark: &FileMark, reading: &FileReading) -> Result<(), CatalogError> {
        write::ingest(&mut self.lock(), mark, reading)
    }

    /// Forgets files that are gone, and the runs that only they held.
    ///
    /// # Errors
    /// What SQLite says; the catalog is then as it was before.
    pub fn forget(&self, paths: &[String]) -> Result<(), CatalogError> {
        write::forget(&mut self.lock(), paths)
    }

    /// What was read so far, by path.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn files(&self) -> Result<Vec<FileMark>, CatalogError> {
        read::files(&self.lock())
    }

    /// Every problem with the path of its file.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn problems(&self) -> Result<Vec<(String, FileProblem)>, CatalogError> {
        read::problems(&self.lock())
    }

    /// Every run without its levels.
    ///
    /// # Errors
    /// What SQLite says, or damage.
    pub fn headers(&self) -> Result<Vec<Header>, CatalogError> {
        read::headers(&self.lock())
    }

    /// What joining needs to know of the runs of these tools, by their ids.
    ///
    /// # Errors
    /// What SQLite says, or damage.
    pub fn outlines(&self, tools: &[&str]) -> Result<HashMap<String, Outline>, CatalogError> {
        outlines::of_tools(&self.lock(), tools)
    }

    /// One run with levels and samples.
    ///
    /// # Errors
    /// What SQLite says, or damage.
    pub fn run(&self, id: &str) -> Result<Option<Run>, CatalogError> {
        read::run(&self.lock(), id)
    }

    /// A number that changes when another process has written to the catalog.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn foreign_writes(&self) -> Result<i64, CatalogError> {
        Ok(self.lock().pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// A panic while the lock was held leaves no half-done write: the transaction rolled back
    /// when it was dropped.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_or_rebuild(location: &Location, notices: &mut Vec<String>) -> Result<Connection, CatalogError> {
    match open_connection(location) {
        Err(error) if error.is_damage() => {
            notices.push(format!("the catalog {location} was damaged and has been rebuilt from the reports: {error}"));
            reset(location)
        }
        opened => opened,
    }
}

fn open_connection(location: &Location) -> Result<Connection, CatalogError> {
    location.prepare()?;
    let mut connection = match location {
        Location::File(path) => Connection::open(path)?,
        Location::Memory => Connection::open_in_memory()?,
    };
    connection.busy_timeout(BUSY)?;
    // WAL: readers of other processes go on while one writes. NORMAL: a killed process loses
    // nothing; a power cut may lose the last reports, which are then read again.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    schema::migrate(&mut connection)?;
    discard_other_readers(&mut connection)?;
    // Touches every table, so that damage to the schema shows now and not in a dashboard.
    connection.query_row("SELECT COUNT(*) FROM files", [], |_| Ok(()))?;
    connection.query_row("SELECT (SELECT MAX(key) FROM runs), (SELECT MAX(run) FROM levels)", [], |_| Ok(()))?;
    Ok(connection)
}

/// Other report readers may have understood more or less of a file, so their catalog is emptied
/// and everything is read again.
fn discard_other_readers(connection: &mut Connection) -> Result<(), CatalogError> {
    let current = READERS;
    let mut found: Option<String> = None;
    connection
        .prepare_cached("SELECT value FROM about WHERE name = 'reader'")?
        .query_map([], |row| row.get(0))?
        .try_for_each(|value| value.map(|value| found = Some(value)))?;
    if found.as_deref() != Some(current) {
        if found.is_some() {
            write::clear(connection)?;
        }
        connection.execute("INSERT OR REPLACE INTO about (name, value) VALUES ('reader', ?1)", [current])?;
    }
    Ok(())
}

/// Removes the files of a damaged catalog and makes a new one.
fn reset(location: &Location) -> Result<Connection, CatalogError> {
    if let Location::File(path) = location {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(CatalogError::Folder(format!("{} cannot be removed: {error}", path.display())));
                }
                _ => {}
            }
        }
    }
    open_connection(location)
}
