//! Frames as JSON, as in Grafana's HTTP API and its live streams.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use crate::{
    frame::{Column, Field, FieldConfig, Frame, FrameError, Labels, Meta, Values},
    go_json,
    query::{QueryResponse, QueryResponses},
};

/// Which parts of a frame to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Include {
    /// Schema and data.
    #[default]
    All,
    /// Only the schema.
    Schema,
    /// Only the data, for a live stream whose schema has not changed.
    Data,
}

/// Writes a frame.
///
/// # Errors
/// [`FrameError::UnequalLengths`] if the fields differ in length.
pub fn to_json(frame: &Frame, include: Include) -> Result<Vec<u8>, FrameError> {
    frame.rows()?;
    write(&FrameJson { frame, include })
}

/// Writes answers as the body of Grafana's `/api/ds/query`: `{"results": {"A": {"status": 200, "frames": […]}}}`.
///
/// # Errors
/// [`FrameError::UnequalLengths`] if the fields of a frame differ in length.
pub fn responses_to_json(responses: &QueryResponses) -> Result<Vec<u8>, FrameError> {
    for frame in responses.values().flat_map(|response| &response.frames) {
        frame.rows()?;
    }
    write(&ResponsesJson(responses))
}

fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, FrameError> {
    go_json::to_vec(value).map_err(|source| FrameError::Json { part: "JSON form".to_owned(), source })
}

struct ResponsesJson<'a>(&'a QueryResponses);

impl Serialize for ResponsesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Results<'a>(&'a QueryResponses);
        impl Serialize for Results<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(ref_id, response)| (ref_id, ResponseJson(response))))
            }
        }
        serializer.collect_map([("results", Results(self.0))])
    }
}

struct ResponseJson<'a>(&'a QueryResponse);

impl Serialize for ResponseJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(error) = &self.0.error {
            map.serialize_entry("error", &error.message)?;
            map.serialize_entry("errorSource", error.source.as_str())?;
        }
        map.serialize_entry("status", &self.0.status())?;
        let frames: Vec<_> = self.0.frames.iter().map(|frame| FrameJson { frame, include: Include::All }).collect();
        map.serialize_entry("frames", &frames)?;
        map.end()
    }
}

struct FrameJson<'a> {
    frame: &'a Frame,
    include: Include,
}

impl Serialize for FrameJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.include != Include::Data {
            map.serialize_entry("schema", &Schema::of(self.frame))?;
        }
        if self.include != Include::Schema {
            map.serialize_entry("data", &Data::of(self.frame))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    ref_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<&'a Meta>,
    fields: Vec<FieldSchema<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldSchema<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(rename = "type")]
    simple_type: &'static str,
    type_info: TypeInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a Labels>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a FieldConfig>,
}

#[derive(Serialize)]
struct TypeInfo {
    frame: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    nullable: bool,
}

impl<'a> Schema<'a> {
    fn of(frame: &'a Frame) -> Self {
        Self {
            name: &frame.name,
            ref_id: &frame.ref_id,
            meta: Some(&frame.meta).filter(|meta| **meta != Meta::default()),
            fields: frame.fields.iter().map(FieldSchema::of).collect(),
        }
    }
}

impl<'a> FieldSchema<'a> {
    fn of(field: &'a Field) -> Self {
        Self {
            name: &field.name,
            simple_type: field.values.simple_type(),
            type_info: TypeInfo { frame: field.values.item_type(), nullable: field.values.is_nullable() },
            labels: Some(&field.labels).filter(|labels| !labels.is_empty()),
            config: Some(&field.config).filter(|config| **config != FieldConfig::default()),
        }
    }
}

#[derive(Serialize)]
struct Data<'a> {
    values: Vec<ValuesJson<'a>>,
    /// Which rows are NaN or infinite, because JSON has no such numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    entities: Option<Vec<Option<Entities>>>,
    /// The nanoseconds of times beyond their milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    nanos: Option<Vec<Option<Vec<i64>>>>,
}

impl<'a> Data<'a> {
    fn of(frame: &'a Frame) -> Self {
        let entities: Vec<_> = frame.fields.iter().map(|field| Entities::of(&field.values)).collect();
        let nanos: Vec<_> = frame.fields.iter().map(|field| nanos(&field.values)).collect();
        Self {
            values: frame.fields.iter().map(|field| ValuesJson(&field.values)).collect(),
            entities: Some(entities).filter(|fields| fields.iter().any(Option::is_some)),
            nanos: Some(nanos).filter(|fields| fields.iter().any(Option::is_some)),
        }
    }
}

#[derive(Serialize, Default)]
struct Entities {
    #[serde(rename = "NaN", skip_serializing_if = "Vec::is_empty")]
    nan: Vec<usize>,
    #[serde(rename = "Inf", skip_serializing_if = "Vec::is_empty")]
    inf: Vec<usize>,
    #[serde(rename = "NegInf", skip_serializing_if = "Vec::is_empty")]
    neg_inf: Vec<usize>,
}

impl Entities {
    fn of(values: &Values) -> Option<Self> {
        let mut entities = Self::default();
        match values {
            Values::Float64(column) => entities.collect(column.iter().map(Option::<&f64>::copied)),
            Values::Float32(column) => entities.collect(column.iter().map(|value| value.copied().map(f64::from))),
            _ => return None,
        }
        let any = !(entities.nan.is_empty() && entities.inf.is_empty() && entities.neg_inf.is_empty());
        any.then_some(entities)
    }

