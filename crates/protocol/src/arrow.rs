//! Frames as Arrow IPC files, the format that plugin and Grafana exchange.
//!
//! The frame's name, `refId` and `meta` are metadata of the schema; a field's `labels` and `config` are metadata of its
//! column; all of them as JSON. `tstype` distinguishes an enum from a number, because both are 16-bit unsigned
//! integers. JSON is the only binary column.

use std::{io::Cursor, sync::Arc};

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, PrimitiveArray, RecordBatch, RecordBatchOptions,
    StringArray,
    cast::AsArray,
    types::{
        Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampNanosecondType, UInt8Type,
        UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_ipc::{reader::FileReader, writer::FileWriter};
use arrow_schema::{DataType, Field as ArrowField, Metadata, Schema, SchemaRef, TimeUnit};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    frame::{Column, Field, FieldConfig, Frame, FrameError, Labels, Meta, Values},
    go_json,
};

/// Writes a frame as an Arrow IPC file.
///
/// # Errors
/// [`FrameError::UnequalLengths`] if the fields differ in length.
pub fn encode(frame: &Frame) -> Result<Vec<u8>, FrameError> {
    let rows = frame.rows()?;
    let mut fields = Vec::with_capacity(frame.fields.len());
    let mut columns = Vec::with_capacity(frame.fields.len());
    for field in &frame.fields {
        let column = encode_values(&field.values)?;
        let nullable = field.values.is_nullable();
        fields.push(
            ArrowField::new(&field.name, column.data_type().clone(), nullable).with_metadata(field_metadata(field)?),
        );
        columns.push(column);
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, frame_metadata(frame)?));
    let mut bytes = Vec::new();
    let mut writer = FileWriter::try_new(&mut bytes, &schema)?;
    if !columns.is_empty() {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        writer.write(&RecordBatch::try_new_with_options(schema, columns, &options)?)?;
    }
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}

/// Reads a frame from an Arrow IPC file.
///
/// # Errors
/// If the bytes are not such a file, if a column has a type that frames do not have, or if its JSON cannot be read.
pub fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    let reader = FileReader::try_new(Cursor::new(bytes), None)?;
    let schema = reader.schema();
    let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::new(); schema.fields().len()];
    for batch in reader {
        for (column, array) in columns.iter_mut().zip(batch?.columns()) {
            column.push(Arc::clone(array));
        }
    }
    let mut frame = decode_schema(&schema)?;
    for (field, arrays) in schema.fields().iter().zip(&columns) {
        frame.fields.push(decode_field(field, arrays)?);
    }
    Ok(frame)
}

fn frame_metadata(frame: &Frame) -> Result<Metadata, FrameError> {
    let mut metadata = Metadata::from([("name", frame.name.as_str()), ("refId", frame.ref_id.as_str())]);
    if frame.meta != Meta::default() {
        metadata.insert("meta", json_text("meta", &frame.meta)?);
    }
    Ok(metadata)
}

fn field_metadata(field: &Field) -> Result<Metadata, FrameError> {
    let mut metadata = Metadata::from([("tstype", field.values.simple_type())]);
    if !field.labels.is_empty() {
        metadata.insert("labels", json_text("labels", &field.labels)?);
    }
    if field.config != FieldConfig::default() {
        metadata.insert("config", json_text("config", &field.config)?);
    }
    Ok(metadata)
}

fn json_text<T: Serialize>(part: &str, value: &T) -> Result<String, FrameError> {
    go_json::to_string(value).map_err(|source| FrameError::Json { part: part.to_owned(), source })
}

