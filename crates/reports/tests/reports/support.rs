//! Where test data is, and small reports made to measure.

use std::path::{Path, PathBuf};

use headroom_reports::{Problem, Reading};
use serde_json::{Value, json};

/// Files of this crate.
pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// The data that is shared between repositories, where it exists.
pub(crate) fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("HEADROOM_SHARED").map_or(beside, PathBuf::from);
    root.join("data").is_dir().then_some(root)
}

/// The bytes of a file, without its compression.
pub(crate) fn plain_bytes(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "zst") {
        zstd::decode_all(&*bytes).unwrap()
    } else {
        bytes
    }
}

/// The GuideLLM reports of this crate, by the name of their file.
pub(crate) fn guidellm_reports() -> Vec<PathBuf> {
    files(&data().join("guidellm"))
}

/// The JSON files in a folder and its folders, in the order of their paths.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.to_string_lossy().ends_with(".json") || path.to_string_lossy().ends_with(".json.zst") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every file in a folder and its folders, in the order of their paths.
pub(crate) fn every_file(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(every_file(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Reads a JSON value as a report would be.
pub(crate) fn read(report: &Value) -> Reading {
    headroom_reports::read("test.json", &*serde_json::to_vec(report).unwrap())
}

/// `code path` of each problem.
pub(crate) fn told(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| match &problem.path {
            Some(path) => format!("{} {path}", problem.code.id()),
            None => problem.code.id().to_owned(),
        })
        .collect()
}

/// A report of this shape: 0.8's, with nothing that is not needed.
pub(crate) fn report(benchmarks: &[Value]) -> Value {
    json!({
        "metadata": { "version": 2, "guidellm_version": "0.8.1" },
        "config": { "metadata": { "labels": {} }, "spec": { "backend": { "model": "" } } },
        "benchmarks": benchmarks,
        "conclusions": [],
    })
}

/// A benchmark with this strategy and so many successful requests in ten seconds.
pub(crate) fn benchmark(strategy: &Value, ok: u64) -> Value {
    let summary = |value: f64, count: u64| {
        json!({ "successful": { "mean": value, "median": value, "std_dev": 0.0, "min": value, "max": value, "count": count,
            "total_sum": value * count as f64, "percentiles": { "p50": value, "p95": value, "p99": value } } })
    };
    json!({
        "type_": "generative_benchmark",
        "config": { "strategy": strategy, "backend": { "model": "org/model" } },
        "metrics": {
            "request_totals": { "successful": ok, "errored": 0, "incomplete": 0, "total": ok },
            "request_concurrency": { "total": { "mean": 1.5, "count": ok }, "successful": { "mean": 1.0, "count": ok } },
            "request_latency": summary(1.25, ok),
            "time_to_first_token_ms": summary(100.0, ok),
            "inter_token_latency_ms": summary(20.0, ok * 15),
            "time_per_output_token_ms": summary(25.0, ok * 16),
            "prompt_token_count": summary(64.0, ok),
            "output_token_count": summary(16.0, ok),
        },
        "requests": { "successful": [], "errored": [], "incomplete": [] },
        "start_time": 1_700_000_000.0,
        "end_time": 1_700_000_010.0,
        "duration": 10.0,
    })
}

/// A closed loop of so many streams.
pub(crate) fn concurrent(streams: u32) -> Value {
    json!({ "type_": "concurrent", "streams": streams, "max_concurrency": streams })
}
