//! Frames with everything that frames can have.

use std::collections::BTreeMap;

use headroom_protocol::frame::{
    Column, DataLink, EnumConfig, Field, FieldConfig, Frame, FrameType, Meta, Notice, NoticeSeverity, Stat, Threshold,
    Thresholds, ThresholdsMode, TypeConfig, Values,
};
use serde_json::{Value, json};

/// Every type of value twice: every row filled, and with an empty row in the middle.
pub(crate) fn every_type() -> Frame {
    let mut frame = Frame::new("every type");
    for (name, required) in columns() {
        let nullable = with_a_gap(&required);
        let config = if name == "enum" { enum_config() } else { FieldConfig::default() };
        frame = frame
            .with_field(Field::new(name, required).with_config(config.clone()))
            .with_field(Field::new(format!("{name}?"), nullable).with_config(config));
    }
    frame
}

fn columns() -> Vec<(&'static str, Values)> {
    vec![
        ("int8", vec![i8::MIN, 0, i8::MAX].into()),
        ("int16", vec![i16::MIN, 0, i16::MAX].into()),
        ("int32", vec![i32::MIN, 0, i32::MAX].into()),
        ("int64", vec![i64::MIN, 0, i64::MAX].into()),
        ("uint8", vec![0, 1, u8::MAX].into()),
        ("uint16", vec![0, 1, u16::MAX].into()),
        ("uint32", vec![0, 1, u32::MAX].into()),
        ("uint64", vec![0, 1, u64::MAX].into()),
        ("float32", vec![f32::MIN, 0.1, 1e-7].into()),
        ("float64", vec![-0.0, 1e21, 1.0 / 3.0].into()),
        ("float64 large", vec![f64::MAX, f64::MIN_POSITIVE, 123_456_789_012_345_680.0].into()),
        ("float32 special", vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into()),
        ("float64 special", vec![f64::NEG_INFINITY, f64::NAN, f64::INFINITY].into()),
        ("bool", vec![true, false, true].into()),
        ("string", vec!["", "Größe <b>&\u{2028}\"\\", "line\nbreak\t\u{1}\u{8}"].into()),
        ("time", Values::time(vec![1_700_000_000_000_000_000, 0, 1_795_500_238_123_456_789])),
        ("time early", Values::time(vec![-1, -1_000_000, -2_208_988_800_000_000_001])),
        ("json", vec![json!({"a": [1, 2.5, null, "x<y"]}), json!([]), json!("text")].into()),
        ("enum", Values::enumeration(vec![0, 2, 1])),
    ]
}

fn with_a_gap(values: &Values) -> Values {
    fn gap<T: Clone>(column: &Column<T>) -> Column<T> {
        Column::Nullable(column.iter().enumerate().map(|(row, value)| value.filter(|_| row != 1).cloned()).collect())
    }
    match values {
        Values::Int8(column) => Values::Int8(gap(column)),
        Values::Int16(column) => Values::Int16(gap(column)),
        Values::Int32(column) => Values::Int32(gap(column)),
        Values::Int64(column) => Values::Int64(gap(column)),
        Values::UInt8(column) => Values::UInt8(gap(column)),
        Values::UInt16(column) => Values::UInt16(gap(column)),
        Values::UInt32(column) => Values::UInt32(gap(column)),
        Values::UInt64(column) => Values::UInt64(gap(column)),
        Values::Float32(column) => Values::Float32(gap(column)),
        Values::Float64(column) => Values::Float64(gap(column)),
        Values::Bool(column) => Values::Bool(gap(column)),
        Values::String(column) => Values::String(gap(column)),
        Values::Time(column) => Values::Time(gap(column)),
        Values::Json(column) => Values::Json(gap(column)),
        Values::Enum(column) => Values::Enum(gap(column)),
    }
}