    fn collect(&mut self, values: impl Iterator<Item = Option<f64>>) {
        for (row, value) in values.enumerate() {
            match value {
                Some(value) if value.is_nan() => self.nan.push(row),
                Some(f64::INFINITY) => self.inf.push(row),
                Some(f64::NEG_INFINITY) => self.neg_inf.push(row),
                _ => {}
            }
        }
    }
}

const NS_PER_MS: i64 = 1_000_000;

fn nanos(values: &Values) -> Option<Vec<i64>> {
    let Values::Time(column) = values else { return None };
    let nanos: Vec<_> = column.iter().map(|ns| ns.map_or(0, |ns| ns.rem_euclid(NS_PER_MS))).collect();
    nanos.iter().any(|&ns| ns != 0).then_some(nanos)
}

struct ValuesJson<'a>(&'a Values);

impl Serialize for ValuesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Values::Time(column) => sequence(serializer, column, |ns| ns.div_euclid(NS_PER_MS)),
            Values::Int8(column) => sequence(serializer, column, |value| *value),
            Values::Int16(column) => sequence(serializer, column, |value| *value),
            Values::Int32(column) => sequence(serializer, column, |value| *value),
            Values::Int64(column) => sequence(serializer, column, |value| *value),
            Values::UInt8(column) => sequence(serializer, column, |value| *value),
            Values::UInt16(column) | Values::Enum(column) => sequence(serializer, column, |value| *value),
            Values::UInt32(column) => sequence(serializer, column, |value| *value),
            Values::UInt64(column) => sequence(serializer, column, |value| *value),
            Values::Float32(column) => sequence(serializer, column, |value| value.is_finite().then_some(*value)),
            Values::Float64(column) => sequence(serializer, column, |value| value.is_finite().then_some(*value)),
            Values::Bool(column) => sequence(serializer, column, |value| *value),
            Values::String(column) => sequence(serializer, column, String::as_str),
            Values::Json(column) => sequence(serializer, column, |value| value),
        }
    }
}

fn sequence<'a, S: Serializer, T, U: Serialize>(
    serializer: S,
    column: &'a Column<T>,
    written: impl Fn(&'a T) -> U,
) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(column.len()))?;
    for value in column.iter() {
        sequence.serialize_element(&value.map(&written))?;
    }
    sequence.end()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::query::QueryError;

    fn check(frame: &Frame, include: Include, expected: &str) {
        let text = String::from_utf8(to_json(frame, include).expect("a frame with equal lengths")).expect("UTF-8");
        assert_eq!(text, expected);
    }

    fn sample() -> Frame {
        let mut frame = Frame::new("levels")
            .with_field(Field::new("t", Values::time_nullable(vec![Some(1_500_000_000_000_000_123), None, Some(-1)])))
            .with_field(
                Field::new("v", vec![Some(f64::NAN), None, Some(f64::NEG_INFINITY)])
                    .with_unit("ms")
                    .with_label("model", "a<b"),
            )
            .with_field(Field::new("s", vec!["x", "", "é"]))
            .with_meta(Meta { custom: json!({"headroom": "levels"}), ..Meta::default() });
        frame.ref_id = "A".to_owned();
        frame
    }

    #[test]
    fn schema_and_data() {
        check(
            &sample(),
            Include::Schema,
            r#"{"schema":{"name":"levels","refId":"A","meta":{"typeVersion":[0,0],"custom":{"headroom":"levels"}},"fields":[{"name":"t","type":"time","typeInfo":{"frame":"time.Time","nullable":true}},{"name":"v","type":"number","typeInfo":{"frame":"float64","nullable":true},"labels":{"model":"a\u003cb"},"config":{"unit":"ms"}},{"name":"s","type":"string","typeInfo":{"frame":"string"}}]}}"#,
        );
        check(
            &sample(),
            Include::Data,
            r#"{"data":{"values":[[1500000000000,null,-1],[null,null,null],["x","","é"]],"entities":[null,{"NaN":[0],"NegInf":[2]},null],"nanos":[[123,0,999999],null,null]}}"#,
        );
        check(&Frame::default(), Include::All, r#"{"schema":{"fields":[]},"data":{"values":[]}}"#);
    }

    #[test]
    fn columns_of_different_lengths_are_an_error() {
        let frame = sample().with_field(Field::new("short", vec![1_i64]));
        let error = to_json(&frame, Include::All).expect_err("unequal lengths").to_string();
        assert_eq!(error, r#"the columns of frame "levels" must have one length: "t" has 3 rows and "short" has 1"#);
    }

    #[test]
    fn responses_carry_status_error_and_frames() {
        let both = QueryResponse { frames: vec![Frame::new("f")], error: Some(QueryError::downstream("half")) };
        let responses = QueryResponses::from([
            ("A".to_owned(), QueryResponse::default()),
            ("B".to_owned(), QueryError::bad_request("no").into()),
            ("C".to_owned(), both),
        ]);
        let text = String::from_utf8(responses_to_json(&responses).expect("frames of equal lengths")).expect("UTF-8");
        assert_eq!(
            text,
            r#"{"results":{"A":{"status":200,"frames":[]},"B":{"error":"no","errorSource":"downstream","status":400,"frames":[]},"C":{"error":"half","errorSource":"downstream","status":502,"frames":[{"schema":{"name":"f","fields":[]},"data":{"values":[]}}]}}}"#
        );
    }
}
