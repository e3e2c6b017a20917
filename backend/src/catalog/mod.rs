//! The catalog: what was read from the reports, stored in SQLite, so that each report is parsed only once.
//!
//! The catalog is a cache of the store. Everything in it can be read again, so a damaged or unusable catalog costs time
//! but never an answer. It belongs to one store. A catalog of another store, or a file that is not a catalog, is
//! neither used nor changed.

mod blocks;
mod facts;
mod location;
mod outlines;
mod ownership;
mod read;
mod schema;
mod write;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use headroom_contract::resources::ProblemSeverity;
use headroom_engine::display::UNKNOWN;
use headroom_engine::run::Run;
use headroom_reports::Member;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _};
use thiserror::Error;

pub use blocks::BlockError;
pub use location::Location;
pub use outlines::Outline;
pub use write::FileReading;

/// How long one process waits for another one that writes to the same catalog. The longest write is the rows of one
/// report, which takes well under a second per hundred thousand requests. Whoever holds the catalog for longer is not
/// writing, and queries wait meanwhile.
const BUSY: Duration = Duration::from_secs(5);

/// The state of a file when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileMark {
    /// Path below the store's root, with `/`.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, nanoseconds since the Unix epoch: of the content or, if the system provides it, of
    /// anything about the file. Copying tools restore the former to that of the original, but nobody can set the
    /// latter. For an object of a remote store, the time that the store gives, or 0.
    pub changed_ns: i64,
    /// What a remote store says that distinguishes this content from others: its `ETag` or version.
    pub tag: Option<String>,
}

impl FileMark {
    /// A file of which only the path is known.
    #[must_use]
    pub fn unknown(path: &str) -> Self {
        Self { path: path.to_owned(), size: 0, changed_ns: 0, tag: None }
    }
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// How much of the file is lost to it.
    pub severity: ProblemSeverity,
    /// Stable identifier.
    pub code: String,
    /// Its place in the document; `None` if it concerns the whole file.
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
    /// The runs of single files that it was joined from, in the order in which [`headroom_reports::combine`] takes
    /// them; empty for a run of one file.
    pub members: Vec<Member>,
}

impl Header {
    /// The files that the run comes from.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let single = self.members.is_empty().then_some(self.run.provenance.source.as_str());
        self.members.iter().map(|member| member.source.as_str()).chain(single)
    }

    /// The benchmarked model, in the form in which queries name it. Runs without a model have such a name too.
    pub(crate) fn model(&self) -> &str {
        self.run.deployment.model.as_ref().map_or(UNKNOWN, |model| model.value.as_str())
    }
}

/// Why the catalog could not be used.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// An error of SQLite.
    #[error("the catalog: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The catalog was written by a newer Headroom.
    #[error(
        "the catalog has schema version {found}, this Headroom knows versions up to {known}: update it or set catalogPath to another file"
    )]
    Newer {
        /// Version of the file.
        found: usize,
        /// Newest version known here.
        known: usize,
    },
    /// Its content is invalid.
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
    /// The file is not a catalog.
    #[error(
        "{path} {found} and no catalog of Headroom; it is left as it is. Set catalogPath to a file that does not exist \
         yet, or remove this one if nobody needs it"
    )]
    Foreign {
        /// The file.
        path: String,
        /// What it is; continues a sentence, for example "is not an SQLite file".
        found: &'static str,
    },
    /// It contains the runs of another store. The error does not name that store, because its data source may belong to
    /// another organisation.
    #[error(
        "{path} is the catalog of another store; it is left as it is. Give each data source a catalogPath of its own, or \
         remove the file if the store was moved"
    )]
    OtherStore {
        /// The file.
        path: String,
    },
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
            Self::Newer { .. } | Self::Json(_) | Self::Folder(_) | Self::Foreign { .. } | Self::OtherStore { .. } => {
                false
            }
        }
    }

    /// Whether another process is using the catalog at this moment, so that a later attempt may succeed.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Sqlite(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)))
    }
}

/// An open catalog. Its methods block on the disk: do not call them on asynchronous threads.
#[derive(Debug)]
pub struct Catalog {
    opened: Mutex<Opened>,
    /// The actual location. It has its own lock, so that asking for it does not wait for a write.
    location: Mutex<Location>,
    /// The store whose runs are in it; see [`Catalog::open`].
    store: String,
}

#[derive(Debug)]
struct Opened {
    connection: Connection,
    location: Location,
}

