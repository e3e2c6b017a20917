//! The place of the benchmark reports.
//!
//! [`Store`] is an enumeration of two: a folder, which is read where it is, and [`remote::Remote`], which fetches. What
//! differs between remote stores is behind the trait [`remote::Source`], with one file for each kind.

mod directory;
mod folder;
mod put;
mod remote;
mod report_path;
mod reports;
mod uploads;

use thiserror::Error;

use crate::cancel::Cancel;
use crate::catalog::{FileMark, FileReading};
use crate::settings::StoreSettings;

pub use put::{Content, Put, PutError};
pub use remote::{Fault, FaultKind};
pub use report_path::ReportPath;
pub(crate) use reports::file_problem;
pub use uploads::{Manifest, Parts, UploadError, UploadState};

/// A place with reports. Its methods block: do not call them on asynchronous threads.
#[derive(Debug)]
pub enum Store {
    /// A folder.
    Directory(directory::Directory),
    /// A bucket or an HTTP server.
    Remote(remote::Remote),
}

/// The current content of a store.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The reports, in the order of their paths.
    pub reports: Vec<FileMark>,
    /// The `deployments.yaml` at the root.
    pub deployments: Option<FileMark>,
    /// Whether everything was listed. If not, missing reports may still exist.
    pub complete: bool,
    /// What the user should know about the listing.
    pub notices: Vec<String>,
}

impl Listing {
    /// Whether a report was listed.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.reports.binary_search_by(|mark| mark.path.as_str().cmp(path)).is_ok()
    }
}

/// The result of reading a file.
#[derive(Debug)]
pub enum Outcome {
    /// It was read.
    Read(FileReading),
    /// It is still being written: try again later.
    Changing,
    /// The store did not deliver it: what was read before stays, and it is tried again later.
    Undelivered(StoreError),
}

/// Why a store cannot be listed, or a file in it not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Nothing exists at the path.
    #[error(
        "the folder {0} does not exist on the Grafana server: create or mount it, or correct the path in the data source's settings"
    )]
    Missing(String),
    /// The path is not a folder.
    #[error("{0} is a file and not a folder: set the path to the folder that holds the reports")]
    NotADirectory(String),
    /// The folder may not be read.
    #[error(
        "the folder {0} may not be read by the user that Grafana runs as: give that user read and search permission"
    )]
    NotReadable(String),
    /// Any other error of a folder.
    #[error("the folder {path} cannot be listed: {reason}")]
    Other {
        /// The folder.
        path: String,
        /// The error of the operating system.
        reason: String,
    },
    /// A remote store does not answer as it should.
    #[error("{0}")]
    Remote(#[from] Fault),
    /// The data source was changed or stopped in the meantime.
    #[error("reading the store was stopped because the data source's settings changed or Grafana stops; try again")]
    Cancelled,
}

impl StoreError {
    /// Whether somebody must change the settings, or what they name, before another attempt can succeed.
    #[must_use]
    pub fn is_of_settings(&self) -> bool {
        match self {
            Self::Missing(_) | Self::NotADirectory(_) => true,
            Self::Remote(fault) => fault.kind.is_of_settings(),
            Self::NotReadable(_) | Self::Other { .. } | Self::Cancelled => false,
        }
    }
}

impl Store {
    /// The store of these settings. A remote store needs an asynchronous runtime: this must be called within one. What
    /// is wrong with the settings of a remote store is the error of its first listing.
    #[must_use]
    pub fn new(settings: &StoreSettings) -> Self {
        match settings {
            StoreSettings::Directory { path, .. } => {
                Self::Directory(directory::Directory::new(path.clone(), settings.describe()))
            }
            StoreSettings::Remote(remote) => Self::Remote(remote::Remote::new(remote, settings.describe())),
        }
    }

    /// Lists the store.
    ///
    /// # Errors
    /// If nothing at all can be listed. A subfolder that cannot be read is a notice.
    pub fn list(&self, cancel: &Cancel) -> Result<Listing, StoreError> {
        match self {
            Self::Directory(directory) => directory.list(cancel),
            Self::Remote(remote) => remote.list(cancel),
        }
    }

    /// Says which reports are read next, so that a remote store can begin to fetch them while another one is parsed.
    pub fn will_read(&self, next: &[&FileMark]) {
        match self {
            Self::Directory(_) => {}
            Self::Remote(remote) => remote.will_read(next),
        }
    }

    /// Reads a report that was listed.
    #[must_use]
    pub fn read(&self, mark: &FileMark) -> Outcome {
        match self {
            Self::Directory(directory) => directory.read(mark),
            Self::Remote(remote) => remote.read(mark),
        }
    }

    /// The file at a path as it is now, without a listing; `None` if there is none, and for a
    /// remote store, which would have to be asked.
    #[must_use]
    pub fn mark(&self, path: &str) -> Option<FileMark> {
        match self {
            Self::Directory(directory) => directory.mark(path),
            Self::Remote(_) => None,
        }
    }

    /// Whether a file is still as it was listed. Of a remote store nothing newer is known than its listing.
    #[must_use]
    pub fn is_as_listed(&self, mark: &FileMark) -> bool {
        match self {
            Self::Directory(directory) => directory.mark(&mark.path).as_ref() == Some(mark),
            Self::Remote(_) => true,
        }
    }

    /// The deployments file, without a listing of everything; `None` if a remote store does not say in a few seconds.
    #[must_use]
    pub fn deployments(&self) -> Option<FileMark> {
        match self {
            Self::Directory(directory) => directory.deployments(),
            Self::Remote(remote) => remote.deployments(),
        }
    }

    /// Reads the deployments file that was listed.
    ///
    /// # Errors
    /// If a remote store does not deliver it. What is wrong with a file that was read is a problem.
    pub fn read_deployments(
        &self,
        mark: &FileMark,
    ) -> Result<(headroom_reports::deployments::Deployments, Vec<headroom_reports::Problem>), StoreError> {
        match self {
            Self::Directory(directory) => Ok(directory.read_deployments(mark)),
            Self::Remote(remote) => remote.read_deployments(mark),
        }
    }
}