fn encode_values(values: &Values) -> Result<ArrayRef, FrameError> {
    Ok(match values {
        Values::Int8(column) => primitive::<Int8Type>(column),
        Values::Int16(column) => primitive::<Int16Type>(column),
        Values::Int32(column) => primitive::<Int32Type>(column),
        Values::Int64(column) => primitive::<Int64Type>(column),
        Values::UInt8(column) => primitive::<UInt8Type>(column),
        Values::UInt16(column) | Values::Enum(column) => primitive::<UInt16Type>(column),
        Values::UInt32(column) => primitive::<UInt32Type>(column),
        Values::UInt64(column) => primitive::<UInt64Type>(column),
        Values::Float32(column) => primitive::<Float32Type>(column),
        Values::Float64(column) => primitive::<Float64Type>(column),
        Values::Time(column) => primitive::<TimestampNanosecondType>(column),
        Values::Bool(column) => Arc::new(column.iter().map(Option::<&bool>::copied).collect::<BooleanArray>()),
        Values::String(column) => Arc::new(column.iter().map(|text| text.map(String::as_str)).collect::<StringArray>()),
        Values::Json(column) => {
            let texts = column
                .iter()
                .map(|value| value.map(|value| json_text("JSON column", value)).transpose())
                .collect::<Result<Vec<_>, _>>()?;
            Arc::new(texts.iter().map(|text| text.as_ref().map(String::as_bytes)).collect::<BinaryArray>())
        }
    })
}

fn primitive<T: ArrowPrimitiveType>(column: &Column<T::Native>) -> ArrayRef {
    match column {
        Column::Required(values) => Arc::new(PrimitiveArray::<T>::from_iter_values(values.iter().copied())),
        Column::Nullable(values) => Arc::new(values.iter().copied().collect::<PrimitiveArray<T>>()),
    }
}

fn decode_schema(schema: &SchemaRef) -> Result<Frame, FrameError> {
    let metadata = &schema.metadata;
    let text = |key: &str| metadata.get(key).cloned().unwrap_or_default();
    Ok(Frame {
        name: text("name"),
        ref_id: text("refId"),
        fields: Vec::new(),
        meta: parse_json("meta", metadata.get("meta"))?,
    })
}

fn parse_json<T: DeserializeOwned + Default>(part: &str, text: Option<&String>) -> Result<T, FrameError> {
    text.map_or_else(
        || Ok(T::default()),
        |text| {
            // Go writes `null` for nil.
            serde_json::from_str::<Option<T>>(text)
                .map(Option::unwrap_or_default)
                .map_err(|source| FrameError::Json { part: part.to_owned(), source })
        },
    )
}

fn decode_field(field: &ArrowField, arrays: &[ArrayRef]) -> Result<Field, FrameError> {
    let labels: Labels = parse_json("labels", field.metadata().get("labels"))?;
    let config: FieldConfig = parse_json("config", field.metadata().get("config"))?;
    let is_enum = field.metadata().get("tstype").is_some_and(|tstype| tstype == "enum");
    let nullable = field.is_nullable();
    let values = match field.data_type() {
        DataType::Int8 => Values::Int8(primitives::<Int8Type>(arrays, nullable)),
        DataType::Int16 => Values::Int16(primitives::<Int16Type>(arrays, nullable)),
        DataType::Int32 => Values::Int32(primitives::<Int32Type>(arrays, nullable)),
        DataType::Int64 => Values::Int64(primitives::<Int64Type>(arrays, nullable)),
        DataType::UInt8 => Values::UInt8(primitives::<UInt8Type>(arrays, nullable)),
        DataType::UInt16 if is_enum => Values::Enum(primitives::<UInt16Type>(arrays, nullable)),
        DataType::UInt16 => Values::UInt16(primitives::<UInt16Type>(arrays, nullable)),
        DataType::UInt32 => Values::UInt32(primitives::<UInt32Type>(arrays, nullable)),
        DataType::UInt64 => Values::UInt64(primitives::<UInt64Type>(arrays, nullable)),
        DataType::Float32 => Values::Float32(primitives::<Float32Type>(arrays, nullable)),
        DataType::Float64 => Values::Float64(primitives::<Float64Type>(arrays, nullable)),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Values::Time(primitives::<TimestampNanosecondType>(arrays, nullable))
        }
        DataType::Boolean => Values::Bool(rows(arrays, nullable, |array, row| array.as_boolean().value(row))),
        DataType::Utf8 => {
            Values::String(rows(arrays, nullable, |array, row| array.as_string::<i32>().value(row).to_owned()))
        }
        DataType::Binary => {
            let texts = rows(arrays, nullable, |array, row| array.as_binary::<i32>().value(row).to_vec());
            Values::Json(parse_column(field.name(), texts)?)
        }
        other => return Err(FrameError::UnknownType { column: field.name().clone(), found: other.to_string() }),
    };
    Ok(Field { name: field.name().clone(), labels, config, values })
}