impl Catalog {
    /// Opens the catalog of a store at `location`. Creates it if there is none, renames a damaged one and creates a new
    /// one, and uses memory if it cannot be used at all. The notices say what differs from the request.
    ///
    /// `store` identifies the store and is written into a new catalog.
    ///
    /// # Errors
    /// Only if SQLite does not even work in memory.
    pub fn open(location: Location, store: &str) -> Result<(Self, Vec<String>), CatalogError> {
        let mut notices = Vec::new();
        let opened = match open_or_rebuild(&location, store, &mut notices) {
            Ok(connection) => Opened { connection, location },
            Err(error) => {
                notices.push(format!(
                    "the catalog {location} cannot be used, so reports are kept in memory and read again after every \
                     restart of the data source: {error}"
                ));
                open_in_memory(store)?
            }
        };
        Ok((Self::over(opened, store), notices))
    }

    /// An empty catalog in memory, for the same store.
    ///
    /// # Errors
    /// If SQLite does not work in memory.
    pub fn beside(&self) -> Result<Self, CatalogError> {
        Ok(Self::over(open_in_memory(&self.store)?, &self.store))
    }

    fn over(opened: Opened, store: &str) -> Self {
        Self { location: Mutex::new(opened.location.clone()), opened: Mutex::new(opened), store: store.to_owned() }
    }

    /// Replaces this catalog by another one. Its file is closed and left unchanged.
    pub fn replace_with(&self, other: Self) {
        let mut opened = self.lock();
        *opened = other.opened.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.is_now_at(&opened.location);
    }

    fn is_now_at(&self, location: &Location) {
        self.location.lock().unwrap_or_else(PoisonError::into_inner).clone_from(location);
    }

