//! The values of a column.

use serde_json::Value;

/// A column's values: either every row has one, or rows may be empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Column<T> {
    /// Every row has a value.
    Required(Vec<T>),
    /// A row without a value is `None`: not measured, never zero.
    Nullable(Vec<Option<T>>),
}

impl<T> Column<T> {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Required(values) => values.len(),
            Self::Nullable(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether rows may be empty.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        matches!(self, Self::Nullable(_))
    }

    /// The value in a row; `None` for an empty row and beyond the end.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&T> {
        match self {
            Self::Required(values) => values.get(row),
            Self::Nullable(values) => values.get(row).and_then(Option::as_ref),
        }
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&T>> {
        (0..self.len()).map(|row| self.get(row))
    }
}

/// A column's values by type: the types that Grafana's data frames have.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// 8-bit integers.
    Int8(Column<i8>),
    /// 16-bit integers.
    Int16(Column<i16>),
    /// 32-bit integers.
    Int32(Column<i32>),
    /// 64-bit integers. A browser reads them as doubles, exact up to 2^53.
    Int64(Column<i64>),
    /// 8-bit unsigned integers.
    UInt8(Column<u8>),
    /// 16-bit unsigned integers.
    UInt16(Column<u16>),
    /// 32-bit unsigned integers.
    UInt32(Column<u32>),
    /// 64-bit unsigned integers. A browser reads them as doubles, exact up to 2^53.
    UInt64(Column<u64>),
    /// Single precision; NaN and infinities are preserved.
    Float32(Column<f32>),
    /// Double precision; NaN and infinities are preserved.
    Float64(Column<f64>),
    /// Truth values.
    Bool(Column<bool>),
    /// Text.
    String(Column<String>),
    /// Points in time, nanoseconds since 1970-01-01 UTC.
    Time(Column<i64>),
    /// JSON of any shape.
    Json(Column<Value>),
    /// Indices into the texts of the field's `config.type.enum.text`.
    Enum(Column<u16>),
}

/// Applies an expression to the column inside, whatever its type.
macro_rules! with_column {
    ($values:expr, $column:ident => $result:expr) => {
        match $values {
            $crate::frame::Values::Int8($column) => $result,
            $crate::frame::Values::Int16($column) => $result,
            $crate::frame::Values::Int32($column) => $result,
            $crate::frame::Values::Int64($column) => $result,
            $crate::frame::Values::UInt8($column) => $result,
            $crate::frame::Values::UInt16($column) => $result,
            $crate::frame::Values::UInt32($column) => $result,
            $crate::frame::Values::UInt64($column) => $result,
            $crate::frame::Values::Float32($column) => $result,
            $crate::frame::Values::Float64($column) => $result,
            $crate::frame::Values::Bool($column) => $result,
            $crate::frame::Values::String($column) => $result,
            $crate::frame::Values::Time($column) => $result,
            $crate::frame::Values::Json($column) => $result,
            $crate::frame::Values::Enum($column) => $result,
        }
    };
}

impl Values {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        with_column!(self, column => column.len())
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether rows may be empty.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        with_column!(self, column => column.is_nullable())
    }

    /// Points in time, nanoseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn time(ns: Vec<i64>) -> Self {
        Self::Time(Column::Required(ns))
    }

    /// Points in time, nanoseconds since 1970-01-01 UTC, some of them unknown.
    #[must_use]
    pub fn time_nullable(ns: Vec<Option<i64>>) -> Self {
        Self::Time(Column::Nullable(ns))
    }

    /// Indices into the texts of the field's enum configuration.
    #[must_use]
    pub fn enumeration(indices: Vec<u16>) -> Self {
        Self::Enum(Column::Required(indices))
    }

    /// The type that a browser distinguishes: `number`, `string`, `boolean`, `time`, `enum` or `other`.
    #[must_use]
    pub fn simple_type(&self) -> &'static str {
        match self {
            Self::Bool(_) => "boolean",
            Self::String(_) => "string",
            Self::Time(_) => "time",
            Self::Json(_) => "other",
            Self::Enum(_) => "enum",
            _ => "number",
        }
    }

    /// The type of one value, as Grafana's Go code names it.
    #[must_use]
    pub fn item_type(&self) -> &'static str {
        match self {
            Self::Int8(_) => "int8",
            Self::Int16(_) => "int16",
            Self::Int32(_) => "int32",
            Self::Int64(_) => "int64",
            Self::UInt8(_) => "uint8",
            Self::UInt16(_) => "uint16",
            Self::UInt32(_) => "uint32",
            Self::UInt64(_) => "uint64",
            Self::Float32(_) => "float32",
            Self::Float64(_) => "float64",
            Self::Bool(_) => "bool",
            Self::String(_) => "string",
            Self::Time(_) => "time.Time",
            Self::Json(_) => "json.RawMessage",
            Self::Enum(_) => "enum",
        }
    }
}

macro_rules! from_vectors {
    ($($variant:ident: $type:ty,)*) => {
        $(
            impl From<Vec<$type>> for Values {
                fn from(values: Vec<$type>) -> Self {
                    Self::$variant(Column::Required(values))
                }
            }

            impl From<Vec<Option<$type>>> for Values {
                fn from(values: Vec<Option<$type>>) -> Self {
                    Self::$variant(Column::Nullable(values))
                }
            }
        )*
    };
}

// Not for `Time` and `Enum`: their meaning must be named where the column is created.
from_vectors! {
    Int8: i8,
    Int16: i16,
    Int32: i32,
    Int64: i64,
    UInt8: u8,
    UInt16: u16,
    UInt32: u32,
    UInt64: u64,
    Float32: f32,
    Float64: f64,
    Bool: bool,
    String: String,
    Json: Value,
}

impl From<Vec<&str>> for Values {
    fn from(values: Vec<&str>) -> Self {
        Self::from(values.into_iter().map(str::to_owned).collect::<Vec<_>>())
    }
}

/// Milliseconds since 1970-01-01 UTC as the nanoseconds of [`Values::Time`]. Times outside the years 1678 to 2262,
/// which 64-bit nanoseconds cannot represent, become the nearest representable time.
#[must_use]
pub fn ns_from_ms(ms: i64) -> i64 {
    ms.saturating_mul(1_000_000)
}
