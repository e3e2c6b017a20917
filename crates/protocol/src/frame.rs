//! Data frames: Grafana's tables of typed, labelled columns.

mod config;
mod meta;
mod values;

use std::collections::BTreeMap;

pub use config::{DataLink, EnumConfig, FieldConfig, Threshold, Thresholds, ThresholdsMode, TypeConfig};
pub use meta::{FrameType, Meta, Notice, NoticeSeverity, Stat};
pub use values::{Column, Values, ns_from_ms};

/// Labels of a field, such as `model` = `Mistral Small`.
pub type Labels = BTreeMap<String, String>;

/// A table: columns of equal length under a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Name of the frame; a panel may show it as the name of the series.
    pub name: String,
    /// The query's letter. If empty, the server fills it in.
    pub ref_id: String,
    /// The columns.
    pub fields: Vec<Field>,
    /// What the frame is about. It is not sent if it equals the default.
    pub meta: Meta,
}

impl Frame {
    /// A frame without columns.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a column.
    #[must_use]
    pub fn with_field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Sets what the frame is about.
    #[must_use]
    pub fn with_meta(self, meta: Meta) -> Self {
        Self { meta, ..self }
    }

    /// The column with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Number of rows: the length of every column; 0 without columns.
    ///
    /// # Errors
    /// [`FrameError::UnequalLengths`] if two columns differ in length.
    pub fn rows(&self) -> Result<usize, FrameError> {
        let Some(first) = self.fields.first() else { return Ok(0) };
        let rows = first.values.len();
        match self.fields.iter().find(|field| field.values.len() != rows) {
            None => Ok(rows),
            Some(other) => Err(FrameError::UnequalLengths {
                frame: self.name.clone(),
                first: first.name.clone(),
                rows,
                other: other.name.clone(),
                other_rows: other.values.len(),
            }),
        }
    }
}

/// A column of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The column's name, which transformations and panels look for.
    pub name: String,
    /// Distinguishes this column from others with the same name.
    pub labels: Labels,
    /// How it is shown. It is not sent if it equals the default.
    pub config: FieldConfig,
    /// The values.
    pub values: Values,
}

impl Field {
    /// A column without labels and configuration.
    pub fn new(name: impl Into<String>, values: impl Into<Values>) -> Self {
        Self { name: name.into(), labels: Labels::new(), config: FieldConfig::default(), values: values.into() }
    }

    /// Adds a label.
    #[must_use]
    pub fn with_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Replaces the whole configuration.
    #[must_use]
    pub fn with_config(self, config: FieldConfig) -> Self {
        Self { config, ..self }
    }

    /// Sets the unit by Grafana's unit id, such as `ms`, `reqps` or `percentunit`.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.config.unit = unit.into();
        self
    }

    /// Sets the name that users see. They can still override it.
    #[must_use]
    pub fn with_display_name(mut self, name: impl Into<String>) -> Self {
        self.config.display_name_from_ds = name.into();
        self
    }

    /// Sets the text behind the column's info icon.
    #[must_use]
    pub fn with_description(mut self, text: impl Into<String>) -> Self {
        self.config.description = text.into();
        self
    }

    /// Sets the number of decimals.
    #[must_use]
    pub fn with_decimals(mut self, decimals: u16) -> Self {
        self.config.decimals = Some(decimals);
        self
    }
}

/// A frame that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The columns differ in length.
    #[error(
        "the columns of frame {frame:?} must have one length: {first:?} has {rows} rows and {other:?} has {other_rows}"
    )]
    UnequalLengths {
        /// The frame's name.
        frame: String,
        /// Name of the first column.
        first: String,
        /// The length of the first column.
        rows: usize,
        /// Name of the column that differs.
        other: String,
        /// The length of the other column.
        other_rows: usize,
    },
    /// Bytes that are not an Arrow file, or data that Arrow refuses.
    #[error("expected a data frame in Arrow's IPC file format: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// A column of a type that data frames do not have.
    #[error("column {column:?} has the Arrow type {found}, which data frames do not have")]
    UnknownType {
        /// The column's name.
        column: String,
        /// Arrow's name of its type.
        found: String,
    },
    /// JSON inside a frame that cannot be read or written.
    #[error("the {part} of a data frame is not the JSON that was expected: {source}")]
    Json {
        /// Which part it is: `meta`, `labels`, `config`, or a column.
        part: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