    /// The actual location of the catalog.
    #[must_use]
    pub fn location(&self) -> Location {
        self.location.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Renames a damaged catalog and creates a new one; in memory if that is not possible. Returns a sentence about
    /// what happened to the damaged one.
    ///
    /// # Errors
    /// If not even a new catalog can be created.
    pub fn rebuild(&self) -> Result<String, CatalogError> {
        let mut opened = self.lock();
        // It is closed before its files are renamed: closing a WAL database removes its log by name, and by then that
        // name would belong to the new catalog.
        opened.connection = Connection::open_in_memory()?;
        match renew(&opened.location, &self.store) {
            Ok((connection, said)) => {
                opened.connection = connection;
                Ok(said)
            }
            Err(error) => {
                *opened = open_in_memory(&self.store)?;
                self.is_now_at(&opened.location);
                Ok(format!("it is in memory now: {error}"))
            }
        }
    }

    /// Stores a file and what was read from it; see [`FileReading`]. Idempotent.
    ///
    /// # Errors
    /// An error of SQLite; the catalog is then unchanged.
    pub fn ingest(&self, mark: &FileMark, reading: &FileReading) -> Result<(), CatalogError> {
        write::ingest(&mut self.lock().connection, mark, reading)
    }

    /// Removes files that are gone, and the runs that only they contained. Returns the paths of copies that must be
    /// read again, because what is stored about them was read under the name of a removed file.
    ///
    /// # Errors
    /// An error of SQLite; the catalog is then unchanged.
    pub fn forget(&self, paths: &[String]) -> Result<Vec<String>, CatalogError> {
        write::forget(&mut self.lock().connection, paths)
    }

    /// The files that were read so far, by path.
    ///
    /// # Errors
    /// An error of SQLite.
    pub fn files(&self) -> Result<Vec<FileMark>, CatalogError> {
        read::files(&self.lock().connection)
    }

    /// The files with this content, by path. `hash` is the SHA-256 of the report before compression.
    ///
    /// # Errors
    /// An error of SQLite.
    pub fn with_content(&self, hash: &str) -> Result<Vec<FileMark>, CatalogError> {
        read::with_content(&self.lock().connection, hash)
    }

    /// Every problem with the path of its file.
    ///
    /// # Errors
    /// An error of SQLite.
    pub fn problems(&self) -> Result<Vec<(String, FileProblem)>, CatalogError> {
        read::problems(&self.lock().connection)
    }

    /// Every run without its levels.
    ///
    /// # Errors
    /// An error of SQLite, or damage.
    pub fn headers(&self) -> Result<Vec<Header>, CatalogError> {
        read::headers(&self.lock().connection)
    }

    /// What joining needs to know about the runs of these tools, by the runs' ids.
    ///
    /// # Errors
    /// An error of SQLite, or damage.
    pub fn outlines(&self, tools: &[&str]) -> Result<HashMap<String, Outline>, CatalogError> {
        outlines::of_tools(&self.lock().connection, tools)
    }

    /// One run with levels and samples.
    ///
    /// # Errors
    /// An error of SQLite, or damage.
    pub fn run(&self, id: &str) -> Result<Option<Run>, CatalogError> {
        read::run(&self.lock().connection, id)
    }

    /// A number that changes when another process has written to the catalog.
    ///
    /// # Errors
    /// An error of SQLite.
    pub fn foreign_writes(&self) -> Result<i64, CatalogError> {
        Ok(self.lock().connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// A panic while the lock was held leaves no partial write: the transaction was rolled back when it was dropped.
    fn lock(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_or_rebuild(location: &Location, store: &str, notices: &mut Vec<String>) -> Result<Connection, CatalogError> {
    match open_connection(location, store) {
        Err(error) if error.is_damage() => {
            let (connection, said) = renew(location, store)?;
            notices.push(format!(
                "the catalog {location} was damaged and is read again from the reports ({said}): {error}"
            ));
            Ok(connection)
        }
        opened => opened,
    }
}

fn open_in_memory(store: &str) -> Result<Opened, CatalogError> {
    Ok(Opened { connection: open_connection(&Location::Memory, store)?, location: Location::Memory })
}

fn open_connection(location: &Location, store: &str) -> Result<Connection, CatalogError> {
    location.prepare()?;
    let mut connection = match location {
        Location::File(path) => Connection::open(path)?,
        Location::Memory => Connection::open_in_memory()?,
    };
    connection.busy_timeout(BUSY)?;
    // Before the write-ahead log, so that the id is in the file's own header from the beginning.
    if connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0))? != ownership::APPLICATION_ID {
        connection.pragma_update(None, "application_id", ownership::APPLICATION_ID)?;
    }
    // WAL: readers in other processes continue while one writes. NORMAL: a killed process loses nothing; a power cut
    // may lose the last reports, which are then read again.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Checks the owner before anything is changed, if an owner is stored.
    let is_made =
        connection.query_row("SELECT 1 FROM sqlite_master WHERE name = 'about'", [], |_| Ok(())).optional()?;
    if is_made.is_some() {
        refuse_other_store(&connection, location, store)?;
    }
    schema::migrate(&mut connection)?;
    refuse_other_store(&connection, location, store)?;
    discard_other_readers(&mut connection)?;
    // Reads every table, so that damage to the schema shows now and not in a dashboard.
    connection.query_row("SELECT COUNT(*) FROM files", [], |_| Ok(()))?;
    connection.query_row("SELECT (SELECT MAX(key) FROM runs), (SELECT MAX(run) FROM levels)", [], |_| Ok(()))?;
    Ok(connection)
}

/// Refuses a catalog of another store. Two data sources with different stores and the same file would show each other's
/// runs and discard what the other one has read.
fn refuse_other_store(connection: &Connection, location: &Location, store: &str) -> Result<(), CatalogError> {
    let owner = |connection: &Connection| {
        connection
            .query_row("SELECT value FROM about WHERE name = 'store'", [], |row| row.get::<_, String>(0))
            .optional()
    };
    let owner = if let Some(owner) = owner(connection)? {
        owner
    } else {
        // If two processes open a new catalog at once, the first one becomes its owner.
        connection.execute("INSERT OR IGNORE INTO about (name, value) VALUES ('store', ?1)", [store])?;
        owner(connection)?.unwrap_or_default()
    };
    if owner == store { Ok(()) } else { Err(CatalogError::OtherStore { path: location.to_string() }) }
}

/// Other versions of the report readers may have read a file differently, so their catalog is emptied and everything is
/// read again.
fn discard_other_readers(connection: &mut Connection) -> Result<(), CatalogError> {
    let current = location::reader();
    let mut found: Option<String> = None;
    connection
        .prepare_cached("SELECT value FROM about WHERE name = 'reader'")?
        .query_map([], |row| row.get(0))?
        .try_for_each(|value| value.map(|value| found = Some(value)))?;
    if found.as_ref() != Some(&current) {
        if found.is_some() {
            write::clear(connection)?;
        }
        connection.execute("INSERT OR REPLACE INTO about (name, value) VALUES ('reader', ?1)", [current])?;
    }
    Ok(())
}

/// Renames a damaged catalog and creates a new one; returns where the damaged one is.
fn renew(location: &Location, store: &str) -> Result<(Connection, String), CatalogError> {
    let said = match location {
        Location::File(path) => {
            let aside = ownership::set_aside(path).map_err(CatalogError::Folder)?;
            format!("the damaged file is kept as {}", aside.display())
        }
        Location::Memory => "it was in memory".to_owned(),
    };
    Ok((open_connection(location, store)?, said))
}
