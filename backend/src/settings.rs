//! The data source's settings: `jsonData` in, checked values out.
//!
//! A bad value never stops the others: it is left out, and a [`SettingsProblem`] says what was
//! expected. Unknown keys are ignored, because Grafana and later versions add their own.

mod prometheus;
mod slos;
mod store;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use headroom_reports::deployments::Deployments;
use serde_json::{Map, Value};

pub use prometheus::PrometheusSettings;
pub use slos::SloBook;
pub use store::StoreSettings;

/// How often the store is listed when nothing else is set: a dashboard that refreshes every
/// five seconds, Grafana's shortest default, then sees a new report at its next refresh, and a
/// hundred panels on it still cause one listing.
const REFRESH: Duration = Duration::from_secs(5);

/// The name of the settings in messages and as the source of facts.
const SOURCE: &str = "data source settings";

/// The checked settings of one data source.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where reports are; `None` when that is not set or not usable.
    pub store: Option<StoreSettings>,
    /// The service levels and which of them is the default.
    pub slos: SloBook,
    /// Deployment facts.
    pub deployments: Deployments,
    /// Where production is seen.
    pub prometheus: PrometheusSettings,
    /// File of the catalog; `None` for the default.
    pub catalog: Option<PathBuf>,
    /// The store is not listed more often than this.
    pub refresh: Duration,
    /// What is wrong with the settings.
    pub problems: Vec<SettingsProblem>,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// Which one, for example `slos[1].limits[0]`.
    pub key: String,
    /// What was expected, what was found and what to do.
    pub message: String,
}

impl SettingsProblem {
    /// Whether it is about the Prometheus.
    #[must_use]
    pub fn is_of_prometheus(&self) -> bool {
        ["prometheus", "secureJsonData", "tls", "httpMethod", "basicAuth", "custom", "timeInterval"]
            .iter()
            .any(|start| self.key.starts_with(start))
    }
}

impl fmt::Display for SettingsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

impl Settings {
    /// Whether something that was set about the store cannot be used.
    pub(crate) fn is_wrong_about_store(&self) -> bool {
        self.problems.iter().any(|problem| problem.key.starts_with("store") || problem.key == "jsonData")
    }

    /// Checks `jsonData`. Relative paths are taken from `base`, the working directory of the
    /// process, which is Grafana's.
    #[must_use]
    pub fn from_json(json: &Value, base: &Path) -> Self {
        let mut problems = Vec::new();
        let empty = Map::new();
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
        let store = store::parse(json, base, &mut problems);
        let slos = slos::parse(json, &mut problems);
        let (deployments, bad) = Deployments::from_json_value(json.get("deployments").unwrap_or(&Value::Null), SOURCE);
        problems.extend(bad.into_iter().map(|problem| SettingsProblem {
            key: problem.path.unwrap_or_else(|| "deployments".to_owned()),
            message: problem.message,
        }));
        let catalog = text(json, "catalogPath", &["catalog", "path"], &mut problems).map(|path| base.join(path));
        let refresh = refresh(json, &mut problems);
        let prometheus = prometheus::parse(json, &mut problems);
        Self { store, slos, deployments, prometheus, catalog, refresh, problems }
    }
}

fn refresh(json: &Map<String, Value>, problems: &mut Vec<SettingsProblem>) -> Duration {
    match json.get("refreshSeconds") {
        None | Some(Value::Null) => REFRESH,
        Some(value) => match value.as_f64() {
            Some(seconds) if (1.0..=86_400.0).contains(&seconds) => Duration::from_secs_f64(seconds),
            _ => {
                problems.push(SettingsProblem {
                    key: "refreshSeconds".to_owned(),
                    message: format!("expected a number of seconds from 1 to 86400; found {value}"),
                });
                REFRESH
            }
        },
    }
}

/// A text that may stand under a flat key, as the settings page writes it, or under a nested
/// one. Empty is absent: the settings page writes an empty text for a cleared field.
fn text(
    json: &Map<String, Value>,
    flat: &str,
    nested: &[&str; 2],
    problems: &mut Vec<SettingsProblem>,
) -> Option<String> {
    let inner = match json.get(nested[0]) {
        Some(Value::Object(map)) => map.get(nested[1]),
        None | Some(Value::Null) => None,
        Some(other) => {
            problems.push(SettingsProblem {
                key: nested[0].to_owned(),
                message: format!("expected an object with `{}`; found {}", nested[1], kind_of(other)),
            });
            None
        }
    };
    let (key, value) = match (json.get(flat), inner) {
        (Some(value), _) if !value.is_null() => (flat.to_owned(), value),
        (_, Some(value)) => (nested.join("."), value),
        _ => return None,
    };
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Null => None,
        other => {
            problems.push(SettingsProblem { key, message: format!("expected text; found {}", kind_of(other)) });
            None
        }
    }
}

/// What a JSON value is, for messages. Never the value itself: a secret may have been typed
/// into the wrong place.
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
