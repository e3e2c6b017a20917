//! Compares the reader with `serde_json`: on bodies in any spelling, split anywhere, and on damaged ones.

use std::fmt::Write as _;

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value;

use super::MatrixReader;
use crate::answer::{Labels, Series};

/// A body, and the lengths of the pieces in which it arrives.
#[derive(Debug, Clone)]
struct Spelling {
    text: String,
    /// Lengths of the pieces, used in turn.
    pieces: Vec<usize>,
}

/// Numbers as servers write them, and other valid forms.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<f64>().prop_map(|value| format!("{value}")),
        any::<u32>().prop_map(|value| value.to_string()),
        (0.0..100.0_f64).prop_map(|value| format!("{value}")),
        any::<f64>().prop_map(|value| format!("{value:e}")),
        select(vec!["NaN", "+Inf", "-Inf", "Inf", "0", "-0", "1.", "007", "1E3", "9007199254740993"])
            .prop_map(str::to_owned),
    ]
}

fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..4_000_000_000_u64).prop_map(|s| s.to_string()),
        (0..4_000_000_000_u64, 0..1_000_u32).prop_map(|(s, ms)| format!("{s}.{ms:03}")),
        (0..4_000_000_000_u64, 1..10_u32).prop_map(|(s, tenths)| format!("{s}.{tenths}")),
        (1..9_u32, 0..10_u32).prop_map(|(digit, power)| format!("{digit}e{power}")),
        Just("-1.5".to_owned()),
    ]
}

/// White space that may come between two tokens.
fn blank() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 1 => select(vec![" ", "\n", "\t", "\r\n", "  "])]
}

/// A string with some of its characters escaped.
fn quoted(text: String) -> impl Strategy<Value = String> {
    let length = text.chars().count();
    vec(0..4_u8, length).prop_map(move |ways| {
        let mut quoted = String::from("\"");
        for (char, way) in text.chars().zip(ways) {
            match (way, char) {
                (0, _) => {
                    for unit in char.encode_utf16(&mut [0; 2]) {
                        write!(quoted, "\\u{unit:04x}").unwrap();
                    }
                }
                (_, '"') => quoted += "\\\"",
                (_, '\\') => quoted += "\\\\",
                (_, '\n') => quoted += "\\n",
                (1, '/') => quoted += "\\/",
                (_, control) if control < ' ' => write!(quoted, "\\u{:04X}", u32::from(control)).unwrap(),
                (_, other) => quoted.push(other),
            }
        }
        quoted + "\""
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z_]{1,12}",
        1 => any::<String>(),
        1 => select(vec!["", "\"", "\\", "}],", "\u{1f600}", "ä\n\t\u{0}", "values", "/"]).prop_map(str::to_owned),
    ]
    .prop_flat_map(quoted)
}

/// A list `[…]` or an object `{…}` of parts, with white space around each.
fn list(open: &'static str, parts: Vec<String>, close: &'static str) -> impl Strategy<Value = String> {
    let length = parts.len();
    vec(blank(), 2 * length + 1).prop_map(move |blanks| {
        let mut written = String::from(open);
        written += blanks[2 * length];
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                written.push(',');
            }
            written += blanks[2 * index];
            written += part;
            written += blanks[2 * index + 1];
        }
        written + close
    })
}

fn pair(key: &str, value: String) -> impl Strategy<Value = String> {
    let key = key.to_owned();
    (blank(), blank()).prop_map(move |(a, b)| format!("\"{key}\"{a}:{b}{value}"))
}

