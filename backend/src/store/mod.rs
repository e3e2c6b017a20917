//! The place of the benchmark reports.

mod directory;
mod folder;
mod put;
mod report_path;
mod uploads;

use headroom_reports::ProblemSeverity;
use thiserror::Error;

use crate::cancel::Cancel;
use crate::catalog::{FileMark, FileReading};
use crate::settings::StoreSettings;

pub(crate) use directory::file_problem;
pub use put::{Content, Put, PutError};
pub use report_path::ReportPath;
pub use uploads::{Manifest, Parts, UploadError, UploadState};

/// A place with reports. Its methods block: do not call them on asynchronous threads.
#[derive(Debug)]
pub enum Store {
    /// A folder.
    Directory(directory::Directory),
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
}

/// Why a store cannot be listed.
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
    /// Any other error.
    #[error("the folder {path} cannot be listed: {reason}")]
    Other {
        /// The folder.
        path: String,
        /// The error of the operating system.
        reason: String,
    },
    /// The data source was changed or stopped in the meantime.
    #[error("reading the store was stopped because the data source's settings changed or Grafana stops; try again")]
    Cancelled,
}

impl Store {
    /// The store of these settings.
    #[must_use]
    pub fn new(settings: &StoreSettings) -> Self {
        match settings {
            StoreSettings::Directory { path, .. } => {
                Self::Directory(directory::Directory::new(path.clone(), settings.describe()))
            }
        }
    }

    /// Lists the store.
    ///
    /// # Errors
    /// If nothing at all can be listed. A subfolder that cannot be read is a notice.
    pub fn list(&self, cancel: &Cancel) -> Result<Listing, StoreError> {
        match self {
            Self::Directory(directory) => directory.list(cancel),
        }
    }

    /// Reads a report that was listed.
    #[must_use]
    pub fn read(&self, mark: &FileMark) -> Outcome {
        match self {
            Self::Directory(directory) => directory.read(mark),
        }
    }

    /// The file at a path as it is now, without a listing; `None` if there is none.
    #[must_use]
    pub fn mark(&self, path: &str) -> Option<FileMark> {
        match self {
            Self::Directory(directory) => directory.mark(path),
        }
    }

    /// The deployments file, without a listing of everything.
    #[must_use]
    pub fn deployments(&self) -> Option<FileMark> {
        match self {
            Self::Directory(directory) => directory.deployments(),
        }
    }

    /// Reads the deployments file that was listed.
    #[must_use]
    pub fn read_deployments(
        &self,
        mark: &FileMark,
    ) -> (headroom_reports::deployments::Deployments, Vec<headroom_reports::Problem>) {
        match self {
            Self::Directory(directory) => directory.read_deployments(mark),
        }
    }
}

/// Whether a reading gave only errors, as for a file that is half written.
fn failed(reading: &headroom_reports::Reading) -> bool {
    reading.problems.iter().any(|problem| problem.code.severity() == ProblemSeverity::Error)
}
