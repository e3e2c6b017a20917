//! Where benchmark reports are.

mod directory;

use headroom_reports::ProblemSeverity;
use thiserror::Error;

use crate::cancel::Cancel;
use crate::catalog::{FileMark, FileReading};
use crate::settings::StoreSettings;

/// A place that holds reports. Calls block: keep them off the asynchronous threads.
#[derive(Debug)]
pub enum Store {
    /// A folder.
    Directory(directory::Directory),
}

/// What a store holds now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The reports, in the order of their paths.
    pub reports: Vec<FileMark>,
    /// The `deployments.yaml` at the root.
    pub deployments: Option<FileMark>,
    /// Whether everything was seen. When not, what is missing may still be there.
    pub complete: bool,
    /// What the user should know about the listing.
    pub notices: Vec<String>,
}

impl Listing {
    /// Whether a report is there.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.reports.binary_search_by(|mark| mark.path.as_str().cmp(path)).is_ok()
    }
}

/// What reading a file gave.
#[derive(Debug)]
pub enum Outcome {
    /// It was read.
    Read(FileReading),
    /// It is being written: ask again later.
    Changing,
}

/// Why a store cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// There is nothing at the path.
    #[error(
        "the folder {0} does not exist on the Grafana server: create or mount it, or correct the path in the data source's settings"
    )]
    Missing(String),
    /// There is something else.
    #[error("{0} is a file and not a folder: set the path to the folder that holds the reports")]
    NotADirectory(String),
    /// It may not be read.
    #[error(
        "the folder {0} may not be read by the user that Grafana runs as: give that user read and search permission"
    )]
    NotReadable(String),
    /// Anything else.
    #[error("the folder {path} cannot be listed: {reason}")]
    Other {
        /// The folder.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// The data source was changed or stopped meanwhile.
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
    /// When nothing at all can be listed. A folder inside that cannot be read is a notice.
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

/// Whether a reading gave nothing but errors, as that of a half-written file does.
fn failed(reading: &headroom_reports::Reading) -> bool {
    reading.problems.iter().any(|problem| problem.code.severity() == ProblemSeverity::Error)
}
