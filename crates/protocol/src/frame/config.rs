//! How a field is shown. The members are in the order in which Grafana's Go code writes them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Display settings of a field; all optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FieldConfig {
    /// Overrides every other name, even users' overrides, so prefer `display_name_from_ds`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The data source's name for the field, which users can override.
    #[serde(rename = "displayNameFromDS", skip_serializing_if = "String::is_empty")]
    pub display_name_from_ds: String,
    /// Path of the field in the data source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What the field means.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether values can be used as filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filterable: Option<bool>,
    /// Whether the data source can change values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writeable: Option<bool>,
    /// Grafana's unit id, such as `ms`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Number of decimals shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u16>,
    /// Smallest value of the axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest value of the axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Expected distance between values of a time field, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<f64>,
    /// Texts and colours of values, in Grafana's JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Value>,
    /// Values from which on the colour changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// Colour mode, in Grafana's JSON.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub color: Map<String, Value>,
    /// Links offered on a value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<DataLink>,
    /// Text that is shown in place of an empty value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub no_value: String,
    /// Settings for one type of value.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_config: Option<TypeConfig>,
    /// Settings for one type of panel.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom: Map<String, Value>,
}

/// Values from which on the colour changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thresholds {
    /// How the steps' values are meant.
    pub mode: ThresholdsMode,
    /// The steps, ascending by value.
    pub steps: Vec<Threshold>,
}

/// How a threshold's value is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdsMode {
    /// A value in the field's unit.
    #[default]
    Absolute,
    /// A percentage of the field's range.
    Percentage,
}

/// One step of the thresholds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Threshold {
    /// Lowest value of the step. `None` is minus infinity, which the first step must have.
    pub value: Option<f64>,
    /// Name of a colour in Grafana's theme.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub color: String,
    /// Name of a state.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
}

/// A link offered on a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DataLink {
    /// Its text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Whether it opens in a new tab.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub target_blank: bool,
    /// Its target; may contain Grafana's variables.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// Settings of one type of value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeConfig {
    /// For [`crate::frame::Values::Enum`].
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    pub enumeration: Option<EnumConfig>,
}

/// What the indices of an enum field mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EnumConfig {
    /// Text by index.
    pub text: Vec<String>,
    /// Colour by index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub color: Vec<String>,
    /// Icon by index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub icon: Vec<String>,
    /// Description by index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub description: Vec<String>,
}
