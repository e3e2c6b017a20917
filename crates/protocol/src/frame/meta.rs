//! What a frame is about. The members are in the order in which Grafana's Go code writes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::config::FieldConfig;

/// A frame's metadata; all optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    /// The structure that the frame guarantees, by Grafana's data plane contract.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub frame_type: Option<FrameType>,
    /// Version of that contract; `[0, 1]` is the first one with any guarantees.
    pub type_version: [u32; 2],
    /// Path in the data source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What separates the parts of the path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path_separator: String,
    /// The data source's own metadata; `Null` is left out.
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
    /// How Explore shows it: `graph`, `table`, `logs`, `trace`, `nodeGraph`, `flamegraph`.
    #[serde(rename = "preferredVisualisationType", skip_serializing_if = "String::is_empty")]
    pub preferred_visualisation: String,
    /// The panel in which Explore shows it.
    #[serde(rename = "preferredVisualisationPluginId", skip_serializing_if = "String::is_empty")]
    pub preferred_visualisation_plugin_id: String,
    /// The query as it was carried out, shown in the query inspector.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub executed_query_string: String,
    /// `annotations` for a frame with annotations on the others.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub data_topic: String,
    /// Indices of the fields whose values together identify a row.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub unique_row_id_fields: Vec<usize>,
}

/// `null` is read as an empty list, as in Go.
fn nullable<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The structure that a frame guarantees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameType {
    /// One time column, one number column per series.
    #[serde(rename = "timeseries-wide")]
    TimeSeriesWide,
    /// One time column, number columns, and text columns that distinguish the series.
    #[serde(rename = "timeseries-long")]
    TimeSeriesLong,
    /// One frame per series.
    #[serde(rename = "timeseries-multi")]
    TimeSeriesMulti,
    /// One row, one number column per item.
    NumericWide,
    /// Number columns, and text columns that distinguish the items.
    NumericLong,
    /// One frame per item.
    NumericMulti,
    /// Log lines.
    LogLines,
    /// A table without guarantees.
    Table,
    /// The content of a directory.
    DirectoryListing,
    /// A type that we do not know.
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
/// Grafana's `inspect` member is left out on purpose: its Go code reads it as a number and its front end as a word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// How bad it is.
    pub severity: NoticeSeverity,
    /// The message.
    pub text: String,
    /// A link to read more.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link: String,
}

impl Notice {
    /// A message with this severity.
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
