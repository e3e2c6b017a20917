//! Compares the parser with `serde_json`, through windows of every size.

use std::io::{self, Read};

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::{JsonType, Parser, Stop};
use crate::input::{Input, WINDOW};
use crate::limits;
use crate::problem::{Code, Problem};

/// Returns a few bytes at a time, as a slow pipe does.
struct Dribble<'b> {
    bytes: &'b [u8],
    step: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.step.min(into.len()).min(self.bytes.len());
        into[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

/// Reads a whole document through a window of `window` bytes, filled `step` bytes at a time.
fn read(bytes: &[u8], window: usize, step: usize) -> Result<(Value, Vec<Problem>), Stop> {
    let mut input = Input::with_window(Dribble { bytes, step }, window);
    let mut parser = Parser::new(&mut input);
    let value = value(&mut parser)?;
    parser.end()?;
    Ok((value, parser.into_problems("test").collect()))
}

/// Skips a whole document in the same way.
fn skip(bytes: &[u8], window: usize, step: usize) -> Result<(), Stop> {
    let mut input = Input::with_window(Dribble { bytes, step }, window);
    let mut parser = Parser::new(&mut input);
    parser.skip()?;
    parser.end()
}

fn value(parser: &mut Parser<'_, '_>) -> Result<Value, Stop> {
    Ok(match parser.kind()? {
        JsonType::Null => {
            parser.number()?;
            Value::Null
        }
        JsonType::Bool => json!(parser.scalar()?.as_deref() == Some("true")),
        JsonType::Number => parser.number()?.map_or(Value::Null, |number| json!(number)),
        JsonType::Text => json!(parser.text(usize::MAX)?.map(|text| text.value)),
        JsonType::Array => {
            let mut items = Vec::new();
            parser.array(|parser, index| {
                assert_eq!(index, items.len());
                items.push(value(parser)?);
                Ok(())
            })?;
            Value::Array(items)
        }
        JsonType::Object => {
            let mut map = Map::new();
            parser.object(|parser, key| {
                map.insert(key.to_owned(), value(parser)?);
                Ok(())
            })?;
            Value::Object(map)
        }
    })
}

/// The value with every number as the nearest `f64`, as the parser reads it.
fn as_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => Value::Array(items.into_iter().map(as_floats).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, as_floats(value))).collect()),
        other => other,
    }
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("read", |x| (x.abs() <= limits::LARGEST).then(|| json!(x))),
        (-1e9..1e9).prop_map(|x: f64| json!(x)),
        any::<String>().prop_map(Value::from),
        "[a-z\"\\\\\u{0}-\u{1f}é😀]{0,80}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec(("[a-z_\"\\\\\né]{0,12}", inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_serde_json_reads(document in documents(), pretty: bool, window in 96_usize..700, step in 1_usize..300) {
        let text = if pretty { serde_json::to_vec_pretty(&document) } else { serde_json::to_vec(&document) }.unwrap();
        let expected = as_floats(serde_json::from_slice(&text).unwrap());
        for window in [window, WINDOW] {
            let (found, problems) = read(&text, window, step).unwrap();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(problems, vec![]);
            prop_assert!(skip(&text, window, step).is_ok());
        }
    }

    #[test]
    fn refuses_what_serde_json_refuses(
        document in documents(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, prop::sample::select(b"{}[]:,\"\\0123456789.-+eEtfnul \n\x00\xff".to_vec())), 1..6),
        window in 96_usize..700,
        step in 1_usize..300,
    ) {
        let mut text = serde_json::to_vec(&document).unwrap();
        for (at, kind, byte) in edits {
            let at = at.index(text.len() + 1);
            match kind {
                0 => text.insert(at, byte),
                1 if at < text.len() => text[at] = byte,
                _ => text.truncate(at.max(1)),
            }
        }
        let expected = serde_json::from_slice::<IgnoredAny>(&text).is_ok();
        let mut walked = vec![skip(&text, WINDOW, step)];
        // If a key or number is longer than a tiny window, it is refused for that reason.
        walked.extend(Some(skip(&text, window, step)).filter(|outcome| !matches!(outcome, Err(Stop::TooLong))));
        for outcome in walked {
            prop_assert_eq!(outcome.is_ok(), expected, "{:?} for {}", outcome, String::from_utf8_lossy(&text));
        }
        // Reading values agrees with skipping them: what only serde_json refuses (lone surrogates, bytes that are not
        // UTF-8, numbers that are too large) is repaired and reported.
        prop_assert_eq!(read(&text, WINDOW, step).is_ok(), expected);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), window in 8_usize..64, step in 1_usize..40) {
        let whole = read(&bytes, WINDOW, step).is_ok();
        prop_assert_eq!(whole, skip(&bytes, WINDOW, step).is_ok());
        for outcome in [read(&bytes, window, step).map(|_| ()), skip(&bytes, window, step)] {
            prop_assert!(outcome.is_ok() == whole || matches!(outcome, Err(Stop::TooLong)));
        }
    }
}

