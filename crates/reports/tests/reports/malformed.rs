//! Files that are wrong: each gives a problem that says where, what was expected and what to
//! do, keeps what was whole, and none panics.

use std::path::Path;

use headroom_reports::{Reading, read, read_file};
use serde_json::json;

use crate::support::{benchmark, concurrent, data, plain_bytes, report, told};

/// Checks the problems and how many levels were kept.
fn check(name: &str, bytes: &[u8], expected: &[&str], levels: usize) -> Reading {
    let reading = read(name, bytes);
    assert_eq!(told(&reading.problems), expected, "{name}: {:?}", reading.problems);
    assert_eq!(reading.runs.iter().map(|run| run.levels.len()).sum::<usize>(), levels, "{name}");
    for problem in &reading.problems {
        assert_eq!(problem.source, name);
        assert!(
            problem.message.contains("expected") || problem.message.contains("not a known"),
            "{name}: {}",
            problem.message
        );
        assert!(problem.message.ends_with(['.', '?']), "{name}: {}", problem.message);
    }
    reading
}

fn two_levels() -> Vec<u8> {
    serde_json::to_vec(&report(&[benchmark(&concurrent(1), 10), benchmark(&concurrent(2), 20)])).unwrap()
}

#[test]
fn what_is_no_report() {
    let deep = format!("{{\"benchmarks\": {}", "[".repeat(100_000));
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("empty", b"", &["empty"]),
        ("blank", b" \n\n\t ", &["empty"]),
        ("bom only", b"\xef\xbb\xbf", &["empty"]),
        ("prose", b"Benchmark finished in 3 s\n", &["unknown_format"]),
        ("html", b"<!doctype html><html><script>window.benchmarks = {}</script></html>", &["unknown_format"]),
        (
            "html without a run",
            b"<!doctype html><html><script>window.GUIDELLM_REPORT = {}</script></html>",
            &["no_levels"],
        ),
        ("utf-16", b"\xff\xfe{\0}\0", &["unknown_format"]),
        ("binary", b"\x7fELF\x02\x01\x01\x00\x00", &["unknown_format"]),
        ("zip", b"PK\x03\x04\x14\x00", &["unknown_format"]),
        ("number", b"42", &["unknown_format"]),
        ("other json", br#"{"hello": 1, "world": [2]}"#, &["unknown_format"]),
        ("empty object", b"{}", &["unknown_format"]),
        ("empty array", b"[]", &["unknown_format"]),
        ("open object", b"{", &["truncated"]),
        ("cut early", br#"{"metadata": {"version"#, &["truncated metadata"]),
        ("no json", b"{hello: world}", &["malformed"]),
        ("trailing comma", br#"{"a": [1, 2,]}"#, &["malformed"]),
        ("single quotes", b"{'benchmarks': []}", &["malformed"]),
        ("deep", deep.as_bytes(), &["too_deep benchmarks"]),
        ("gzip magic only", b"\x1f\x8b", &["truncated"]),
        ("zstd magic only", b"\x28\xb5\x2f\xfd", &["truncated"]),
        ("gzip damaged", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff\xff", &["bad_compression"]),
        ("zstd damaged", b"\x28\xb5\x2f\xfd\x04\x10\xff\xff\xff\xff\xff\xff\xff\xff", &["bad_compression"]),
    ];
    for (name, bytes, expected) in cases {
        // The path of a walk over everything is the top; readers that go inside say more.
        let found = read(name, *bytes);
        let codes: Vec<&str> = found.problems.iter().map(|problem| problem.code.id()).collect();
        let wanted: Vec<&str> = expected.iter().map(|told| told.split(' ').next().unwrap()).collect();
        assert_eq!(codes, wanted, "{name}: {:?}", found.problems);
        assert!(found.runs.is_empty());
        assert!(found.problems[0].message.contains("expected"), "{name}: {}", found.problems[0].message);
    }
}

#[test]
fn the_message_names_what_was_found() {
    let cases: &[(&[u8], &str)] = &[
        (br#"{"hello": 1, "world": [2]}"#, "the keys hello, world"),
        (b"<html></html>", "an HTML page"),
        (b"\xff\xfe{\0}\0", "a JSON document without keys"),
        (br#"{"a": tru}"#, "found `}` at byte 9"),
        (b"{\"a\": \"\x01\"}", "byte 0x01"),
    ];
    for (bytes, part) in cases {
        let reading = read("a", *bytes);
        assert!(reading.problems[0].message.contains(part), "{}", reading.problems[0].message);
    }
}

#[test]
fn a_report_cut_anywhere_keeps_its_whole_levels() {
    let bytes = two_levels();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let first_ends = text.find("},{\"type_\"").or_else(|| text.find("},{\"config\"")).unwrap() + 1;
    for end in 1..bytes.len() {
        let reading = read("cut", &bytes[..end]);
        assert!(!reading.problems.is_empty(), "cut at {end}");
        assert!(
            reading.problems.iter().all(|problem| problem.code.id() == "truncated"),
            "{end}: {:?}",
            reading.problems
        );
        let levels: usize = reading.runs.iter().map(|run| run.levels.len()).sum();
        if end < first_ends {
            assert_eq!(levels, 0, "cut at {end}");
        } else {
            assert!(levels >= 1, "cut at {end}");
        }
    }
    let whole = check("whole", &bytes, &[], 2);
    let cut = check(
        "cut",
        &bytes[..bytes.len() - 40],
        &[told(&read("cut", &bytes[..bytes.len() - 40]).problems)[0].as_str()],
        2,
    );
    assert_eq!(whole.runs[0].levels, cut.runs[0].levels);
}

#[test]
fn a_cut_real_report_says_where() {
    let bytes = plain_bytes(&data().join("guidellm/0.8.1-knee.json.zst"));
    let cut = &bytes[..bytes.len() * 6 / 10];
    let reading = read("cut.json", cut);
    assert_eq!(reading.problems.len(), 1);
    assert_eq!(reading.problems[0].code.id(), "truncated");
    let path = reading.problems[0].path.clone().unwrap();
    let levels = reading.runs[0].levels.len();
    assert!(levels > 0 && path.starts_with(&format!("benchmarks[{levels}]")), "{levels} levels, then {path}");
    let compressed = zstd::encode_all(&*bytes, 3).unwrap();
    let reading = read("cut.json.zst", &compressed[..compressed.len() / 2]);
    assert_eq!(reading.problems.iter().map(|problem| problem.code.id()).collect::<Vec<_>>(), ["truncated"]);
    assert!(!reading.runs.is_empty() && reading.problems[0].message.contains("zstd"));
}

#[test]
fn values_that_are_wrong_cost_themselves_only() {
    let edit = |pointer: &str, value: &str| {
        let mut document = report(&[benchmark(&concurrent(1), 10), benchmark(&concurrent(2), 20)]);
        *document.pointer_mut(pointer).unwrap() = json!("@@");
        document.to_string().replace("\"@@\"", value)
    };
    let ttft = "/benchmarks/0/metrics/time_to_first_token_ms";
    let cases: &[(&str, String, &[&str], usize)] = &[
        (
            "NaN",
            edit(&format!("{ttft}/successful/mean"), "NaN"),
            &["not_a_number benchmarks[0].metrics.time_to_first_token_ms.successful.mean"],
            2,
        ),
        (
            "infinite",
            edit(&format!("{ttft}/successful/max"), "-Infinity"),
            &["not_a_number benchmarks[0].metrics.time_to_first_token_ms.successful.max"],
            2,
        ),
        (
            "huge",
            edit(&format!("{ttft}/successful/percentiles/p95"), "1e400"),
            &["out_of_range benchmarks[0].metrics.time_to_first_token_ms.successful.percentiles.p95"],
            2,
        ),
        (
            "text for a number",
            edit(&format!("{ttft}/successful/mean"), "\"fast\""),
            &["wrong_type benchmarks[0].metrics.time_to_first_token_ms.successful.mean"],
            2,
        ),
        ("list for a metric", edit(ttft, "[1]"), &["wrong_type benchmarks[0].metrics.time_to_first_token_ms"], 2),
        ("null metric", edit(ttft, "null"), &[], 2),
        ("no metrics", edit("/benchmarks/1/metrics", "null"), &["missing_value benchmarks[1].metrics"], 1),
        ("text for a benchmark", edit("/benchmarks/1", "\"x\""), &["wrong_type benchmarks[1]"], 1),
        (
            "fraction of a request",
            edit("/benchmarks/0/metrics/request_totals/errored", "1.5"),
            &["out_of_range benchmarks[0].metrics.request_totals.errored"],
            2,
        ),
        (
            "no totals",
            edit("/benchmarks/0/metrics/request_totals", "null"),
            &["missing_value benchmarks[0].metrics.request_totals"],
            2,
        ),
        ("no duration", edit("/benchmarks/0/duration", "null"), &["missing_value benchmarks[0].duration"], 2),
        (
            "zero duration",
            edit("/benchmarks/0/duration", "0.0"),
            &["out_of_range benchmarks[0]", "missing_value benchmarks[0].duration"],
            2,
        ),
        (
            "no strategy",
            edit("/benchmarks/0/config/strategy", "{}"),
            &["missing_value benchmarks[0].config.strategy.type_"],
            1,
        ),
        (
            "no streams",
            edit("/benchmarks/0/config/strategy/streams", "null"),
            &["missing_value benchmarks[0].config.strategy.streams"],
            1,
        ),
        (
            "negative rate",
            edit("/benchmarks/0/config/strategy", r#"{"type_": "constant", "rate": -1}"#),
            &["missing_value benchmarks[0].config.strategy.rate"],
            1,
        ),
        ("no benchmarks", edit("/benchmarks", "[]"), &["no_levels benchmarks"], 0),
        ("benchmarks no list", edit("/benchmarks", "{}"), &["wrong_type benchmarks", "no_levels benchmarks"], 0),
        (
            "no JSON inside",
            edit("/benchmarks/1/requests/errored", "[oops]"),
            &["malformed benchmarks[1].requests.errored"],
            1,
        ),
        ("more behind the end", String::from_utf8(two_levels()).unwrap() + "x", &["malformed"], 2),
    ];
    for (name, text, expected, levels) in cases {
        check(name, text.as_bytes(), expected, *levels);
    }
}

#[test]
fn a_missing_metric_is_not_zero() {
    let mut document = report(&[benchmark(&concurrent(1), 10)]);
    document["benchmarks"][0]["metrics"]["time_to_first_token_ms"]["successful"]["count"] = json!(0);
    let reading = check("zeros", document.to_string().as_bytes(), &[], 1);
    assert_eq!(reading.runs[0].levels[0].ttft, None);
    // All failed: every group has a count of zero and values of zero.
    let mut document = report(&[benchmark(&concurrent(1), 0)]);
    document["benchmarks"][0]["metrics"]["request_totals"]["errored"] = json!(7);
    let reading = check("all failed", document.to_string().as_bytes(), &[], 1);
    let level = &reading.runs[0].levels[0];
    assert_eq!((level.requests.ok, level.requests.errored), (0, 7));
    assert_eq!((&level.ttft, &level.itl, &level.e2e, level.rates.output_tokens), (&None, &None, &None, None));
    assert_eq!(level.rates.requests, Some(0.0));
}

#[test]
fn ten_thousand_bad_rows_are_one_problem() {
    let mut document = report(&[benchmark(&concurrent(1), 10_000)]);
    let row = json!({ "request_start_time": 1_700_000_001.0, "request_latency": 1.0, "time_to_first_token_ms": "@@" });
    document["benchmarks"][0]["requests"]["successful"] = json!(vec![row; 10_000]);
    let text = document.to_string().replace("\"@@\"", "NaN");
    let reading = check(
        "rows",
        text.as_bytes(),
        &[
            "not_a_number benchmarks[0].requests.successful[0].time_to_first_token_ms",
            // All of them took the same second.
            "contradiction benchmarks[0].duration",
        ],
        1,
    );
    assert!(reading.problems[0].message.contains("9999 more"));
    let samples = reading.runs[0].levels[0].samples.as_ref().unwrap();
    assert!(samples.len() == 10_000 && samples.ttft_ms.iter().all(|ms| ms.is_nan()));
    assert_eq!(samples.e2e_ms[0].to_bits(), 1000.0_f64.to_bits());
}

#[test]
fn files_that_cannot_be_opened() {
    for (path, part) in [(data().join("no such file.json"), "No such file"), (data(), "")] {
        let reading = read_file(&path, "gone.json");
        assert_eq!(told(&reading.problems), ["unreadable"], "{:?}", reading.problems);
        assert!(reading.problems[0].message.contains(part));
    }
    assert_eq!(read_file(Path::new(""), "x").problems[0].source, "x");
}
