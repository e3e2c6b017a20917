//! `headroom history`, on the demo's runs and on a series made of one of them with a known change.

use std::fs;
use std::path::Path;

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::{root, run, stdout, text};

const TEMPLATE: &str = "demo/reports/tiny-llama-int8/20261124T043412Z-guidellm-0.8.1-concurrent-repeat.json";
const DAYS: usize = 14;
/// The first day of the second half, from which on TTFT is half as long again.
const CHANGED: usize = 8;

/// A folder of daily reports: the recorded one without its requests, each a day later, its TTFT scaled by a fixed noise of
/// two percent and, from [`CHANGED`] on, by `factor`.
fn daily(factor: f64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut report: Value = serde_json::from_str(&fs::read_to_string(root().join(TEMPLATE)).unwrap()).unwrap();
    for benchmark in report["benchmarks"].as_array_mut().unwrap() {
        benchmark["requests"] = json!({ "successful": [], "errored": [], "incomplete": [] });
    }
    for day in 0..DAYS {
        let noise = 1.0 + 0.02 * (((day * 7) % 5) as f64 / 2.0 - 1.0);
        let scale = noise * if day < CHANGED { 1.0 } else { factor };
        let side = folder.path().join(if day < CHANGED { "old" } else { "new" });
        fs::create_dir_all(&side).unwrap();
        fs::write(side.join(format!("day-{day:02}.json")), on_day(&report, day, scale).to_string()).unwrap();
    }
    let facts = "deployments:\n  - name: service\n    match: { path: \"**/old/*\" }\n    engine: vLLM 0.31\n  \
                 - name: service\n    match: { path: \"**/new/*\" }\n    engine: vLLM 0.32\n";
    fs::write(folder.path().join("deployments.yaml"), facts).unwrap();
    folder
}

fn on_day(report: &Value, day: usize, scale: f64) -> Value {
    let mut report = report.clone();
    for benchmark in report["benchmarks"].as_array_mut().unwrap() {
        for time in ["start_time", "end_time"] {
            benchmark[time] = json!(benchmark[time].as_f64().unwrap() + 86_400.0 * day as f64);
        }
        let ttft = &mut benchmark["metrics"]["time_to_first_token_ms"]["successful"];
        for value in ttft["percentiles"].as_object_mut().unwrap().values_mut() {
            *value = json!(value.as_f64().unwrap() * scale);
        }
    }
    report
}

fn shown(folder: &Path, format: &str) -> String {
    stdout(&["history", folder.to_str().unwrap(), "--format", format]).replace(folder.to_str().unwrap(), "results")
}

fn metric<'a>(history: &'a Value, name: &str) -> &'a Value {
    let metrics = history["series"][0]["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["metric"].as_str().unwrap().starts_with(name)).unwrap()
}

#[test]
fn a_change_is_found_where_it_is_and_says_what_else_changed() {
    let folder = daily(1.5);
    let history: Value = serde_json::from_str(&shown(folder.path(), "json")).unwrap();
    assert_eq!(history["series"].as_array().unwrap().len(), 1);
    let ttft = metric(&history, "TTFT p95 at ");
    let change = &ttft["changes"][0];
    assert_eq!(ttft["changes"].as_array().unwrap().len(), 1);
    assert_eq!((&change["index"], &change["worse"]), (&json!(CHANGED), &json!(true)));
    assert!((change["ratio"].as_f64().unwrap() - 1.5).abs() < 0.03);
    assert_eq!(change["run"], history["series"][0]["runs"][CHANGED]["id"]);
    assert_eq!(change["differences"][0]["factor"], "engine");
    // A longer TTFT breaks earlier; nothing else moved.
    let breaking = metric(&history, "breaking load");
    assert_eq!((&breaking["changes"][0]["index"], &breaking["better"]), (&json!(CHANGED), &json!("higher")));
    assert_eq!(metric(&history, "ITL p95")["changes"].as_array().unwrap().len(), 0);
    assert_eq!(metric(&history, "peak")["changes"].as_array().unwrap().len(), 0);
    // The mean is that of the runs since.
    let values = ttft["values"].as_array().unwrap();
    let since: Vec<f64> = values[CHANGED..].iter().map(|value| value.as_f64().unwrap()).collect();
    let mean = since.iter().sum::<f64>() / since.len() as f64;
    assert!((ttft["mean_since_change"].as_f64().unwrap() / mean - 1.0).abs() < 1e-12);
    expect_file!["golden/history.txt"].assert_eq(&shown(folder.path(), "text"));
}