fn primitives<T: ArrowPrimitiveType>(arrays: &[ArrayRef], nullable: bool) -> Column<T::Native> {
    rows(arrays, nullable, |array, row| array.as_primitive::<T>().value(row))
}

fn rows<T>(arrays: &[ArrayRef], nullable: bool, value: impl Fn(&ArrayRef, usize) -> T) -> Column<T> {
    let values = arrays.iter().flat_map(|array| (0..array.len()).map(move |row| (array, row)));
    if nullable {
        Column::Nullable(values.map(|(array, row)| array.is_valid(row).then(|| value(array, row))).collect())
    } else {
        Column::Required(values.map(|(array, row)| value(array, row)).collect())
    }
}

fn parse_column(name: &str, texts: Column<Vec<u8>>) -> Result<Column<Value>, FrameError> {
    let parse = |text: Vec<u8>| {
        serde_json::from_slice(&text).map_err(|source| FrameError::Json { part: format!("column {name:?}"), source })
    };
    Ok(match texts {
        Column::Required(texts) => Column::Required(texts.into_iter().map(parse).collect::<Result<_, _>>()?),
        Column::Nullable(texts) => {
            Column::Nullable(texts.into_iter().map(|text| text.map(parse).transpose()).collect::<Result<_, _>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_arrow_file_is_an_error() {
        for bytes in [b"".as_slice(), b"ARROW1", b"{}", &[0; 64]] {
            let error = decode(bytes).expect_err("not an Arrow file").to_string();
            assert!(error.starts_with("expected a data frame in Arrow's IPC file format"), "{error}");
        }
        let whole = encode(&Frame::new("f").with_field(Field::new("n", vec![1_i64, 2]))).expect("a sound frame");
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_err(), "cut after {length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn a_column_type_that_frames_do_not_have_is_named() {
        let schema = Schema::new(vec![ArrowField::new("d", DataType::Date32, true)]);
        let mut bytes = Vec::new();
        FileWriter::try_new(&mut bytes, &schema).and_then(|mut writer| writer.finish()).expect("an Arrow file");
        let error = decode(&bytes).expect_err("an unknown type").to_string();
        assert_eq!(error, "column \"d\" has the Arrow type Date32, which data frames do not have");
    }

    #[test]
    fn metadata_of_go_reads_even_where_it_says_null() {
        let field = ArrowField::new("n", DataType::Int64, false)
            .with_metadata([("labels", "null"), ("config", r#"{"unit":"ms","later":1}"#)]);
        let schema = Schema::new_with_metadata(
            vec![field],
            [("meta", r#"{"typeVersion":[0,0],"notices":null,"type":"later-type"}"#)],
        );
        let mut bytes = Vec::new();
        FileWriter::try_new(&mut bytes, &schema).and_then(|mut writer| writer.finish()).expect("an Arrow file");
        let frame = decode(&bytes).expect("a frame");
        assert_eq!(frame.fields[0].config.unit, "ms");
        assert_eq!(frame.meta.frame_type, Some(crate::frame::FrameType::Other("later-type".to_owned())));
        assert_eq!(frame.rows().expect("no rows"), 0);
    }
}