fn object(pairs: Vec<(&'static str, String)>) -> impl Strategy<Value = String> {
    let written: Vec<_> = pairs.into_iter().map(|(key, value)| pair(key, value)).collect();
    written.prop_flat_map(|parts| Just(parts).prop_shuffle()).prop_flat_map(|parts| list("{", parts, "}"))
}

fn sample() -> impl Strategy<Value = String> {
    (time(), value()).prop_flat_map(|(time, value)| list("[", vec![time, format!("\"{value}\"")], "]"))
}

fn labels() -> impl Strategy<Value = String> {
    vec(text(), 0..4).prop_flat_map(|values| {
        let pairs = values.into_iter().enumerate().map(|(index, value)| format!("\"l{index}\":{value}"));
        list("{", pairs.collect(), "}")
    })
}

fn series() -> impl Strategy<Value = String> {
    (labels(), vec(sample(), 0..12).prop_flat_map(|samples| list("[", samples, "]"))).prop_flat_map(
        |(labels, values)| {
            object(vec![("metric", labels), ("values", values), ("other", "[1,{\"a\":null}]".to_owned())])
        },
    )
}

fn body() -> impl Strategy<Value = Spelling> {
    let result = vec(series(), 0..5).prop_flat_map(|series| list("[", series, "]"));
    let text = (result, vec(text(), 0..3)).prop_flat_map(|(result, warnings)| {
        let kind = "\"matrix\"".to_owned();
        (object(vec![("resultType", kind), ("result", result)]), list("[", warnings, "]")).prop_flat_map(
            |(data, warnings)| {
                object(vec![("status", "\"success\"".to_owned()), ("data", data), ("warnings", warnings)])
            },
        )
    });
    (text, vec(1..40_usize, 1..8)).prop_map(|(text, pieces)| Spelling { text, pieces })
}

/// The series of a body from our reader, fed in pieces; `None` if it refuses the body.
fn ours(bytes: &[u8], pieces: &[usize]) -> Option<(Vec<Series>, Vec<String>)> {
    let mut reader = MatrixReader::new(usize::MAX, None);
    let mut rest = bytes;
    for length in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*length).min(rest.len()));
        reader.feed(piece).ok()?;
        rest = after;
    }
    let body = reader.finish().ok()?;
    Some((body.series, body.remarks.into_iter().map(|remark| remark.text).collect()))
}

/// The series of a body from `serde_json` and the standard library.
fn theirs(bytes: &[u8]) -> Option<(Vec<Series>, Vec<String>)> {
    let body: Value = serde_json::from_slice(bytes).ok()?;
    let mut all = Vec::new();
    for one in body["data"]["result"].as_array()? {
        let labels: Labels = one["metric"]
            .as_object()?
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        let mut series = Series { labels, ..Series::default() };
        for sample in one["values"].as_array()? {
            #[allow(clippy::cast_possible_truncation, reason = "the strategies' times fit")]
            series.timestamps_ms.push((sample[0].as_f64()? * 1_000.0).round() as i64);
            series.values.push(sample[1].as_str()?.parse().ok()?);
        }
        all.push(series);
    }
    let mut warnings: Vec<String> = Vec::new();
    for text in body["warnings"].as_array()? {
        let text = text.as_str()?.to_owned();
        if !warnings.contains(&text) {
            warnings.push(text);
        }
    }
    Some((all, warnings))
}

/// The labels, the times, and the bits of the values.
type Bits = (Labels, Vec<i64>, Vec<u64>);

/// Compares bits instead of floats, and sorted labels, because `serde_json` sorts a map by name.
fn comparable((series, remarks): (Vec<Series>, Vec<String>)) -> (Vec<Bits>, Vec<String>) {
    let series = series.into_iter().map(|mut one| {
        one.labels.sort();
        (one.labels, one.timestamps_ms, one.values.into_iter().map(f64::to_bits).collect())
    });
    (series.collect(), remarks)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_serde_json_reads(body in body()) {
        let expected = theirs(body.text.as_bytes()).map(comparable);
        prop_assert!(expected.is_some(), "{}", body.text);
        prop_assert_eq!(&ours(body.text.as_bytes(), &body.pieces).map(comparable), &expected);
        prop_assert_eq!(&ours(body.text.as_bytes(), &[usize::MAX]).map(comparable), &expected);
    }

    /// With one byte changed, dropped or doubled, the reader accepts nothing that `serde_json` refuses, and gives the
    /// same result in pieces as in one.
    #[test]
    fn refuses_what_is_no_json(body in body(), at in any::<prop::sample::Index>(), change in 0..3_u8, byte in any::<u8>()) {
        let mut bytes = body.text.into_bytes();
        let at = at.index(bytes.len());
        match change {
            0 => bytes[at] = byte,
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, bytes[at]),
        }
        let found = ours(&bytes, &[usize::MAX]);
        prop_assert_eq!(ours(&bytes, &body.pieces).map(comparable), found.clone().map(comparable));
        if found.is_some() {
            let json: Result<Value, _> = serde_json::from_slice(&bytes);
            prop_assert!(json.is_ok(), "{:?}: {}", json, String::from_utf8_lossy(&bytes));
        }
    }
}