#[test]
fn without_a_change_there_is_none_and_the_same_input_gives_the_same_answer() {
    let folder = daily(1.0);
    let first = shown(folder.path(), "json");
    assert_eq!(first, shown(folder.path(), "json"));
    let history: Value = serde_json::from_str(&first).unwrap();
    for metric in history["series"][0]["metrics"].as_array().unwrap() {
        assert_eq!(metric["changes"].as_array().unwrap().len(), 0, "{metric}");
        assert_eq!(metric["values"].as_array().unwrap().len(), DAYS);
    }
    assert!(shown(folder.path(), "text").contains("Nothing changed."));
}

#[test]
fn runs_that_hold_nothing_leave_the_mean_of_breaking_loads_unknown() {
    let folder = daily(1000.0);
    let history: Value = serde_json::from_str(&shown(folder.path(), "json")).unwrap();
    let breaking = metric(&history, "breaking load");
    let values = breaking["values"].as_array().unwrap();
    assert!(values[..CHANGED].iter().all(Value::is_f64) && values[CHANGED..].iter().all(Value::is_null), "{breaking}");
    assert!(breaking["mean_since_change"].is_null(), "{breaking}");
    assert_eq!(metric(&history, "TTFT p95 at ")["changes"][0]["index"], json!(CHANGED));
}

#[test]
fn deployments_workloads_and_load_models_are_series_of_their_own() {
    let history: Value = serde_json::from_str(&stdout(&["history", "demo/reports", "--format", "json"])).unwrap();
    let runs: Vec<usize> =
        history["series"].as_array().unwrap().iter().map(|series| series["runs"].as_array().unwrap().len()).collect();
    assert_eq!(runs.iter().sum::<usize>(), 6, "the recorded ones: the published tables say no date of their own");
    assert!(
        history["series"]
            .as_array()
            .unwrap()
            .iter()
            .any(|series| series["workload"].as_str().unwrap().contains("open"))
    );
    let shown = stdout(&["history", "demo/reports"]);
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    assert!(shown.contains("A change needs 3 runs on either side"));
}

#[test]
fn reports_without_a_date_are_in_no_series() {
    let table = "crates/reports/tests/data/tables/mistral-small-int4.csv";
    let output = run(&["history", table]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("say when they were measured, found only"), "{}", text(&output.stderr));
    let history: Value =
        serde_json::from_str(&stdout(&["history", table, "demo/reports", "--format", "json"])).unwrap();
    let published = ["bf16", "int4"].map(|side| format!("demo/reports/mistral-small-{side}/published-2025-12-29.yaml"));
    assert_eq!(history["undated"], json!([table, published[0], published[1]]));
}

/// The files of `vllm bench serve` say their date without a zone.
#[test]
fn vllm_files_have_an_order_and_the_zone_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let report = fs::read(root().join("crates/reports/tests/data/vllm-bench/c4.json")).unwrap();
    let mut report: Value = serde_json::from_slice(&report).unwrap();
    for (night, date) in [("b", "20261125-020000"), ("a", "20261126-020000"), ("c", "20261124-020000")] {
        report["date"] = json!(date);
        let nightly = folder.path().join(night);
        fs::create_dir(&nightly).unwrap();
        fs::write(nightly.join("c4.json"), report.to_string()).unwrap();
    }
    let history: Value = serde_json::from_str(&shown(folder.path(), "json")).unwrap();
    let sources: Vec<String> = history["series"][0]["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["source"].as_str().unwrap().rsplit('/').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(sources, ["c", "b", "a"], "{history}");
    assert!(shown(folder.path(), "text").contains("taken as UTC"));
}
