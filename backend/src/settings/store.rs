//! Which store the reports are in.

use std::path::{Path, PathBuf};

use headroom_contract::settings::{STORE_KIND, STORE_PATH};

use super::reader::Reader;

/// Where reports are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreSettings {
    /// A folder on the Grafana server.
    Directory {
        /// The path as typed.
        typed: String,
        /// The path; absolute if the process knows its working directory.
        path: PathBuf,
    },
}

impl StoreSettings {
    /// A text that distinguishes this store from others on the same machine.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::Directory { path, .. } => format!("directory {}", path.display()),
        }
    }

    /// The store's name for people. A relative path is shown with its absolute form.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Directory { typed, path } if Path::new(typed).is_absolute() => path.display().to_string(),
            Self::Directory { typed, path } => {
                format!("{typed} (relative to Grafana's working directory: {})", path.display())
            }
        }
    }
}

/// The store in the settings; `None` if there is no valid one. If something was typed, the problem is added.
pub(super) fn parse(reader: &mut Reader<'_>, base: &Path) -> Option<StoreSettings> {
    let kind = reader.word(&STORE_KIND, "");
    let typed = reader.text(&STORE_PATH);
    kind?;
    let typed = typed?;
    if typed.contains('$') {
        reader.note(
            STORE_PATH.key,
            "expected a path; found one with `$` in it. Environment variables are replaced in provisioning files only: type \
             the path itself",
        );
        return None;
    }
    // Rebuilt from its components, so that `a/b/` and `a/b` are the same store.
    let path: PathBuf = base.join(&typed).components().collect();
    Some(StoreSettings::Directory { typed, path })
}
