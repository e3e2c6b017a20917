//! The data source's settings: checks `jsonData`.
//!
//! An invalid value does not affect the others: it is left out, and a [`SettingsProblem`] says what was expected.
//! Unknown keys are ignored, because Grafana and later versions add their own.

mod prometheus;
mod reader;
mod slos;
mod store;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use headroom_contract::settings as keys;
use headroom_reports::deployments::Deployments;
use serde_json::{Map, Value};

use self::reader::Reader;

pub use prometheus::PrometheusSettings;
pub use slos::SloBook;
pub use store::{Authentication, AzurePlace, GcsPlace, Place, RemoteSettings, S3Place, StoreSettings};

/// The name of the settings in messages and as the source of facts.
const SOURCE: &str = "data source settings";

/// The checked settings of one data source.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The store of the reports; `None` if it is not set or not valid.
    pub store: Option<StoreSettings>,
    /// Whether reports may be uploaded into the store.
    pub allow_upload: bool,
    /// The service levels, and which one is the default.
    pub slos: SloBook,
    /// Deployment facts.
    pub deployments: Deployments,
    /// How to reach Prometheus.
    pub prometheus: PrometheusSettings,
    /// File of the catalog; `None` for the default.
    pub catalog: Option<PathBuf>,
    /// The least time between two listings of the store.
    pub refresh: Duration,
    /// What is wrong with the settings.
    pub problems: Vec<SettingsProblem>,
}

/// A setting that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// Its key, for example `slos[1].limits[0]`.
    pub key: String,
    /// What was expected, what was found and what to do.
    pub message: String,
}

impl SettingsProblem {
    /// Whether it is about the Prometheus.
    #[must_use]
    pub fn is_of_prometheus(&self) -> bool {
        keys::PROMETHEUS_KEYS.iter().any(|setting| setting.key == self.key)
            || ["secureJsonData", keys::HEADER_NAME, "prometheus"].iter().any(|start| self.key.starts_with(start))
    }
}

impl fmt::Display for SettingsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

impl Settings {
    /// Whether a setting about the store is invalid.
    pub(crate) fn is_wrong_about_store(&self) -> bool {
        self.problems.iter().any(|problem| problem.key.starts_with("store") || problem.key == "jsonData")
    }

    /// Checks `jsonData`. Relative paths are relative to `base`, the working directory of the process, which is
    /// Grafana's.
    #[must_use]
    pub fn from_json(json: &Value, base: &Path) -> Self {
        let empty = Map::new();
        let mut problems = Vec::new();
        let json = match json {
            Value::Object(map) => map,
            Value::Null => &empty,
            other => {
                problems.push(SettingsProblem {
                    key: "jsonData".to_owned(),
                    message: format!("expected an object; found {}", kind_of(other)),
                });
                &empty
            }
        };
        let mut reader = Reader { json, problems };
        for (group, settings) in keys::GROUPS {
            if reader.json.get(*group).is_some_and(|value| !value.is_null()) {
                let names: Vec<String> = settings.iter().map(|setting| format!("`{}`", setting.key)).collect();
                reader.note(group, format!("is not read: write {} beside the other settings", names.join(" and ")));
            }
        }
        let store = store::parse(&mut reader, base);
        let allow_upload = reader.flag(&keys::ALLOW_UPLOAD);
        let slos = slos::parse(&mut reader);
        let entries = json.get(keys::DEPLOYMENTS.key).unwrap_or(&Value::Null);
        let (deployments, bad) = Deployments::from_json_value(entries, SOURCE);
        for problem in bad {
            reader.note(problem.path.as_deref().unwrap_or(keys::DEPLOYMENTS.key), problem.message);
        }
        let catalog = reader.text(&keys::CATALOG_PATH).map(|path| base.join(path));
        let refresh = reader.seconds(&keys::REFRESH_SECONDS, keys::REFRESH_S);
        let prometheus = prometheus::parse(&mut reader);
        Self { store, allow_upload, slos, deployments, prometheus, catalog, refresh, problems: reader.problems }
    }
}

/// The type of a JSON value, for messages. Never the value itself, because a secret may have been typed into the wrong
/// place.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
