//! Which store the reports are in.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{SettingsProblem, text};

/// Where reports are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreSettings {
    /// A folder on the Grafana server.
    Directory {
        /// As it was typed.
        typed: String,
        /// Absolute where the process knows its working directory.
        path: PathBuf,
    },
}

impl StoreSettings {
    /// The store as a person knows it. A relative path is shown with what it was resolved to.
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

/// The store of the settings. `None` if none is set, or if what is set cannot be used, which is then a problem.
pub(super) fn parse(
    json: &Map<String, Value>,
    base: &Path,
    problems: &mut Vec<SettingsProblem>,
) -> Option<StoreSettings> {
    let kind = text(json, "storeKind", &["store", "kind"], problems);
    // A store that is not an object was noted just now, and is noted once.
    let mut again = Vec::new();
    let path = text(json, "storePath", &["store", "path"], &mut again);
    problems.extend(again.into_iter().filter(|problem| problem.key != "store"));
    match kind.as_deref() {
        None | Some("directory") => {}
        Some(other) => {
            problems.push(SettingsProblem {
                key: "storeKind".to_owned(),
                message: format!("expected `directory`, the only kind of store so far; found `{other}`"),
            });
            return None;
        }
    }
    let typed = path?;
    if typed.contains('$') {
        problems.push(SettingsProblem {
            key: "storePath".to_owned(),
            message: "expected a path; found one with `$` in it. Environment variables are replaced in provisioning \
                      files only: type the path itself"
                .to_owned(),
        });
        return None;
    }
    let path = base.join(&typed);
    Some(StoreSettings::Directory { typed, path })
}
