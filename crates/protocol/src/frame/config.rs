//! How a field is shown. The order of the members is the order that Grafana's Go code writes them in.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Display settings of a field; all optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FieldConfig {
    /// Overrides every other name, and users' overrides too: prefer `display_name_from_ds`.
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
    /// Whether values can be made filters.
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
    /// Texts and colours for values, in Grafana's JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Value>,
    /// Steps from which values change colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// Colour mode, in Grafana's JSON.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub color: Map<String, Value>,
    /// Links offered on a value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<DataLink>,
    /// Text in place of an empty value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub no_value: String,
    /// Settings of one type of value.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_config: Option<TypeConfig>,
    /// Settings of one panel.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom: Map<String, Value>,
}

/// Steps from which values change colour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thresholds {
    /// What the steps' values are.
    pub mode: ThresholdsMode,
    /// By ascending value.
    pub steps: Vec<Threshold>,
}

/// What a threshold's value is.
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
    /// From where on; `None` means from minus infinity, as the first step must.
    pub value: Option<f64>,
    /// A colour's name in Grafana's theme.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub color: String,
    /// A state's name.
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
    /// Where it leads; may contain Grafana's variables.
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