fn enum_config() -> FieldConfig {
    let names = |list: [&str; 3]| list.map(str::to_owned).to_vec();
    let enumeration = EnumConfig {
        text: names(["edge", "floor", "cliff"]),
        color: names(["green", "blue", "red"]),
        ..EnumConfig::default()
    };
    FieldConfig { type_config: Some(TypeConfig { enumeration: Some(enumeration) }), ..FieldConfig::default() }
}

/// Labels together with a configuration, and everything that a frame can say of itself.
pub(crate) fn described() -> Frame {
    let value = Field::new("ttft_p95", vec![Some(812.5), None, Some(f64::INFINITY)])
        .with_label("model", "Mistral Small <24B>")
        .with_label("deployment", "int4")
        .with_config(full_config());
    Frame { ref_id: "Z".to_owned(), ..Frame::new("described & more") }
        .with_field(Field::new("load", vec![1.0, 2.0, 4.0]).with_unit("users").with_decimals(0))
        .with_field(value)
        .with_meta(full_meta())
}

fn full_config() -> FieldConfig {
    FieldConfig {
        display_name: String::new(),
        display_name_from_ds: "TTFT p95 <ms>".to_owned(),
        path: "runs/ttft".to_owned(),
        description: "Time to first token".to_owned(),
        filterable: Some(true),
        writeable: Some(false),
        unit: "ms".to_owned(),
        decimals: Some(1),
        min: Some(0.0),
        max: Some(2500.5),
        interval: Some(1000.0),
        mappings: vec![json!({"type": "value", "options": {"0": {"text": "none", "color": "red"}}})],
        thresholds: Some(Thresholds {
            mode: ThresholdsMode::Absolute,
            steps: vec![
                Threshold { value: None, color: "green".to_owned(), state: String::new() },
                Threshold { value: Some(1000.0), color: "red".to_owned(), state: "over".to_owned() },
            ],
        }),
        color: [("mode".to_owned(), Value::from("fixed"))].into_iter().collect(),
        links: vec![DataLink {
            title: "Run".to_owned(),
            target_blank: true,
            url: "/d/runs?var-run=${__value.raw}".to_owned(),
        }],
        no_value: "not measured".to_owned(),
        type_config: None,
        custom: BTreeMap::from([("lineWidth", json!(2)), ("axisLabel", json!("a<b"))])
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    }
}

fn full_meta() -> Meta {
    Meta {
        frame_type: Some(FrameType::NumericLong),
        type_version: [0, 1],
        path: "store".to_owned(),
        path_separator: "/".to_owned(),
        custom: json!({"headroom": "levels", "verdict": {"breaking_load": 7.25, "interval": [6.9, null], "sentence": "TTFT p95 ≤ 1,000 ms & more"}}),
        stats: vec![Stat {
            config: FieldConfig { display_name: "Parse".to_owned(), unit: "ms".to_owned(), ..FieldConfig::default() },
            value: 12.5,
        }],
        notices: vec![
            Notice::new(NoticeSeverity::Info, "one report was read"),
            Notice {
                link: "https://example.org/?a=1&b=2".to_owned(),
                ..Notice::new(NoticeSeverity::Warning, "<truncated> report")
            },
            Notice::new(NoticeSeverity::Error, "not JSON"),
        ],
        channel: "ds/uid/runs".to_owned(),
        preferred_visualisation: "table".to_owned(),
        preferred_visualisation_plugin_id: "headroom-llm-panel".to_owned(),
        executed_query_string: "curve int4 ttft p95".to_owned(),
        data_topic: String::new(),
        unique_row_id_fields: vec![0, 1],
    }
}

/// Columns, and not a single row.
pub(crate) fn without_rows() -> Frame {
    Frame::new("without rows")
        .with_field(Field::new("n", Vec::<f64>::new()))
        .with_field(Field::new("s", Vec::<Option<String>>::new()))
}

/// Not even columns.
pub(crate) fn without_fields() -> Frame {
    Frame::new("without fields")
}

/// All of them.
pub(crate) fn all() -> Vec<Frame> {
    vec![every_type(), described(), without_rows(), without_fields()]
}