#[test]
fn floats_are_exact() {
    for text in [
        "0.1",
        "2.2250738585072014e-308",
        "4.9e-324",
        "9007199254740993",
        "-9.999999999999999e99",
        "123456789012345678901234567890",
        "-0.0",
    ] {
        let (found, _) = read(text.as_bytes(), WINDOW, 1).unwrap();
        assert_eq!(found.as_f64().unwrap().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
}

#[test]
fn python_numbers_count_as_null_and_are_noted_once() {
    let text =
        r#"{"rows": [{"x": NaN}, {"x": Infinity}, {"x": -Infinity}, {"x": 1}, {"x": 1e999}, {"x": -1e101}], "y": NaN}"#;
    for step in 1..20 {
        let (found, problems) = read(text.as_bytes(), WINDOW, step).unwrap();
        assert_eq!(found["rows"], json!([{"x": null}, {"x": null}, {"x": null}, {"x": 1.0}, {"x": null}, {"x": null}]));
        let told: Vec<(Code, &str)> =
            problems.iter().map(|problem| (problem.code, problem.path.as_deref().unwrap())).collect();
        assert_eq!(told, [(Code::NotANumber, "rows[0].x"), (Code::OutOfRange, "rows[4].x"), (Code::NotANumber, "y"),]);
        assert!(problems[0].message.contains("2 more"), "{}", problems[0].message);
    }
}

#[test]
fn broken_text_is_repaired() {
    let cases: &[(&[u8], &str)] = &[
        (br#""\ud83d\ude00""#, "😀"),
        (br#""\ud83d""#, "\u{fffd}"),
        (br#""\ud83d\n""#, "\u{fffd}\n"),
        (br#""\ud83d\u0041""#, "\u{fffd}A"),
        (br#""\ude00""#, "\u{fffd}"),
        (b"\"\xff\"", "\u{fffd}"),
        (br#""\u00e9\/\b\f\t\r""#, "é/\u{8}\u{c}\t\r"),
    ];
    for (text, expected) in cases {
        for step in 1..14 {
            let (found, _) = read(text, WINDOW, step).unwrap();
            assert_eq!(found.as_str(), Some(*expected), "{}", String::from_utf8_lossy(text));
        }
    }
}

#[test]
fn nesting_has_a_limit() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert!(skip(nested(super::MAX_DEPTH).as_bytes(), WINDOW, 999).is_ok());
        assert!(matches!(skip(nested(super::MAX_DEPTH + 1).as_bytes(), WINDOW, 999), Err(Stop::TooDeep)));
        assert!(matches!(read(nested(super::MAX_DEPTH + 1).as_bytes(), WINDOW, 999), Err(Stop::TooDeep)));
        assert!(matches!(skip(open.repeat(1_000_000).as_bytes(), WINDOW, 4096), Err(Stop::TooDeep)));
    }
}

#[test]
fn long_text_needs_no_memory_and_long_keys_are_refused() {
    let text = format!("[\"{}\", 7]", "x".repeat(3 * WINDOW));
    assert!(skip(text.as_bytes(), WINDOW, 10_000).is_ok());
    let mut input = Input::open(text.as_bytes());
    let mut parser = Parser::new(&mut input);
    let mut seen = Vec::new();
    parser
        .array(|parser, index| {
            if index == 0 {
                let text = parser.text(100)?.unwrap();
                assert!(text.cut && text.value.len() == 100);
            } else {
                seen.push(parser.count()?);
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [Some(7)]);
    let key = format!("{{\"{}\": 1}}", "k".repeat(2 * WINDOW));
    assert!(matches!(skip(key.as_bytes(), WINDOW, 10_000), Err(Stop::TooLong)));
    assert!(matches!(read(key.as_bytes(), WINDOW, 10_000), Err(Stop::TooLong)));
}

#[test]
fn a_reader_that_fails_is_told_apart_from_the_end() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::PermissionDenied))
        }
    }
    let mut input = Input::open(b"[1, 2, ".as_slice().chain(Fails));
    let mut parser = Parser::new(&mut input);
    let stop = parser.skip().unwrap_err();
    let problem = parser.problem(&stop, "a.json");
    assert_eq!(problem.code, Code::Unreadable);
    assert!(problem.message.contains("after 7 bytes: permission denied"), "{}", problem.message);
}
