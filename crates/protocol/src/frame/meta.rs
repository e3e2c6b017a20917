//! What a frame is about. The order of the members is the order that Grafana's Go code writes them in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::config::FieldConfig;

/// A frame's metadata; all optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    /// The shape that the frame promises to have, by Grafana's data plane contract.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub frame_type: Option<FrameType>,
    /// Version of that contract; `[0, 1]` is the first that promises anything.
    pub type_version: [u32; 2],
    /// Path in the data source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What separates the parts of the path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path_separator: String,
    /// The data source's own; `Null` is left out.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub custom: Value,
    /// Numbers about the query, shown in the query inspector.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub stats: Vec<Stat>,
    /// Messages shown in the panel's corner.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub notices: Vec<Notice>,
    /// A channel with live updates, such as `ds/<uid>/runs`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// What Explore shows it with: `graph`, `table`, `logs`, `trace`, `nodeGraph`, `flamegraph`.
    #[serde(rename = "preferredVisualisationType", skip_serializing_if = "String::is_empty")]
    pub preferred_visualisation: String,
    /// The panel that Explore shows it with.
    #[serde(rename = "preferredVisualisationPluginId", skip_serializing_if = "String::is_empty")]
    pub preferred_visualisation_plugin_id: String,
    /// The query as it was carried out, shown in the query inspector.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub executed_query_string: String,
    /// `annotations` for a frame that annotates the others.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub data_topic: String,
    /// Indices of the fields whose values together name a row.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub unique_row_id_fields: Vec<usize>,
}

/// `null` reads as nothing, as in Go.
fn nullable<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The shape that a frame promises to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameType {
    /// One time column, one number column per series.
    #[serde(rename = "timeseries-wide")]
    TimeSeriesWide,
    /// One time column, number columns, and text columns that tell the series apart.
    #[serde(rename = "timeseries-long")]
    TimeSeriesLong,
    /// One frame per series.
    #[serde(rename = "timeseries-multi")]
    TimeSeriesMulti,
    /// One row, one number column per item.
    NumericWide,
    /// Number columns, and text columns that tell the items apart.
    NumericLong,
    /// One frame per item.
    NumericMulti,
    /// Log lines.
    LogLines,
    /// A table without promises.
    Table,
    /// The content of a directory.
    DirectoryListing,
    /// One that we do not know.
    #[serde(untagged)]
    Other(String),
}

/// A number about the query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stat {
    /// Its `display_name`, unit and so on.
    #[serde(flatten)]
    pub config: FieldConfig,
    /// The number.
    pub value: f64,
}

/// A message for the user about the data.
///
/// Grafana's `inspect` member is left out on purpose: its Go code reads a number there and its front end a word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// How bad it is.
    pub severity: NoticeSeverity,
    /// The message.
    pub text: String,
    /// Where to read more.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link: String,
}

impl Notice {
    /// A message of that severity.
    pub fn new(severity: NoticeSeverity, text: impl Into<String>) -> Self {
        Self { severity, text: text.into(), link: String::new() }
    }
}

/// How bad a notice is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeSeverity {
    /// Worth knowing.
    #[default]
    Info,
    /// The data may mislead.
    Warning,
    /// The data are incomplete.
    Error,
}
